package importer

import (
	"strings"
	"testing"
)

const crmMapping = `
source = "crm"
delimiter = ";"
time_zone = "Europe/Berlin"
time_layout = "02.01.2006 15:04"

[[event]]
when = { kind = "complaint" }
type = "complaint.raised"
id = "{no}-raised"
account = "{customer}"
time = "{when}"
actor = "{agent}"
[event.data]
complaint = "{no}"
severity = "{severity}"
safety = "{safety}"
summary = "{text}"

[[event]]
when = { kind = "talk" }
type = "rapport.interaction.held.v1"
id = "{no}"
account = "{customer}"
time = "{when}"
[event.data]
kind = "call"
contacts = "{text}"
duration_min = "{severity}"
`

func read(t *testing.T, mapping string) *Mapping {
	t.Helper()
	m, err := ReadMapping(strings.NewReader(mapping))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestALineBecomesTheEventsThatMatchIt(t *testing.T) {
	t.Parallel()
	const file = "no;kind;customer;when;agent;severity;safety;text\n" +
		"7;complaint;acme;24.12.2025 18:30;kim;3;no;Leaks; \n" +
		"8;complaint;acme;24.12.2025 18:30;kim;3;no;Leaks\n" +
		"9;talk;acme;01.07.2025 09:00;kim;12.5;;ann, bob\n" +
		"10;other;acme;;;;;\n" +
		"11;complaint;acme;yesterday;kim;three;perhaps;\n"
	var got []string
	for line, err := range read(t, crmMapping).CSV(strings.NewReader(file)) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range line.Events {
			got = append(got, string(e))
		}
		if line.Err != nil {
			got = append(got, line.Err.Error())
		}
	}
	want := []string{
		"record on line 2: wrong number of fields",
		`{"actor":"kim","data":{"complaint":"8","safety":false,"severity":3,"summary":"Leaks"},"id":"8-raised","source":"crm","specversion":"1.0","subject":"acme","time":"2025-12-24T17:30:00Z","type":"rapport.complaint.raised.v1"}`,
		`{"data":{"contacts":["ann","bob"],"duration_min":12.5,"kind":"call"},"id":"9","source":"crm","specversion":"1.0","subject":"acme","time":"2025-07-01T07:00:00Z","type":"rapport.interaction.held.v1"}`,
	}
	for i, w := range want {
		if i >= len(got) || got[i] != w {
			t.Errorf("%d:\n got %v\nwant %v", i, got, w)
		}
	}
	last := got[len(got)-1]
	for _, fault := range []string{`data.severity: "three" is not a whole number`, `data.safety: "perhaps" is neither yes nor no`, `time: "yesterday" is not a time`} {
		if !strings.Contains(last, fault) {
			t.Errorf("the last line's faults %q do not say %q", last, fault)
		}
	}
}

func TestEveryFaultOfAMappingIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ mapping, want string }{
		"not TOML":         {"source = ", "mapping:"},
		"an unknown key":   {"sauce = \"x\"", "sauce"},
		"no event":         {"source = \"x\"", "there is no [[event]]"},
		"no source":        {"[[event]]\ntype=\"order.won\"\nid=\"{a}\"\naccount=\"{b}\"", "source is missing"},
		"an unknown type":  {"source=\"x\"\n[[event]]\ntype=\"order.one\"\nid=\"{a}\"\naccount=\"{b}\"", `unknown type "order.one"`},
		"an unknown field": {"source=\"x\"\n[[event]]\ntype=\"order.won\"\nid=\"{a}\"\naccount=\"{b}\"\n[event.data]\nprize=\"1\"", "order.won has no field prize"},
		"no such zone":     {"source=\"x\"\ntime_zone=\"Mars/Base\"\n[[event]]\ntype=\"order.won\"\nid=\"{a}\"\naccount=\"{b}\"", "Mars/Base"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadMapping(strings.NewReader(c.mapping))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestAFileIsReadWithAByteOrderMarkAndInUTF8Alone(t *testing.T) {
	t.Parallel()
	const header = "no;kind;customer;when;agent;severity;safety;text\n"
	const line = "8;complaint;acme;24.12.2025 18:30;kim;3;no;"
	for file, want := range map[string]string{
		"":                                      "error: header: the file is empty",
		"\xef\xbb\xbf" + header + line + "ä\n":  `"summary":"ä"`,
		header + line + "\xe4\n" + line + "ö\n": `column text is not UTF-8: save the file in that encoding "summary":"ö"`,
	} {
		var got []string
		for line, err := range read(t, crmMapping).CSV(strings.NewReader(file)) {
			if err != nil {
				got = append(got, "error: "+err.Error())
			}
			if line.Err != nil {
				got = append(got, line.Err.Error())
			}
			for _, e := range line.Events {
				at := strings.Index(string(e), `"summary"`)
				summary, _, _ := strings.Cut(string(e[at:]), "}")
				got = append(got, summary)
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%q: got %s, want %s", file, got, want)
		}
	}
}

func TestAColumnThatIsMissingIsNamedBeforeAnythingIsRead(t *testing.T) {
	t.Parallel()
	for _, err := range read(t, crmMapping).CSV(strings.NewReader("no;kind;customer;when\n1;talk;acme;01.07.2025 09:00\n")) {
		if err == nil || !strings.Contains(err.Error(), "no column agent, safety, severity, text") {
			t.Errorf("got %v", err)
		}
	}
}
