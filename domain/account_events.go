package domain

import (
	"fmt"
	"time"
)

// The account family: who the customer is to us, and who looks after them.

// AccountOpened gives a provisional account its profile.
type AccountOpened struct {
	Name   string    `json:"name" max:"200" doc:"the account's name"`
	Kind   string    `json:"kind" enum:"customer internal investor public partner" doc:"what sort of party the account is"`
	Parent AccountID `json:"parent,omitzero" format:"account" doc:"the account this one belongs to"`
	Since  time.Time `json:"since,omitzero" doc:"when the relationship began, if that was not now"`
	Until  time.Time `json:"until,omitzero" doc:"when the first contract runs out and a renewal is due"`
}

// AccountClassified sets how important the account is, now and in future.
type AccountClassified struct {
	TierNow       string   `json:"tier_now" enum:"A B C D" doc:"importance today; A is highest"`
	TierFuture    string   `json:"tier_future,omitzero" enum:"A B C D" doc:"importance at the horizon"`
	HorizonMonths int64    `json:"horizon_months,omitzero" min:"1" max:"240" doc:"how far ahead tier_future looks"`
	Rank          int64    `json:"rank,omitzero" min:"1" max:"1000000" doc:"place among all accounts; 1 is the most important"`
	Basis         []string `json:"basis,omitzero" doc:"what the classification rests on"`
	Functions     []string `json:"functions,omitzero" doc:"the functions that agreed to it"`
	Dissent       []string `json:"dissent,omitzero" doc:"the functions that did not"`
	DecidedBy     []string `json:"decided_by,omitzero" doc:"our people who decided it"`
	Context       string   `json:"context,omitzero" enum:"planned crisis" doc:"whether it was decided in calm or in a crisis"`
}

// AccountManagerAssigned makes a person the account's manager.
type AccountManagerAssigned struct {
	Person string `json:"person" max:"128" doc:"our person, by our own id"`
}

// AccountManagerReleased ends a person's time as the account's manager.
type AccountManagerReleased struct {
	Person string `json:"person" max:"128" doc:"our person, by our own id"`
	Reason string `json:"reason,omitzero"`
}

// AccountSponsorAppointed names the senior person who answers for the relationship.
type AccountSponsorAppointed struct {
	Person string `json:"person" max:"128" doc:"our person, by our own id"`
	Scope  string `json:"scope,omitzero"`
}

// AccountCadenceAgreed is how often we agreed to be in contact.
type AccountCadenceAgreed struct {
	EveryD  int64  `json:"every_d" min:"1" max:"3650" doc:"days between contacts"`
	Level   string `json:"level,omitzero" max:"128" doc:"the level the contact is agreed for"`
	Purpose string `json:"purpose,omitzero"`
}

// AccountChannelOpened opens a way of contact.
type AccountChannelOpened struct {
	Channel   string   `json:"channel" max:"128"`
	Levels    []string `json:"levels,omitzero" doc:"the customer's levels that use it"`
	OurLevels []string `json:"our_levels,omitzero" doc:"ours that do"`
}

// AccountChannelClosed closes a way of contact.
type AccountChannelClosed struct {
	Channel string `json:"channel" max:"128"`
	Reason  string `json:"reason,omitzero"`
}

// AccountFactLearned is something we now know about how the customer works. Learned
// again under the same id it replaces what was known; with a valid_to that has passed
// it says that the fact is no longer true.
type AccountFactLearned struct {
	Fact          ID         `json:"fact,omitzero"`
	Category      string     `json:"category" enum:"thinking cycle process technology constraint"`
	Statement     string     `json:"statement"`
	ValidFrom     time.Time  `json:"valid_from,omitzero" doc:"when the fact became true, if that was not now"`
	ValidTo       time.Time  `json:"valid_to,omitzero" doc:"when the fact stops being true"`
	NextAt        time.Time  `json:"next_at,omitzero" doc:"of a cycle, when it comes round next, such as the start of their budget talks"`
	ConfidencePct *float64   `json:"confidence_pct,omitzero" min:"0" max:"100"`
	Strategic     bool       `json:"strategic,omitzero" doc:"whether it is about where the customer is heading"`
	Contact       ID         `json:"contact,omitzero" doc:"who told us"`
	Interaction   ID         `json:"interaction,omitzero" doc:"the interaction.held that taught us"`
	From          []Position `json:"from,omitzero" doc:"positions of the events that taught us"`
}

// AccountStageChanged moves the account between the stages of a relationship.
type AccountStageChanged struct {
	From     string     `json:"from,omitzero" enum:"prospect trial approved preferred sole partner on_notice lost"`
	To       string     `json:"to" enum:"prospect trial approved preferred sole partner on_notice lost"`
	Reason   string     `json:"reason,omitzero"`
	Evidence []Position `json:"evidence,omitzero" doc:"positions of the events that speak for the move"`
}

// AccountMarginMeasured is what the account earned us and cost us in a period.
type AccountMarginMeasured struct {
	Period           string `json:"period" max:"32" doc:"such as 2026-Q1 or 2026-03"`
	MarginMinor      int64  `json:"margin_minor" doc:"margin in the currency's minor unit; negative for a loss"`
	CostToServeMinor int64  `json:"cost_to_serve_minor,omitzero" min:"0" doc:"cost to serve in the currency's minor unit"`
	Currency         string `json:"currency" format:"currency"`
}

// AccountRestructureAgreed is a plan to change how an unprofitable account is served.
type AccountRestructureAgreed struct {
	Measures        []string `json:"measures" doc:"what will be done"`
	TargetCostMinor *int64   `json:"target_cost_minor,omitzero" min:"0" doc:"cost to serve aimed for, in the currency's minor unit"`
	Currency        string   `json:"currency,omitzero" format:"currency"`
}

// AccountRestructured says the restructuring was carried out.
type AccountRestructured struct {
	Outcome string `json:"outcome,omitzero"`
}

// AccountRenewed says the customer renewed.
type AccountRenewed struct {
	ValueMinor *int64    `json:"value_minor,omitzero" min:"0" doc:"value of the renewal in the currency's minor unit"`
	Currency   string    `json:"currency,omitzero" format:"currency"`
	Until      time.Time `json:"until,omitzero"`
}

// AccountNotRenewed says the customer did not renew.
type AccountNotRenewed struct {
	Reason string `json:"reason"`
}

// AccountLost says the customer left.
type AccountLost struct {
	To               string `json:"to,omitzero" max:"200" doc:"whom they went to"`
	Reason           string `json:"reason"`
	RevenueLostMinor *int64 `json:"revenue_lost_minor,omitzero" min:"0" doc:"yearly revenue lost in the currency's minor unit"`
	Currency         string `json:"currency,omitzero" format:"currency"`
}

// AccountMerged says this account is the same as another; it is read as part of it from then on.
type AccountMerged struct {
	Into AccountID `json:"into" format:"account" doc:"the account that continues"`
}

// AccountUnmerged undoes a merge.
type AccountUnmerged struct {
	From AccountID `json:"from" format:"account" doc:"the account it had been merged into"`
}

var (
	profiles      = &kind{noun: "account", field: "name", born: "opened"}
	managers      = &kind{noun: "manager", field: "person", born: "assigned"}
	channels      = &kind{noun: "channel", field: "channel", born: "opened"}
	accountMerges = &kind{noun: "account", field: "into", born: "merged"} // status: into which
)

// itself is the account's name among its own things.
const itself ID = ""

func (e AccountOpened) check(at Envelope) []Fault {
	if e.Parent != "" && e.Parent == at.Account {
		return []Fault{{"data.parent", "an account cannot be its own parent"}}
	}
	return nil
}
func (e AccountStageChanged) check(Envelope) []Fault {
	if e.From == e.To {
		return []Fault{{"data.to", "the account is moved to the stage it comes from"}}
	}
	return nil
}
func (e AccountRestructureAgreed) check(Envelope) []Fault {
	return together(e.TargetCostMinor != nil, e.Currency, "currency", "target_cost_minor")
}
func (e AccountRenewed) check(Envelope) []Fault {
	return together(e.ValueMinor != nil, e.Currency, "currency", "value_minor")
}
func (e AccountLost) check(Envelope) []Fault {
	return together(e.RevenueLostMinor != nil, e.Currency, "currency", "revenue_lost_minor")
}
func (e AccountMerged) check(at Envelope) []Fault {
	if e.Into == at.Account {
		return []Fault{{"data.into", "an account cannot be merged into itself"}}
	}
	return nil
}

func (e AccountOpened) decide(a *Account) []Fault {
	if a.status(profiles, itself) == "" {
		return nil
	}
	return fault(profiles, "account %q was opened before", a.id)
}
func (e AccountManagerReleased) decide(a *Account) []Fault {
	return a.in(managers, ID(e.Person), "assigned")
}

// A channel may have been open before anybody told the ledger.
func (e AccountChannelClosed) decide(a *Account) []Fault {
	return a.notIn(channels, ID(e.Channel), "closed")
}

func (e AccountMerged) decide(a *Account) []Fault {
	if into, merged := a.MergedInto(); merged {
		return fault(accountMerges, "account %q is merged into %q", a.id, into)
	}
	return nil
}
func (e AccountUnmerged) decide(a *Account) []Fault {
	if into, _ := a.MergedInto(); into != e.From {
		return []Fault{{"data.from", fmt.Sprintf("account %q is not merged into %q", a.id, e.From)}}
	}
	return nil
}

func (e AccountOpened) evolve() change          { return set(profiles, itself, "open") }
func (e AccountManagerAssigned) evolve() change { return set(managers, ID(e.Person), "assigned") }
func (e AccountManagerReleased) evolve() change { return move(managers, ID(e.Person), "released") }
func (e AccountChannelOpened) evolve() change   { return set(channels, ID(e.Channel), "open") }
func (e AccountChannelClosed) evolve() change   { return set(channels, ID(e.Channel), "closed") }
func (e AccountMerged) evolve() change          { return set(accountMerges, itself, string(e.Into)) }
func (e AccountUnmerged) evolve() change        { return forget(accountMerges, itself) }

func (AccountOpened) EventType() Type            { return "account.opened" }
func (AccountClassified) EventType() Type        { return "account.classified" }
func (AccountManagerAssigned) EventType() Type   { return "account.manager_assigned" }
func (AccountManagerReleased) EventType() Type   { return "account.manager_released" }
func (AccountSponsorAppointed) EventType() Type  { return "account.sponsor_appointed" }
func (AccountCadenceAgreed) EventType() Type     { return "account.cadence_agreed" }
func (AccountChannelOpened) EventType() Type     { return "account.channel_opened" }
func (AccountChannelClosed) EventType() Type     { return "account.channel_closed" }
func (AccountFactLearned) EventType() Type       { return "account.fact_learned" }
func (AccountStageChanged) EventType() Type      { return "account.stage_changed" }
func (AccountMarginMeasured) EventType() Type    { return "account.margin_measured" }
func (AccountRestructureAgreed) EventType() Type { return "account.restructure_agreed" }
func (AccountRestructured) EventType() Type      { return "account.restructured" }
func (AccountRenewed) EventType() Type           { return "account.renewed" }
func (AccountNotRenewed) EventType() Type        { return "account.not_renewed" }
func (AccountLost) EventType() Type              { return "account.lost" }
func (AccountMerged) EventType() Type            { return "account.merged" }
func (AccountUnmerged) EventType() Type          { return "account.unmerged" }

var accountEvents = []Entry{
	define[AccountOpened]("The account got its profile."),
	define[AccountClassified]("How important the account is was decided."),
	define[AccountManagerAssigned]("A person became the account's manager."),
	define[AccountManagerReleased]("A person stopped being the account's manager."),
	define[AccountSponsorAppointed]("A senior person became the account's sponsor."),
	define[AccountCadenceAgreed]("A rhythm of contact was agreed."),
	define[AccountChannelOpened]("A way of contact was opened."),
	define[AccountChannelClosed]("A way of contact was closed."),
	define[AccountFactLearned]("Something about how the customer works was learned."),
	define[AccountStageChanged]("The relationship moved to another stage."),
	define[AccountMarginMeasured]("What the account earned and cost was measured."),
	define[AccountRestructureAgreed]("A change in how the account is served was agreed."),
	define[AccountRestructured]("The agreed change in how the account is served was made."),
	define[AccountRenewed]("The customer renewed."),
	define[AccountNotRenewed]("The customer did not renew."),
	define[AccountLost]("The customer left."),
	define[AccountMerged]("The account was found to be the same as another."),
	define[AccountUnmerged]("A merge of accounts was undone."),
}
