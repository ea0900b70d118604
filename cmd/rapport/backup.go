package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/backup"
	"github.com/rapport-ledger/rapport/cmd/internal/ingress"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/keyring"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

type backupCmd struct {
	sealing
	remote
	Target string `arg:"" help:"The file to write, or a directory for one named after the time."`
	Data   string `placeholder:"DIR" help:"Copy this data directory, on which no server runs, instead of asking one."`
}

// Help says more than fits a line.
func (backupCmd) Help() string {
	return `The copy is of one moment: all that was acknowledged before is in it. It is verified while it is written, and the file has its name only when it is whole and on disk.

It holds the log and what stands beside it, and what waits in the inbox and the rejected list. Read models and the LEDGER stream are made again from the log.`
}

func (c *backupCmd) Run(e *env) error {
	dir, name, err := c.place()
	if err != nil {
		return err
	}
	write := c.remotely
	if c.Data != "" {
		write = c.locally
	}
	path, m, err := backup.Save(dir, name, func(out io.Writer) error { return write(e.ctx, out) })
	if err != nil {
		return fmt.Errorf("nothing was backed up: %w", err)
	}
	fmt.Fprintf(e.stdout, "%s: %s\n", path, contents(m))
	return nil
}

// place is the directory for the backup, and its name there.
func (c *backupCmd) place() (dir string, name func(backup.Manifest) string, err error) {
	st, err := os.Stat(c.Target)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return filepath.Dir(c.Target), func(backup.Manifest) string { return filepath.Base(c.Target) }, nil
	case err != nil:
		return "", nil, err
	case !st.IsDir():
		return "", nil, fmt.Errorf("%s exists, and a backup replaces nothing", c.Target)
	}
	return c.Target, backup.FileName, nil
}

func (c *backupCmd) remotely(ctx context.Context, out io.Writer) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	return remote.Copy(ctx, "/v1/backup", nil, out)
}

// locally starts as much of the ledger as a backup needs.
func (c *backupCmd) locally(ctx context.Context, out io.Writer) (err error) {
	if _, err := os.Stat(filepath.Join(c.Data, "log")); err != nil {
		return fmt.Errorf("%s is no data directory: %w", c.Data, err)
	}
	a := &app{options: options{data: c.Data, masterKey: c.MasterKey, now: time.Now, logger: zap.NewNop()}, failed: make(chan error, 1)}
	defer func() { err = errors.Join(err, a.close(context.WithoutCancel(ctx))) }()
	if err := a.openLog(ctx); errors.Is(err, eventstore.ErrLocked) {
		return fmt.Errorf("a server is running on %s; leave --data out, and it is asked", c.Data)
	} else if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{a.sweep, a.openKeys, a.openBroker, a.openInbox} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	_, err = a.copyable().Write(ctx, out)
	return err
}

// contents says in a line what a backup holds.
func contents(m backup.Manifest) string {
	last := ""
	if m.Position > 0 {
		last = ", the last recorded " + m.Recorded.Format(time.RFC3339)
	}
	return fmt.Sprintf("%d events%s; %d waiting in the inbox, %d rejected; taken %s",
		m.Position, last, m.Inbox, m.Rejected, m.Taken.Format(time.RFC3339))
}

type restoreCmd struct {
	File      string `arg:"" help:"The backup."`
	Data      string `xor:"what" placeholder:"DIR" help:"The data directory to make; it must be empty or not there."`
	Forgotten string `placeholder:"FILE" help:"Forget the persons in this file again: the person.forgotten of the ledger that was lost, as rapport replay prints them."`
	Check     bool   `xor:"what" help:"Only check that the file is a whole backup, and say what it holds."`
}

// Help says more than fits a line.
func (restoreCmd) Help() string {
	return `A file that is not whole, byte for byte, is refused. Every event is read before the directory gets its name.

What was recorded after the backup is not in it. Have the emitters send it again: what is there already is a duplicate. Positions after the backup's last are given anew, so whoever remembers a position must begin again from there.

A backup has the keys of persons who were forgotten after it was taken: with them it can be read what was forgotten. --forgotten destroys them before anything can use them, and the ledger records it when it starts. Tokens that were revoked since are back as well: see rapport token list.`
}

func (c *restoreCmd) Run(e *env) error {
	switch {
	case c.Data == "" && !c.Check:
		return usageError("give --data DIR to restore, or --check to see whether the file is whole")
	case c.Check && c.Forgotten != "":
		return usageError("--forgotten goes with --data: --check changes nothing")
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	if c.Check {
		m, err := backup.Verify(f)
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		fmt.Fprintf(e.stdout, "%s is whole: %s\n", c.File, contents(m))
		return nil
	}
	m, err := backup.Restore(e.ctx, f, c.Data, c.check)
	if err != nil {
		return fmt.Errorf("nothing was restored from %s: %w", c.File, err)
	}
	fmt.Fprintf(e.stdout, "%s: %s\nStart it with: rapport serve --data %s\n", c.Data, contents(m), c.Data)
	return nil
}

// check has every event read, and forgets whom it must.
func (c *restoreCmd) check(ctx context.Context, dir string, m backup.Manifest) error {
	if err := checkRestored(ctx, dir, m); err != nil || c.Forgotten == "" {
		return err
	}
	events, err := readForgotten(c.Forgotten)
	if err != nil {
		return err
	}
	_, err = keyring.ForgetIn(ctx, filepath.Join(dir, "keys"), events)
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("the backup has no keys, so nobody in it can be forgotten")
	}
	if err != nil {
		return err
	}
	return backup.DropMessages(dir, func(k ingress.Kept) bool {
		return slices.ContainsFunc(events, func(e domain.Envelope) bool {
			return k.Concerns(e.Account, []domain.ID{e.Data.(domain.PersonForgotten).Contact})
		})
	})
}

// checkRestored reads every event of a restored log.
func checkRestored(ctx context.Context, dir string, m backup.Manifest) (err error) {
	log, err := pebble.Open(filepath.Join(dir, "log"), pebble.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	at, last := domain.Position(0), time.Time{}
	for e, err := range log.ReadLog(ctx, 0) {
		if err != nil {
			return err
		}
		at, last = e.Position, e.RecordedAt
	}
	if at != m.Position || !last.Equal(m.Recorded) {
		return fmt.Errorf("%w: its log ends at position %d, and its manifest says %d", backup.ErrBad, at, m.Position)
	}
	return nil
}
