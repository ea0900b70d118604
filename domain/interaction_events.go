package domain

// The interaction family: time spent with the customer, and what passed between us.

// InteractionHeld is a contact that took place, whatever its form.
type InteractionHeld struct {
	Interaction   ID       `json:"interaction,omitzero"`
	Kind          string   `json:"kind" enum:"meeting call video visit email letter message conference check_in joint_review focus_group briefing"`
	Direction     string   `json:"direction,omitzero" enum:"inbound outbound"`
	Trigger       string   `json:"trigger,omitzero" enum:"crisis our_ask customer_ask scheduled proactive" doc:"what brought it about"`
	Contacts      []ID     `json:"contacts,omitzero"`
	OurPeople     []string `json:"our_people,omitzero"`
	Functions     []string `json:"functions,omitzero"`
	OneOnOne      bool     `json:"one_on_one,omitzero"`
	DurationMin   *float64 `json:"duration_min,omitzero" min:"0" max:"100000"`
	Topics        []string `json:"topics,omitzero"`
	AskedHowAreWe bool     `json:"asked_how_are_we,omitzero" doc:"whether we asked how we are doing"`
	Notes         string   `json:"notes,omitzero" max:"20000" personal:"contacts"`
}

// EffortLogged is time and money spent on the account.
type EffortLogged struct {
	HoursH    float64 `json:"hours_h" min:"0" max:"100000"`
	CostMinor *int64  `json:"cost_minor,omitzero" min:"0" doc:"cost in the currency's minor unit"`
	Currency  string  `json:"currency,omitzero" format:"currency"`
	Purpose   string  `json:"purpose,omitzero"`
}

// ValueShared is something we gave: an insight, data, an introduction, a saving.
type ValueShared struct {
	Kind          string `json:"kind" enum:"insight data introduction saving revenue_idea"`
	EstValueMinor *int64 `json:"est_value_minor,omitzero" min:"0" doc:"estimated worth in the currency's minor unit"`
	Currency      string `json:"currency,omitzero" format:"currency"`
	Contacts      []ID   `json:"contacts,omitzero"`
}

// InformationRequested is something we asked of the customer.
type InformationRequested struct {
	ItemsCount int64  `json:"items_count" min:"1" max:"100000"`
	Topic      string `json:"topic,omitzero"`
	Contacts   []ID   `json:"contacts,omitzero"`
}

func (e EffortLogged) check(Envelope) []Fault {
	return together(e.CostMinor != nil, e.Currency, "currency", "cost_minor")
}
func (e ValueShared) check(Envelope) []Fault {
	return together(e.EstValueMinor != nil, e.Currency, "currency", "est_value_minor")
}

func (e InteractionHeld) evolve() change {
	if e.Interaction == "" {
		return change{}
	}
	return set(meetings, e.Interaction, "held")
}

func (InteractionHeld) EventType() Type      { return "interaction.held" }
func (EffortLogged) EventType() Type         { return "effort.logged" }
func (ValueShared) EventType() Type          { return "value.shared" }
func (InformationRequested) EventType() Type { return "information.requested" }

var interactionEvents = []Entry{
	define[InteractionHeld]("We and the customer were in contact.", touch),
	define[EffortLogged]("Time was spent on the account."),
	define[ValueShared]("We gave the customer something of value.", touch),
	define[InformationRequested]("We asked the customer for information.", touch),
}
