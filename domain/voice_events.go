package domain

// The voice family: what the customer says of us, asked or unasked.

// SurveySent asks the customer for an opinion.
type SurveySent struct {
	Survey         ID       `json:"survey"`
	Instrument     string   `json:"instrument" enum:"nps csat ces perception ease check_in"`
	Contact        ID       `json:"contact,omitzero"`
	SampleCount    int64    `json:"sample_count,omitzero" min:"1" max:"1000000" doc:"how many people were asked by it; 1 if absent"`
	QuestionsCount int64    `json:"questions_count,omitzero" min:"1" max:"10000"`
	BurdenMin      *float64 `json:"burden_min,omitzero" min:"0" max:"1000" doc:"how long it takes to answer"`
	DesignedBy     string   `json:"designed_by,omitzero" max:"200"`
}

// SurveyAnswered is a score as it was given; formulas such as NPS are applied when reading.
type SurveyAnswered struct {
	Survey        ID       `json:"survey,omitzero" doc:"the survey.sent it answers, if one is known"`
	Voice         ID       `json:"voice,omitzero" doc:"the emitter's own id of the words, by which other events can name them"`
	Interaction   ID       `json:"interaction,omitzero" doc:"the interaction.held in which it was said"`
	Instrument    string   `json:"instrument" enum:"nps csat ces perception ease check_in"`
	Score         float64  `json:"score"`
	ScaleMin      float64  `json:"scale_min" doc:"the scale's worst answer, also where that is its highest number"`
	ScaleMax      float64  `json:"scale_max" doc:"the scale's best answer"`
	Contact       ID       `json:"contact,omitzero"`
	Dimension     string   `json:"dimension,omitzero" max:"128" doc:"what the question was about"`
	Function      string   `json:"function,omitzero" max:"128" doc:"the function of ours that the score is about"`
	Period        string   `json:"period,omitzero" max:"32" doc:"the time the score is about, such as 2026-Q1"`
	Independent   bool     `json:"independent,omitzero" doc:"whether a third party asked"`
	Stance        string   `json:"stance,omitzero" enum:"none negotiating political"`
	ConfidencePct *float64 `json:"confidence_pct,omitzero" min:"0" max:"100" doc:"how sure we are of what was noted"`
	Language      string   `json:"language,omitzero" format:"language"`
	Verbatim      string   `json:"verbatim,omitzero" max:"20000" personal:"contact"`
}

// SurveyDeclined says the customer did not want to answer.
type SurveyDeclined struct {
	Survey  ID     `json:"survey"`
	Contact ID     `json:"contact,omitzero"`
	Reason  string `json:"reason,omitzero"`
}

// VoiceCaptured keeps the customer's own words.
type VoiceCaptured struct {
	Voice       ID     `json:"voice,omitzero" doc:"the emitter's own id of the words, by which other events can name them"`
	Interaction ID     `json:"interaction,omitzero" doc:"the interaction.held in which it was said"`
	Contact     ID     `json:"contact,omitzero"`
	Verbatim    string `json:"verbatim" max:"20000" personal:"contact"`
	Language    string `json:"language,omitzero" format:"language"`
	Area        string `json:"area,omitzero" enum:"relations product field_service"`
	Topic       string `json:"topic,omitzero" max:"200"`
	Channel     string `json:"channel,omitzero" max:"128"`
	Solicited   *bool  `json:"solicited,omitzero" doc:"whether we had asked; absent if that is not known"`
	Polarity    *int64 `json:"polarity,omitzero" min:"-2" max:"2" doc:"-2 very negative to 2 very positive, as heard"`
	Severity    int64  `json:"severity,omitzero" min:"1" max:"5" doc:"1 slight to 5 grave"`
	// What the topic asks of who speaks. Who has less is heard, but is no valid informant.
	RequiredHorizonMonths int64  `json:"required_horizon_months,omitzero" min:"1" max:"240" doc:"how far ahead who speaks must be able to speak for; as the interaction says if absent"`
	RequiredAuthority     string `json:"required_authority,omitzero" enum:"orders operations strategy budget" doc:"the authority that takes; as the interaction says if absent"`
	MediaRef              string `json:"media_ref,omitzero" max:"1000" personal:"contact" doc:"where the recording or the letter is kept"`
	MediaSHA256           string `json:"media_sha256,omitzero" max:"64" doc:"its SHA-256, as 64 hexadecimal digits in lower case"`
}

// What is made of the customer's words stays beside them and never in their place.
// Each event names the words by the emitter's id or, for words that have none, by the
// position on the receipt of their voice.captured or survey.answered.

// VoiceSummarised is a conclusion drawn from the customer's words, or from none that
// were kept.
type VoiceSummarised struct {
	Voice   ID       `json:"voice,omitzero" doc:"the words it sums up; or give of"`
	Of      Position `json:"of,omitzero" min:"1" doc:"position of the words, instead of voice"`
	Contact ID       `json:"contact,omitzero" doc:"who spoke: the summary is personal data of theirs"`
	Summary string   `json:"summary" max:"20000" personal:"contact"`
	Author  string   `json:"author,omitzero" max:"128" doc:"who wrote it, or the model's name and version"`
	Method  string   `json:"method" enum:"human model"`
}

// VoiceClassified says what the words are about. What a later version of the same
// classifier says takes the place of what the earlier one said.
type VoiceClassified struct {
	Voice             ID       `json:"voice,omitzero" doc:"the words classified; or give of"`
	Of                Position `json:"of,omitzero" min:"1" doc:"position of the words, instead of voice"`
	Theme             string   `json:"theme" max:"128"`
	Polarity          *int64   `json:"polarity,omitzero" min:"-2" max:"2" doc:"-2 very negative to 2 very positive"`
	Severity          int64    `json:"severity,omitzero" min:"1" max:"5" doc:"1 slight to 5 grave"`
	Classifier        string   `json:"classifier,omitzero" max:"128" doc:"who or what classified"`
	ClassifierVersion string   `json:"classifier_version,omitzero" max:"64"`
}

// VoiceDistributed says to which of our functions the words went.
type VoiceDistributed struct {
	Voice     ID       `json:"voice,omitzero" doc:"the words that went out; or give of"`
	Of        Position `json:"of,omitzero" min:"1" doc:"position of the words, instead of voice"`
	Functions []string `json:"functions"`
}

// VoiceRead says that a function of ours has read the words, sent to it or not.
type VoiceRead struct {
	Voice    ID       `json:"voice,omitzero" doc:"the words that were read; or give of"`
	Of       Position `json:"of,omitzero" min:"1" doc:"position of the words, instead of voice"`
	Function string   `json:"function" max:"128"`
	Person   string   `json:"person,omitzero" max:"128" doc:"our person, by our own id"`
}

// VoiceUsed says that the words counted in a decision.
type VoiceUsed struct {
	Voice    ID       `json:"voice,omitzero" doc:"the words that were used; or give of"`
	Of       Position `json:"of,omitzero" min:"1" doc:"position of the words, instead of voice"`
	Process  string   `json:"process" max:"128" doc:"the process of ours that decided"`
	Decision string   `json:"decision,omitzero" doc:"what was decided"`
	Offering string   `json:"offering,omitzero" max:"200" doc:"the product or service that was changed by it"`
}

var voices = &kind{noun: "voice", field: "voice", born: "captured"}

func (e SurveyAnswered) check(Envelope) []Fault {
	return checkScale(e.ScaleMin, e.ScaleMax, rating{"data.score", e.Score})
}
func (e VoiceCaptured) check(Envelope) []Fault {
	return checkSHA256("data.media_sha256", e.MediaSHA256)
}
func (e VoiceSummarised) check(Envelope) []Fault {
	if e.Voice == "" && e.Of == 0 {
		return nil
	}
	return checkVoice(e.Voice, e.Of)
}
func (e VoiceClassified) check(Envelope) []Fault  { return checkVoice(e.Voice, e.Of) }
func (e VoiceDistributed) check(Envelope) []Fault { return checkVoice(e.Voice, e.Of) }
func (e VoiceRead) check(Envelope) []Fault        { return checkVoice(e.Voice, e.Of) }
func (e VoiceUsed) check(Envelope) []Fault        { return checkVoice(e.Voice, e.Of) }

// checkVoice wants the words spoken of to be named once, in one way.
func checkVoice(voice ID, of Position) []Fault {
	switch {
	case voice == "" && of == 0:
		return []Fault{{"data.voice", "needed, or data.of, to name the words this is about"}}
	case voice != "" && of != 0:
		return []Fault{{"data.of", "names the words a second time; give voice or of"}}
	}
	return nil
}

func (e SurveyAnswered) decide(a *Account) []Fault   { return a.newVoice(e.Voice) }
func (e VoiceCaptured) decide(a *Account) []Fault    { return a.newVoice(e.Voice) }
func (e VoiceSummarised) decide(a *Account) []Fault  { return a.heard(e.Voice) }
func (e VoiceClassified) decide(a *Account) []Fault  { return a.heard(e.Voice) }
func (e VoiceDistributed) decide(a *Account) []Fault { return a.heard(e.Voice) }
func (e VoiceRead) decide(a *Account) []Fault        { return a.heard(e.Voice) }
func (e VoiceUsed) decide(a *Account) []Fault        { return a.heard(e.Voice) }

// newVoice is a fault if words of that id are known. Words need no id.
func (a *Account) newVoice(voice ID) []Fault {
	if voice == "" {
		return nil
	}
	return a.unused(voices, voice)
}

// heard is a fault if there are no words of that id. What is at a position is not known here.
func (a *Account) heard(voice ID) []Fault {
	if voice == "" {
		return nil
	}
	return a.known(voices, voice)
}

func (e SurveyAnswered) evolve() change { return captured(e.Voice) }
func (e VoiceCaptured) evolve() change  { return captured(e.Voice) }

func captured(voice ID) change {
	if voice == "" {
		return change{}
	}
	return set(voices, voice, "captured")
}

func (SurveySent) EventType() Type       { return "survey.sent" }
func (SurveyAnswered) EventType() Type   { return "survey.answered" }
func (SurveyDeclined) EventType() Type   { return "survey.declined" }
func (VoiceCaptured) EventType() Type    { return "voice.captured" }
func (VoiceSummarised) EventType() Type  { return "voice.summarised" }
func (VoiceClassified) EventType() Type  { return "voice.classified" }
func (VoiceDistributed) EventType() Type { return "voice.distributed" }
func (VoiceRead) EventType() Type        { return "voice.read" }
func (VoiceUsed) EventType() Type        { return "voice.used" }

var voiceEvents = []Entry{
	define[SurveySent]("The customer was asked for an opinion."),
	define[SurveyAnswered]("The customer gave a score.", touch, theirs),
	define[SurveyDeclined]("The customer declined to answer a survey.", touch, theirs),
	define[VoiceCaptured]("The customer's own words were kept.", touch, theirs),
	define[VoiceSummarised]("A conclusion was drawn from the customer's words."),
	define[VoiceClassified]("What the customer's words are about was said."),
	define[VoiceDistributed]("The customer's words were sent to functions of ours."),
	define[VoiceRead]("A function of ours read the customer's words."),
	define[VoiceUsed]("The customer's words counted in a decision."),
}
