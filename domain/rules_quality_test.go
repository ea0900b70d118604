package domain_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

func TestQualityRules(t *testing.T) {
	t.Parallel()
	received := domain.ReturnReceived{Return: "RT-1"}
	analysed := domain.ReturnAnalysed{Return: "RT-1", NoFaultFound: true}
	claimed := domain.WarrantyClaimed{Claim: "W-1"}
	decided := domain.WarrantyDecided{Claim: "W-1", Accepted: true}
	completed := domain.JobCompleted{Job: "J-1", FirstTimeRight: true}
	decide(t, "acme", "erp", []rule{
		{"all that was inspected may be bad", nil, domain.QualityMeasured{InspectedQty: 5, NonconformingQty: 5, UOM: "pcs"}, ""},
		{"no more is bad than was inspected", nil, domain.QualityMeasured{InspectedQty: 5, NonconformingQty: 6, UOM: "pcs"}, "data.nonconforming_qty: is more than was inspected"},
		{"goods may come back", nil, received, ""},
		{"a return is received once", given(received), received, `data.return: return "RT-1" was received before`},
		{"a returned quantity needs a unit", nil, domain.ReturnReceived{Return: "RT-1", Qty: ptr(2.0)}, "data.uom: needed where qty is given"},
		{"a return may be analysed, more than once", given(received, analysed), analysed, ""},
		{"what did not come back is not analysed", nil, analysed, `data.return: return "RT-1" was never received`},
		{"warranty may be claimed", nil, claimed, ""},
		{"a claim is filed once", given(claimed), claimed, `data.claim: warranty claim "W-1" was filed before`},
		{"a claimed amount needs a currency, a quantity a unit", nil, domain.WarrantyClaimed{Claim: "W-1", ClaimMinor: ptr[int64](9), Qty: ptr(2.0)}, "data.currency: needed where claim_minor is given; data.uom: needed where qty is given"},
		{"a claim may be decided", given(claimed), decided, ""},
		{"a claim nobody filed is not decided", nil, decided, `data.claim: warranty claim "W-1" was never filed`},
		{"a claim is decided once", given(claimed, decided), decided, `data.claim: warranty claim "W-1" is decided`},
		{"a paid amount needs a currency", given(claimed), domain.WarrantyDecided{Claim: "W-1", PaidMinor: ptr[int64](9)}, "data.currency: needed where paid_minor is given"},
		{"a cost may be measured without another", nil, domain.CostCompared{Kind: "service_cost", OurMinor: 9, Currency: "EUR"}, ""},
		{"premium freight may be paid for a line nobody promised", nil, domain.FreightPremiumPaid{AmountMinor: 9, Currency: "EUR", Payer: "us", Line: "L"}, ""},
		{"a job may be completed", nil, completed, ""},
		{"a job is completed once", given(completed), completed, `data.job: job "J-1" was completed before`},
		{"a job may be done again", nil, domain.JobCompleted{Job: "J-1", ReworkH: ptr(2.0)}, ""},
		{"what was right the first time was not done again", nil, domain.JobCompleted{Job: "J-1", FirstTimeRight: true, ReworkH: ptr(2.0)}, "data.rework_h: what was right the first time was not done again"},
		{"no rework is none", nil, domain.JobCompleted{Job: "J-1", FirstTimeRight: true, ReworkH: ptr(0.0)}, ""},
	})
}

func TestCorrectiveRules(t *testing.T) {
	t.Parallel()
	opened := domain.NonconformityOpened{Nonconformity: "N", Severity: 3}
	contained := domain.NonconformityContained{Nonconformity: "N"}
	cause := domain.NonconformityCauseFound{Nonconformity: "N", Code: "tool", Level: "occurrence"}
	planned := domain.NonconformityActionPlanned{Nonconformity: "N", Action: "1"}
	implemented := domain.NonconformityActionImplemented{Nonconformity: "N", Action: "1"}
	verified := domain.NonconformityEffectVerified{Nonconformity: "N", Effective: true}
	closed := domain.NonconformityClosed{Nonconformity: "N"}
	never := `data.nonconformity: nonconformity "N" was never opened`
	over := `data.nonconformity: nonconformity "N" is closed`
	decide(t, "acme", "qms", []rule{
		{"a nonconformity may be opened", nil, opened, ""},
		{"a nonconformity is opened once", given(opened, closed), opened, `data.nonconformity: nonconformity "N" was opened before`},
		{"a nonconformity does not repeat itself", nil, domain.NonconformityOpened{Nonconformity: "N", Repeats: "N"}, "data.repeats: a nonconformity cannot repeat itself"},
		{"a nonconformity may repeat one from before the ledger", nil, domain.NonconformityOpened{Nonconformity: "N", Repeats: "M"}, ""},
		{"quantity and cost need their units", nil, domain.NonconformityOpened{Nonconformity: "N", QtyAffected: ptr(3.0), CostMinor: ptr[int64](1)}, "data.uom: needed where qty_affected is given; data.currency: needed where cost_minor is given"},
		{"an open one may be contained, more than once", given(opened, contained), contained, ""},
		{"a quantity held needs a unit", given(opened), domain.NonconformityContained{Nonconformity: "N", QtyHeld: ptr(3.0)}, "data.uom: needed where qty_held is given"},
		{"it may have several causes", given(opened, cause), cause, ""},
		{"steps may be planned before a cause is found", given(opened), planned, ""},
		{"a step is planned once", given(opened, planned), planned, `data.action: action "1" was planned against the nonconformity before`},
		{"another nonconformity has steps of its own", given(opened, planned, domain.NonconformityOpened{Nonconformity: "M", Severity: 1}), domain.NonconformityActionPlanned{Nonconformity: "M", Action: "1"}, ""},
		{"a plan's step is another", given(opened, domain.PlanCreated{Plan: "N"}, domain.PlanActionAdded{Plan: "N", Action: "1"}), planned, ""},
		{"a planned step may be taken", given(opened, planned), implemented, ""},
		{"a planned step may be taken after the closing", given(opened, planned, closed), implemented, ""},
		{"a step is taken once", given(opened, planned, implemented), implemented, `data.action: action "1" is implemented`},
		{"a step nobody planned is not taken", given(opened), implemented, `data.action: action "1" was never planned against the nonconformity`},
		{"the effect may be verified after the closing, and again", given(opened, closed, verified), verified, ""},
		{"an open one may be closed", given(opened, contained, cause), closed, ""},
		{"a final cost needs a currency", given(opened), domain.NonconformityClosed{Nonconformity: "N", CostMinor: ptr[int64](1)}, "data.currency: needed where cost_minor is given"},
		{"what nobody opened is not contained", nil, contained, never},
		{"what nobody opened has no cause", nil, cause, never},
		{"nothing is planned against what nobody opened", nil, planned, never},
		{"nothing is done against what nobody opened", nil, implemented, never + `; data.action: action "1" was never planned against the nonconformity`},
		{"nothing is verified of what nobody opened", nil, verified, never},
		{"what nobody opened is not closed", nil, closed, never},
		{"a closed one is not contained", given(opened, closed), contained, over},
		{"a closed one gets no more causes", given(opened, closed), cause, over},
		{"nothing more is planned against a closed one", given(opened, closed), planned, over},
		{"a nonconformity is closed once", given(opened, closed), closed, over},
	})
}

func TestImpactRules(t *testing.T) {
	t.Parallel()
	assessed := domain.ImpactPenaltyAssessed{Penalty: "P", AmountMinor: 9, Currency: "EUR"}
	unnamed := domain.ImpactPenaltyAssessed{AmountMinor: 9, Currency: "EUR"}
	settled := domain.ImpactPenaltySettled{Penalty: "P", Outcome: "waived"}
	recorded := domain.DependencyRecorded{Dependency: "D", CustomerProcess: "line 4", OurDeliverable: "gaskets"}
	retired := domain.DependencyRetired{Dependency: "D"}
	assigned := domain.RoleAssigned{Role: "planner", Person: "tom"}
	vacated := domain.RoleVacated{Role: "planner"}
	decide(t, "acme", "crm", []rule{
		{"a penalty may be assessed", nil, assessed, ""},
		{"a penalty is assessed once", given(assessed), assessed, `data.penalty: penalty "P" was assessed before`},
		{"penalties without a name are taken as they come", given(unnamed), unnamed, ""},
		{"a penalty may be settled", given(assessed), settled, ""},
		{"a penalty is settled once", given(assessed, settled), settled, `data.penalty: penalty "P" is settled`},
		{"a penalty nobody assessed is not settled", given(unnamed), settled, `data.penalty: penalty "P" was never assessed`},
		{"a paid amount needs a currency", given(assessed), domain.ImpactPenaltySettled{Penalty: "P", Outcome: "paid", AmountMinor: ptr[int64](1)}, "data.currency: needed where amount_minor is given"},
		{"an idle crew's cost needs a currency", nil, domain.ImpactIdleReported{PeopleCount: 3, HoursH: 2, CostMinor: ptr[int64](1)}, "data.currency: needed where cost_minor is given"},
		{"an idle crew needs no cost", nil, domain.ImpactIdleReported{PeopleCount: 3, HoursH: 2}, ""},
		{"a loss may be estimated again", given(domain.ImpactLossEstimated{Loss: "X", AmountMinor: 5, Currency: "EUR"}), domain.ImpactLossEstimated{Loss: "X", AmountMinor: 6, Currency: "EUR", Confirmed: true}, ""},
		{"what is unknown may be said to be", nil, domain.ImpactUnknownDeclared{Kind: "loss", Reason: "they do not say"}, ""},
		{"a dependency may be recorded, and as it is now", given(recorded), recorded, ""},
		{"an hour's cost needs a currency", nil, domain.DependencyRecorded{Dependency: "D", CostPerHMinor: ptr[int64](1)}, "data.currency: needed where cost_per_h_minor is given"},
		{"a dependency may be retired", given(recorded), retired, ""},
		{"a dependency is retired once", given(recorded, retired), retired, `data.dependency: dependency "D" is retired`},
		{"a dependency nobody recorded is not retired", nil, retired, `data.dependency: dependency "D" was never recorded`},
		{"a retired dependency may be there again", given(recorded, retired, recorded), retired, ""},
		{"a role may be taken, also from another", given(assigned), domain.RoleAssigned{Role: "planner", Person: "ann", Backup: "tom"}, ""},
		{"nobody is their own backup", nil, domain.RoleAssigned{Role: "planner", Person: "tom", Backup: "tom"}, "data.backup: nobody stands in for themselves"},
		{"a role may become vacant", given(assigned), vacated, ""},
		{"a role becomes vacant once", given(assigned, vacated), vacated, `data.role: role "planner" is vacant`},
		{"a role nobody had does not become vacant", nil, vacated, `data.role: role "planner" was never assigned`},
		{"a vacant role may be taken", given(assigned, vacated, assigned), vacated, ""},
	})
}

func TestIncidentRules(t *testing.T) {
	t.Parallel()
	started := domain.IncidentStarted{Incident: "I", System: "order portal"}
	observed := domain.IncidentObserved{Incident: "I", DayN: 3, Effect: "orders by fax"}
	ended := domain.IncidentEnded{Incident: "I"}
	rules := []rule{
		{"an incident may start", nil, started, ""},
		{"an incident starts once", given(started, ended), started, `data.incident: incident "I" was started before`},
		{"its effects may be observed, also after its end", given(started, ended), observed, ""},
		{"what did not start has no effects", nil, observed, `data.incident: incident "I" was never started`},
		{"an incident may end", given(started), ended, ""},
		{"an incident ends once", given(started, ended), ended, `data.incident: incident "I" is over`},
		{"what did not start does not end", nil, ended, `data.incident: incident "I" was never started`},
	}
	decide(t, "acme", "ops", rules)
	t.Run("of all accounts", func(t *testing.T) { decide(t, domain.Ledger, "ops", rules) })
}
