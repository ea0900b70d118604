package followup

import (
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
)

// What the customer says is to be heard by those who can do something about it.
var voiceRules = []Rule{
	{
		Reason: "low_score", Doc: "Customers who gave a low score want to be heard.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.SurveyAnswered) Says {
				if impact := lowScore(e); impact > 0 {
					return Says{Does: Cause, Impact: impact}
				}
				return Says{}
			}),
		},
	},
	{
		Reason: "negative_voice", Doc: "Customers who spoke ill of us want to be heard.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.VoiceCaptured) Says {
				if e.Polarity == nil || *e.Polarity >= 0 {
					return Says{}
				}
				return Says{Does: Cause, Impact: int(-2 * *e.Polarity)}
			}),
		},
	},
	{
		Reason: "input_without_plan", Doc: "What a customer told us wants a plan.", Loop: Work, Order: AsRecorded,
		On: []On{
			onEach(func(e domain.VoiceCaptured, r domain.Recorded) []Says {
				if e.Polarity != nil && *e.Polarity > 0 {
					return nil // praise wants none
				}
				return []Says{{Key: at(r.Position), Does: Cause, Impact: grave(e.Severity, 1)}}
			}),
			onEach(func(e domain.WishExpressed, r domain.Recorded) []Says {
				return []Says{{Key: at(r.Position), Does: Cause, Impact: grave(e.Strength, 1)}}
			}),
			onEach(func(e domain.ProblemDisclosed, r domain.Recorded) []Says {
				impact := 3
				if e.PreviouslyUnreported {
					impact = 4
				}
				return []Says{{Key: at(r.Position), Does: Cause | Knows, Impact: impact}}
			}),
			onEach(func(e domain.PlanCreated, _ domain.Recorded) []Says { return each(e.From, Says{Does: Done}) }),
			onEach(func(e domain.ImprovementAgreed, _ domain.Recorded) []Says { return each(e.From, Says{Does: Done}) }),
			onEach(func(e domain.ImprovementDelivered, _ domain.Recorded) []Says { return each(e.From, Says{Does: Done}) }),
			onEach(func(e domain.NonconformityOpened, _ domain.Recorded) []Says { return showed(e) }),
		},
	},
	{
		Reason: "voice_unread", Doc: "A function that the customer's words were sent to is to read them.", Loop: Work, Order: AsRecorded,
		On: []On{
			onEach(func(e domain.VoiceDistributed, _ domain.Recorded) []Says {
				all := make([]Says, len(e.Functions))
				for i, function := range e.Functions {
					all[i] = Says{Key: join(string(words(e.Voice, e.Of)), function), Does: Cause, Impact: 1}
				}
				return all
			}),
			on(func(e domain.VoiceRead) Says {
				return Says{Key: join(string(words(e.Voice, e.Of)), e.Function), Does: Done}
			}),
		},
	},
}

// words is the key of what the customer said.
func words(voice domain.ID, of domain.Position) domain.ID {
	if voice != "" {
		return voice
	}
	return at(of)
}

// showed is that a nonconformity was opened because of what is at a position.
func showed(e domain.NonconformityOpened) []Says {
	if e.Of == 0 {
		return nil
	}
	return []Says{{Key: at(e.Of), Does: Done}}
}

// lowScore is the impact of an answer if it is a low one: a Net Promoter detractor, the
// worst quarter of a satisfaction scale (1 and 2 of 5), the worst third of an effort
// scale (1 to 3 of 7); 0 if it is not. The worst eighth of any scale weighs more.
func lowScore(e domain.SurveyAnswered) int {
	share := (e.Score - e.ScaleMin) / (e.ScaleMax - e.ScaleMin)
	if !(share >= 0 && share <= 1) {
		return 0
	}
	low := share <= 1.0/4
	switch e.Instrument {
	case "nps":
		low = measure.GroupOf(measure.Answer{Score: e.Score, ScaleMin: e.ScaleMin, ScaleMax: e.ScaleMax}) == measure.Detractor
	case "ces", "ease":
		low = share <= 1.0/3
	}
	switch {
	case !low:
		return 0
	case share <= 1.0/8:
		return 4
	}
	return 3
}
