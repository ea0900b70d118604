package domain_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
)

// A history of the tests is a call per event, numbered by its place.

func heard(words string) domain.Event { return domain.VoiceCaptured{Verbatim: words} }

func correct(words string) domain.EntryCorrected {
	return domain.EntryCorrected{Reason: "typing", Data: domain.VoiceCaptured{Verbatim: words}}
}

var retract = domain.EntryRetracted{Reason: "wrong"}

// entry is an event that speaks of the one at the target.
type entry struct {
	target domain.Position
	data   domain.Event
}

func history(events ...any) []domain.Recorded {
	var all []domain.Recorded
	for i, e := range events {
		switch e := e.(type) {
		case entry:
			r := recorded(i+1, "acme", e.data)
			r.Target = e.target
			all = append(all, r)
		case domain.Event:
			all = append(all, recorded(i+1, "acme", e))
		}
	}
	return all
}

// stands is what a history comes to: the positions and words that count.
func stands(events []domain.Recorded) string {
	var words []string
	for _, e := range domain.Standing(events) {
		words = append(words, fmt.Sprintf("%d:%s", e.Position, e.Data.(domain.VoiceCaptured).Verbatim))
	}
	return strings.Join(words, " ")
}

func TestStanding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		given []domain.Recorded
		then  string
	}{
		{"nothing stands in an empty history", nil, ""},
		{"what nobody spoke of stands", history(heard("a"), heard("b")), "1:a 2:b"},
		{"what was retracted does not stand", history(heard("a"), heard("b"), entry{1, retract}), "2:b"},
		{"what was corrected stands in its new form and its old place", history(heard("a"), heard("b"), entry{1, correct("A")}), "1:A 2:b"},
		{"the last correction counts", history(heard("a"), entry{1, correct("A")}, entry{1, correct("Ä")}), "1:Ä"},
		{"a corrected event may be retracted", history(heard("a"), entry{1, correct("A")}, entry{1, retract}), ""},
		{"retracting a correction restores the original", history(heard("a"), entry{1, correct("A")}, entry{2, retract}), "1:a"},
		{"retracting the last correction restores the one before it", history(heard("a"), entry{1, correct("A")}, entry{1, correct("Ä")}, entry{3, retract}), "1:A"},
		{"retracting an earlier correction changes nothing", history(heard("a"), entry{1, correct("A")}, entry{1, correct("Ä")}, entry{2, retract}), "1:Ä"},
		{"a correction after a retracted one counts", history(heard("a"), entry{1, correct("A")}, entry{2, retract}, entry{1, correct("Ä")}), "1:Ä"},
		{"an entry about nothing that is here changes nothing", history(heard("a"), entry{9, retract}, entry{8, correct("A")}), "1:a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(c.given)
			if got := stands(c.given); got != c.then {
				t.Errorf("stands %q, want %q", got, c.then)
			}
			if !reflect.DeepEqual(c.given, before) {
				t.Error("the history was changed")
			}
		})
	}
}

func TestACorrectionMovesTheTimeOnlyIfItSaysSo(t *testing.T) {
	t.Parallel()
	moved := correct("A")
	moved.OccurredAt = day(5)
	events := history(heard("a"), heard("b"), entry{1, correct("A")}, entry{2, moved})
	events[0].OccurredAssumed, events[1].OccurredAssumed = true, true
	got := domain.Standing(events)
	if !got[0].OccurredAt.Equal(day(1)) || !got[0].OccurredAssumed {
		t.Errorf("occurred %v, assumed %v; want the original's", got[0].OccurredAt, got[0].OccurredAssumed)
	}
	if !got[1].OccurredAt.Equal(day(5)) || got[1].OccurredAssumed {
		t.Errorf("occurred %v, assumed %v; want what the correction says", got[1].OccurredAt, got[1].OccurredAssumed)
	}
	for i, e := range got {
		if e.Position != events[i].Position || e.Revision != events[i].Revision || !e.RecordedAt.Equal(events[i].RecordedAt) || e.ID != events[i].ID {
			t.Errorf("event %d is at %d, revision %d, recorded %v", i, e.Position, e.Revision, e.RecordedAt)
		}
	}
}

// drawHistory is a random history that the rules allow.
func drawHistory(t *rapid.T) []domain.Recorded {
	var events []domain.Recorded
	for i := range rapid.IntRange(0, 20).Draw(t, "length") {
		next := recorded(i+1, "acme", heard(fmt.Sprint("w", i)))
		if i > 0 && rapid.Bool().Draw(t, "entry") {
			target := events[rapid.IntRange(0, i-1).Draw(t, "target")]
			next.Data = retract
			if rapid.Bool().Draw(t, "correct") {
				c := correct(fmt.Sprint("c", i))
				c.ID, c.Type = target.ID, "rapport.voice.captured.v1"
				if rapid.Bool().Draw(t, "moved") {
					c.OccurredAt = day(rapid.IntRange(1, 28).Draw(t, "occurred"))
				}
				next.Data = c
			} else {
				next.Data = domain.EntryRetracted{ID: target.ID, Reason: "wrong"}
			}
			if amended(events).DecideEntry(next.Envelope, &target, reader(events)) != nil {
				next.Data = heard(fmt.Sprint("w", i))
			} else {
				next.Target = target.Position
			}
		}
		events = append(events, next)
	}
	return events
}

func TestStandingAgreesWithUndoingOneByOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := drawHistory(t)
		got, want := domain.Standing(events), slowStanding(events)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("stands\n  %v, want\n  %v", got, want)
		}
	})
}

// slowStanding says what stands of each event by looking for the last entry about it
// that is not itself retracted.
func slowStanding(events []domain.Recorded) []domain.Recorded {
	all := []domain.Recorded{}
	isRetracted := func(p domain.Position) bool {
		return slices.ContainsFunc(events, func(e domain.Recorded) bool {
			return e.Target == p && e.Data.EventType() == "entry.retracted"
		})
	}
	for _, e := range events {
		if e.Target != 0 || isRetracted(e.Position) {
			continue
		}
		for _, c := range slices.Backward(events) {
			if c.Target != e.Position || isRetracted(c.Position) {
				continue
			}
			correction := c.Data.(domain.EntryCorrected)
			e.Data, e.CorrectedBy = correction.Data, c.Position
			if !correction.OccurredAt.IsZero() {
				e.OccurredAt = correction.OccurredAt
			}
			break
		}
		all = append(all, e)
	}
	return all
}

func TestStandingOfWhatStandsIsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		once := domain.Standing(drawHistory(t))
		if twice := domain.Standing(once); !reflect.DeepEqual(once, twice) {
			t.Errorf("stands %v, want %v", twice, once)
		}
	})
}

func TestAnEntryAndItsUndoingLeaveNoTrace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := drawHistory(t)
		// One that nobody has spoken of yet is always there to be corrected.
		events = append(events, recorded(len(events)+1, "acme", heard("last")))
		before := domain.Standing(events)
		target := before[rapid.IntRange(0, len(before)-1).Draw(t, "target")].Position
		n := len(events)
		correction := recorded(n+1, "acme", correct("other"))
		correction.Target = target
		undoing := recorded(n+2, "acme", retract)
		undoing.Target = correction.Position
		after := domain.Standing(append(events, correction, undoing))
		if !reflect.DeepEqual(before, after) {
			t.Errorf("stands %v, want %v", after, before)
		}
	})
}

func TestEntryRules(t *testing.T) {
	t.Parallel()
	const crm = "crm"
	byPosition := func(p domain.Position) domain.Event {
		return domain.EntryRetracted{Position: p, Reason: "wrong"}
	}
	correction := func(data domain.Event) domain.EntryCorrected {
		return domain.EntryCorrected{Position: 1, Reason: "typing", Type: "rapport." + string(data.EventType()) + ".v1", Data: data}
	}
	at := func(c domain.EntryCorrected, p domain.Position) domain.EntryCorrected { c.Position = p; return c }
	moved := correction(heard("a"))
	moved.OccurredAt = day(3)
	merge := func(contact, into domain.ID) domain.Event { return domain.ContactMerged{Contact: contact, Into: into} }
	raised := domain.ComplaintRaised{Complaint: "C-1", Severity: 2}
	wrongSurvey := domain.SurveyAnswered{Instrument: "csat", Score: 7, ScaleMin: 1, ScaleMax: 5}
	survey := domain.SurveyAnswered{Instrument: "csat", Score: 4, ScaleMin: 1, ScaleMax: 5}
	for _, c := range []struct {
		name  string
		given []domain.Recorded
		when  domain.Event
		then  string
	}{
		{"an event may be retracted", history(heard("a")), byPosition(1), ""},
		{"an event may be named by its id", history(heard("a")), domain.EntryRetracted{ID: "b", Source: "test", Reason: "wrong"}, ""},
		{"an event that is not there is not retracted", history(heard("a")), byPosition(2), "data.position: the ledger has no such event"},
		{"an event of an unknown id is not retracted", history(heard("a")), domain.EntryRetracted{ID: "b", Reason: "wrong"}, "data.id: the ledger has no such event"},
		{"an event is retracted once", history(heard("a"), entry{1, retract}), byPosition(1), "data.position: that event was retracted already"},
		{"a retraction is not retracted", history(heard("a"), entry{1, retract}), byPosition(2), "data.position: that event is itself a retraction; record the fact anew, with an id of its own"},
		{"a correction may be retracted", history(heard("a"), entry{1, correct("A")}), byPosition(2), ""},
		{"a correction is retracted once", history(heard("a"), entry{1, correct("A")}, entry{2, retract}), byPosition(2), "data.position: that event was retracted already"},
		{"the event must be named", history(heard("a")), domain.EntryRetracted{Reason: "wrong"}, "data.position: needed, or data.id, to name the event this is about"},
		{"the event is named in one way", history(heard("a")), domain.EntryRetracted{Position: 1, ID: "b", Reason: "wrong"}, "data.id: names the event a second time; give position or id"},
		{"a source belongs to an id", history(heard("a")), domain.EntryRetracted{Position: 1, Source: "test", Reason: "wrong"}, "data.source: says nothing without data.id"},
		{"an event may be corrected", history(heard("a")), correction(heard("A")), ""},
		{"a corrected event may be corrected again", history(heard("a"), entry{1, correct("A")}), correction(heard("Ä")), ""},
		{"a corrected event may be corrected back", history(heard("a"), entry{1, correct("A")}), correction(heard("a")), ""},
		{"a correction changes something", history(heard("a")), correction(heard("a")), "data.data: is what stands already"},
		{"a correction changes what stands", history(heard("a"), entry{1, correct("A")}), correction(heard("A")), "data.data: is what stands already"},
		{"the time alone may be corrected", history(heard("a")), moved, ""},
		{"a retracted event is not corrected", history(heard("a"), entry{1, retract}), correction(heard("A")), "data.position: that event was retracted already"},
		{"a retraction is not corrected", history(heard("a"), entry{1, retract}), at(correction(heard("A")), 2), "data.position: that event is itself a retraction; record the fact anew, with an id of its own"},
		{"a correction is not corrected", history(heard("a"), entry{1, correct("A")}), at(correction(heard("A")), 2), "data.position: that event is itself a correction; correct the event at position 1 again, or retract the correction"},
		{"a correction does not change the type", history(heard("a")), correction(raised), "data.type: the event to correct is a voice.captured, and a correction does not change that"},
		{"a correction must be right by itself", history(survey), correction(wrongSurvey), "data.data.score: must be from 1 to 5, the scale given"},
		{"a correction must be right where it stands", history(domain.ComplaintRaised{Complaint: "C-1"}, domain.ComplaintRaised{Complaint: "C-2"}), at(correction(raised), 2), `data.data.complaint: complaint "C-1" was raised before`},
		{"what came later does not stand in the way of a correction", history(domain.ComplaintRaised{Complaint: "C-1"}, domain.ComplaintClosed{Complaint: "C-1"}), correction(raised), ""},
		{"a correction does not close a circle of merges", history(merge("eva", "x"), merge("b", "c"), merge("c", "eva")), correction(merge("eva", "b")), `data.position: by that, contact "eva" would be merged into "b", which is itself merged into "eva"`},
		{"a retraction does not close a circle of merges", history(merge("eva", "b"), domain.ContactUnmerged{Contact: "eva", From: "b"}, merge("b", "eva")), byPosition(2), `data.position: by that, contact "eva" would be merged into "b", which is itself merged into "eva"`},
		{"a merge may be corrected to another", history(merge("eva", "x"), merge("b", "c")), correction(merge("eva", "b")), ""},
		{"what undid a merge may be retracted", history(merge("eva", "b"), domain.ContactUnmerged{Contact: "eva", From: "b"}, merge("b", "c")), byPosition(2), ""},
		{"that a person was forgotten is not retracted", history(domain.PersonForgotten{Contact: "eva", Reason: "asked"}), byPosition(1), "data.position: that event says that a person was forgotten, which nothing undoes"},
		{"nor corrected", history(domain.PersonForgotten{Contact: "eva", Reason: "asked"}), correction(domain.PersonForgotten{Contact: "e.m", Reason: "asked"}), "data.position: that event says that a person was forgotten, which nothing undoes"},
		{"nobody corrects what only the ledger records", history(domain.SilenceNoticed{CadenceD: 3}), correction(domain.SilenceNoticed{CadenceD: 4}), "source: only the ledger itself records silence.noticed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := domain.Envelope{Source: crm, ID: "when", Account: "acme", OccurredAt: day(20), Data: c.when}
			got := ""
			if err := amended(c.given).DecideEntry(e, named(e, c.given), reader(c.given)); err != nil {
				got = err.Error()
			}
			if got != c.then {
				t.Errorf("decided\n  %q, want\n  %q", got, c.then)
			}
		})
	}
}

func named(e domain.Envelope, events []domain.Recorded) *domain.Recorded {
	p, source, id, _ := domain.TargetOf(e)
	for _, r := range events {
		if r.Position == p || p == 0 && r.ID == id && r.Source == source {
			return &r
		}
	}
	return nil
}

func TestAnEntryStaysInTheStreamOfWhatItSpeaksOf(t *testing.T) {
	t.Parallel()
	target := recorded(1, "bell", heard("a"))
	e := domain.Envelope{Source: "crm", ID: "x", Account: "acme", Data: domain.EntryRetracted{Position: 1, Reason: "wrong"}}
	want := domain.Refuse("data.position", `that event is in the stream of account "bell"; an entry goes to the stream of the event it is about, also where accounts were merged`)
	if got := domain.NewAccount("acme").DecideEntry(e, &target, nil); !want.Is(got) {
		t.Errorf("decided %v, want %v", got, want)
	}
}

func TestAnEntryMaySpeakOfThePolicy(t *testing.T) {
	t.Parallel()
	changed := recorded(1, domain.Ledger, domain.PolicyChanged{Name: "p", FollowUp: &domain.FollowUpPolicy{DefaultDueH: 8}})
	e := domain.Envelope{Source: "crm", ID: "x", Account: domain.Ledger, Data: domain.EntryRetracted{Position: 1, Reason: "wrong"}}
	if err := domain.FoldAccount(domain.Ledger, []domain.Recorded{changed}).DecideEntry(e, &changed, nil); err != nil {
		t.Errorf("decided %v", err)
	}
}

func TestAnAccountFoldedAgainIsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := drawFacts(t)
		whole := domain.FoldAccount("acme", events)
		n := rapid.IntRange(0, len(events)).Draw(t, "parts meet at")
		parts := domain.FoldAccount("acme", events[:n])
		for _, e := range events[n:] {
			parts.Evolve(e)
		}
		if !reflect.DeepEqual(whole, parts) {
			t.Errorf("folded at once %+v, in parts %+v", whole, parts)
		}
		if whole.Weight() != parts.Weight() || whole.Weight() <= 0 {
			t.Errorf("weighs %d at once, %d in parts", whole.Weight(), parts.Weight())
		}
	})
}

// drawFacts is a random history of facts, allowed or not: what happened, happened.
func drawFacts(t *rapid.T) []domain.Recorded {
	var events []domain.Recorded
	for i := range rapid.IntRange(0, 30).Draw(t, "length") {
		events = append(events, recorded(i+1, "acme", drawFact(t)))
	}
	return events
}

func drawFact(t *rapid.T) domain.Event {
	id, other := rapid.SampledFrom([]domain.ID{"1", "2"}).Draw(t, "id"), rapid.SampledFrom([]domain.ID{"", "1", "2"}).Draw(t, "other")
	return rapid.SampledFrom([]domain.Event{
		domain.ComplaintRaised{Complaint: id}, domain.ComplaintAnswered{Complaint: id}, domain.ComplaintClosed{Complaint: id}, domain.ComplaintReopened{Complaint: id},
		domain.CommitmentMade{Commitment: id}, domain.CommitmentKept{Commitment: id},
		domain.ContactMerged{Contact: id, Into: other}, domain.ContactUnmerged{Contact: id, From: other},
		domain.ContactLinked{Contact: id, OurPerson: "tom"}, domain.ContactUnlinked{Contact: id, OurPerson: "tom"},
		domain.AccountMerged{Into: "bell"}, domain.AccountUnmerged{From: "bell"},
		domain.InteractionHeld{Kind: "meeting", Interaction: other},
		domain.MeetingProposed{Meeting: id}, domain.MeetingDeclined{Meeting: id}, domain.DeliveryMade{Line: id},
		domain.NeedAnticipated{Need: id}, domain.NeedStated{Need: id}, domain.NeedMet{Need: id},
		domain.VoiceCaptured{Voice: other}, domain.VoiceRead{Voice: id},
	}).Draw(t, "event")
}

func TestWhatIsAcceptedOnceEndsTheThing(t *testing.T) {
	t.Parallel()
	// Whatever happened before: once the account has taken in what ends a thing, it
	// is not to be ended again the same way.
	rapid.Check(t, func(t *rapid.T) {
		a := domain.FoldAccount("acme", drawFacts(t))
		for _, e := range []domain.Event{
			domain.ComplaintClosed{Complaint: "1"}, domain.CommitmentKept{Commitment: "1"}, domain.ComplaintRaised{Complaint: "1"},
			domain.NeedStated{Need: "1"}, domain.VoiceCaptured{Voice: "1"},
		} {
			at := domain.Envelope{Source: "test", ID: "x", Account: "acme", OccurredAt: day(1), Data: e}
			if a.Decide(at) != nil {
				continue
			}
			a.Evolve(domain.Recorded{Envelope: at})
			if a.Decide(at) == nil {
				t.Errorf("%T is accepted twice", e)
			}
		}
	})
}

func TestDecideChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := drawFacts(t)
		a, b := domain.FoldAccount("acme", events), domain.FoldAccount("acme", events)
		for _, e := range drawFacts(t) {
			_ = a.Decide(e.Envelope)
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("deciding changed %+v to %+v", b, a)
		}
	})
}

func TestWhatWasCorrectedSaysByWhat(t *testing.T) {
	t.Parallel()
	var got []domain.Position
	for _, e := range domain.Standing(history(heard("a"), entry{1, correct("A")}, heard("b"), entry{1, correct("Ä")}, entry{4, retract})) {
		got = append(got, e.CorrectedBy)
	}
	if want := []domain.Position{2, 0}; !slices.Equal(got, want) {
		t.Errorf("corrected by %v, want %v", got, want)
	}
}
