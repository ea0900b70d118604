package codec

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// generator makes events that the doors accept, the same for the same seed.
type generator struct {
	*rand.Rand
	catalogue *catalogue
}

func newGenerator(seed uint64) *generator {
	return &generator{rand.New(rand.NewPCG(seed, 0)), current}
}

// seeds runs the test with many generators; a failure names its seed.
func seeds(t *testing.T, n int, run func(t *testing.T, g *generator)) {
	t.Helper()
	for seed := range n {
		run(t, newGenerator(uint64(seed)))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

func (g *generator) spec() *spec {
	return g.catalogue.byType[pick(g, domain.Catalogue).Type]
}

func (g *generator) envelope() domain.Envelope { return g.envelopeOf(g.spec()) }

func (g *generator) envelopeOf(s *spec) domain.Envelope {
	e := domain.Envelope{
		Source:  pick(g, []string{"/helpdesk", "https://erp.example/a%20b?c=d", "survey"}),
		ID:      g.text(20),
		Account: pick(g, []domain.AccountID{"acme", "A.b_c:d-1", "7"}),
		Data:    g.event(s),
	}
	if s.LedgerWide || s.Anywhere && g.IntN(2) == 0 {
		e.Account = domain.Ledger
	}
	if g.IntN(4) > 0 {
		e.OccurredAt, e.OccurredAssumed = g.time(), g.IntN(4) == 0
	}
	for _, optional := range []*string{&e.Actor, &e.CorrelationID, &e.CausationID, &e.TraceParent} {
		if g.IntN(3) == 0 {
			*optional = g.text(30)
		}
	}
	return e
}

func (g *generator) record() Record {
	e := g.envelope()
	if e.OccurredAt.IsZero() {
		e.OccurredAt, e.OccurredAssumed = g.time(), true
	}
	if e.Data.EventType().Family() == "entry" {
		e.Target = domain.Position(g.IntN(1000) + 1)
	}
	if g.IntN(2) == 0 {
		e.RecordedBy = g.text(30)
	}
	return recordOf(e, domain.Position(g.IntN(1<<40)+1), g.time())
}

// recordOf is the record of the event without having stored it.
func recordOf(e domain.Envelope, at domain.Position, recorded time.Time) Record {
	data, err := EncodeData(e.Data)
	if err != nil {
		panic(err)
	}
	r := Record{Type: e.Data.EventType(), JSON: data}
	r.Envelope = e
	r.Envelope.Data = nil
	r.Position, r.Revision, r.RecordedAt = at, domain.Revision(at/2+1), recorded
	return r
}

func (g *generator) event(s *spec) domain.Event {
	v := reflect.New(s.shape.goType).Elem()
	g.object(s.shape, v)
	return v.Interface().(domain.Event)
}

func (g *generator) object(s *shape, v reflect.Value) {
	for i := range s.fields {
		f := &s.fields[i]
		if f.optional && g.IntN(2) == 0 || f.kind == kindEvent || f.format == formatEventType {
			continue
		}
		fv := v.Field(i)
		switch {
		case f.pointer:
			fv.Set(reflect.New(fv.Type().Elem()))
			g.value(f, fv.Elem())
		case f.list:
			for n := range 1 + g.IntN(3) {
				fv.Grow(1)
				fv.SetLen(n + 1)
				g.value(f, fv.Index(n))
			}
		default:
			g.value(f, fv)
		}
	}
	if s.eventAt >= 0 {
		inner := g.spec()
		for !inner.correctable() {
			inner = g.spec()
		}
		v.Field(s.eventAt).Set(reflect.ValueOf(g.event(inner)))
		v.Field(s.typeAt).SetString(inner.wireType)
	}
}

func (g *generator) value(f *field, v reflect.Value) {
	switch f.kind {
	case kindString:
		v.SetString(g.stringFor(f))
	case kindBool:
		v.SetBool(g.IntN(2) == 0)
	case kindInt:
		v.SetInt(int64(g.number(f)))
	case kindPosition:
		v.SetUint(uint64(g.Int64N(1<<50) + 1))
	case kindFloat:
		n := g.number(f)
		if g.IntN(2) == 0 {
			n += g.Float64()
		}
		if f.maxGiven {
			n = min(n, f.max)
		}
		v.SetFloat(n)
	case kindTime:
		v.Set(reflect.ValueOf(g.time()))
	case kindStruct:
		g.object(f.shape, v)
	}
}

func (g *generator) number(f *field) float64 {
	low, high := -1e6, 1e6
	if f.minGiven {
		low = f.min
		high = low + 1e6
	}
	if f.maxGiven {
		high = f.max
	}
	if g.IntN(8) == 0 {
		return pick(g, []float64{low, high})
	}
	return min(low+float64(g.Int64N(int64(high-low)+1)), high)
}

func (g *generator) stringFor(f *field) string {
	switch {
	case f.enum != nil:
		return pick(g, f.enum)
	case f.format == formatAccount:
		return pick(g, []string{"acme", "other.co", "x"})
	case f.format == formatCurrency:
		return pick(g, []string{"EUR", "USD", "JPY"})
	case f.format == formatLanguage:
		return pick(g, []string{"de", "pt-BR", "zh-Hant"})
	}
	s := g.text(min(f.maxChars, 40))
	if f.prose && g.IntN(3) == 0 {
		s += "\nand \"more\",\tto say {[,:]}"
	}
	return s
}

var alphabet = []rune(`abcxyzABC019.-_:/\"'{}[],% <>&é€😀` + "\u2028")

// text gives 1 to most characters, without a space at either end.
func (g *generator) text(most int) string {
	var b strings.Builder
	for range 1 + g.IntN(most) {
		b.WriteRune(pick(g, alphabet))
	}
	s := strings.Trim(b.String(), " \u2028")
	if s == "" {
		return "x"
	}
	return s
}

func (g *generator) time() time.Time {
	from, to := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 12, 31, 0, 0, 0, 0, time.UTC)
	unit := pick(g, []int64{1, 1000, 1000_000})
	micros := from.UnixMicro() + g.Int64N(to.UnixMicro()-from.UnixMicro())
	return time.UnixMicro(micros / unit * unit).UTC()
}

func storedAs(e eventstore.Event, stream domain.AccountID) eventstore.Recorded {
	return eventstore.Recorded{
		Event: e, Stream: stream, Position: 42, Revision: 7,
		RecordedAt: time.Date(2026, 3, 9, 14, 30, 0, 0, time.UTC),
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %s\nwant %s", what, show(got), show(want))
	}
}

func show(v any) string { return fmt.Sprintf("%+v", v) }
