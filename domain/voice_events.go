package domain

import "fmt"

// The voice family: what the customer says of us, asked or unasked.

// SurveySent asks the customer for an opinion.
type SurveySent struct {
	Survey     ID       `json:"survey"`
	Instrument string   `json:"instrument" enum:"nps csat ces perception ease check_in"`
	Contact    ID       `json:"contact,omitzero"`
	BurdenMin  *float64 `json:"burden_min,omitzero" min:"0" max:"1000" doc:"how long it takes to answer"`
	DesignedBy string   `json:"designed_by,omitzero" max:"200"`
}

// SurveyAnswered is a score as it was given; formulas such as NPS are applied when reading.
type SurveyAnswered struct {
	Survey      ID      `json:"survey,omitzero" doc:"the survey.sent it answers, if one is known"`
	Instrument  string  `json:"instrument" enum:"nps csat ces perception ease check_in"`
	Score       float64 `json:"score"`
	ScaleMin    float64 `json:"scale_min" doc:"the scale's worst answer, or its lowest number"`
	ScaleMax    float64 `json:"scale_max"`
	Contact     ID      `json:"contact,omitzero"`
	Dimension   string  `json:"dimension,omitzero" max:"128" doc:"what the question was about"`
	Independent bool    `json:"independent,omitzero" doc:"whether a third party asked"`
	Stance      string  `json:"stance,omitzero" enum:"none negotiating political"`
	Verbatim    string  `json:"verbatim,omitzero" max:"20000" personal:"contact"`
}

// SurveyDeclined says the customer did not want to answer.
type SurveyDeclined struct {
	Survey  ID     `json:"survey"`
	Contact ID     `json:"contact,omitzero"`
	Reason  string `json:"reason,omitzero"`
}

// VoiceCaptured keeps the customer's own words.
type VoiceCaptured struct {
	Contact  ID     `json:"contact,omitzero"`
	Verbatim string `json:"verbatim" max:"20000" personal:"contact"`
	Language string `json:"language,omitzero" format:"language"`
	Area     string `json:"area,omitzero" enum:"relations product field_service"`
	Channel  string `json:"channel,omitzero" max:"128"`
	Polarity *int64 `json:"polarity,omitzero" min:"-2" max:"2" doc:"-2 very negative to 2 very positive, as heard"`
}

func (e SurveyAnswered) check(Envelope) []Fault {
	var faults []Fault
	if !(e.ScaleMin < e.ScaleMax) {
		faults = append(faults, Fault{"data.scale_max", "must be greater than scale_min"})
	} else if !(e.ScaleMin <= e.Score && e.Score <= e.ScaleMax) {
		faults = append(faults, Fault{"data.score",
			fmt.Sprintf("must be from %v to %v, the scale given", e.ScaleMin, e.ScaleMax)})
	}
	return faults
}

func (SurveySent) EventType() Type     { return "survey.sent" }
func (SurveyAnswered) EventType() Type { return "survey.answered" }
func (SurveyDeclined) EventType() Type { return "survey.declined" }
func (VoiceCaptured) EventType() Type  { return "voice.captured" }

var voiceEvents = []Entry{
	define[SurveySent]("The customer was asked for an opinion."),
	define[SurveyAnswered]("The customer gave a score.", touch),
	define[SurveyDeclined]("The customer declined to answer a survey.", touch),
	define[VoiceCaptured]("The customer's own words were kept.", touch),
}
