package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// wordsOfAcme puts what acme says in words into the ledger, and what was made of it.
func (r *rows) wordsOfAcme() {
	words := r.fact("acme", "03-02", "voice.captured", `{"voice":"V-1","contact":"jane","verbatim":"The valves leak again","area":"product","topic":"valves","polarity":-2,"solicited":false,"required_authority":"operations"}`)
	r.fact("acme", "03-02T10:00", "voice.summarised", `{"voice":"V-1","contact":"jane","summary":"Quality trouble","author":"model-3","method":"model"}`)
	r.fact("acme", "03-02T11:00", "voice.distributed", `{"voice":"V-1","functions":["quality","engineering"]}`)
	r.fact("acme", "03-04", "voice.read", `{"voice":"V-1","function":"quality","person":"q.1"}`)
	r.fact("acme", "03-03", "voice.classified", `{"voice":"V-1","theme":"price","polarity":-1,"classifier":"themes","classifier_version":"1"}`)
	r.fact("acme", "06-03", "voice.classified", `{"voice":"V-1","theme":"tightness","polarity":-2,"severity":4,"classifier":"themes","classifier_version":"2"}`)
	r.fact("acme", "03-02T09:45", "plan.created", fmt.Sprintf(`{"plan":"PL-1","from":[%d],"owner":"k.lind"}`, words))
	r.fact("acme", "04-02", "voice.used", `{"voice":"V-1","process":"product development","decision":"D-7","offering":"valve 3"}`)
	friendly := `{"voice":"V-2","contact":"olaf","verbatim":"Your drivers are %s","area":"field_service","solicited":true,"required_authority":"strategy"}`
	other := r.fact("acme", "04-03", "voice.captured", fmt.Sprintf(friendly, "fiendish"))
	r.fact("acme", "04-04", "entry.corrected", fmt.Sprintf(`{"position":%d,"reason":"misheard","type":"rapport.voice.captured.v1","data":%s}`, other, fmt.Sprintf(friendly, "friendly")))
	r.fact("acme", "05-01", "voice.summarised", `{"summary":"They want lower prices","author":"sales","method":"human"}`)
	r.fact("acme", "05-02", "improvement.agreed", fmt.Sprintf(`{"improvement":"I-1","from":[%d]}`, words))
	r.fact("acme", "06-02", "improvement.delivered", fmt.Sprintf(`{"improvement":"I-1","offering":"valve 3","from":[%d]}`, words))
	r.fact("acme", "06-03", "improvement.told", `{"improvement":"I-1","contact":"jane"}`)
	r.fact("_ledger", "07-02", "cycle.started", `{"process":"pricing","cycle":"2026"}`)
}

// scoresOfAcme puts what acme answers into the ledger.
func (r *rows) scoresOfAcme() {
	r.fact("acme", "02-01", "survey.sent", `{"survey":"S-1","instrument":"nps","sample_count":4,"burden_min":3}`)
	r.fact("acme", "02-01", "survey.sent", `{"survey":"S-2","instrument":"csat","contact":"jane","burden_min":12,"questions_count":20,"designed_by":"us"}`)
	for _, score := range []int{10, 10} {
		r.fact("acme", "02-02", "survey.answered", fmt.Sprintf(`{"survey":"S-1","instrument":"nps","score":%d,"scale_min":0,"scale_max":10}`, score))
	}
	r.fact("acme", "02-05", "survey.declined", `{"survey":"S-2","contact":"jane","reason":"too many"}`)
	r.fact("acme", "05-05", "survey.answered", `{"instrument":"csat","score":4,"scale_min":1,"scale_max":5,"function":"logistics","period":"2026-Q2"}`)
	r.fact("acme", "05-06", "survey.answered", `{"instrument":"csat","score":1,"scale_min":1,"scale_max":5,"stance":"negotiating","confidence_pct":60}`)
	r.fact("acme", "05-06", "survey.answered", `{"instrument":"perception","dimension":"on_time","score":2,"scale_min":1,"scale_max":5}`)
	r.fact("acme", "05-06", "figure.published", `{"measure":"on_time","period":"2026-04","value":97,"uom":"pct","by":"us"}`)
	r.fact("beta", "05-06", "survey.answered", `{"instrument":"ces","score":7,"scale_min":1,"scale_max":7}`)
	r.fact("acme", "08-02", "interaction.held", `{"interaction":"T-1","kind":"check_in","asked_how_are_we":true,"contacts":["jane"]}`)
	r.fact("acme", "08-02", "survey.answered", `{"instrument":"check_in","interaction":"T-1","score":1,"scale_min":1,"scale_max":5,"contact":"jane"}`)
	r.fact("_ledger", "01-01", "policy.changed", `{"name":"measures","reason":"a slogan is no definition","measures":[{"measure":"nps","formula_version":"nps-1","text":"promoters less detractors"}]}`)
}

// peopleAndNeedsOfAcme puts who speaks for acme, what it needs and goes by into the ledger.
func (r *rows) peopleAndNeedsOfAcme() {
	r.fact("acme", "01-02", "contact.role_recorded", `{"contact":"jane","role":"economic","authority":"budget","horizon_months":36}`)
	r.fact("acme", "01-02", "contact.role_recorded", `{"contact":"olaf","role":"order_placer","authority":"orders","horizon_months":1}`)
	r.fact("acme", "01-02", "contact.role_recorded", `{"contact":"otto","role":"order_placer","authority":"orders"}`)
	r.fact("acme", "03-10", "interaction.held", `{"interaction":"F-1","kind":"focus_group","contacts":["jane","olaf","otto"],"required_horizon_months":24,"topics":["the next line"]}`)
	r.fact("acme", "01-10", "need.anticipated", `{"need":"N-1","statement":"a second line","horizon_months":24}`)
	r.fact("acme", "03-10", "need.stated", `{"need":"N-1","contact":"jane","statement":"We will need a second line","horizon_months":24,"topic":"capacity","priority":3}`)
	r.fact("acme", "05-24", "need.stated", `{"need":"N-2","contact":"jane","statement":"Stock at our plant","during":"crisis","topic":"stock","priority":5}`)
	r.fact("acme", "06-24", "need.met", `{"need":"N-2","level":"poor","by":"customer","consequence":"the line stops"}`)
	r.fact("acme", "06-25", "need.stated", `{"need":"N-3","statement":"Design with us","topic":"design","aspiration":true}`)
	r.fact("acme", "06-26", "need.conflict_found", `{"need":"N-2","other_need":"N-9","other_account":"beta"}`)
	r.fact("acme", "06-27", "need.conflict_found", `{"need":"N-2","other_need":"N-9","other_account":"beta","prevails":"other","decided_by":"planning","resolution":"beta first"}`)
	r.fact("acme", "04-01", "wish.expressed", `{"topic":"tracking","strength":4,"contact":"jane"}`)
	r.fact("beta", "04-01", "wish.expressed", `{"topic":"tracking","strength":2}`)
	r.fact("acme", "04-02", "wish.expressed", `{"topic":"portal","strength":5}`)
	r.fact("beta", "04-02", "account.classified", `{"tier_now":"A"}`)
	r.fact("acme", "04-05", "driver.stated", `{"driver":"delivery","weight_pct":75,"rank":1,"contact":"jane"}`)
	r.fact("acme", "04-05", "driver.stated", `{"driver":"price","weight_pct":25,"rank":2,"contact":"jane"}`)
	r.fact("acme", "04-06", "competitor.rated", `{"driver":"delivery","competitor":"Corvus","ours":8,"theirs":6,"scale_min":0,"scale_max":10,"by":"customer"}`)
	r.fact("acme", "04-06", "competitor.rated", `{"driver":"price","competitor":"Corvus","ours":5,"theirs":9,"scale_min":0,"scale_max":10,"by":"customer"}`)
	r.fact("acme", "04-07", "competitor.mentioned", `{"competitor":"Corvus","contact":"jane","context":"They called us"}`)
	r.fact("acme", "07-07", "alternative.sought", `{"evidence":"a tender","competitor":"Corvus"}`)
}

func TestRowsOfTheVoice(t *testing.T) {
	t.Parallel()
	r := newRows(t)
	r.wordsOfAcme()
	r.scoresOfAcme()
	r.peopleAndNeedsOfAcme()
	const acme, all = "/v1/accounts/acme/voice", "/v1/voice"

	r.row(t, "S0-11", "What are NPS, CSAT and CES, by which formula, who answered, and what do they wish for?", all, map[string]string{
		"total.scores.0.formula": "nps-1", "total.scores.0.value": "100", "total.scores.1.formula": "csat-top-two-1", "total.scores.1.value": "50",
		"total.scores.3.formula": "ces-mean-1", "total.scores.3.value": "100", "items.1.ces_pct": "100",
		"total.surveys.1.instrument": "nps", "total.surveys.1.asked_count": "4", "total.surveys.1.response_pct": "50",
		"total.wishes.0.topic": "tracking", "total.wishes.0.accounts_count": "2", "total.wishes.0.tier_a_count": "1", "total.wishes.1.topic": "portal",
	})
	r.row(t, "S0-18", "Which processes cite the customer's voice, and which do not this quarter?", acme, map[string]string{
		"processes.0.process": "pricing", "processes.0.used_count": "0", "processes.1.process": "product development", "processes.1.used_count": "1",
		"processes.1.this_quarter_count": "0",
	})
	r.row(t, "S0-19", "What are the words about, by the latest classifier?", acme, map[string]string{
		"themes.0.theme": "tightness", "themes.0.words_count": "1", "themes.0.mean_polarity": "-2", "theme_trend.0.quarter": "2026-Q1",
	})
	r.row(t, "S1-1", "How far is our figure from how they see it?", acme, map[string]string{
		"perception.0.dimension": "on_time", "perception.0.theirs_pct": "25", "perception.0.ours": "97", "perception.0.gap_pct": "72",
	})
	r.row(t, "S1-3", "Which needs conflict, whose won, and who decided?", acme, map[string]string{
		"conflicts.0.need": "N-2", "conflicts.0.other_account": "beta", "conflicts.0.prevails": "other", "conflicts.0.decided_by": "planning",
	})
	r.row(t, "S1-4", "What definition was in force for a number?", acme, map[string]string{
		"scores.0.measure": "nps", "scores.0.formula": "nps-1", "scores.0.defined_as": "nps-1", "scores.0.definition": "promoters less detractors", "scores.0.policy": "measures",
		"trend.0.defined_as": "nps-1",
	})
	r.row(t, "S1-10", "Which functions did the words reach, and how long did it take?", acme, map[string]string{
		"reach.0.function": "engineering", "reach.0.unread_count": "1", "reach.0.median_h": "",
		"reach.1.function": "quality", "reach.1.read_count": "1", "reach.1.reach_pct": "50", "reach.1.median_h": "48",
	})
	r.row(t, "S1-11", "What did they say themselves beside what was made of it, and what has no words behind it?", acme, map[string]string{
		"words.0.text": "Your drivers are friendly", "words.1.text": "The valves leak again", "words.1.summaries.0.text": "Quality trouble", "words.1.summaries.0.method": "model",
		"conclusions.0.text": "They want lower prices", "conclusions.0.author": "sales", "listening.nothing_behind_count": "1",
	})
	r.row(t, "S1-16", "What do they say of relations, product and service, and how soon does somebody own it?", acme, map[string]string{
		"areas.1.area": "product", "areas.1.negative_count": "1", "areas.1.median_owned_min": "45", "areas.0.area": "field_service", "areas.0.owned_count": "0",
	})
	r.row(t, "S1-20", "When did we last ask them face to face, and does it differ from the surveys?", acme, map[string]string{
		"direct.since_d": "29.625", "direct.direct_pct": "0", "direct.survey_count": "5", "direct.gap_pct": "-60", "direct.disagree": "false", // one answer is too little to tell,
	})
	r.row(t, "S1-21", "How heavy are surveys on each of them, who designed them, and what does each source count?", acme, map[string]string{
		"burdens.0.contact": "jane", "burdens.0.quarter": "2026-Q1", "burdens.0.burden_min": "12", "burdens.0.declined_count": "1",
		"designers.1.designed_by": "us", "designers.1.may_flatter": "true",
		"sources.0.source": "words", "sources.0.weight": "1.5", "sources.1.source": "survey", "sources.1.weight": "1",
	})
	r.row(t, "S2-2", "Which needs were stated in a crisis and never checked again?", acme, map[string]string{
		"needs.0.need": "N-2", "needs.0.during": "crisis", "needs.0.unchecked": "true", "needs_sum.unchecked_count": "1",
	})
	r.row(t, "S2-3", "Which needs are not met, and since when?", all, map[string]string{
		"total.unmet.0.account": "acme", "total.unmet.0.need": "N-2", "total.unmet.0.met_level": "poor", "total.unmet.0.consequence": "the line stops",
		"total.unmet.0.age_d": "99.625", "total.needs_sum.unmet_count": "3",
	})
	r.row(t, "S2-4", "Who can answer what, and how much comes from people who can?", acme, map[string]string{
		"informants.0.contact": "jane", "informants.0.authority": "budget", "informants.1.orders_only": "true",
		"validity.required_count": "2", "validity.valid_pct": "50", "words.0.informant": "invalid", "words.1.informant": "valid",
	})
	r.row(t, "S2-5", "Were a session's informants valid?", acme, map[string]string{
		"sessions.0.interaction": "F-1", "sessions.0.informants_count": "3", "sessions.0.valid_count": "1", "sessions.0.unknown_count": "1",
		"sessions.0.mostly_order_placers": "true", "validity.valid_informants_count": "1",
	})
	r.row(t, "S2-6", "What lies ahead, and of whom do we know nothing beyond the current order?", all, map[string]string{
		"total.horizons.1.horizon": "to_36_months", "total.horizons.1.stated_count": "1", "total.needs_sum.nothing_ahead_count": "1",
		"items.0.account": "acme", "items.0.nothing_ahead": "false", "items.1.account": "beta", "items.1.nothing_ahead": "true",
	})
	r.row(t, "S2-16", "What was changed because of what they said, and what was never used?", acme, map[string]string{
		"changes.0.offering": "valve 3", "changes.0.improvement": "I-1", "changes.1.decision": "D-7", "unused.0.kind": "need", "listening.closed_pct": "50",
	})
	r.row(t, "S3-4", "How satisfied are they, by which methods, and how old is that?", acme, map[string]string{
		"scores.1.measure": "csat", "scores.1.age_d": "117.625", "scores.1.answers_count": "2", "trend.1.measure": "csat", "trend.1.quarter": "2026-Q2",
	})
	r.row(t, "S3-5", "How were our functions rated?", acme, map[string]string{
		"functions.0.function": "logistics", "functions.0.period": "2026-Q2", "functions.0.mean_pct": "75",
	})
	r.row(t, "S3-7", "How much of it did we ask for?", acme, map[string]string{
		"asked.solicited_count": "3", "asked.unsolicited_count": "1", "asked.unknown_count": "4", "asked.solicited_pct": "75",
	})
	r.row(t, "S3-14", "How many needs did we foresee?", acme, map[string]string{
		"needs_sum.anticipated_count": "1", "needs_sum.foreseen_pct": "100", "needs.1.need": "N-1", "needs.1.foreseen": "true",
	})
	r.row(t, "S3-22", "When did whom else come up?", acme, map[string]string{
		"mentions.0.kind": "alternative_sought", "mentions.0.evidence": "a tender", "mentions.1.text": "They called us",
		"pressure.0.quarter": "2026-Q2", "pressure.0.mentions_count": "1", "pressure.1.alternatives_count": "1",
	})
	r.row(t, "S4-3", "What do they value, and how do we do in it beside others?", acme, map[string]string{
		"drivers.0.driver": "delivery", "drivers.0.weight_pct": "75", "drivers.0.gap_pct": "20", "drivers.0.best_other": "Corvus",
		"competition.relative_pct": "5", "competitors.0.relative_pct": "5",
	})
	r.row(t, "S4-4", "What do they aspire to beyond the basics, and is it met?", acme, map[string]string{
		"needs_sum.aspirations_count": "1", "needs_sum.aspirations_met_count": "0", "needs.2.need": "N-3", "needs.2.aspiration": "true",
	})
	r.row(t, "S4-5", "What is the score with and without what was said to get something?", acme, map[string]string{
		"scores.1.formula": "csat-top-two-1", "scores.1.value": "50", "scores.1.flagged_count": "1", "scores.1.without_flagged": "100",
	})
	r.row(t, "S4-30", "What does each role go by?", acme, map[string]string{
		"factors.0.role": "economic", "factors.0.driver": "delivery", "factors.0.weight_pct": "75", "factors.0.mean_rank": "1",
	})
	r.row(t, "S4-31", "How is satisfaction measured, and what is improved by it?", all, map[string]string{
		"total.scores.0.formula": "nps-1", "total.listening.acted_count": "1", "total.listening.told_count": "1", "total.changes.0.improvement": "I-1",
	})

	r.fact("acme", "08-03", "survey.answered", `{"instrument":"csat","score":4,"scale_min":1,"scale_max":5,"independent":true}`)
	r.row(t, "S1-21", "And what a third party asked?", acme, map[string]string{
		"sources.0.weight": "1.5", "sources.1.source": "third_party", "sources.1.weight": "1.25", "sources.1.mean_pct": "75", "sources.2.weight": "1",
	})

	out := r.cli("voice", "acme", "--at", "2026-09-01")
	for _, want := range []string{"nps-1", "The valves leak again", "Quality trouble", "product development", "jane"} {
		if !strings.Contains(out, want) {
			t.Errorf("rapport voice acme does not say %q:\n%s", want, out)
		}
	}
	r.forgottenWords(t, acme)
}

// forgottenWords forgets who spoke: the words go, and it is said why.
func (r *rows) forgottenWords(t *testing.T, path string) {
	t.Helper()
	if res := r.do(http.MethodPost, "/v1/accounts/acme/contacts/jane/forget", `{"reason":"asked for it"}`); res.status != http.StatusOK {
		t.Fatalf("forget: %d: %s", res.status, res.body)
	}
	answer := r.answer(path)
	for _, name := range []string{"words.1.text", "words.1.summaries.0.text", "needs.0.text", "mentions.1.text"} {
		if answer.part(name) != nil {
			t.Errorf("%s is still there: %s", name, answer.part(name).plain())
		}
		if gone := strings.TrimSuffix(name, "text") + "forgotten_at"; answer.part(gone) == nil {
			t.Errorf("%s does not say since when", gone)
		}
	}
	if got := answer.part("words.0.text"); got == nil || got.plain() != "Your drivers are friendly" {
		t.Error("the words of others are gone")
	}
}
