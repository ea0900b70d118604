package domain

import "time"

// The request family: the customer asks, and somebody answers or does not.

// RequestReceived is a question or a wish of the customer's.
type RequestReceived struct {
	Request ID        `json:"request"`
	Text    string    `json:"text,omitzero" max:"20000" personal:"contact"`
	Topic   string    `json:"topic,omitzero" max:"200"`
	Channel string    `json:"channel,omitzero" max:"128"`
	Contact ID        `json:"contact,omitzero"`
	DueAt   time.Time `json:"due_at,omitzero" doc:"when an answer is due; by policy if absent"`
}

// RequestAnswered is our answer.
type RequestAnswered struct {
	Request               ID     `json:"request"`
	Outcome               string `json:"outcome,omitzero"`
	FirstAnswerSufficient *bool  `json:"first_answer_sufficient,omitzero"`
	Shortcoming           string `json:"shortcoming,omitzero" max:"128" doc:"what the request showed to be missing on our side"`
	Contact               ID     `json:"contact,omitzero"`
}

// RequestClarified is a question about the question.
type RequestClarified struct {
	Request  ID     `json:"request"`
	Awaiting string `json:"awaiting,omitzero" enum:"customer us" doc:"whose turn it is now; the clock pauses while it is the customer's"`
	Note     string `json:"note,omitzero"`
}

// RequestDeclined is a no, with its reason.
type RequestDeclined struct {
	Request     ID     `json:"request"`
	Reason      string `json:"reason"`
	Shortcoming string `json:"shortcoming,omitzero" max:"128" doc:"what the request showed to be missing on our side"`
	Contact     ID     `json:"contact,omitzero"`
}

var requests = &kind{noun: "request", field: "request", born: "received"}

func (e RequestReceived) decide(a *Account) []Fault  { return a.unused(requests, e.Request) }
func (e RequestAnswered) decide(a *Account) []Fault  { return a.in(requests, e.Request, "open") }
func (e RequestClarified) decide(a *Account) []Fault { return a.in(requests, e.Request, "open") }
func (e RequestDeclined) decide(a *Account) []Fault  { return a.in(requests, e.Request, "open") }

func (e RequestReceived) evolve() change { return set(requests, e.Request, "open") }
func (e RequestAnswered) evolve() change { return move(requests, e.Request, "answered") }
func (e RequestDeclined) evolve() change { return move(requests, e.Request, "declined") }

func (RequestReceived) EventType() Type  { return "request.received" }
func (RequestAnswered) EventType() Type  { return "request.answered" }
func (RequestClarified) EventType() Type { return "request.clarified" }
func (RequestDeclined) EventType() Type  { return "request.declined" }

var requestEvents = []Entry{
	define[RequestReceived]("The customer asked for something.", touch, theirs),
	define[RequestAnswered]("A request was answered.", touch, ours),
	define[RequestClarified]("A request needed or got clarification.", touch),
	define[RequestDeclined]("A request was declined.", touch, ours),
}
