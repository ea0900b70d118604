package pebble

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"go.uber.org/zap"
)

// dbOptions sizes the database for the disk it is on: its write-ahead logs and the
// tables it compacts must fit a disk of 32 MiB, and a large disk deserves larger ones.
func (l *Log) dbOptions(options Options) *pebble.Options {
	memtable := uint64(options.MemTableBytes)
	if memtable == 0 {
		memtable = 8 << 20
		if u, ok := l.disk.usageNow(); ok {
			memtable = min(max(u.TotalBytes/64, 512<<10), memtable)
		}
	}
	o := &pebble.Options{
		FS:                          l.disk,
		Logger:                      dbLogger{l.disk, l.log.Sugar()},
		FormatMajorVersion:          pebble.FormatValueSeparation,
		MemTableSize:                memtable,
		MemTableStopWritesThreshold: 4,
		MaxManifestFileSize:         int64(memtable),
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       64,
		LBaseMaxBytes:               int64(8 * memtable),
		MaxOpenFiles:                1000,
		EventListener:               listener(l.log),
	}
	o.CompactionConcurrencyRange = func() (int, int) { return 1, max(1, runtime.GOMAXPROCS(0)/2) }
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionBalanced })
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	o.Experimental.SpanPolicyFunc = splitKinds
	o.WALMinSyncInterval = l.gather
	return o
}

// gather is how long the next sync waits after the one just done. Clients whose
// appends that one made durable come back with new ones at once; without a moment's
// wait the next sync begins without them, and the clients fall into two halves that
// take turns. On a disk that syncs slowly the moment is worth it, if there is company
// to wait for.
//
// A few are waited for here, until as many have come as have gone: the database's timer, in
// a process that has nothing else to do, is a millisecond late. It holds the database's lock,
// behind which many would have to wait before they have come.
func (l *Log) gather() time.Duration {
	took := time.Duration(l.disk.lastSync.Load())
	if took < gatherFrom || l.underWay.Load() < 2 {
		return 0
	}
	gone := l.disk.carried.Load()
	if gone > few {
		return min(took/16, gatherMost)
	}
	l.disk.await(l.disk.handed.Load()+gone, time.Now().Add(min(took/8, gatherMost)))
	return 0
}

// await waits until the database was given so many appends in all, but not beyond the time.
func (d *disk) await(all int64, until time.Time) {
	for d.handed.Load() < all && time.Now().Before(until) {
		nap()
	}
}

const (
	gatherFrom = time.Millisecond
	gatherMost = 500 * time.Microsecond
	few        = 10
)

// splitKinds ends a table where one kind of key ends. Identities arrive at random, so
// compaction goes over theirs again and again; events arrive in key order, and in
// tables of their own they are left alone once they are at the bottom.
func splitKinds(start []byte) (pebble.SpanPolicy, []byte, error) {
	if len(start) == 0 {
		return pebble.SpanPolicy{}, nil, nil
	}
	return pebble.SpanPolicy{}, []byte{start[0] + 1}, nil
}

func listener(log *zap.Logger) *pebble.EventListener {
	damaged, troubles := &said{pause: 10 * retryEvery}, &said{}
	return &pebble.EventListener{
		BackgroundError: func(err error) {
			if text := (plainError{err}).Error(); troubles.first(text) {
				log.Warn("keeping the log in order", zap.String("error", text))
			}
		},
		DataCorruption: func(i pebble.DataCorruptionInfo) {
			if damaged.first(i.Path) {
				log.Error("a file of the log is damaged", zap.String("path", i.Path), zap.String("error", plainError{i.Details}.Error()))
			}
		},
		WriteStallBegin: func(i pebble.WriteStallBeginInfo) {
			log.Info("appends wait for compaction", zap.String("reason", i.Reason))
		},
	}
}

// said remembers what has been said, for an hour. The database tries again at once what
// cannot succeed, such as the compaction of a damaged table; whoever says a thing again
// pauses.
type said struct {
	pause time.Duration

	mu    sync.Mutex
	times map[string]time.Time
}

func (s *said) first(text string) bool {
	s.mu.Lock()
	before, again := s.times[text]
	again = again && time.Since(before) < time.Hour
	if !again {
		if s.times == nil {
			s.times = make(map[string]time.Time)
		}
		s.times[text] = time.Now()
	}
	s.mu.Unlock()
	if again {
		time.Sleep(s.pause)
	}
	return !again
}

// dbLogger is the database's logger. What it calls fatal ends its writing, not this
// process.
type dbLogger struct {
	disk *disk
	log  *zap.SugaredLogger
}

func (dbLogger) Infof(string, ...any) {}

func (l dbLogger) Errorf(format string, args ...any) { l.log.Errorf(format, args...) }

func (l dbLogger) Fatalf(format string, args ...any) {
	l.log.Errorf(format, args...)
	l.disk.fence(fmt.Errorf(format, args...))
	stop()
}
