package domain_test

import (
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

func TestVoiceRules(t *testing.T) {
	t.Parallel()
	const digest = "data.media_sha256: must be 64 hexadecimal digits in lower case"
	score := func(score, low, high float64) domain.Event {
		return domain.SurveyAnswered{Instrument: "nps", Score: score, ScaleMin: low, ScaleMax: high}
	}
	decide(t, "acme", "survey", []rule{
		{"the lowest score is on the scale", nil, score(0, 0, 10), ""},
		{"the highest score is on the scale", nil, score(10, 0, 10), ""},
		{"a score below the scale is refused", nil, score(0, 1, 5), "data.score: must be from 1 to 5, the scale given"},
		{"a score above the scale is refused", nil, score(11, 0, 10), "data.score: must be from 0 to 10, the scale given"},
		{"a scale may go down to the best answer", nil, score(1, 6, 1), ""},
		{"a score off a scale that goes down is refused", nil, score(7, 6, 1), "data.score: must be from 6 to 1, the scale given"},
		{"a scale has more than one value", nil, score(3, 3, 3), "data.scale_max: must not be scale_min"},
		{"a survey nobody sent may be declined", nil, domain.SurveyDeclined{Survey: "S"}, ""},
		{"words may be kept", nil, domain.VoiceCaptured{Verbatim: "good"}, ""},
		{"a recording may be named by its digest", nil, domain.VoiceCaptured{Verbatim: "good", MediaSHA256: strings.Repeat("0f", 32)}, ""},
		{"a digest is not written in capitals", nil, domain.VoiceCaptured{Verbatim: "good", MediaSHA256: strings.Repeat("0F", 32)}, digest},
		{"a digest is not cut short", nil, domain.VoiceCaptured{Verbatim: "good", MediaSHA256: strings.Repeat("0f", 31)}, digest},
		{"a digest is of hexadecimal digits", nil, domain.VoiceCaptured{Verbatim: "good", MediaSHA256: strings.Repeat("xy", 32)}, digest},
	})
}

func TestRulesOfWhatIsMadeOfWords(t *testing.T) {
	t.Parallel()
	captured := domain.VoiceCaptured{Voice: "V", Verbatim: "good"}
	answered := domain.SurveyAnswered{Voice: "V", Instrument: "nps", Score: 3, ScaleMax: 10}
	rules := []rule{
		{"words get an id once", given(captured), captured, `data.voice: voice "V" was captured before`},
		{"an answer's words get an id once", given(answered), answered, `data.voice: voice "V" was captured before`},
		{"an answer's words and other words do not share an id", given(captured), answered, `data.voice: voice "V" was captured before`},
		{"words without an id may be many", given(domain.VoiceCaptured{Verbatim: "good"}), domain.VoiceCaptured{Verbatim: "good"}, ""},
		{"answers without an id may be many", given(domain.SurveyAnswered{Score: 3, ScaleMax: 10}), domain.SurveyAnswered{Score: 3, ScaleMax: 10}, ""},
		{"a conclusion may have no words behind it", nil, domain.VoiceSummarised{Summary: "fine", Method: "human"}, ""},
	}
	const unnamed = "data.voice: needed, or data.of, to name the words this is about"
	for what, made := range map[string]func(domain.ID, domain.Position) domain.Event{
		"summarised":  func(v domain.ID, p domain.Position) domain.Event { return domain.VoiceSummarised{Voice: v, Of: p} },
		"classified":  func(v domain.ID, p domain.Position) domain.Event { return domain.VoiceClassified{Voice: v, Of: p} },
		"distributed": func(v domain.ID, p domain.Position) domain.Event { return domain.VoiceDistributed{Voice: v, Of: p} },
		"read":        func(v domain.ID, p domain.Position) domain.Event { return domain.VoiceRead{Voice: v, Of: p} },
		"used":        func(v domain.ID, p domain.Position) domain.Event { return domain.VoiceUsed{Voice: v, Of: p} },
	} {
		rules = append(rules,
			rule{"words may be " + what, given(captured), made("V", 0), ""},
			rule{"an answer's words may be " + what, given(answered), made("V", 0), ""},
			rule{"words may be " + what + " again", given(captured, made("V", 0)), made("V", 0), ""},
			rule{"words named by their position may be " + what, nil, made("", 7), ""},
			rule{"words nobody captured are not " + what, nil, made("V", 0), `data.voice: voice "V" was never captured`},
			rule{"words are named once to be " + what, given(captured), made("V", 7), "data.of: names the words a second time; give voice or of"},
		)
		if what != "summarised" {
			rules = append(rules, rule{"no words are " + what, nil, made("", 0), unnamed})
		}
	}
	decide(t, "acme", "survey", rules)
}

func TestMarketRules(t *testing.T) {
	t.Parallel()
	rated := func(ours, theirs, low, high float64) domain.Event {
		return domain.CompetitorRated{Driver: "price", Ours: ours, Theirs: theirs, ScaleMin: low, ScaleMax: high}
	}
	decide(t, "acme", "survey", []rule{
		{"both ratings may be at the ends of the scale", nil, rated(1, 5, 1, 5), ""},
		{"our rating is on the scale", nil, rated(0, 5, 1, 5), "data.ours: must be from 1 to 5, the scale given"},
		{"their rating is on the scale", nil, rated(1, 6, 1, 5), "data.theirs: must be from 1 to 5, the scale given"},
		{"every fault is listed", nil, rated(0, 6, 1, 5), "data.ours: must be from 1 to 5, the scale given; data.theirs: must be from 1 to 5, the scale given"},
		{"a rating's scale may go down", nil, rated(5, 1, 5, 1), ""},
		{"our rating is on a scale that goes down", nil, rated(0, 3, 5, 1), "data.ours: must be from 5 to 1, the scale given"},
	})
}

func TestWhatTheCustomerHadNoPartInIsNoContact(t *testing.T) {
	t.Parallel()
	for _, e := range []domain.Event{
		domain.BriefingHeld{}, domain.WorkHandedOver{}, domain.AlternativeSought{}, domain.CompetitorRated{}, domain.CompetitorMentioned{},
		domain.VoiceSummarised{}, domain.VoiceClassified{}, domain.VoiceDistributed{}, domain.VoiceRead{}, domain.VoiceUsed{},
		domain.NeedAnticipated{}, domain.NeedMet{}, domain.ExpectationMeasured{}, domain.ExpectationValidated{}, domain.AccountFactLearned{},
	} {
		if entry, ok := domain.Lookup(e.EventType()); !ok || entry.Touch {
			t.Errorf("%s counts as contact", e.EventType())
		}
	}
}
