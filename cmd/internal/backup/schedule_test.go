package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/rapport-ledger/rapport/domain"
)

// newSchedule takes a backup an hour and keeps three.
func newSchedule(t *testing.T) (*Schedule, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	l := newLedger(t)
	l.Now = time.Now
	return &Schedule{Dir: filepath.Join(t.TempDir(), "backups"), Every: time.Hour, Keep: 3, Ledger: l, Logger: zap.New(core)}, logs
}

// run runs the schedule for as long in the bubble's time.
func (s *Schedule) runFor(t *testing.T, long time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	if err := s.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want %v", err, context.DeadlineExceeded)
	}
}

// backups are the files' names in the directory, each of which must be whole.
func (s *Schedule) backups(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		f, err := os.Open(filepath.Join(s.Dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := Verify(f); err != nil {
			t.Errorf("%s: %v", e.Name(), err)
		}
		names = append(names, e.Name())
	}
	return names
}

func TestBackupsAtIntervalsAndTheLastFewAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := newSchedule(t)
		began := time.Now()
		s.runFor(t, 5*time.Hour+time.Minute)
		got := s.backups(t)
		if len(got) != 3 || got[2] != FileName(Manifest{Taken: began.Add(5 * time.Hour), Position: 3}) {
			t.Errorf("there are %q", got)
		}
		st := s.Stats()
		if st.Taken != 6 || st.Failed != 0 || st.Position != 3 || st.Bytes == 0 || !st.Last.Equal(began.Add(5*time.Hour)) {
			t.Errorf("got %+v", st)
		}
	})
}

func TestAServerThatStartsAgainGoesOnWithTheSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := newSchedule(t)
		s.runFor(t, time.Minute)
		time.Sleep(28 * time.Minute) // in the bubble's time
		again, _ := newSchedule(t)
		again.Dir = s.Dir
		again.runFor(t, 30*time.Minute)
		if got := s.backups(t); len(got) != 1 {
			t.Errorf("before it is due there are %q", got)
		}
		if st := again.Stats(); st.Position != 3 || st.Bytes == 0 || st.Last.IsZero() || st.Taken != 0 {
			t.Errorf("of the one before the start it knows %+v", st)
		}
		again.runFor(t, 2*time.Minute)
		if got := s.backups(t); len(got) != 2 {
			t.Errorf("when it is due there are %q", got)
		}
	})
}

func TestAFailureIsLoudIsTriedAgainAndRemovesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, logs := newSchedule(t)
		s.Keep = 1
		s.runFor(t, time.Minute)
		good := s.backups(t)
		trouble := errors.New("the keys are locked")
		part := s.Ledger.After[0]
		s.Ledger.After[0].Copy = func(context.Context, string) error { return trouble }
		s.runFor(t, 3*time.Hour)
		if got := s.backups(t); len(got) != 1 || got[0] != good[0] {
			t.Errorf("there are %q, want %q", got, good)
		}
		st := s.Stats()
		if st.Failed < 10 || !errors.Is(st.Err, trouble) || st.Taken != 1 {
			t.Errorf("got %+v", st)
		}
		if said := logs.FilterMessage("the backup failed").FilterLevelExact(zap.ErrorLevel).Len(); said != int(st.Failed) {
			t.Errorf("of %d failures %d are in the log", st.Failed, said)
		}
		s.Ledger.After[0] = part
		s.runFor(t, 3*time.Minute)
		if got := s.backups(t); len(got) != 1 || got[0] == good[0] {
			t.Errorf("when it works again there are %q", got)
		}
		if st := s.Stats(); st.Err != nil || st.Taken != 2 {
			t.Errorf("when it works again: %+v", st)
		}
	})
}

func TestAnEmptyLedgerInPlaceOfALostOneRemovesNoBackupOfIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, logs := newSchedule(t)
		s.runFor(t, 5*time.Hour+time.Minute)
		lost := s.backups(t)
		s.Ledger.Log = &fakeLog{events: 0}
		s.runFor(t, 10*time.Hour)
		if got := strings.Join(s.backups(t), " "); !strings.HasPrefix(got, strings.Join(lost, " ")) {
			t.Errorf("there are %q, want %q among them", got, lost)
		}
		if logs.FilterMessageSnippet("is kept").FilterLevelExact(zap.WarnLevel).Len() == 0 {
			t.Error("nothing is said of it")
		}
		s.Ledger.Log = &fakeLog{events: 4} // restored, and gone on
		s.runFor(t, 2*time.Hour)
		if got := s.backups(t); len(got) != 3 {
			t.Errorf("later there are %q", got)
		}
	})
}

func TestAClockSetBackDoesNotRemoveTheBackupJustTaken(t *testing.T) {
	t.Parallel()
	s, _ := newSchedule(t)
	now := taken
	s.Ledger.Now = func() time.Time { return now }
	s.Keep = 1
	for _, at := range []time.Time{taken, taken.Add(-24 * time.Hour)} {
		now = at
		if err := s.once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.backups(t); len(got) == 0 || got[0] != FileName(Manifest{Taken: now, Position: 3}) {
		t.Errorf("there are %q", got)
	}
}

func TestWhatIsNotOursIsLeftAloneAndWhatAKilledProcessLeftIsRemoved(t *testing.T) {
	t.Parallel()
	s, _ := newSchedule(t)
	s.Keep = 1
	names := []string{"rapport-20200101T000000Z-1.tar.zst.asc", "rapport-by-hand.tar.zst", "rapport-20200101T000000Z-x.tar.zst", namePrefix + partial + "ABC"}
	for _, name := range names {
		if err := errors.Join(os.MkdirAll(s.Dir, 0o700), os.WriteFile(filepath.Join(s.Dir, name), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	s.Ledger.Now = time.Now
	if err := s.once(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if _, err := os.Stat(filepath.Join(s.Dir, name)); (err == nil) != (i < 3) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesSayWhatIsInABackup(t *testing.T) {
	t.Parallel()
	m := Manifest{Taken: taken.Add(time.Millisecond), Position: 20833}
	name := FileName(m)
	if want := "rapport-20261122T083000Z-20833.tar.zst"; name != want {
		t.Errorf("got %s, want %s", name, want)
	}
	if got, ok := parseName(name); !ok || !got.taken.Equal(taken) || got.position != domain.Position(20833) || got.file != name {
		t.Errorf("read back as %+v, %v", got, ok)
	}
}

func TestAScheduleThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(s *Schedule){
		"":                      func(*Schedule) {},
		"lost with it":          func(s *Schedule) { s.Dir = filepath.Join(s.Ledger.Dir, "backups") },
		"is in the data direct": func(s *Schedule) { s.Dir = s.Ledger.Dir },
		"too many":              func(s *Schedule) { s.Every = time.Second },
		"is none":               func(s *Schedule) { s.Keep = 0 },
	} {
		s, _ := newSchedule(t)
		change(s)
		if err := s.Valid(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one that says %q", err, want)
		}
	}
}
