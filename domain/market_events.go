package domain

// The market family: what the customer wishes for and goes by, and whom else they
// look at.

// WishExpressed is something the customer would like us to do better or differently.
type WishExpressed struct {
	Topic     string `json:"topic" max:"200" doc:"what the wish is for, in words that others' wishes can be counted with"`
	Strength  int64  `json:"strength,omitzero" min:"1" max:"5" doc:"1 nice to have to 5 badly wanted"`
	Contact   ID     `json:"contact,omitzero"`
	Statement string `json:"statement,omitzero" personal:"contact"`
}

// DriverStated is what the customer goes by when they buy.
type DriverStated struct {
	Driver    string   `json:"driver" max:"128" doc:"such as delivery, price, advice"`
	WeightPct *float64 `json:"weight_pct,omitzero" min:"0" max:"100" doc:"its share in the decision"`
	Rank      int64    `json:"rank,omitzero" min:"1" max:"1000" doc:"its place among the drivers; 1 counts most"`
	Contact   ID       `json:"contact,omitzero"`
}

// CompetitorRated sets us beside somebody else, in what the customer goes by.
type CompetitorRated struct {
	Driver     string  `json:"driver" max:"128"`
	Competitor string  `json:"competitor,omitzero" max:"200" doc:"who; the best of the others if absent"`
	Ours       float64 `json:"ours"`
	Theirs     float64 `json:"theirs"`
	ScaleMin   float64 `json:"scale_min" doc:"the scale's worst answer, also where that is its highest number"`
	ScaleMax   float64 `json:"scale_max" doc:"the scale's best answer"`
	By         string  `json:"by,omitzero" enum:"us customer third_party" doc:"who rated"`
	Contact    ID      `json:"contact,omitzero"`
}

// CompetitorMentioned says that a competitor's name came up.
type CompetitorMentioned struct {
	Competitor  string `json:"competitor" max:"200"`
	Contact     ID     `json:"contact,omitzero" doc:"who spoke of them"`
	Interaction ID     `json:"interaction,omitzero" doc:"the interaction.held in which it came up"`
	Context     string `json:"context,omitzero" personal:"contact"`
}

// AlternativeSought says that the customer looks for somebody else.
type AlternativeSought struct {
	Evidence   string `json:"evidence" doc:"how we know, without personal data"`
	Competitor string `json:"competitor,omitzero" max:"200"`
	Contact    ID     `json:"contact,omitzero"`
}

func (e CompetitorRated) check(Envelope) []Fault {
	return checkScale(e.ScaleMin, e.ScaleMax, rating{"data.ours", e.Ours}, rating{"data.theirs", e.Theirs})
}

func (WishExpressed) EventType() Type       { return "wish.expressed" }
func (DriverStated) EventType() Type        { return "driver.stated" }
func (CompetitorRated) EventType() Type     { return "competitor.rated" }
func (CompetitorMentioned) EventType() Type { return "competitor.mentioned" }
func (AlternativeSought) EventType() Type   { return "alternative.sought" }

var marketEvents = []Entry{
	define[WishExpressed]("The customer wished for something.", touch, theirs),
	define[DriverStated]("The customer said what they go by when they buy.", touch, theirs),
	define[CompetitorRated]("We were rated beside a competitor."),
	define[CompetitorMentioned]("A competitor's name came up."),
	define[AlternativeSought]("The customer was found to look for somebody else."),
}
