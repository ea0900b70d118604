package importer

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzCSV reads any lines by any mapping. What comes out is JSON, and lines are counted.
func FuzzCSV(f *testing.F) {
	f.Add(`source = "crm"
time_layout = "02.01.2006"
time_zone = "Europe/Berlin"
delimiter = ";"
[[event]]
when = { kind = "complaint" }
type = "complaint.raised"
id = "{ticket}-raised"
account = "{customer}"
time = "{created}"
[event.data]
complaint = "{ticket}"
severity = "{severity}"
`, "ticket;customer;created;kind;severity\n1;acme;09.03.2026;complaint;4\n2;\"ac\nme\";x;complaint;x\n3;;;;\n")
	f.Add("source = \"x\"\n[[event]]\ntype = \"complaint.raised\"\nid = \"{a}\"\naccount = \"{b}\"\n", "a,b\n1,2\n\"")
	f.Fuzz(func(t *testing.T, mapping, lines string) {
		m, err := ReadMapping(strings.NewReader(mapping))
		if err != nil {
			return
		}
		last := 0
		for line, err := range m.CSV(strings.NewReader(lines)) {
			if err != nil {
				return
			}
			if line.Number <= last {
				t.Errorf("line %d after %d", line.Number, last)
			}
			last = line.Number
			for _, e := range line.Events {
				if !json.Valid(e) {
					t.Errorf("line %d: %q", line.Number, e)
				}
			}
		}
	})
}
