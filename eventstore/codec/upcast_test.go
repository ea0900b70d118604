package codec

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// letterSentV1 and letterSentV2 are one type before and after it changed: the
// greeting moved into the text, and pages became sheets.
type letterSentV1 struct {
	Contact  domain.ID `json:"contact,omitzero"`
	Greeting string    `json:"greeting"`
	Text     string    `json:"text" personal:"contact"`
	Pages    int64     `json:"pages" min:"1"`
}

type letterSentV2 struct {
	Text    string    `json:"text" personal:"contact"`
	Contact domain.ID `json:"contact,omitzero"`
	Sheets  int64     `json:"sheets" min:"1" max:"10"`
}

func (letterSentV1) EventType() domain.Type { return "letter.sent" }
func (letterSentV2) EventType() domain.Type { return "letter.sent" }

func letters(t *testing.T, version int, goType reflect.Type, up upcasters) *catalogue {
	t.Helper()
	corrected, _ := domain.Lookup("entry.corrected")
	c, err := newCatalogue([]definition{
		{domain.Entry{Type: "letter.sent", Version: version}, goType},
		{corrected, corrected.GoType()},
	}, up)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func lettersBefore(t *testing.T) *catalogue {
	return letters(t, 1, reflect.TypeFor[letterSentV1](), nil)
}

func lettersAfter(t *testing.T) *catalogue {
	return letters(t, 2, reflect.TypeFor[letterSentV2](), upcasters{{"letter.sent", 1}: upcastLetter})
}

func upcastLetter(data []byte) ([]byte, error) {
	c, err := newCatalogue([]definition{{domain.Entry{Type: "letter.sent", Version: 1}, reflect.TypeFor[letterSentV1]()}}, nil)
	if err != nil {
		return nil, err
	}
	ev, err := c.decode(c.byType["letter.sent"], data)
	if err != nil {
		return nil, err
	}
	old := ev.(letterSentV1)
	if old.Greeting == "" {
		return nil, errors.New("no greeting")
	}
	return fmt.Appendf(nil, `{ "sheets": %d, "contact": %q, "text": %q }`, (old.Pages+1)/2, old.Contact, old.Greeting+" "+old.Text), nil
}

func TestAStoredEventOfAnOlderVersionIsReadAsTheCurrentOne(t *testing.T) {
	t.Parallel()
	stored, err := lettersBefore(t).encode(domain.Envelope{
		Source: "/post", ID: "1", Account: "acme", OccurredAt: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC),
		Data: letterSentV1{Contact: "c1", Greeting: "Dear Jane,", Text: "thank you.", Pages: 3},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(stored.Body)
	c := lettersAfter(t)
	rec, err := c.decodeStored(storedAs(stored, "acme"))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"text":"Dear Jane, thank you.","contact":"c1","sheets":2}`; string(rec.JSON) != want {
		t.Errorf("got %s, want %s", rec.JSON, want)
	}
	got, err := c.decode(c.byType["letter.sent"], rec.JSON)
	if want := (letterSentV2{"Dear Jane, thank you.", "c1", 2}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if !bytes.Equal(stored.Body, before) {
		t.Error("stored bytes were changed")
	}
	if _, err := lettersBefore(t).decodeStored(storedAs(mustEncode(t, c, got), "acme")); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("an older program read a version it does not know: %v", err)
	}
}

func mustEncode(t *testing.T, c *catalogue, ev domain.Event) (stored eventstore.Event) {
	t.Helper()
	stored, err := c.encode(domain.Envelope{Source: "/post", ID: "2", Account: "acme", Data: ev}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestAPublishedEventOfAnOlderVersionIsReadAsTheCurrentOne(t *testing.T) {
	t.Parallel()
	rec, err := lettersAfter(t).fromHeaders(func(name string) string {
		return map[string]string{
			"type": "rapport.letter.sent.v1", "id": "1", "source": "/post", "subject": "acme", "sequence": "3", "revision": "1",
			"time": "2026-03-09T00:00:00Z", "recordedtime": "2026-03-09T00:00:01Z",
		}[name]
	}, []byte(`{"contact":"c1","greeting":"Hi","text":"there","pages":1}`))
	if want := `{"text":"Hi there","contact":"c1","sheets":1}`; err != nil || string(rec.JSON) != want {
		t.Errorf("got %s, %v", rec.JSON, err)
	}
}

func TestDoorsTakeOlderVersions(t *testing.T) {
	t.Parallel()
	c := lettersAfter(t)
	for name, test := range map[string]struct {
		data, want string
		event      domain.Event
	}{
		"as they were":            {`{"pages": 1, "greeting": "Hi", "text": "there"}`, "data.contact: must not be empty; leave it out if there is nothing to say", nil},
		"with a contact":          {`{"pages": 1, "contact": "c1", "greeting": "Hi", "text": "there"}`, "", letterSentV2{"Hi there", "c1", 1}},
		"that cannot be upcast":   {`{"pages":1,"text":"there"}`, "data: bring letter.sent from version 1 to 2: no greeting", nil},
		"that break today's rule": {`{"pages":99,"contact":"c1","greeting":"Hi","text":"there"}`, "data.sheets: must be between 1 and 10, not 50", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := event("type", `"rapport.letter.sent.v1"`, "data", test.data)
			e, err := c.parseStructured(body)
			if test.event != nil {
				if err != nil || e.Data != test.event {
					t.Errorf("got %+v, %v", e.Data, err)
				}
				return
			}
			if got, _ := faultsOf(t, err); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestCorrectionsOfOlderVersionsAreReadAsTheCurrentOne(t *testing.T) {
	t.Parallel()
	stored := mustEncode(t, lettersBefore(t), domain.EntryCorrected{
		Position: 1, Reason: "typo", Type: "rapport.letter.sent.v1",
		Data: letterSentV1{Contact: "c1", Greeting: "Hi", Text: "there", Pages: 2},
	})
	c := lettersAfter(t)
	rec, err := c.decodeStored(storedAs(stored, "acme"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.decode(c.byType["entry.corrected"], rec.JSON)
	if err != nil {
		t.Fatal(err)
	}
	want := domain.EntryCorrected{
		Position: 1, Reason: "typo", Type: "rapport.letter.sent.v2", Data: letterSentV2{"Hi there", "c1", 1},
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAVersionWithoutAnUpcasterIsAMistakeInTheCatalogue(t *testing.T) {
	t.Parallel()
	_, err := newCatalogue([]definition{{domain.Entry{Type: "letter.sent", Version: 3}, reflect.TypeFor[letterSentV2]()}},
		upcasters{{"letter.sent", 1}: upcastLetter})
	if err == nil || !strings.Contains(err.Error(), "no upcaster from version 2") {
		t.Errorf("got %v", err)
	}
}
