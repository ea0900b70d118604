package codec

import (
	"errors"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

// faultsOf gives the faults an error carries, one a line, and whether it is a
// *Malformed.
func faultsOf(t *testing.T, err error) (string, bool) {
	t.Helper()
	var faults []domain.Fault
	malformed, isMalformed := errors.AsType[*Malformed](err)
	refusal, isRefusal := errors.AsType[*domain.Refusal](err)
	switch {
	case isMalformed:
		faults = malformed.Faults
	case isRefusal:
		faults = refusal.Faults
	default:
		t.Fatalf("got %v, want faults", err)
	}
	var lines []string
	for _, f := range faults {
		lines = append(lines, f.Location+": "+f.Message)
	}
	return strings.Join(lines, "\n"), isMalformed
}

// event is a CloudEvent with the changes to its members, in JSON; "" removes one.
func event(changes ...string) []byte {
	members := []string{
		"specversion", `"1.0"`, "id", `"1"`, "source", `"/helpdesk"`, "type", `"rapport.complaint.raised.v1"`,
		"subject", `"acme"`, "time", `"2026-03-09T14:30:00Z"`, "data", `{"complaint":"c-1","severity":3}`,
	}
	for i := 0; i < len(changes); i += 2 {
		found := false
		for j := 0; j < len(members); j += 2 {
			if members[j] == changes[i] {
				members[j+1], found = changes[i+1], true
			}
		}
		if !found {
			members = append(members, changes[i], changes[i+1])
		}
	}
	var b strings.Builder
	for j := 0; j < len(members); j += 2 {
		if members[j+1] == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + members[j] + `":` + members[j+1])
	}
	return []byte("{" + b.String() + "}")
}

func TestMalformedEvents(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"an empty body":       {"", "body: is not JSON at byte 0 (line 1, column 1): it is empty"},
		"a blank body":        {" \n ", "body: is not JSON at byte 0 (line 1, column 1): it is empty"},
		"no JSON":             {"hello", `body: is not JSON at byte 0 (line 1, column 1): invalid character 'h' at start of value`},
		"JSON that breaks":    {"{\n \"id\": }", `id: is not JSON at byte 9 (line 2, column 8): invalid character '}' at start of value`},
		"JSON cut short":      {`{"data":{"contacts":["a",`, `data.contacts: is not JSON at byte 25 (line 1, column 26): it ends too soon`},
		"bytes not UTF-8":     {"{\"data\":{\"x\":\"a\xffb\"}}", "data.x: is not JSON at byte 15 (line 1, column 16): invalid UTF-8"},
		"half a surrogate":    {`{"id":"\ud800"}`, "id: is not JSON at byte 7 (line 1, column 8): invalid surrogate pair `\\ud800\"}` in string"},
		"two events":          {string(event()) + string(event()), "body: is not JSON at byte 175 (line 1, column 176): something follows the end"},
		"a number":            {"3", "body: must be a CloudEvent, which is an object, not a number"},
		"a list":              {"[]", "body: must be a CloudEvent, which is an object, not a list"},
		"not a number at all": {string(event("data", `{"severity":NaN}`)), "data.severity: is not JSON at byte 154 (line 1, column 155): invalid character 'N' at start of value"},
		"an empty object": {"{}", `specversion: is missing: it is required of a CloudEvent
id: is missing: it is required of a CloudEvent
source: is missing: it is required of a CloudEvent
type: is missing: it is required of a CloudEvent
subject: is missing: it names the account the event belongs to
data: is missing`},
		"an older CloudEvent":      {string(event("specversion", `"0.3"`)), `specversion: must be 1.0, not "0.3"`},
		"an id that is a number":   {string(event("id", "7")), "id: must be a string, not a number"},
		"an empty id":              {string(event("id", `""`)), "id: must not be empty"},
		"an attribute given twice": {`{"id":"0",` + string(event())[1:], "id: is given twice"},
		"a field given twice":      {string(event("data", `{"complaint":"c-1","severity":3,"severity":4}`)), "data.severity: is given twice"},
		"an illegal attribute":     {string(event("Correlation_ID", `"x"`)), "Correlation_ID: is not the name of a CloudEvents attribute: lower-case letters and digits; did you mean correlationid?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseStructured([]byte(test.body))
			got, malformed := faultsOf(t, err)
			if got != test.want || !malformed {
				t.Errorf("got\n%s\nwant\n%s\nmalformed: %v", got, test.want, malformed)
			}
		})
	}
}

func TestRefusedAttributes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes []string
		want    string
	}{
		"an unknown type":            {[]string{"type", `"rapport.complaint.rised.v1"`}, `type: "rapport.complaint.rised.v1" is not a type the ledger knows; did you mean rapport.complaint.raised.v1?`},
		"a version to come":          {[]string{"type", `"rapport.complaint.raised.v2"`}, "type: complaint.raised has no version 2; its last is rapport.complaint.raised.v1"},
		"a type's short name":        {[]string{"type", `"complaint.raised"`}, "type: must be written as rapport.complaint.raised.v1"},
		"no subject":                 {[]string{"subject", ""}, "subject: is missing: it names the account the event belongs to"},
		"a subject of null":          {[]string{"subject", "null"}, "subject: is missing: it names the account the event belongs to"},
		"the ledger for an account":  {[]string{"subject", `"_ledger"`}, "subject: must be an account id: _ledger is for events about the whole ledger"},
		"a subject with a space":     {[]string{"subject", `"Acme Inc"`}, `subject: must be an account id: a letter or digit, then at most 63 letters, digits or . _ : - (not "Acme Inc")`},
		"an account for the ledger":  {[]string{"type", `"rapport.policy.changed.v1"`, "data", `{"name":"p","reason":"r"}`}, "subject: must be absent or _ledger: the event is about the whole ledger, not about an account"},
		"a source with a space":      {[]string{"source", `"help desk"`}, `source: must be a URI reference, such as https://erp.example or /helpdesk, with other characters percent-encoded; not "help desk"`},
		"a long id":                  {[]string{"id", `"` + strings.Repeat("é", 257) + `"`}, "id: must have at most 256 characters, not 257"},
		"a control character":        {[]string{"id", `"a\u0000b"`}, "id: must not have control characters, such as U+0000"},
		"an empty actor":             {[]string{"actor", `""`}, "actor: must not be empty; leave it out if there is nothing to say"},
		"a time of another form":     {[]string{"time", `"09.03.2026"`}, `time: must be a time as in RFC 3339, such as 2026-03-09T14:30:00Z or 2026-03-09T15:30:00+01:00, not "09.03.2026"`},
		"a time without a zone":      {[]string{"time", `"2026-03-09T14:30:00"`}, `time: must be a time as in RFC 3339, such as 2026-03-09T14:30:00Z or 2026-03-09T15:30:00+01:00, not "2026-03-09T14:30:00"`},
		"a time too long ago":        {[]string{"time", `"1899-12-31T23:59:59Z"`}, `time: must be a time between the years 1900 and 2200, not "1899-12-31T23:59:59Z"`},
		"a day that is none":         {[]string{"time", `"2026-02-29T00:00:00Z"`}, `time: must be a date that exists, not "2026-02-29T00:00:00Z"`},
		"a leap second":              {[]string{"time", `"2016-12-31T23:59:60Z"`}, `time: must be a time of day between 00:00:00 and 23:59:59; leap seconds cannot be kept, not "2016-12-31T23:59:60Z"`},
		"another content type":       {[]string{"datacontenttype", `"text/xml"`}, `datacontenttype: must be application/json, not "text/xml"`},
		"an attribute it would lose": {[]string{"correlation", `"x"`}, "correlation: is not an attribute the ledger keeps, and it drops nothing silently: put it into the data, or leave it out; did you mean correlationid?"},
		"binary data":                {[]string{"data", "", "data_base64", `"e30="`}, "data_base64: is for binary data; an event's data is JSON and belongs in data"},
		"no data":                    {[]string{"data", ""}, "data: is missing"},
		"data of null":               {[]string{"data", "null"}, "data: is missing"},
		"data that is text":          {[]string{"data", `"{}"`}, "data: must be an object with the event's data, not a string"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseStructured(event(test.changes...))
			got, malformed := faultsOf(t, err)
			if got != test.want || malformed {
				t.Errorf("got\n%s\nwant\n%s\nmalformed: %v", got, test.want, malformed)
			}
		})
	}
}

func TestRefusedData(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ typ, data, want string }{
		"everything at once": {
			"complaint.raised", `{"severty":3,"severity":"3","safety":null,"contact":" c","product":"","remedy_sought":7}`,
			`data.severty: is not a field of this type; did you mean severity?
data.severity: must be a whole number, not a string
data.safety: must be true or false, not null; leave it out if there is nothing to say
data.contact: must not begin or end with a space
data.product: must not be empty; leave it out if there is nothing to say
data.remedy_sought: must be a string, not a number
data.complaint: is missing`,
		},
		"a fraction for a whole number": {"complaint.raised", `{"complaint":"c","severity":3.5}`, "data.severity: must be a whole number that fits in 64 bits, not 3.5"},
		"out of range":                  {"complaint.raised", `{"complaint":"c","severity":6}`, "data.severity: must be between 1 and 5, not 6"},
		"below the least":               {"delivery.missed", `{"line":"l","late_min":-0.5}`, "data.late_min: must be at least 0, not -0.5"},
		"a number too large":            {"delivery.missed", `{"line":"l","late_min":1e999}`, "data.late_min: must be a number that fits in 64 bits, not 1e999"},
		"an integer too large":          {"account.margin_measured", `{"period":"Q","margin_minor":9223372036854775808,"currency":"EUR"}`, "data.margin_minor: must be a whole number that fits in 64 bits, not 9223372036854775808"},
		"not one of the values":         {"account.opened", `{"name":"Acme","kind":"custmer"}`, `data.kind: must be one of customer, internal, investor, public, partner, not "custmer"; did you mean customer?`},
		"an account id that is none":    {"account.merged", `{"into":"_ledger"}`, `data.into: must be an account id: a letter or digit, then at most 63 letters, digits or . _ : - (not "_ledger")`},
		"a currency that is none":       {"order.won", `{"order":"o","value_minor":1,"currency":"EUX"}`, `data.currency: must be a currency code of ISO 4217, such as EUR, not "EUX"`},
		"a currency in small letters":   {"order.won", `{"order":"o","value_minor":1,"currency":"eur"}`, `data.currency: must be a currency code of ISO 4217, such as EUR, not "eur"`},
		"a language that is none":       {"voice.captured", `{"verbatim":"x","language":"de_DE"}`, `data.language: must be a language tag of BCP 47, such as de or pt-BR, not "de_DE"`},
		"a line break in a name":        {"account.opened", `{"name":"A\nB","kind":"customer"}`, "data.name: must not have control characters, such as U+000A"},
		"a bell in prose":               {"voice.captured", `{"verbatim":"ding\u0007"}`, "data.verbatim: must not have control characters, such as U+0007"},
		"a bad item of a list":          {"interaction.held", `{"kind":"call","contacts":["a","b",7,""]}`, "data.contacts[2]: must be a string, not a number\ndata.contacts[3]: must not be empty; leave it out if there is nothing to say"},
		"something else than a list":    {"interaction.held", `{"kind":"call","contacts":"a"}`, "data.contacts: must be a list, not a string"},
		"a list too long":               {"interaction.held", `{"kind":"call","topics":["x"` + strings.Repeat(`,"x"`, 100) + `]}`, "data.topics: must have at most 100 items, not 101"},
		"a fault deep inside":           {"policy.changed", `{"name":"p","reason":"r","trust":{"dimensions":[{"name":"voice","weight":1,"prior_mean":2,"half_life_d":90}],"prior_strength":8,"cap":100,"weights":[]}}`, "data.trust.dimensions[0].prior_mean: must be between 0.01 and 0.99, not 2"},
		"a correction's data":           {"entry.corrected", `{"data":{"complaint":"c","severity":9,"more":1},"reason":"typo","position":0,"type":"rapport.complaint.raised.v1"}`, "data.position: must be at least 1, not 0\ndata.data.severity: must be between 1 and 5, not 9\ndata.data.more: is not a field of this type"},
		"a correction of an unknown":    {"entry.corrected", `{"data":{},"reason":"typo","position":1,"type":"rapport.complaint.rased.v1"}`, `data.type: "rapport.complaint.rased.v1" is not a type the ledger knows; did you mean rapport.complaint.raised.v1?`},
		"a correction of a correction":  {"entry.corrected", `{"data":{},"reason":"typo","position":1,"type":"rapport.entry.corrected.v1"}`, "data.type: must not be a correction or a retraction; retract that instead"},
		"an empty name":                 {"complaint.raised", `{"complaint":"c","severity":1,"":0}`, `data[""]: is not a field of this type`},
		"a name that is no name":        {"complaint.raised", `{"complaint":"c","severity":1,"a b\n":{"deep":[1]}}`, `data["a b\n"]: is not a field of this type`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := current.byType[domain.Type(test.typ)]
			subject := `"acme"`
			if s.LedgerWide {
				subject = ""
			}
			_, err := ParseStructured(event("type", `"`+s.wireType+`"`, "subject", subject, "data", test.data))
			got, malformed := faultsOf(t, err)
			if got != test.want || malformed {
				t.Errorf("got\n%s\nwant\n%s\nmalformed: %v", got, test.want, malformed)
			}
			_, err = ParseBinary(map[string]string{
				"specversion": "1.0", "id": "1", "source": "/s", "type": s.wireType, "subject": strings.Trim(subject, `"`),
			}, "application/json; charset=utf-8", []byte(test.data))
			if binary, _ := faultsOf(t, err); !s.LedgerWide && binary != test.want {
				t.Errorf("in binary mode\n%s\nwant\n%s", binary, test.want)
			}
		})
	}
}

func TestAttributesThatAreAllowed(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string][]string{
		"no time":                       {"time", ""},
		"a schema":                      {"dataschema", `"https://example.org/schema"`},
		"a content type with parameter": {"datacontenttype", `"application/json; charset=utf-8"`},
		"what the ledger sets":          {"sequence", `"7"`, "revision", "7", "recordedtime", `"x"`, "partitionkey", `"other"`, "target", "3"},
		"an attribute of null":          {"actor", "null", "unknown", "null"},
		"a whole number written so":     {"data", `{"complaint":"c-1","severity":3.0}`},
		"tracing":                       {"traceparent", `"00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01"`, "tracestate", `"a=b"`},
		"an escaped name":               {"data", `{"comp\u006caint":"c-1","severity":3}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := ParseStructured(event(changes...))
			if err != nil {
				t.Fatal(err)
			}
			if e.Data != (domain.ComplaintRaised{Complaint: "c-1", Severity: 3}) || e.Account != "acme" || e.Target != 0 {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestDataMayComeBeforeItsType(t *testing.T) {
	t.Parallel()
	e, err := ParseStructured([]byte(`{"data":{"complaint":"c-1","severity":3},"subject":"acme","type":"rapport.complaint.raised.v1",
		"time":"2026-03-09T15:30:00.1234567+01:00","source":"/s","id":"1","specversion":"1.0"}`))
	if err != nil {
		t.Fatal(err)
	}
	if e.Data != (domain.ComplaintRaised{Complaint: "c-1", Severity: 3}) {
		t.Errorf("got %+v", e.Data)
	}
	if got := formatTime(e.OccurredAt); got != "2026-03-09T14:30:00.123456Z" {
		t.Errorf("got %s, want microseconds of UTC", got)
	}
}

func TestEventsForTheWholeLedgerNeedNoSubject(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{"", `"_ledger"`} {
		e, err := ParseStructured(event("type", `"rapport.policy.changed.v1"`, "subject", subject, "data", `{"name":"p","reason":"r"}`))
		if err != nil || e.Account != domain.Ledger {
			t.Errorf("subject %q: got %q, %v", subject, e.Account, err)
		}
	}
}

func TestEntriesMaySpeakOfEventsOfTheWholeLedger(t *testing.T) {
	t.Parallel()
	e, err := ParseStructured(event("type", `"rapport.entry.retracted.v1"`, "subject", `"_ledger"`, "data", `{"position":3,"reason":"typo"}`))
	if err != nil || e.Account != domain.Ledger {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestABatchIsJudgedEventByEvent(t *testing.T) {
	t.Parallel()
	batch, err := ParseBatch([]byte("[" + string(event()) + `,7,` + string(event("data", `{"complaint":"c"}`)) + `,` + string(event("id", `"2"`)) + "]"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"", "body: must be a CloudEvent, which is an object, not a number", "data.severity: is missing", ""}
	for i, p := range batch {
		got := ""
		if p.Err != nil {
			got, _ = faultsOf(t, p.Err)
		}
		if got != want[i] {
			t.Errorf("event %d: got %q, want %q", i, got, want[i])
		}
	}
	if batch[0].Envelope.ID != "1" || batch[3].Envelope.ID != "2" {
		t.Errorf("got %+v", batch)
	}
}

func TestABatchMustBeAListOfSomething(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":              "body: is not JSON at byte 0 (line 1, column 1): it is empty",
		"[]":            "body: must be a list of at least one CloudEvent",
		string(event()): "body: must be a list of at least one CloudEvent",
		`[{"id":"1"},`:  "body: is not JSON at byte 12 (line 1, column 13): it ends too soon",
		`[{"id":"1"}]x`: "body: is not JSON at byte 12 (line 1, column 13): invalid character 'x' at start of value",
	} {
		_, err := ParseBatch([]byte(body))
		if got, malformed := faultsOf(t, err); got != want || !malformed {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestOfABatchThatIsTooLargeNoMoreIsReadThanOfOneThatIsNot(t *testing.T) {
	// Not parallel: it counts what is allocated.
	parse := func(n int) (allocated float64) {
		body := []byte("[" + strings.Repeat("1,", n-1) + "1]")
		return testing.AllocsPerRun(1, func() {
			parsed, err := ParseBatch(body)
			switch tooMany, ok := errors.AsType[*TooManyError](err); {
			case n <= MaxBatch && (err != nil || len(parsed) != n):
				t.Errorf("%d events: got %d, %v", n, len(parsed), err)
			case n > MaxBatch && (!ok || tooMany.Events != n || parsed != nil):
				t.Errorf("%d events: got %d, %v", n, len(parsed), err)
			}
		})
	}
	most := parse(MaxBatch)
	if got := parse(50 * MaxBatch); got > most+100 {
		t.Errorf("%v allocations, for the largest batch %v", got, most)
	}
}

func TestHeadersArePercentDecoded(t *testing.T) {
	t.Parallel()
	e, err := ParseBinary(map[string]string{
		"SpecVersion": "1.0", "id": "%E2%82%AC%20100%25", "source": "/s", "type": "rapport.complaint.raised.v1",
		"subject": "acme", "actor": `"J. \"Jay\" Doe"`,
	}, "", []byte(`{"complaint":"c","severity":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != "€ 100%" || e.Actor != `J. "Jay" Doe` {
		t.Errorf("got id %q, actor %q", e.ID, e.Actor)
	}
	_, err = ParseBinary(map[string]string{"id": "%FF", "ID": "1"}, "application/cloudevents+json", []byte(`{`))
	got, malformed := faultsOf(t, err)
	for _, want := range []string{"id: must be UTF-8", "datacontenttype: must be application/json", "data: is not JSON at byte 1", "specversion: is missing"} {
		if !strings.Contains(got, want) || !malformed {
			t.Errorf("got\n%s\nwant %s", got, want)
		}
	}
}

func TestTheListOfFaultsHasAnEnd(t *testing.T) {
	t.Parallel()
	_, err := ParseStructured(event("data", `{"complaint":"c","severity":1`+strings.Repeat(`,"x":1`, 5000)+`}`))
	refusal, ok := errors.AsType[*domain.Refusal](err)
	if !ok || len(refusal.Faults) != maxFaults+1 {
		t.Errorf("got %d faults", len(refusal.Faults))
	}
}

func TestTheListOfABatchsFaultsHasAnEndAndEveryEventIsInIt(t *testing.T) {
	t.Parallel()
	bad := string(event("data", `{"complaint":"c","severity":1`+strings.Repeat(`,"x":1`, 99)+`}`))
	const events = 200
	parsed, err := ParseBatch([]byte("[" + strings.Repeat(bad+",", events-1) + bad + "]"))
	if err != nil || len(parsed) != events {
		t.Fatalf("got %d events, %v", len(parsed), err)
	}
	total := 0
	for i, p := range parsed {
		faults, _ := faultsOf(t, p.Err)
		n := strings.Count(faults, "\n") + 1
		if n > 1 && i > maxBatchFaults/50 && !strings.HasSuffix(faults, moreFaults) {
			t.Errorf("event %d: what was left out is not said: %s", i, faults)
		}
		total += n
	}
	if total < maxBatchFaults || total > maxBatchFaults+2*events {
		t.Errorf("%d faults are listed", total)
	}
}

func TestDeepNestingIsMalformed(t *testing.T) {
	t.Parallel()
	_, err := ParseStructured(event("data", strings.Repeat("[", 100_000)))
	if got, malformed := faultsOf(t, err); !malformed || !strings.Contains(got, "exceeded max depth") {
		t.Errorf("got %s", got[:min(len(got), 300)])
	}
}
