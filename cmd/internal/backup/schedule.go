package backup

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
)

// Schedule takes backups into a directory at intervals, and keeps the last few.
type Schedule struct {
	Dir   string
	Every time.Duration
	// Keep is how many are kept, at least 1. One is removed only after a newer one was
	// verified, so that there is always a good one once there was one.
	Keep   int
	Ledger *Ledger
	Logger *zap.Logger

	mu    sync.Mutex
	stats Stats
}

// Stats say how backups at intervals went since the start.
type Stats struct {
	Taken    uint64
	Failed   uint64
	Last     time.Time       // when the last good one was begun, also one before the start; zero if there is none
	Bytes    int64           // its size
	Position domain.Position // of its last event
	Err      error           // why the last try failed; nil if it did not
}

// Stats gives how it went.
func (s *Schedule) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Run takes backups until ctx ends. The first is due when the newest one in the
// directory is old enough. One that failed is tried again soon.
func (s *Schedule) Run(ctx context.Context) error {
	due := s.begin()
	for {
		timer := time.NewTimer(due.Sub(s.Ledger.Now()))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		due = s.Ledger.Now().Add(s.Every)
		if err := s.once(ctx); err != nil {
			due = s.Ledger.Now().Add(s.retry())
		}
	}
}

// begin looks at what is there, and gives when the first backup is due.
func (s *Schedule) begin() time.Time {
	names, err := s.list()
	if err != nil || len(names) == 0 {
		return s.Ledger.Now() // taking one will tell what is wrong
	}
	newest := names[len(names)-1]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Last, s.stats.Position = newest.taken, newest.position
	if st, err := os.Stat(filepath.Join(s.Dir, newest.file)); err == nil {
		s.stats.Bytes = st.Size()
	}
	return newest.taken.Add(s.Every)
}

// retry is how long to wait after a failure.
func (s *Schedule) retry() time.Duration {
	return min(s.Every, max(s.Every/24, time.Minute), time.Hour)
}

// once takes a backup and removes what is not to be kept.
func (s *Schedule) once(ctx context.Context) error {
	began := time.Now()
	path, m, err := s.take(ctx)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Err = err
	if err != nil {
		s.stats.Failed++
		s.Logger.Error("the backup failed", zap.Error(err), zap.Time("last_good", s.stats.Last), zap.Duration("retry_in", s.retry()))
		return err
	}
	s.stats.Taken++
	s.stats.Last, s.stats.Position = m.Taken, m.Position
	if st, err := os.Stat(path); err == nil {
		s.stats.Bytes = st.Size()
	}
	s.Logger.Info("backed up", zap.String("file", path), zap.Uint64("position", uint64(m.Position)),
		zap.Int64("bytes", s.stats.Bytes), zap.Duration("took", time.Since(began)))
	if err := s.prune(m); err != nil {
		s.Logger.Error("removing old backups", zap.Error(err))
	}
	return nil
}

func (s *Schedule) take(ctx context.Context) (string, Manifest, error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return "", Manifest{}, err
	}
	return Save(s.Dir, FileName, func(w io.Writer) error {
		_, err := s.Ledger.Write(ctx, w)
		return err
	})
}

// prune removes the oldest backups, beyond those to keep, now that there is m.
//
// One that goes further than m stays: it is of a ledger that had more, such as the one
// lost before an empty one was started in its place. So does what has another name than
// ours.
func (s *Schedule) prune(m Manifest) error {
	all, err := s.list()
	if err != nil {
		return err
	}
	for extra := len(all) - max(s.Keep, 1); extra > 0; extra-- {
		oldest := all[0]
		all = all[1:]
		if oldest.file == FileName(m) {
			continue // the clock was set back
		}
		if oldest.position > m.Position {
			s.Logger.Warn("an old backup is kept, since it has events that the ledger has not", zap.String("file", oldest.file))
			continue
		}
		if err := os.Remove(filepath.Join(s.Dir, oldest.file)); err != nil {
			return err
		}
		s.Logger.Info("an old backup is removed", zap.String("file", oldest.file))
	}
	return nil
}

// list gives the backups in the directory, oldest first.
func (s *Schedule) list() ([]named, error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, err
	}
	var all []named
	for _, e := range entries {
		if n, ours := parseName(e.Name()); ours && e.Type().IsRegular() {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b named) int { return a.taken.Compare(b.taken) })
	return all, nil
}

// Valid says what is wrong with the schedule's settings.
func (s *Schedule) Valid() error {
	data, err := filepath.Abs(s.Ledger.Dir)
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(s.Dir)
	if err != nil {
		return err
	}
	if inside, err := filepath.Rel(data, dir); err == nil && inside != ".." && !strings.HasPrefix(inside, ".."+string(filepath.Separator)) {
		return fmt.Errorf("%s is in the data directory, and would be lost with it", s.Dir)
	}
	if s.Every < time.Minute {
		return fmt.Errorf("backups every %v are too many; a minute is the least", s.Every)
	}
	if s.Keep < 1 {
		return fmt.Errorf("to keep %d backups is none", s.Keep)
	}
	return nil
}
