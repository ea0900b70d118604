package trust

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Assess gives the trust of an account at an instant of the occurred clock, as far as
// was known at an instant of the recorded clock; both inclusive. Contributions are nil.
func (h *History) Assess(account domain.AccountID, at, knownAt time.Time) Assessment {
	return h.assess(account, at, knownAt, false)
}

// Explain is Assess with contributions.
func (h *History) Explain(account domain.AccountID, at, knownAt time.Time) Assessment {
	return h.assess(account, at, knownAt, true)
}

func (h *History) assess(account domain.AccountID, at, knownAt time.Time, explain bool) Assessment {
	v, in := h.view(at, knownAt)
	facts := h.visible(account, v)
	j := judgement(facts, at)
	s := weighed(j.pieces, v)
	a := Assessment{Policy: in.Policy.Name}
	silence := silent(facts)
	if silence != nil {
		j.flag(FlagSilent, "", silence.Occurred, silence)
	}
	a.Reading, a.Dimensions = s.readings(silence != nil)
	a.Prior = 100 * s.prior()
	a.Unflagged = unflagged(j.pieces, v, silence != nil)
	a.Flags = sortedFlags(j.flags)
	if explain {
		a.Contributions = s.contributions(j.pieces, at)
	}
	return a
}

// unflagged is the reading without the pieces that are flagged; nil if none is.
func unflagged(pieces []piece, v view, silent bool) *Reading {
	flagged := func(p piece) bool { return p.flagged }
	if !slices.ContainsFunc(pieces, flagged) {
		return nil
	}
	r, _ := weighed(slices.DeleteFunc(slices.Clone(pieces), flagged), v).readings(silent)
	return &r
}

// judgement is what the facts amount to, case by case, in the order of the facts.
func judgement(facts []*Fact, at time.Time) judge {
	j := judge{at: at, pieces: make([]piece, 0, len(facts))}
	cases(facts, j.judge)
	return j
}

// scored is the posteriors of all dimensions.
type scored struct {
	rules      rules
	posteriors []posterior
}

// weighed sums up the pieces in the order given, which is that of the facts.
func weighed(pieces []piece, v view) scored {
	s := scored{rules: rulesOf(v.policy)}
	for _, d := range s.rules.dimensions {
		s.posteriors = append(s.posteriors, posterior{prior: d.prior, strength: s.rules.strength})
	}
	for _, p := range pieces {
		d, good, bad := s.rules.weigh(p, v.readAt)
		post := &s.posteriors[d]
		post.good += good
		post.bad += bad
		post.known = post.known || good+bad > 0
	}
	return s
}

// mean is the overall mean, from 0 to 1.
func (s scored) mean() float64 {
	var sum float64
	for i, d := range s.rules.dimensions {
		sum += d.share * s.posteriors[i].mean()
	}
	return sum
}

// prior is the overall mean without any evidence.
func (s scored) prior() float64 {
	var sum float64
	for _, d := range s.rules.dimensions {
		sum += d.share * d.prior
	}
	return sum
}

func (s scored) readings(silent bool) (overall Reading, dimensions []Dimension) {
	var spread float64
	for i, d := range s.rules.dimensions {
		p := s.posteriors[i]
		alpha, beta := p.shown(s.rules.cap, silent)
		low, high := interval(alpha, beta)
		spread += d.share * deviation(alpha, beta)
		overall.Evidence += p.good + p.bad
		overall.Known = overall.Known || p.known && d.share > 0
		dimensions = append(dimensions, Dimension{Name: d.name, Share: d.share, Reading: Reading{
			Known: p.known, Mean: 100 * p.mean(), Low: low, High: high, Evidence: p.good + p.bad,
		}})
	}
	mean := s.mean()
	overall.Mean = 100 * mean
	overall.Low, overall.High = interval(matched(mean, spread))
	return overall, dimensions
}

func (s scored) contributions(pieces []piece, at time.Time) []Contribution {
	all := make([]Contribution, 0, len(pieces))
	for _, p := range pieces {
		d, good, bad := s.rules.weigh(p, at)
		all = append(all, Contribution{
			Position: p.position, Dimension: s.rules.dimensions[d].name,
			Kind: domain.EvidenceKinds[p.kind].Kind, At: p.at, Flagged: p.flagged, For: good, Against: bad,
			Effect: 100 * s.rules.dimensions[d].share * s.posteriors[d].effect(good, bad),
		})
	}
	slices.SortFunc(all, func(a, b Contribution) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}

// silent gives the notice of the silence that still lasts; nil if there is none. A
// silence is over, or was none, once a contact is known that came after the one it was
// counted from.
func silent(facts []*Fact) *Fact {
	var latest *Fact
	var contact time.Time
	for i, f := range facts {
		switch {
		case f.Type == "silence.noticed":
			if latest == nil || f.Occurred.After(latest.Occurred) {
				latest = facts[i]
			}
		case touches[f.Type] && f.Occurred.After(contact) && domain.InContact(f.Occurred, f.Recorded):
			contact = f.Occurred
		}
	}
	if latest == nil || contact.After(latest.Moment) {
		return nil
	}
	return latest
}

var touches = func() map[domain.Type]bool {
	m := map[domain.Type]bool{}
	for _, e := range domain.Catalogue {
		m[e.Type] = e.Touch
	}
	return m
}()

func sortedFlags(flags []Flag) []Flag {
	slices.SortFunc(flags, func(a, b Flag) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), a.Since.Compare(b.Since), cmp.Compare(a.Key, b.Key),
			slices.Compare(a.Positions, b.Positions))
	})
	return flags
}
