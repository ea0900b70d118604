package codec

import (
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"unicode/utf8"

	"github.com/rapport-ledger/rapport/domain"
)

// checkParsed holds what every door promises: faults that can be shown, or an event
// that is valid and reads back as it is.
func checkParsed(t *testing.T, e domain.Envelope, err error) {
	t.Helper()
	if err != nil {
		faults, _ := faultsOf(t, err)
		if faults == "" || !utf8.ValidString(faults) {
			t.Errorf("faults that cannot be shown: %q", faults)
		}
		return
	}
	if err := Validate(e); err != nil {
		t.Errorf("accepted and not valid: %v", err)
	}
	stored, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := Decode(storedAs(stored, e.Account))
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(AppendStructured(nil, rec)) {
		t.Errorf("published as %s", AppendStructured(nil, rec))
	}
	if e.OccurredAt.IsZero() {
		return
	}
	got, err := rec.Decode()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "event", got.Envelope, e)
	again, err := fromBinary(Attributes(rec), rec.JSON)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "record", again, rec)
}

// addSeeds adds an event of each type, and some that are wrong.
func addSeeds(f *testing.F, add func(r Record)) {
	g := newGenerator(1)
	for _, e := range domain.Catalogue {
		add(recordOf(g.envelopeOf(current.byType[e.Type]), 7, g.time()))
	}
}

func FuzzParseStructured(f *testing.F) {
	addSeeds(f, func(r Record) { f.Add(AppendStructured(nil, r)) })
	f.Add(event())
	f.Add(event("data_base64", `"e30="`, "Extra", "[[[]]]", "data", `{"severity":1e400,"severity":"\ud83d\ude00"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := ParseStructured(body)
		checkParsed(t, e, err)
	})
}

func FuzzParseBatch(f *testing.F) {
	addSeeds(f, func(r Record) { f.Add(append(append([]byte{'['}, AppendStructured(nil, r)...), ']')) })
	f.Add([]byte(`[` + string(event()) + `,{},null]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		batch, err := ParseBatch(body)
		if err != nil {
			checkParsed(t, domain.Envelope{}, err)
			return
		}
		if len(batch) == 0 {
			t.Error("a batch of nothing was accepted")
		}
		for _, p := range batch {
			checkParsed(t, p.Envelope, p.Err)
		}
	})
}

func FuzzParseBinary(f *testing.F) {
	addSeeds(f, func(r Record) {
		f.Add(r.ID, r.Source, wireType(r.Type), string(r.Account), formatTime(r.OccurredAt), "actor", r.Actor, "application/json", r.JSON)
	})
	f.Fuzz(func(t *testing.T, id, source, typ, subject, time, name, value, contentType string, data []byte) {
		attributes := map[string]string{"specversion": "1.0", "id": id, "source": source, "type": typ, "subject": subject, "time": time}
		maps.Copy(attributes, map[string]string{name: value})
		e, err := ParseBinary(attributes, contentType, data)
		checkParsed(t, e, err)
	})
}

func FuzzDecodeStored(f *testing.F) {
	addSeeds(f, func(r Record) {
		e, err := r.Decode()
		if err != nil {
			f.Fatal(err)
		}
		stored, err := Encode(e.Envelope)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stored.Body)
	})
	f.Fuzz(func(t *testing.T, body []byte) {
		stored := mustEncode(t, current, domain.CommitmentKept{Commitment: "c"})
		stored.Body = body
		rec, err := Decode(storedAs(stored, "acme"))
		if err != nil {
			return
		}
		if got, err := TypeOf(storedAs(stored, "acme")); got != rec.Type || err != nil {
			t.Fatalf("its type is %s (%v), decoded it is %s", got, err, rec.Type)
		}
		e, err := rec.Decode()
		if err != nil {
			return
		}
		again, err := Encode(e.Envelope)
		if err != nil {
			return // a number JSON can carry and the catalogue cannot, such as a year of five digits
		}
		rec, err = Decode(storedAs(again, "acme"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := rec.Decode()
		if err != nil {
			t.Fatal(err)
		}
		if got.Data.EventType() != e.Data.EventType() {
			t.Error(errors.New("it became another type"))
		}
		if h1, err := Hash(e.Envelope); err == nil {
			if h2, err := Hash(got.Envelope); err != nil || h1 != h2 {
				t.Errorf("read back otherwise: %+v, then %+v", e, got)
			}
		}
	})
}
