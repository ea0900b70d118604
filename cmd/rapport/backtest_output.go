package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/domain/trust/backtest"
)

func (c *backtestCmd) table(e *env, r backtest.Report, policy domain.Policy, imported float64) error {
	say := func(format string, args ...any) { sayWrapped(e.stdout, fmt.Sprintf(format, args...)) }
	say("Policy %s on %d accounts, evidence from %s to %s; trained on what was known before %s (UTC).",
		policy.Name, r.Accounts, day(r.From), day(r.To), minute(r.TrainUntil))
	if r.Clock == backtest.Occurred {
		say("%.0f%% of the events were recorded more than 30 days after they happened: each is taken as known when it happened.", 100*imported)
	}
	for _, d := range r.Dimensions {
		fmt.Fprintln(e.stdout)
		if d.Scores == nil {
			say("%s: %s", strings.ToUpper(d.Name), verdict(d))
			continue
		}
		say("%s: %d outcomes to train on, %d of %d accounts to judge by; %.1f%% of their evidence in favour.",
			strings.ToUpper(d.Name), d.Trained, d.Judged, d.Accounts, 100*d.Good)
		if err := writeTable(e.stdout, each(scoresIn(d)), scoreColumns); err != nil {
			return err
		}
		say("%s", verdict(d))
		if c.Calibration {
			fmt.Fprintln(e.stdout)
			if err := writeTable(e.stdout, each(d.Calibration), binColumns); err != nil {
				return err
			}
		}
	}
	fmt.Fprintln(e.stdout)
	say("%s", fitted(r.Fit, trust.Complete(policy.Trust)))
	return nil
}

// sayWrapped prints a paragraph.
func sayWrapped(w io.Writer, s string) {
	fmt.Fprintln(w, wrapped(clean(s, false), terminalWidth(w)))
}

// verdict says in a sentence or two what the numbers come to.
func verdict(d backtest.Dimension) string {
	switch d.Verdict {
	case backtest.TooFew:
		return fmt.Sprintf("too few outcomes to say anything (%d to train on, %d to judge by).", d.Trained, d.Judged)
	case backtest.OneSided:
		return fmt.Sprintf("all %d outcomes to train on or all %d to judge by went the same way: there is nothing to foretell.", d.Trained, d.Judged)
	}
	best := d.Scores[len(d.Scores)-1]
	auc := fmt.Sprintf("AUC %.3f, %.3f to %.3f", best.AUC.Value, best.AUC.Low, best.AUC.High)
	cost := difference(d)
	switch d.Verdict {
	case backtest.NoSignal:
		return "NO SIGNAL: an account's own past says nothing here about what comes next (" + auc + "; " + cost + ")."
	case backtest.Missed:
		return "MISSED: an account's own past does say something here, as the AUC of " + strings.Join(d.Ranking(), ", ") +
			" shows, but the policy as fitted does not bring it out (" + auc + "; " + cost + ")."
	case backtest.RankOnly:
		return "WEAK: an account's own past ranks accounts (" + auc + "), but its probabilities are no better than one rate for all (" + cost + ")."
	case backtest.RateOnly:
		return "WEAK: probabilities are a little better than one rate for all (" + cost + "), but the order is no better than chance (" + auc + ")."
	}
	ranking := ""
	for _, s := range d.Scores {
		if s.Contestant == backtest.RunningMean && s.AUC.Value >= best.AUC.Value {
			ranking = " For ranking alone, the running mean is as good."
		}
	}
	return "SIGNAL: an account's own past says something about what comes next (" + auc + "; " + cost + ")." + ranking
}

// difference is what the fitted policy costs, compared to one rate for all.
func difference(d backtest.Dimension) string {
	g, less := d.Gain, "less"
	if g == nil {
		return "one account alone, so that nothing can be compared"
	}
	value, low, high := g.Value, g.Low, g.High
	if value < 0 {
		value, low, high, less = -value, -high, -low, "more"
	}
	return fmt.Sprintf("log-loss %.4f %s than the %s's, %.4f to %.4f", value, less, d.Reference, low, high)
}

// fitted says what the training span would have had instead of the policy's parameters.
func fitted(f backtest.Fit, policy domain.TrustPolicy) string {
	if !f.Fitted {
		return "Nothing was fitted: no dimension has enough outcomes of both sorts."
	}
	parts := []string{
		fmt.Sprintf("strength of the prior %g (policy: %g)", f.Strength, policy.PriorStrength),
		fmt.Sprintf("cap %g (%g)", f.Cap, policy.Cap),
	}
	for i, h := range f.HalfLifeD {
		if h > 0 {
			parts = append(parts, fmt.Sprintf("half-life of %s %g days (%g)", policy.Dimensions[i].Name, h, policy.Dimensions[i].HalfLifeD))
		}
	}
	return "Fitted: " + strings.Join(parts, ", ") + "."
}

// scored is a contestant's score in a dimension.
type scored struct {
	dimension string
	best      bool
	backtest.Score
}

func scoresIn(d backtest.Dimension) []scored {
	var all []scored
	for _, s := range d.Scores {
		all = append(all, scored{dimension: d.Name, Score: s})
	}
	if len(all) > 0 {
		least := slices.MinFunc(all, func(a, b scored) int { return cmp.Compare(a.LogLoss, b.LogLoss) }).LogLoss
		for i := range all {
			all[i].best = all[i].LogLoss == least
		}
	}
	return all
}

func scoresOf(r backtest.Report) []scored {
	var all []scored
	for _, d := range r.Dimensions {
		all = append(all, scoresIn(d)...)
	}
	return all
}

func decimals(n int, value func(scored) float64) (exact, shown func(scored) string) {
	return func(s scored) string { return plainNumber(value(s)) }, func(s scored) string { return fmt.Sprintf("%.*f", n, value(s)) }
}

func plainNumber(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return fmt.Sprint(v)
}

var scoreColumns = func() []column[scored] {
	number := func(name, title string, n int, value func(scored) float64) column[scored] {
		exact, shown := decimals(n, value)
		return column[scored]{name: name, title: title, value: exact, show: shown, right: true}
	}
	coverage := func(s scored) float64 {
		if s.Coverage == nil {
			return math.NaN()
		}
		return *s.Coverage
	}
	return []column[scored]{
		{name: "dimension", value: func(s scored) string { return s.dimension }},
		{name: "contestant", title: "FORETOLD BY", value: func(s scored) string { return s.Contestant }},
		{title: "BEST", value: func(s scored) string { return []string{"", "*"}[truth(s.best)] }},
		number("log_loss", "LOG-LOSS", 4, func(s scored) float64 { return s.LogLoss }),
		number("brier", "BRIER", 4, func(s scored) float64 { return s.Brier }),
		number("auc", "AUC", 3, func(s scored) float64 { return s.AUC.Value }),
		number("auc_low", "", 3, func(s scored) float64 { return s.AUC.Low }),
		number("auc_high", "", 3, func(s scored) float64 { return s.AUC.High }),
		{title: "(95%)", value: func(s scored) string { return fmt.Sprintf("%.3f–%.3f", s.AUC.Low, s.AUC.High) }},
		number("ece", "ECE", 4, func(s scored) float64 { return s.ECE }),
		{name: "coverage", title: "80% COVERS", right: true, value: func(s scored) string { return plainNumber(coverage(s)) }, show: func(s scored) string {
			if s.Coverage == nil {
				return "–"
			}
			return fmt.Sprintf("%.0f%%", 100**s.Coverage)
		}},
	}
}()

var binColumns = []column[backtest.Bin]{
	{title: "OUTCOMES", value: func(b backtest.Bin) string { return fmt.Sprint(b.Outcomes) }, right: true},
	{title: "FORETOLD", value: func(b backtest.Bin) string { return fmt.Sprintf("%.3f", b.Foretold) }, right: true},
	{title: "HAPPENED", value: func(b backtest.Bin) string { return fmt.Sprintf("%.3f", b.Happened) }, right: true},
}

// The report as JSON.
type (
	backtestJSON struct {
		Policy     string              `json:"policy"`
		Clock      string              `json:"clock"`
		From       time.Time           `json:"from"`
		TrainUntil time.Time           `json:"train_until"`
		To         time.Time           `json:"to"`
		Accounts   int                 `json:"accounts"`
		Dimensions []backtestDimension `json:"dimensions"`
		// Trust is the policy as fitted, as policy change takes it; null if nothing was fitted.
		Trust *domain.TrustPolicy `json:"trust"`
	}
	backtestDimension struct {
		Name        string          `json:"name"`
		Verdict     string          `json:"verdict"`
		Trained     int             `json:"trained"`
		Judged      int             `json:"judged"`
		Accounts    int             `json:"accounts"`
		Good        float64         `json:"good"`
		Scores      []backtestScore `json:"scores"`
		Calibration []backtestBin   `json:"calibration"`
		Reference   string          `json:"reference,omitempty"`
		Gain        *interval       `json:"gain"`
	}
	backtestScore struct {
		Contestant string   `json:"contestant"`
		LogLoss    float64  `json:"log_loss"`
		Brier      float64  `json:"brier"`
		AUC        interval `json:"auc"`
		ECE        float64  `json:"ece"`
		Coverage   *float64 `json:"coverage"`
		Intervals  int      `json:"intervals"`
	}
	backtestBin struct {
		Outcomes int     `json:"outcomes"`
		Foretold float64 `json:"foretold"`
		Happened float64 `json:"happened"`
	}
	interval struct {
		Value float64 `json:"value"`
		Low   float64 `json:"low"`
		High  float64 `json:"high"`
	}
)

func backtestOf(r backtest.Report, policy domain.Policy) backtestJSON {
	out := backtestJSON{
		Policy: policy.Name, Clock: string(r.Clock), From: r.From, TrainUntil: r.TrainUntil, To: r.To, Accounts: r.Accounts,
	}
	for _, d := range r.Dimensions {
		one := backtestDimension{
			Name: d.Name, Verdict: string(d.Verdict), Trained: d.Trained, Judged: d.Judged, Accounts: d.Accounts, Good: d.Good,
			Scores: []backtestScore{}, Calibration: []backtestBin{}, Reference: d.Reference, Gain: (*interval)(d.Gain),
		}
		for _, s := range d.Scores {
			one.Scores = append(one.Scores, backtestScore{
				Contestant: s.Contestant, LogLoss: s.LogLoss, Brier: s.Brier, AUC: interval(*s.AUC), ECE: s.ECE,
				Coverage: s.Coverage, Intervals: s.Blocks,
			})
		}
		for _, b := range d.Calibration {
			one.Calibration = append(one.Calibration, backtestBin{b.Outcomes, b.Foretold, b.Happened})
		}
		out.Dimensions = append(out.Dimensions, one)
	}
	if r.Fit.Fitted {
		better := r.Fit.Policy(policy.Trust)
		out.Trust = &better
	}
	return out
}
