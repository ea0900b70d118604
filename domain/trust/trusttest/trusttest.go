// Package trusttest draws histories at random, to try the trust model and what stores
// its facts.
package trusttest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
)

// Start is before everything that happens in a drawn history, End after.
var (
	Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	End   = Start.AddDate(2, 0, 0)
)

// Accounts are those the histories are about.
var Accounts = []domain.AccountID{"acme", "bolt", "corp"}

// Fact draws an event that happened some time within a year from [Start], about one of a few
// things, so that events meet in cases.
func Fact(t *rapid.T) domain.Envelope {
	return domain.Envelope{
		Account:    rapid.SampledFrom(Accounts).Draw(t, "account"),
		OccurredAt: instant(t, "occurred"),
		Data:       data(t),
	}
}

func instant(t *rapid.T, label string) time.Time {
	return Start.Add(time.Duration(rapid.IntRange(0, 365*24).Draw(t, label)) * time.Hour)
}

// data draws what an event of the families that trust is made of says.
func data(t *rapid.T) domain.Event {
	key := rapid.SampledFrom([]domain.ID{"1", "2", "3"}).Draw(t, "key")
	pick := func(label string, words ...string) string { return rapid.SampledFrom(words).Draw(t, label) }
	yes := func(label string) *bool { return rapid.Ptr(rapid.Bool(), true).Draw(t, label) }
	when := func() time.Time { return instant(t, "when") }
	number := func(label string, lo, hi int) float64 { return float64(rapid.IntRange(lo, hi).Draw(t, label)) }
	quantity := func() *float64 { return rapid.Ptr(rapid.Map(rapid.IntRange(0, 9), asFloat), true).Draw(t, "qty") }
	events := append(quality(key, pick, number), []func() domain.Event{
		func() domain.Event {
			return domain.DeliveryPromised{Line: key, Basis: pick("basis", "requested", "first_confirmed", "reconfirmed"),
				PromisedAt: when(), Qty: quantity(), TolerancePct: new(number("tolerance", 0, 20))}
		},
		func() domain.Event {
			return domain.DeliveryMade{Line: key, DeliveredAt: when(), Qty: quantity(),
				DocumentsOK: yes("documents_ok"), DamageFree: yes("damage_free")}
		},
		func() domain.Event { return domain.DeliveryMissed{Line: key, LateMin: quantity()} },
		func() domain.Event { return domain.DeliveryExcused{Line: key, Code: "flood", By: "customer"} },
		func() domain.Event {
			return domain.ComplaintRaised{Complaint: key, Severity: int64(number("severity", 1, 5)), Safety: pick("safety", "", "y") == "y"}
		},
		func() domain.Event { return domain.ComplaintAcknowledged{Complaint: key} },
		func() domain.Event {
			return domain.ComplaintAssessed{Complaint: key, Severity: int64(number("assessed", 0, 5))}
		},
		func() domain.Event {
			return domain.ComplaintAnswered{Complaint: key, Stance: pick("stance", "", "accepted", "disputed")}
		},
		func() domain.Event {
			return domain.ComplaintClosed{Complaint: key, AcceptedByCustomer: yes("accepted")}
		},
		func() domain.Event { return domain.ComplaintReopened{Complaint: key} },
		func() domain.Event { return domain.RequestReceived{Request: key, DueAt: when()} },
		func() domain.Event {
			return domain.RequestClarified{Request: key, Awaiting: pick("awaiting", "customer", "us", "")}
		},
		func() domain.Event {
			return domain.RequestAnswered{Request: key, FirstAnswerSufficient: yes("sufficient")}
		},
		func() domain.Event { return domain.RequestDeclined{Request: key, Reason: "no"} },
		func() domain.Event {
			return domain.CommitmentMade{Commitment: key, Statement: "we will", DueAt: when()}
		},
		func() domain.Event {
			return domain.CommitmentRenegotiated{Commitment: key, NewDueAt: when(), AskedBy: pick("asked_by", "us", "them")}
		},
		func() domain.Event { return domain.CommitmentKept{Commitment: key} },
		func() domain.Event { return domain.CommitmentBroken{Commitment: key} },
		func() domain.Event { return domain.CommitmentReleased{Commitment: key} },
		func() domain.Event {
			return domain.SurveyAnswered{Instrument: "csat", Score: number("score", 1, 5), ScaleMin: 1, ScaleMax: 5,
				Stance: pick("why", "", "political"), Independent: pick("asked", "", "y") == "y"}
		},
		func() domain.Event {
			return domain.VoiceCaptured{Verbatim: "well", Polarity: new(int64(number("polarity", -2, 2)))}
		},
		func() domain.Event {
			return domain.InteractionHeld{Kind: "call", Trigger: pick("trigger", "crisis", "proactive", "our_ask")}
		},
		func() domain.Event { return domain.MeetingOutcomeTold{Meeting: key} },
		func() domain.Event { return domain.ValueShared{Kind: "insight"} },
		func() domain.Event { return domain.SilenceNoticed{LastContactAt: when(), CadenceD: 30, NoticedAt: End} },
		func() domain.Event { return domain.ImprovementAgreed{Improvement: key, DueAt: when()} },
		func() domain.Event { return domain.ImprovementDelivered{Improvement: key} },
		func() domain.Event { return domain.ImprovementDescoped{Improvement: key, Reason: "no"} },
		func() domain.Event { return domain.ImprovementTold{Improvement: key} },
	}...)
	return events[rapid.IntRange(0, len(events)-1).Draw(t, "event")]()
}

// quality is what shows how good what we deliver is, and what the customer makes of it.
func quality(key domain.ID, pick func(string, ...string) string, number func(string, int, int) float64) []func() domain.Event {
	return []func() domain.Event{
		func() domain.Event {
			return domain.QualityMeasured{InspectedQty: 10000, NonconformingQty: number("bad", 0, 200), UOM: "pcs"}
		},
		func() domain.Event { return domain.ReturnReceived{Return: key} },
		func() domain.Event {
			return domain.ReturnAnalysed{Return: key, NoFaultFound: pick("no_fault", "", "y") == "y"}
		},
		func() domain.Event { return domain.WarrantyClaimed{Claim: key} },
		func() domain.Event {
			return domain.WarrantyDecided{Claim: key, Accepted: pick("accepted", "", "y") == "y"}
		},
		func() domain.Event {
			return domain.JobCompleted{Job: key, FirstTimeRight: pick("right", "", "y") == "y"}
		},
		func() domain.Event {
			return domain.NonconformityOpened{Nonconformity: key, Severity: int64(number("severity", 1, 5))}
		},
		func() domain.Event {
			return domain.NonconformityEffectVerified{Nonconformity: key, Effective: pick("effective", "", "y") == "y"}
		},
		func() domain.Event {
			return domain.NeedMet{Need: key, Level: pick("level", "none", "poor", "partial", "met"), By: pick("by", "us", "customer")}
		},
		func() domain.Event {
			return domain.ExpectationStated{Expectation: key, Kind: "goal", Statement: "x", Target: new(number("target", 0, 9)), UOM: "pct",
				Direction: pick("direction", "", "at_least", "at_most")}
		},
		func() domain.Event { return domain.ExpectationMeasured{Expectation: key, Value: number("value", 0, 9)} },
		func() domain.Event {
			return domain.ExpectationValidated{Expectation: key, Met: pick("met", "below", "met", "exceeded"), By: pick("by", "us", "customer")}
		},
		func() domain.Event {
			return domain.AssessmentMade{Assessor: "x", Result: pick("result", "conforming", "failed")}
		},
		func() domain.Event { return domain.PerformanceChallenged{Measure: "otif", Period: string(key)} },
		func() domain.Event {
			return domain.PerformanceAnswered{Measure: "otif", Period: string(key), Stance: pick("stance", "accepted", "disputed")}
		},
		func() domain.Event {
			return domain.CompetitorRated{Driver: "x", Ours: number("ours", 1, 5), Theirs: number("theirs", 1, 5), ScaleMin: 1, ScaleMax: 5}
		},
		func() domain.Event { return domain.AlternativeSought{Evidence: "x"} },
		func() domain.Event { return domain.ProblemDisclosed{PreviouslyUnreported: pick("new", "", "y") == "y"} },
		func() domain.Event { return domain.VoiceCaptured{Voice: key, Verbatim: "well"} },
		func() domain.Event {
			return domain.VoiceClassified{Voice: key, Theme: "x", Polarity: new(int64(number("polarity", -2, 2)))}
		},
	}
}

func asFloat(n int) float64 { return float64(n) }

// Policy draws a change of the rules or a calibration.
func Policy(t *rapid.T) domain.Envelope {
	e := domain.Envelope{Account: domain.Ledger, OccurredAt: instant(t, "occurred")}
	if rapid.Bool().Draw(t, "calibrated") {
		e.Data = domain.PolicyCalibrated{HalfLifeD: 30, Priors: []domain.Prior{{
			Dimension: rapid.SampledFrom(domain.TrustDimensions).Draw(t, "dimension"),
			Mean:      rapid.Float64Range(0.05, 0.95).Draw(t, "mean"),
		}}}
		return e
	}
	p := domain.DefaultPolicy().Trust
	p.PriorStrength = rapid.Float64Range(1, 40).Draw(t, "strength")
	p.Weights[rapid.IntRange(0, len(p.Weights)-1).Draw(t, "kind")].Weight = rapid.Float64Range(0, 5).Draw(t, "weight")
	e.Data = domain.PolicyChanged{Name: fmt.Sprintf("p%.3f", p.PriorStrength), Reason: "drawn", Trust: &p}
	return e
}

// History draws a log of up to n events: facts, merges, policies, and entries about
// any of them. Recorded times go from [Start] to [End] and never decrease, and have
// nothing to do with when things happened.
func History(t *rapid.T, n int) []domain.Recorded {
	var log []domain.Recorded
	now := Start
	for range rapid.IntRange(1, n).Draw(t, "events") {
		now = now.Add(time.Duration(rapid.IntRange(0, 240).Draw(t, "pause")) * time.Hour)
		if now.After(End) {
			now = End
		}
		e := event(t, log)
		position := domain.Position(len(log) + 1)
		e.Source, e.ID = "test", fmt.Sprint(position)
		log = append(log, domain.Recorded{Envelope: e, Position: position, RecordedAt: now})
	}
	return log
}

func event(t *rapid.T, log []domain.Recorded) domain.Envelope {
	switch rapid.IntRange(0, 19).Draw(t, "sort") {
	case 0:
		return Policy(t)
	case 1:
		part, whole := merger(t)
		return domain.Envelope{Account: part, OccurredAt: instant(t, "occurred"), Data: domain.AccountMerged{Into: whole}}
	case 2:
		part, whole := merger(t)
		return domain.Envelope{Account: part, OccurredAt: instant(t, "occurred"), Data: domain.AccountUnmerged{From: whole}}
	case 3, 4, 5:
		if e, ok := entry(t, log); ok {
			return e
		}
	}
	return Fact(t)
}

// other draws what the event might have said instead, if it is of that type.
func other(t *rapid.T, e domain.Recorded) domain.Event {
	switch e.Data.(type) {
	case domain.PolicyChanged, domain.PolicyCalibrated:
		return Policy(t).Data
	case domain.AccountMerged:
		if part, whole := merger(t); part == e.Account {
			return domain.AccountMerged{Into: whole}
		}
	}
	return data(t)
}

// merger draws which account is part of which. However many are drawn, they close no circle.
func merger(t *rapid.T) (part, whole domain.AccountID) {
	drawn := rapid.SampledFrom([][2]domain.AccountID{{"bolt", "acme"}, {"corp", "bolt"}, {"corp", "acme"}}).Draw(t, "merger")
	return drawn[0], drawn[1]
}

// entry draws a correction or retraction that the ledger would accept; false if there
// is nothing to speak of.
func entry(t *rapid.T, log []domain.Recorded) (domain.Envelope, bool) {
	retracted := map[domain.Position]bool{}
	for _, e := range log {
		if _, ok := e.Data.(domain.EntryRetracted); ok {
			retracted[e.Target] = true
		}
	}
	var open []domain.Recorded
	for _, e := range log {
		if _, ok := e.Data.(domain.EntryRetracted); !ok && !retracted[e.Position] {
			open = append(open, e)
		}
	}
	if len(open) == 0 {
		return domain.Envelope{}, false
	}
	target := rapid.SampledFrom(open).Draw(t, "target")
	e := domain.Envelope{Account: target.Account, Target: target.Position, OccurredAt: instant(t, "occurred"),
		Data: domain.EntryRetracted{Position: target.Position, Reason: "drawn"}}
	if _, corrects := target.Data.(domain.EntryCorrected); corrects || rapid.Bool().Draw(t, "retract") {
		return e, true
	}
	known, _ := domain.Lookup(target.Data.EventType())
	c := domain.EntryCorrected{Position: target.Position, Reason: "drawn", Type: known.CloudEventType(), Data: target.Data}
	if rapid.Bool().Draw(t, "move") {
		c.OccurredAt = instant(t, "really")
	}
	for range 20 { // other data of the same type, if some turns up
		if d := other(t, target); d.EventType() == target.Data.EventType() {
			c.Data = d
			break
		}
	}
	e.Data = c
	return e, true
}
