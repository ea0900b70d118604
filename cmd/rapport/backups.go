package main

import (
	"context"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/backup"
)

// backups say where backups at intervals go.
type backups struct {
	dir   string // empty: there are none
	every time.Duration
	keep  int
}

// scheduled is for commands that back up at intervals.
type scheduled struct {
	BackupDir   string        `placeholder:"DIR" help:"Back up into this directory at intervals."`
	BackupEvery time.Duration `default:"24h" placeholder:"TIME" help:"How often (${default})."`
	BackupKeep  int           `default:"7" placeholder:"N" help:"How many backups to keep (${default})."`
}

func (s scheduled) backups() backups {
	return backups{dir: s.BackupDir, every: s.BackupEvery, keep: s.BackupKeep}
}

// sweep removes what a process that was killed left behind; the log is locked, so there
// is no other.
func (a *app) sweep(context.Context) error { return backup.Clean(a.data) }

// copyable is the ledger as backups see it.
func (a *app) copyable() *backup.Ledger {
	return &backup.Ledger{Dir: a.data, Log: a.log, Messages: a.inbox.Kept, Program: programVersion(), Now: a.now}
}

func (a *app) openBackups(context.Context) error {
	a.backup = a.copyable()
	if a.backups.dir == "" {
		return nil
	}
	a.schedule = &backup.Schedule{
		Dir: a.backups.dir, Every: a.backups.every, Keep: a.backups.keep,
		Ledger: a.backup, Logger: a.logger.Named("backup"),
	}
	if err := a.schedule.Valid(); err != nil {
		return fmt.Errorf("backups at intervals: %w", err)
	}
	a.run("backups", a.schedule.Run)
	return nil
}
