package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// works tells what the shop floor, the laboratory and the books have to say of an
// account.
func (t *teller) works(index int) {
	first := weeks
	if t.since > 0 {
		first = t.since
	}
	t.dependence(float64(first*7) + 5)
	for w := first; w > t.until; w-- {
		daysBefore := float64(w * 7)
		if w%4 == index%4 {
			t.month(daysBefore)
		}
		if w%13 == (index+5)%13 && t.tier == "A" {
			t.figures(daysBefore)
		}
		if t.chance(t.character.complaints*.8) && (w > 5 || t.tier == "A") {
			t.nonconformity(daysBefore - t.rng.Float64()*4)
		}
		if t.chance(t.character.linesPerWeek * .02) {
			t.comeback(daysBefore - t.rng.Float64()*4)
		}
		if t.chance((1 - t.character.onTime) * .3) {
			t.harm(daysBefore - t.rng.Float64()*4)
		}
	}
}

// dependence is what the customer depends on us for, and who answers for it.
func (t *teller) dependence(daysBefore float64) {
	t.say("crm", t.at(daysBefore), domain.PriorityPublished{Consumer: "scheduling", Tier: t.tier})
	if t.tier != "A" {
		return
	}
	process := pick(t, []string{"final assembly", "line 4", "filling", "packing hall"})
	t.say("crm", t.at(daysBefore-2), domain.DependencyRecorded{
		Dependency: "main-process", CustomerProcess: process, OurDeliverable: "seals", BufferH: new(float64(8 * (1 + t.rng.IntN(6)))),
		PeopleCount: new(int64(5 + t.rng.IntN(60))), CostPerHMinor: new(int64(20_000 * (1 + t.rng.IntN(20)))), Currency: "EUR", Critical: true,
	})
	role := domain.RoleAssigned{Role: "on-call planner", Person: pick(t, planners), Process: process}
	if t.chance(.6) {
		role.Backup = "r.stand-in"
	}
	t.say("crm", t.at(daysBefore-3), role)
	if t.chance(.3) {
		t.say("crm", t.at(40), domain.RoleVacated{Role: "on-call planner", Reason: "moved to another site"})
	}
	t.say("crm", t.at(daysBefore-60), domain.InvolvementStarted{
		Effort: "yearly-design", Party: "supplier", Kind: "design", Supplier: "polymers-co", PeopleCount: 2,
	})
}

var planners = []string{"a.lind", "b.osei", "c.weiss"}

// month is what is measured and paid once a month.
func (t *teller) month(daysBefore float64) {
	at := t.at(daysBefore)
	inspected := float64(500 * (1 + t.rng.IntN(6)))
	bad := float64(t.count(inspected * (1 - t.character.onTime) * .02))
	t.say("laboratory", at, domain.QualityMeasured{
		InspectedQty: inspected, NonconformingQty: bad, UOM: "pcs", Product: "seals", By: "us", Period: at.Format("2006-01"),
	})
	t.say("workshop", at.Add(2*time.Hour), t.job())
	invoice := t.id("invoice")
	due := at.Add(30 * day)
	paid := due.Add(-2 * day)
	if t.chance(.08) {
		paid = due.Add(12 * day)
		t.say("books", due.Add(5*day), domain.PaymentLate{Invoice: invoice, LateD: 5})
	}
	t.say("books", paid, domain.PaymentReceived{Invoice: invoice, AmountMinor: int64(inspected) * 1900, Currency: "EUR", DueAt: due})
	if t.chance(t.character.mood/10 - .85) {
		t.say("crm", at.Add(4*day), domain.ReferralGiven{Contact: pick(t, t.contacts), Prospect: "a sister company"})
	}
}

func (t *teller) job() domain.JobCompleted {
	job := domain.JobCompleted{Job: t.id("job"), Kind: pick(t, []string{"repair", "installation", "drawing"}), FirstTimeRight: t.chance(t.character.onTime)}
	if !job.FirstTimeRight {
		job.ReworkH = new(float64(1 + t.rng.IntN(12)))
	}
	return job
}

// figures are three numbers for the same quarter. Where they are too far apart, the
// customer says so.
func (t *teller) figures(daysBefore float64) {
	at := t.at(daysBefore)
	period := fmt.Sprintf("%d-Q%d", at.Year(), (int(at.Month())-1)/3+1)
	ours := float64(int(t.character.onTime * 100))
	theirs := ours - float64(t.rng.IntN(9))
	figure := domain.FigurePublished{Measure: "on_time", Period: period, Value: ours, UOM: "pct", By: "us"}
	t.say("warehouse", at, figure)
	figure.By, figure.Value, figure.Origin = "customer", theirs, "their portal"
	t.say("portal", at.Add(3*day), figure)
	if t.chance(.4) {
		figure.By, figure.Value, figure.Origin = "third_party", theirs+1, ""
		t.say("auditor", at.Add(9*day), figure)
	}
	if ours-theirs < 6 {
		return
	}
	contact := pick(t, t.contacts)
	t.say("crm", at.Add(10*day), domain.PerformanceChallenged{
		Measure: "on_time", Period: period, CustomerValue: &theirs, OurValue: &ours, UOM: "pct", Contact: contact,
		Statement: "You count the day it leaves you. We count the day it is here.",
	})
	t.say("crm", at.Add(12*day), domain.PerformanceAnswered{Measure: "on_time", Period: period, Stance: pick(t, []string{"accepted", "explained", "disputed"}), Contact: contact})
	t.say("crm", at.Add(20*day), domain.FigureReconciled{Measure: "on_time", Period: period, AgreedValue: theirs, UOM: "pct", Right: "customer", Contact: contact})
}

// nonconformity goes through the eight disciplines, or as far as there was time.
func (t *teller) nonconformity(daysBefore float64) {
	id, at := t.id("nonconformity"), t.at(daysBefore)
	say := func(after time.Duration, data domain.Event) { t.say("quality", at.Add(after), data) }
	say(0, domain.NonconformityOpened{
		Nonconformity: id, Severity: 1 + t.rng.Int64N(5), Product: "seals", QtyAffected: new(float64(1 + t.rng.IntN(200))), UOM: "pcs",
		CostMinor: new(int64(5_000 * (1 + t.rng.IntN(60)))), Currency: "EUR", Owner: "head.quality",
	})
	say(20*time.Hour, domain.NonconformityContained{Nonconformity: id, Statement: "stock held and sorted"})
	code := pick(t, []string{"tool wear", "drying", "packing", "drawing"})
	say(6*day, domain.NonconformityCauseFound{Nonconformity: id, Code: code, Level: "occurrence"})
	if t.chance(.5) {
		say(7*day, domain.NonconformityCauseFound{Nonconformity: id, Code: "no check", Level: "escape"})
	}
	say(8*day, domain.NonconformityActionPlanned{Nonconformity: id, Action: "1", Owner: pick(t, planners), DueAt: at.Add(30 * day), Statement: "change the " + code})
	if t.chance(.15) {
		return // and there it rests
	}
	say(25*day, domain.NonconformityActionImplemented{Nonconformity: id, Action: "1"})
	recurs := t.rng.Int64N(2) * t.rng.Int64N(3)
	say(85*day, domain.NonconformityEffectVerified{Nonconformity: id, Effective: recurs == 0, WindowD: 60, RecurrencesCount: recurs})
	if recurs == 0 {
		say(86*day, domain.NonconformityClosed{Nonconformity: id, Outcome: "has not come back"})
	}
}

// comeback is goods that come back, mostly with a claim.
func (t *teller) comeback(daysBefore float64) {
	id, at := t.id("return"), t.at(daysBefore)
	t.say("warehouse", at, domain.ReturnReceived{Return: id, Qty: new(float64(1 + t.rng.IntN(12))), UOM: "pcs", Product: "seals", ReasonCode: pick(t, []string{"leaks", "wrong part", "damaged"})})
	t.say("laboratory", at.Add(9*day), domain.ReturnAnalysed{Return: id, NoFaultFound: t.chance(.3)})
	if t.chance(.4) {
		return
	}
	claim := t.id("claim")
	asked := int64(4_000 * (1 + t.rng.IntN(30)))
	t.say("helpdesk", at.Add(day), domain.WarrantyClaimed{Claim: claim, Return: id, Product: "seals", FailureCode: "leaks", InWarranty: new(t.chance(.8)), ClaimMinor: &asked, Currency: "EUR", AgeD: new(int64(t.rng.IntN(700)))})
	if t.chance(.7) {
		t.say("helpdesk", at.Add(14*day), domain.WarrantyDecided{Claim: claim, Accepted: true, PaidMinor: &asked, Currency: "EUR"})
	} else {
		t.say("helpdesk", at.Add(21*day), domain.WarrantyDecided{Claim: claim, Reason: "beyond its time"})
	}
}

// harm is what a late delivery did to them, as far as anybody knows.
func (t *teller) harm(daysBefore float64) {
	at := t.at(daysBefore)
	people := int64(2 + t.rng.IntN(20))
	t.say("crm", at, domain.ImpactIdleReported{PeopleCount: people, HoursH: float64(1 + t.rng.IntN(9)), CauseCode: "late", Contact: pick(t, t.contacts)})
	switch loss := t.id("loss"); t.rng.IntN(3) {
	case 0:
		t.say("crm", at.Add(2*day), domain.ImpactLossEstimated{Loss: loss, AmountMinor: people * 90_000, Currency: "EUR", Method: "idle hours at their rate", ConfidencePct: new(60.0)})
	case 1:
		t.say("crm", at.Add(2*day), domain.ImpactUnknownDeclared{Kind: "loss", Reason: "they do not tell us what a lost shift costs"})
	default:
		penalty := t.id("penalty")
		t.say("books", at.Add(20*day), domain.ImpactPenaltyAssessed{Penalty: penalty, AmountMinor: 250_000, Currency: "EUR", Clause: "7.2", CauseCode: "late"})
		t.say("books", at.Add(45*day), domain.ImpactPenaltySettled{Penalty: penalty, Outcome: pick(t, []string{"paid", "waived"})})
	}
	if t.chance(.5) {
		t.say("books", at.Add(3*day), domain.FreightPremiumPaid{AmountMinor: 180_000, Currency: "EUR", Payer: "us", Reason: "to make up for the delay"})
	}
}

// house tells of the company itself: what concerns no single account.
func house(end time.Time) []event {
	t := &teller{company: company{id: string(domain.Ledger), manager: "office"}, rng: rand.New(rand.NewPCG(seed(string(domain.Ledger)), 1)), end: end.Add(-4 * time.Hour)}
	t.say("office", t.at(540), domain.InitiativeLaunched{Initiative: "closer", Name: "Closer to the customer", AudienceCount: new(int64(60)), Owner: "head.sales"})
	t.say("office", t.at(520), domain.InitiativeExplained{Initiative: "closer", AudienceCount: 38, Function: "sales"})
	for i, tier := range []string{"A", "B", "C"} {
		t.say("office", t.at(535), domain.PriorityPublished{Consumer: "dispatch", Tier: tier, Rank: int64(i + 1)})
	}
	for i, person := range slices.Concat(managers, planners) {
		t.say("training", t.at(500-float64(i*20)), domain.TrainingCompleted{Person: person, Audience: "employee", Programme: "listening to customers", HoursH: new(8.0), Initiative: "closer"})
		granted := t.at(420 - float64(i*30))
		t.say("training", granted, domain.CertificateGranted{Scheme: "complaint handling", Person: person, ValidTo: granted.Add(365 * day)})
		if i == 0 {
			t.say("training", granted.Add(365*day), domain.CertificateExpired{Scheme: "complaint handling", Person: person})
		} else if again := t.at(30 - float64(i*9)); i < 3 {
			t.say("training", again, domain.CertificateGranted{Scheme: "complaint handling", Person: person, ValidTo: again.Add(365 * day)})
		}
		t.say("office", t.at(330), domain.ObjectiveSet{Person: person, Measure: pick(t, []string{"nps", "on_time"}), WeightPct: new(20.0), Period: "2026"})
	}
	t.say("training", t.at(300), domain.TrainingCompleted{Person: "polymers-lab", Audience: "supplier", Supplier: "polymers-co", Programme: "our seal test", HoursH: new(4.0)})
	for i, quarter := range []float64{500, 410, 320, 230, 140, 50} {
		cycle := domain.ID(fmt.Sprintf("round-%d", i+1))
		t.say("office", t.at(quarter), domain.CycleStarted{Process: "satisfaction", Cycle: cycle, CadenceD: 90})
		t.say("office", t.at(quarter-20), domain.CycleClosed{Process: "satisfaction", Cycle: cycle, FindingsCount: 1 + t.rng.Int64N(6)})
	}
	for i, item := range strings.Fields("planning suppliers tracking corrective_action voice training conferences involvement time channels") {
		t.say("office", t.at(200), domain.ChecklistAnswered{Item: item, Performed: []string{"yes", "partial", "yes", "no"}[i%4], Assessor: "head.sales"})
		t.say("office", t.at(30), domain.ChecklistAnswered{Item: item, Performed: []string{"yes", "yes", "partial", "yes", "yes", "yes"}[i%6], Assessor: "head.sales"})
	}
	t.say("office", t.at(100), domain.AssessmentMade{
		Assessor: "Kappa Research", Independent: true, Method: "telephone, blind", Measure: "on_time", SampleCount: new(int64(120)),
		OurScore: new(3.6), PeerScores: []domain.PeerScore{{Score: 3.9}, {Score: 3.2}, {Score: 3.4}}, ScaleMin: new(1.0), ScaleMax: new(5.0),
	})
	t.say("operations", t.at(75), domain.IncidentStarted{Incident: "portal-down", System: "order portal", Severity: 3, AffectedCount: new(int64(14))})
	t.say("operations", t.at(74), domain.IncidentEnded{Incident: "portal-down", AffectedCount: new(int64(19))})
	t.say("operations", t.at(70), domain.IncidentObserved{Incident: "portal-down", DayN: 5, Effect: "orders typed twice are still being found", AffectedCount: new(int64(23))})
	return t.events
}
