package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rapport-ledger/rapport/cmd/internal/backup"
	"github.com/rapport-ledger/rapport/cmd/internal/export"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

type exportCmd struct {
	remote
	Target string `arg:"" help:"The file to write, or - for the standard output."`
	Data   string `placeholder:"DIR" help:"Read this data directory, on which no server runs, instead of asking one."`
}

// Help says more than fits a line.
func (exportCmd) Help() string {
	return `A CloudEvent a line, with the bytes the log stores. What is sealed stays sealed, and no keys are in it: import ledger takes them along with --keys.

The last line says how many events there are, and their root, which a signed checkpoint of that size has too.`
}

func (c *exportCmd) Run(e *env) error {
	write := func(out io.Writer) error {
		if c.Data != "" {
			return exportDir(e.ctx, c.Data, out)
		}
		remote, err := c.client()
		if err != nil {
			return err
		}
		return remote.Copy(e.ctx, "/v1/export", nil, out)
	}
	if c.Target == "-" {
		return write(e.stdout)
	}
	if _, err := os.Lstat(c.Target); err == nil {
		return fmt.Errorf("%s exists, and an export replaces nothing", c.Target)
	}
	path, s, err := backup.SaveFile(filepath.Dir(c.Target), func(export.Summary) string { return filepath.Base(c.Target) }, verifyExport, write)
	if err != nil {
		return fmt.Errorf("nothing was exported: %w", err)
	}
	fmt.Fprintf(e.stdout, "%s: %d events, root %s\n", path, s.Events, s.Root)
	return nil
}

func verifyExport(in io.Reader) (export.Summary, error) {
	return export.Read(in, func(eventstore.Recorded) error { return nil })
}

// exportDir exports the log of a data directory.
func exportDir(ctx context.Context, data string, out io.Writer) (err error) {
	dir := filepath.Join(data, "log")
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("%s is no data directory: %w", data, err)
	}
	log, err := pebble.Open(dir, pebble.Options{})
	if errors.Is(err, eventstore.ErrLocked) {
		return fmt.Errorf("a server is running on %s; leave --data out, and it is asked", data)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	return export.Write(ctx, log, out)
}

// restoreBatch is how many events are made durable together.
const restoreBatch = 1000

// importLedger makes a data directory of an export.
func (c *importCmd) importLedger(e *env) (err error) {
	if len(c.Files) != 1 {
		return usageError("a ledger is one file, or - for the standard input")
	}
	in := io.NopCloser(e.stdin)
	if c.Files[0] != "-" {
		if in, err = os.Open(c.Files[0]); err != nil {
			return err
		}
	}
	defer in.Close()
	var s export.Summary
	err = backup.MakeDir(c.Data, func(dir string) error {
		if s, err = restoreLog(e.ctx, in, filepath.Join(dir, "log")); err != nil || c.Keys == "" {
			return err
		}
		keys := filepath.Join(dir, "keys")
		if err := os.Mkdir(keys, 0o700); err != nil {
			return err
		}
		return copyKeys(e.ctx, c.Keys, keys)
	})
	if err != nil {
		return fmt.Errorf("nothing was imported from %s: %w", c.Files[0], err)
	}
	fmt.Fprintf(e.stdout, "%s: %d events, root %s\nStart it with: rapport serve --data %s\n", c.Data, s.Events, s.Root, c.Data)
	if c.Keys == "" {
		fmt.Fprintln(e.stdout, "It has no keys: before it can start with personal data in it, it needs the folder keys of the old one (--keys).")
	}
	return nil
}

// restoreLog makes the log of an export in a directory.
func restoreLog(ctx context.Context, in io.Reader, dir string) (s export.Summary, err error) {
	to, err := pebble.OpenRestorer(dir, pebble.Options{})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	var batch []eventstore.Recorded
	flush := func() error {
		err := to.Restore(ctx, batch...)
		if misfit, ok := errors.AsType[*eventstore.MisfitError](err); ok {
			// Lines are events in order, behind the first.
			return &export.LineError{Number: int(batch[misfit.Index].Position) + 1, Err: err}
		}
		batch = batch[:0]
		return err
	}
	s, err = export.Read(in, func(e eventstore.Recorded) error {
		if batch = append(batch, e); len(batch) < restoreBatch {
			return nil
		}
		return flush()
	})
	if err != nil {
		return s, err
	}
	return s, flush()
}
