package domain

// The complaint family: from the first word to an end the customer accepts
// (stages after ISO 10002).

// ComplaintRaised says something is wrong in the customer's eyes.
type ComplaintRaised struct {
	Complaint    ID     `json:"complaint"`
	Severity     int64  `json:"severity" min:"1" max:"5" doc:"1 slight to 5 grave"`
	Safety       bool   `json:"safety,omitzero" doc:"whether people could be harmed"`
	RemedySought string `json:"remedy_sought,omitzero" max:"200"`
	Channel      string `json:"channel,omitzero" max:"128"`
	Product      string `json:"product,omitzero" max:"200"`
	Topic        string `json:"topic,omitzero" max:"200"`
	Contact      ID     `json:"contact,omitzero"`
	Summary      string `json:"summary,omitzero" max:"20000" personal:"contact"`
}

// ComplaintAcknowledged says the customer knows we have heard.
type ComplaintAcknowledged struct {
	Complaint ID `json:"complaint"`
	Contact   ID `json:"contact,omitzero"`
}

// ComplaintAssessed is our own view of how grave it is.
type ComplaintAssessed struct {
	Complaint ID     `json:"complaint"`
	Severity  int64  `json:"severity,omitzero" min:"1" max:"5"`
	Owner     string `json:"owner,omitzero" max:"128"`
}

// ComplaintInvestigated is a step in finding out.
type ComplaintInvestigated struct {
	Complaint ID     `json:"complaint"`
	Awaiting  string `json:"awaiting,omitzero" enum:"customer us" doc:"whose turn it is now; the clock pauses while it is the customer's"`
	Finding   string `json:"finding,omitzero"`
}

// ComplaintAnswered is what we told the customer.
type ComplaintAnswered struct {
	Complaint ID     `json:"complaint"`
	Remedy    string `json:"remedy,omitzero" max:"200"`
	Stance    string `json:"stance,omitzero" enum:"accepted explained disputed"`
	Contact   ID     `json:"contact,omitzero"`
}

// ComplaintClosed ends the complaint, with or without the customer's agreement.
type ComplaintClosed struct {
	Complaint          ID    `json:"complaint"`
	AcceptedByCustomer *bool `json:"accepted_by_customer,omitzero" doc:"absent if the customer was not asked"`
}

// ComplaintReopened says it was not over.
type ComplaintReopened struct {
	Complaint ID     `json:"complaint"`
	Reason    string `json:"reason,omitzero"`
	Contact   ID     `json:"contact,omitzero"`
}

var complaints = &kind{noun: "complaint", field: "complaint", born: "raised"}

func (e ComplaintRaised) decide(a *Account) []Fault { return a.unused(complaints, e.Complaint) }
func (e ComplaintAcknowledged) decide(a *Account) []Fault {
	return a.in(complaints, e.Complaint, "open")
}
func (e ComplaintAssessed) decide(a *Account) []Fault { return a.in(complaints, e.Complaint, "open") }
func (e ComplaintInvestigated) decide(a *Account) []Fault {
	return a.in(complaints, e.Complaint, "open")
}
func (e ComplaintAnswered) decide(a *Account) []Fault { return a.in(complaints, e.Complaint, "open") }
func (e ComplaintClosed) decide(a *Account) []Fault   { return a.in(complaints, e.Complaint, "open") }
func (e ComplaintReopened) decide(a *Account) []Fault { return a.in(complaints, e.Complaint, "closed") }

func (e ComplaintRaised) evolve() change   { return set(complaints, e.Complaint, "open") }
func (e ComplaintClosed) evolve() change   { return move(complaints, e.Complaint, "closed") }
func (e ComplaintReopened) evolve() change { return move(complaints, e.Complaint, "open") }

func (ComplaintRaised) EventType() Type       { return "complaint.raised" }
func (ComplaintAcknowledged) EventType() Type { return "complaint.acknowledged" }
func (ComplaintAssessed) EventType() Type     { return "complaint.assessed" }
func (ComplaintInvestigated) EventType() Type { return "complaint.investigated" }
func (ComplaintAnswered) EventType() Type     { return "complaint.answered" }
func (ComplaintClosed) EventType() Type       { return "complaint.closed" }
func (ComplaintReopened) EventType() Type     { return "complaint.reopened" }

var complaintEvents = []Entry{
	define[ComplaintRaised]("The customer complained.", touch, theirs),
	define[ComplaintAcknowledged]("The customer was told that the complaint was heard.", touch, ours),
	define[ComplaintAssessed]("How grave a complaint is was assessed."),
	define[ComplaintInvestigated]("A complaint was looked into."),
	define[ComplaintAnswered]("A complaint was answered.", touch, ours),
	define[ComplaintClosed]("A complaint was closed."),
	define[ComplaintReopened]("A closed complaint was opened again.", touch, theirs),
}
