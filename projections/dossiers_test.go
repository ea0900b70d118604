package projections_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/checklist"
	"github.com/rapport-ledger/rapport/projections/closeness"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/improvement"
	"github.com/rapport-ledger/rapport/projections/performance"
	"github.com/rapport-ledger/rapport/projections/portfolio"
	"github.com/rapport-ledger/rapport/projections/promises"
	"github.com/rapport-ledger/rapport/projections/voice"
)

// reports are the projections made of dossiers; TestEveryProjectionOfDossiersIsHeldToWhatStands misses none.
var reports = []madeOf{
	{checklist.New(), func(d *dossier.Dossier) any { return checklist.About(d) }},
	{closeness.New(), func(d *dossier.Dossier) any { return closeness.About(d) }},
	{improvement.New(), func(d *dossier.Dossier) any { return improvement.About(d) }},
	{performance.New(), func(d *dossier.Dossier) any { return performance.About(d) }},
	{portfolio.New(), func(d *dossier.Dossier) any { return portfolio.About(d) }},
	{promises.New(), func(d *dossier.Dossier) any { return promises.About(d) }},
	{voice.New(), func(d *dossier.Dossier) any { return voice.About(d) }},
}

type madeOf struct {
	projector *dossier.Projector
	about     func(*dossier.Dossier) any
}

func TestEveryProjectionOfDossiersIsHeldToWhatStands(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		name := filepath.Base(folder)
		source, err := os.ReadFile(filepath.Join(folder, name+".go"))
		if err != nil || name == "dossier" || !strings.Contains(string(source), "dossier.New(") {
			continue
		}
		if !slices.ContainsFunc(reports, func(r madeOf) bool { return r.projector.Name() == name }) {
			t.Errorf("%s is not in the list", name)
		}
	}
}

// TestAReportIsThatOfTheHistoryWrittenRightAtOnce writes a random history twice: right from the
// beginning, and with events that say something else, happened at another time or never, until
// entries put that right.
func TestAReportIsThatOfTheHistoryWrittenRightAtOnce(t *testing.T) {
	t.Parallel()
	all := everything()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWriter(t, rapid.Uint64().Draw(rt, "seed"), all)
		w.write(rapid.IntRange(1, 80).Draw(rt, "events"))
		for _, account := range accounts {
			mended, right := w.mended.Read(all, account, end, end), w.right.Read(all, account, end, end)
			for _, r := range reports {
				got, want := report(t, r.about(of(r.projector, mended))), report(t, r.about(of(r.projector, right)))
				if got != want {
					rt.Fatalf("%s of %s: put right it is\n%s\nright at once\n%s", r.projector.Name(), account, got, want)
				}
			}
		}
	})
}

// everything keeps what any of the reports is made of, so that one ledger will do for all.
func everything() *dossier.Projector {
	var types []string
	for _, e := range domain.Catalogue {
		if slices.ContainsFunc(reports, func(r madeOf) bool { return r.projector.Keeps(e.Type) }) {
			types = append(types, string(e.Type))
		}
	}
	return dossier.New("everything", 1, types...)
}

// of is the dossier as the projector keeps it.
func of(p *dossier.Projector, d *dossier.Dossier) *dossier.Dossier {
	kept := *d
	kept.Events = slices.DeleteFunc(slices.Clone(d.Events), func(e domain.Recorded) bool { return !p.Keeps(e.Data.EventType()) })
	return &kept
}

const end = "2026-09-01"

var accounts = []domain.AccountID{"a", "b"}

func report(t *testing.T, about any) string {
	t.Helper()
	b, err := json.MarshalIndent(about, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// writer writes a history twice, each event at the same position.
type writer struct {
	*rand.Rand
	mended, right *dossiertest.Ledger
	wanted        []domain.Entry
	nothing       domain.Event // of a type that the projector does not keep
	written       int
}

func newWriter(t *testing.T, seed uint64, p *dossier.Projector) *writer {
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 0)), mended: dossiertest.New(t), right: dossiertest.New(t)}
	for _, e := range domain.Catalogue {
		switch {
		case e.LedgerWide, e.Type.Family() == "entry", e.Type.Family() == "person":
		case p.Keeps(e.Type):
			w.wanted = append(w.wanted, e)
		case w.nothing == nil:
			w.nothing = reflect.New(e.GoType()).Elem().Interface().(domain.Event)
		}
	}
	for _, l := range []*dossiertest.Ledger{w.mended, w.right} {
		l.Until("2026-08-01")
		for _, account := range accounts {
			l.Add(account, "2026-01-01", domain.AccountOpened{Name: "An account", Kind: "customer"})
		}
	}
	w.written = len(accounts)
	return w
}

func (w *writer) write(n int) {
	var entries []func()
	for range n {
		account, e, at := accounts[w.IntN(len(accounts))], w.wanted[w.IntN(len(w.wanted))], w.day()
		data := w.event(e)
		if data.EventType() == w.nothing.EventType() {
			continue
		}
		w.written++
		p := domain.Position(w.written)
		switch w.IntN(3) {
		case 0:
			w.mended.Add(account, at, data)
			w.right.Add(account, at, data)
		case 1:
			w.mended.Add(account, w.day(), w.wrong(e, data))
			w.right.Add(account, at, data)
			entries = append(entries, func() { w.correct(p, e, data, at) })
		case 2:
			w.mended.Add(account, at, data)
			w.nothingRight()
			entries = append(entries, func() {
				w.mended.Retract(p)
				w.entry()
			})
		}
	}
	w.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	for _, write := range entries {
		write()
	}
}

// correct puts the event right, perhaps in two goes, and perhaps taking a wrong correction back.
func (w *writer) correct(p domain.Position, e domain.Entry, data domain.Event, at string) {
	if w.IntN(3) == 0 {
		w.mended.Correct(p, w.wrong(e, data), w.day())
		w.entry()
	}
	w.mended.Correct(p, data, at)
	w.entry()
	if w.IntN(3) == 0 {
		wrong := w.mended.Correct(p, w.wrong(e, data), "")
		w.entry()
		w.mended.Retract(wrong)
		w.entry()
	}
}

// entry has the ledger that was right at once say nothing where the other got an entry.
func (w *writer) entry() {
	w.written++
	w.nothingRight()
}

func (w *writer) nothingRight() { w.right.Add(accounts[0], "2026-08-01", w.nothing) }

func (w *writer) day() string {
	return dossiertest.Time("2025-06-01").AddDate(0, 0, w.IntN(400)).Format(time.DateOnly)
}

// event makes up data of the type that its tags and rules allow as far as the event alone can tell,
// with few ids, so that events meet. What the rules do not let happen by chance is nothing.
func (w *writer) event(e domain.Entry) domain.Event {
	for range 100 {
		v := reflect.New(e.GoType()).Elem()
		w.fill(v, "")
		data := v.Interface().(domain.Event)
		alone := domain.Envelope{Account: accounts[0], Source: domain.OwnSource, Data: data}
		if domain.NeedsAccount(data) || domain.NewAccount(accounts[0]).Decide(alone) == nil {
			return data
		}
	}
	return w.nothing
}

// wrong is what the event might have said instead.
func (w *writer) wrong(e domain.Entry, right domain.Event) domain.Event {
	if other := w.event(e); other.EventType() == right.EventType() {
		return other
	}
	return right
}

func (w *writer) fill(v reflect.Value, tag reflect.StructTag) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(dossiertest.Time(w.day())))
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); !strings.Contains(f.Tag.Get("json"), "omitzero") || w.IntN(3) > 0 {
				w.fill(v.Field(i), f.Tag)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		w.fill(v.Elem(), tag)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+w.IntN(2), 2))
		for i := range v.Len() {
			w.fill(v.Index(i), tag)
		}
	case reflect.String:
		v.SetString(w.word(v.Type(), tag))
	case reflect.Bool:
		v.SetBool(w.IntN(2) == 0)
	case reflect.Int64:
		v.SetInt(int64(w.number(tag)))
	case reflect.Float64:
		v.SetFloat(float64(w.number(tag)))
	case reflect.Uint64:
		v.SetUint(uint64(1 + w.IntN(40)))
	default:
		panic(fmt.Sprintf("a field is of type %s", v.Type()))
	}
}

func (w *writer) word(of reflect.Type, tag reflect.StructTag) string {
	words := []string{"x", "y", "z"}
	switch {
	case tag.Get("enum") != "":
		words = strings.Fields(tag.Get("enum"))
	case of == reflect.TypeFor[domain.AccountID]():
		words = []string{"a", "b", "c"}
	case tag.Get("format") == "currency":
		words = []string{"EUR", "USD"}
	case tag.Get("format") == "language":
		words = []string{"de", "en"}
	}
	return words[w.IntN(len(words))]
}

func (w *writer) number(tag reflect.StructTag) int {
	low, high := 0, 100
	if n, err := strconv.Atoi(tag.Get("min")); err == nil {
		low, high = n, n+100
	}
	if n, err := strconv.Atoi(tag.Get("max")); err == nil {
		high = min(high, n)
	}
	return low + w.IntN(high-low+1)
}
