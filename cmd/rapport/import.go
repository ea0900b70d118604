package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/importer"
	"github.com/rapport-ledger/rapport/domain"
)

type importCmd struct {
	remote
	output
	Format  string   `arg:"" enum:"csv,ndjson,olist,helpdesk,ledger" help:"csv, ndjson, olist, helpdesk or ledger."`
	Files   []string `arg:"" name:"file" help:"Files; for olist and helpdesk the directory they are in."`
	Mapping string   `placeholder:"FILE" help:"For csv: how lines become events."`
	Data    string   `placeholder:"DIR" help:"For ledger: the data directory to make; it must be empty or not there."`
	Keys    string   `placeholder:"DIR" help:"For ledger: take the keys along from here, the folder keys of the data directory that was exported or of a backup."`
}

// Help says more than fits a line.
func (importCmd) Help() string {
	return `The format ledger is what rapport export writes. It makes the same log again, without a server, in a directory of its own: the same positions, dates and hashes. All others record events as new.

Ids are derived from the data, so importing again records nothing twice. What is refused does not keep the rest out; the exit code is then 1.

A mapping is a TOML file:

    source = "crm"
    time_layout = "02.01.2006 15:04"    # as Go writes it; RFC 3339 if absent
    time_zone = "Europe/Berlin"         # UTC if absent
    delimiter = ";"                     # a comma if absent

    [[event]]                           # one for each event a line can become
    when = { kind = "complaint" }       # only such lines, if given
    type = "complaint.raised"
    id = "{ticket}-raised"              # {column} is the line's value
    account = "{customer}"
    time = "{created}"
    [event.data]                        # what comes out empty is left out
    complaint = "{ticket}"
    severity = "{severity}"`
}

func (c *importCmd) Run(e *env) error {
	if (c.Format == "csv") != (c.Mapping != "") {
		return usageError("csv needs --mapping, and the other formats have none")
	}
	if (c.Format == "ledger") != (c.Data != "") || c.Keys != "" && c.Data == "" {
		return usageError("ledger needs --data, and the other formats are for a server and have none")
	}
	if c.Format == "ledger" {
		return c.importLedger(e)
	}
	remote, err := c.client()
	if err != nil {
		return err
	}
	produce, total, err := c.producer(e)
	if err != nil {
		return err
	}
	progress := newProgress(e.stderr, total)
	err = c.report(e, counting(progress, recording(e.ctx, remote, produce)))
	progress.done()
	return err
}

// producer gives the events and how many there are, or 0 if that is not known before.
func (c *importCmd) producer(e *env) (producer, int, error) {
	switch c.Format {
	case "olist":
		return c.set(e, importer.Olist)
	case "helpdesk":
		return c.set(e, importer.Helpdesk)
	case "csv":
		f, err := os.Open(c.Mapping)
		if err != nil {
			return nil, 0, err
		}
		defer f.Close()
		mapping, err := importer.ReadMapping(f)
		if err != nil {
			return nil, 0, err
		}
		return c.each(func(name string, in io.Reader) producer { return csvItems(mapping, name, in) }), 0, nil
	}
	return c.each(func(_ string, in io.Reader) producer { return readEvents(in) }), 0, nil
}

// set reads a data set whole, since its events have to be brought in order.
func (c *importCmd) set(e *env, read func(fs.FS) (importer.Set, error)) (producer, int, error) {
	if len(c.Files) != 1 {
		return nil, 0, usageError(c.Format + " is one directory")
	}
	set, err := read(os.DirFS(c.Files[0]))
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", c.Files[0], err)
	}
	for _, note := range set.Notes {
		fmt.Fprintln(e.stderr, "note:", clean(note, false))
	}
	return func(yield func(item) bool) error {
		for _, event := range set.Events {
			b, err := importer.CloudEvent(event)
			if err != nil {
				return fmt.Errorf("%s: %w", event.ID, err)
			}
			if !yield(item{event: b}) {
				return nil
			}
		}
		return nil
	}, len(set.Events), nil
}

// each produces what is in the files, one after the other.
func (c *importCmd) each(read func(name string, in io.Reader) producer) producer {
	return func(yield func(item) bool) error {
		for _, name := range c.Files {
			f, err := os.Open(name)
			if err != nil {
				return err
			}
			err = read(filepath.Base(name), f)(yield)
			if err := errors.Join(err, f.Close()); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}
}

// csvItems are the lines' events; a line at fault is an item with a problem.
func csvItems(m *importer.Mapping, name string, in io.Reader) producer {
	return func(yield func(item) bool) error {
		for line, err := range m.CSV(in) {
			if err != nil {
				return err
			}
			if line.Err != nil {
				fault := domain.Fault{Location: fmt.Sprintf("%s line %d", name, line.Number), Message: line.Err.Error()}
				if !yield(item{problem: api.Malformed("This line does not fit the mapping.", fault)}) {
					return nil
				}
			}
			for _, event := range line.Events {
				if !yield(item{event: json.RawMessage(event)}) {
					return nil
				}
			}
		}
		return nil
	}
}
