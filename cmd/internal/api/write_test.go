package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// TestWriteGivesTheBytesOfTheEncoder holds what is written by hand to what the structs'
// tags say, field by field.
func TestWriteGivesTheBytesOfTheEncoder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)
	full := Entry{
		Position: 18446744073709551615, Revision: 7, ID: "id-\"1\"\\\x01", Source: "https://crm.example/a?b=<c>&d", Account: "acme",
		Type: "complaint.raised", Occurred: at, Assumed: true, Recorded: at.Truncate(time.Second), Actor: "Jürgen \u2028",
		Data: json.RawMessage(`{"summary":"1 < 2 & 3 > 2 \u2028\\","severity":3}`), CorrectedBy: 8, RetractedBy: 9, Late: true,
		Forgotten: []Forgotten{{Contact: "jane", Position: 12, At: at}, {Contact: "joe"}},
	}
	entries := []Entry{full, {Data: json.RawMessage("{}"), Occurred: at, Recorded: at}}
	for i := range reflect.TypeFor[Entry]().NumField() {
		e := full
		reflect.ValueOf(&e).Elem().Field(i).SetZero()
		if e.Data == nil {
			e.Data = json.RawMessage("null")
		}
		entries = append(entries, e)
	}
	for _, page := range []Page[Entry]{{Items: []Entry{}}, {Items: entries, Next: "n-_"}, {Items: entries[1:2]}} {
		var got, want bytes.Buffer
		if err := Write(&got, page); err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(&want).Encode(page); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("wrote %s\nwant  %s", &got, &want)
		}
	}
}

func TestWriteEncodesOtherAnswersToo(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := Write(&got, Digest{Name: "<timeline>", Position: 3}); err != nil {
		t.Fatal(err)
	}
	if want := `{"name":"\u003ctimeline\u003e","version":0,"position":3,"digest":"","rows":0}` + "\n"; got.String() != want {
		t.Errorf("wrote %s, want %s", &got, want)
	}
}
