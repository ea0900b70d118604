package domain

// The interaction family: time spent with the customer, and what passed between us.

// InteractionHeld is a contact that took place, whatever its form.
type InteractionHeld struct {
	Interaction    ID       `json:"interaction,omitzero"`
	Kind           string   `json:"kind" enum:"meeting call video visit email letter message conference check_in joint_review focus_group briefing" doc:"a briefing is one for the customer; our own are briefing.held"`
	Direction      string   `json:"direction,omitzero" enum:"inbound outbound"`
	Trigger        string   `json:"trigger,omitzero" enum:"crisis our_ask customer_ask scheduled proactive" doc:"what brought it about"`
	Channel        string   `json:"channel,omitzero" max:"128" doc:"the account's channel it went through, if the kind does not say"`
	Name           string   `json:"name,omitzero" max:"200" doc:"what it was called, such as the conference"`
	Purpose        string   `json:"purpose,omitzero"`
	Project        ID       `json:"project,omitzero" doc:"the project it was about"`
	Contacts       []ID     `json:"contacts,omitzero"`
	OurPeople      []string `json:"our_people,omitzero"`
	TheirCount     int64    `json:"their_count,omitzero" min:"1" max:"100000" doc:"how many of the customer's people took part, if not all are in contacts"`
	OurCount       int64    `json:"our_count,omitzero" min:"1" max:"100000" doc:"how many of ours"`
	Functions      []string `json:"functions,omitzero" doc:"our functions that took part"`
	TheirFunctions []string `json:"their_functions,omitzero" doc:"the customer's"`
	Levels         []string `json:"levels,omitzero" doc:"the customer's levels that took part, where contacts do not say"`
	OurLevels      []string `json:"our_levels,omitzero" doc:"ours"`
	Suppliers      []string `json:"suppliers,omitzero" doc:"suppliers who took part"`
	OneOnOne       bool     `json:"one_on_one,omitzero"`
	DurationMin    *float64 `json:"duration_min,omitzero" min:"0" max:"100000"`
	Topics         []string `json:"topics,omitzero"`
	AskedHowAreWe  bool     `json:"asked_how_are_we,omitzero" doc:"whether we asked how we are doing"`
	// What the topics ask of those who speak. Who has less is heard, but is no valid informant.
	RequiredHorizonMonths int64  `json:"required_horizon_months,omitzero" min:"1" max:"240" doc:"how far ahead those who speak must be able to speak for"`
	RequiredAuthority     string `json:"required_authority,omitzero" enum:"orders operations strategy budget" doc:"the authority they need"`
	Notes                 string `json:"notes,omitzero" max:"20000" personal:"contacts"`
}

// BriefingHeld says that our own people told each other of the account. The customer
// had no part in it, so it is no contact: a briefing for the customer is an
// interaction.held.
type BriefingHeld struct {
	Topics    []string   `json:"topics,omitzero"`
	Functions []string   `json:"functions,omitzero" doc:"our functions that were told"`
	OurLevels []string   `json:"our_levels,omitzero" doc:"our levels that were"`
	OurPeople []string   `json:"our_people,omitzero" doc:"our people who were"`
	From      []Position `json:"from,omitzero" doc:"positions of the events they were told of"`
	By        string     `json:"by,omitzero" max:"128" doc:"our person who told them"`
}

// EffortLogged is time and money spent on the account.
type EffortLogged struct {
	HoursH       float64  `json:"hours_h" min:"0" max:"100000" doc:"hours spent; 0 where hours were only set aside"`
	PlannedH     *float64 `json:"planned_h,omitzero" min:"0" max:"100000" doc:"hours set aside"`
	Relationship bool     `json:"relationship,omitzero" doc:"whether it is time for the relationship and not for a transaction"`
	CostMinor    *int64   `json:"cost_minor,omitzero" min:"0" doc:"cost in the currency's minor unit"`
	Currency     string   `json:"currency,omitzero" format:"currency"`
	Purpose      string   `json:"purpose,omitzero"`
}

// ValueShared is something we gave: an insight, data, an introduction, an idea that
// saves or earns them money, a contribution to a goal of theirs, or something that
// lets them serve their own customers better (downstream).
type ValueShared struct {
	Kind          string `json:"kind" enum:"insight data introduction saving revenue_idea contribution downstream"`
	Statement     string `json:"statement,omitzero" doc:"what it was"`
	EstValueMinor *int64 `json:"est_value_minor,omitzero" min:"0" doc:"estimated worth in the currency's minor unit"`
	Currency      string `json:"currency,omitzero" format:"currency"`
	Accepted      *bool  `json:"accepted,omitzero" doc:"whether the customer took it up; absent if that is not known"`
	Expectation   ID     `json:"expectation,omitzero" doc:"the goal it contributes to, an expectation.stated"`
	Beneficiary   string `json:"beneficiary,omitzero" max:"200" doc:"which of the customer's own customers it helps"`
	Contacts      []ID   `json:"contacts,omitzero"`
}

// InformationRequested is something we asked of the customer.
type InformationRequested struct {
	ItemsCount int64  `json:"items_count" min:"1" max:"100000"`
	Topic      string `json:"topic,omitzero"`
	Contacts   []ID   `json:"contacts,omitzero"`
}

// WorkHandedOver says that work for the account went from one of our functions to
// another.
type WorkHandedOver struct {
	Project      ID     `json:"project" doc:"the work, or the project it belongs to"`
	FromFunction string `json:"from_function" max:"128"`
	ToFunction   string `json:"to_function" max:"128"`
	Interactive  bool   `json:"interactive,omitzero" doc:"whether the two talked about it; if not, it was handed over in silence"`
}

func (e EffortLogged) check(Envelope) []Fault {
	return together(e.CostMinor != nil, e.Currency, "currency", "cost_minor")
}
func (e ValueShared) check(Envelope) []Fault {
	return together(e.EstValueMinor != nil, e.Currency, "currency", "est_value_minor")
}

func (e WorkHandedOver) check(Envelope) []Fault {
	if e.FromFunction == e.ToFunction {
		return []Fault{{"data.to_function", "the work is handed over to the function it comes from"}}
	}
	return nil
}

func (e InteractionHeld) initiator() string {
	return map[string]string{"inbound": "them", "outbound": "us"}[e.Direction]
}

func (e InteractionHeld) evolve() change {
	if e.Interaction == "" {
		return change{}
	}
	return set(meetings, e.Interaction, "held")
}

func (InteractionHeld) EventType() Type      { return "interaction.held" }
func (BriefingHeld) EventType() Type         { return "briefing.held" }
func (EffortLogged) EventType() Type         { return "effort.logged" }
func (ValueShared) EventType() Type          { return "value.shared" }
func (InformationRequested) EventType() Type { return "information.requested" }
func (WorkHandedOver) EventType() Type       { return "work.handed_over" }

var interactionEvents = []Entry{
	define[InteractionHeld]("We and the customer were in contact.", touch),
	define[BriefingHeld]("Our own people were told of the account."),
	define[EffortLogged]("Time was spent on the account."),
	define[ValueShared]("We gave the customer something of value.", touch, ours),
	define[InformationRequested]("We asked the customer for information.", touch, ours),
	define[WorkHandedOver]("Work for the account went from one of our functions to another."),
}
