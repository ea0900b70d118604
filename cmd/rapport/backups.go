package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/backup"
	"github.com/rapport-ledger/rapport/eventstore/keyring"
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
	return &backup.Ledger{
		Dir: a.data, Log: a.log, Messages: a.inbox.Kept, Program: programVersion(), Now: a.now,
		// What was signed is about events that the log's copy must have.
		Before: []backup.Part{{Name: "proof", Copy: a.copyFiles("proof", nil)}},
		// The keys of all persons in the log's copy must be there.
		After: []backup.Part{
			{Name: "keys", Copy: a.copyKeys},
			{Name: "access", Copy: a.copyFiles("access", func(name string) bool { return name == "lock" })},
		},
	}
}

func (a *app) copyKeys(ctx context.Context, dir string) error {
	err := copyKeys(ctx, filepath.Join(a.data, "keys"), dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// copyKeys copies a keyring, whether or not it is in use, and the keys in files beside
// it.
func copyKeys(ctx context.Context, from, to string) error {
	if err := copyFolder(ctx, from, to, func(name string) bool { return strings.HasPrefix(name, keyring.FileName) }); err != nil {
		return err
	}
	err := keyring.CopyFile(ctx, from, filepath.Join(to, keyring.FileName))
	if errors.Is(err, os.ErrNotExist) {
		return nil // a ledger that has sealed nothing yet
	}
	return err
}

// copyFiles copies a folder of the data directory; see [copyFolder].
func (a *app) copyFiles(folder string, leaveOut func(name string) bool) func(context.Context, string) error {
	return func(ctx context.Context, dir string) error {
		err := copyFolder(ctx, filepath.Join(a.data, folder), dir, leaveOut)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
}

// copyFolder copies the files of a folder that are only added to or replaced whole, in
// the order of their names, but for those to be left out.
func copyFolder(ctx context.Context, from, to string, leaveOut func(name string) bool) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || leaveOut != nil && leaveOut(e.Name()) {
			continue
		}
		if err := copyFile(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// copyFile copies a file. One that is gone by now was never to be kept.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
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
