package pebble

import (
	"sync/atomic"

	"github.com/rapport-ledger/rapport/domain"
)

// counters count what was appended since the log was opened.
type counters struct {
	appends, events, bytes atomic.Uint64
}

// Stats is what a log tells of itself, for metrics.
type Stats struct {
	// Head is the position of the last durable event.
	Head domain.Position
	// Appends, Events and Bytes were recorded since the log was opened. Duplicates
	// do not count; Bytes are those of the records, uncompressed.
	Appends, Events, Bytes uint64
	// Syncs counts syncs of the write-ahead log since the log was opened.
	Syncs uint64
	// Full says that appends are refused because the disk is full or failed.
	Full bool
	// DiskBytes is what the log occupies on disk. CompactionDebtBytes is what
	// compaction has yet to rewrite. MemoryBytes are caches and memtables.
	DiskBytes, CompactionDebtBytes, MemoryBytes uint64
	// FreeBytes is what the disk has left; 0 if that is not known.
	FreeBytes uint64
}

// Stats looks at the log as it is now. A closed log has none.
func (l *Log) Stats() Stats {
	if !l.using.enter() {
		return Stats{}
	}
	defer l.using.leave()
	s := Stats{
		Head:    l.mark.position(),
		Appends: l.count.appends.Load(),
		Events:  l.count.events.Load(),
		Bytes:   l.count.bytes.Load(),
		Syncs:   l.disk.syncs.Load(),
		Full:    l.roomFor(0) != nil,
	}
	if u, ok := l.disk.usageNow(); ok {
		s.FreeBytes = u.AvailBytes
	}
	if l.disk.problem() != nil {
		return s // the database may hold its own lock while a write of it waits
	}
	m := l.db.Metrics()
	s.DiskBytes = m.DiskSpaceUsage()
	s.CompactionDebtBytes = m.Compact.EstimatedDebt
	s.MemoryBytes = uint64(m.BlockCache.Size) + m.MemTable.Size + uint64(m.FileCache.Size)
	return s
}
