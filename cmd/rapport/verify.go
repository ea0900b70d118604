package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"go.uber.org/zap"
	"golang.org/x/mod/sumdb/note"

	"github.com/rapport-ledger/rapport/cmd/internal/broker"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/proof"
	"github.com/rapport-ledger/rapport/eventstore/relay"
	"github.com/rapport-ledger/rapport/projections"
)

type verifyCmd struct {
	sealing
	Data string   `default:"./rapport-data" placeholder:"DIR" help:"The data directory (${default}), or a copy of it; no server may be running on it."`
	Key  string   `placeholder:"KEY" help:"The public key that signed, or a file that has it; the directory's own if absent, which proves less."`
	Only []string `enum:"log,stream,projections" placeholder:"PARTS" help:"Check these alone: log, stream, projections."`
	NATS string   `name:"nats" placeholder:"URL" help:"Where the stream is, if not in the directory."`
}

func (c *verifyCmd) Run(e *env) error {
	if st, err := os.Stat(filepath.Join(c.Data, "log")); err != nil || !st.IsDir() {
		return fmt.Errorf("there is no log in %s", c.Data)
	}
	v := &verifier{env: e, shown: make(map[string]int), app: &app{
		options: options{data: c.Data, natsURL: c.NATS, masterKey: c.MasterKey, logger: zap.NewNop()}, failed: make(chan error, 1),
	}}
	err := v.all(c)
	return errors.Join(v.conclude(err), v.app.close(context.WithoutCancel(e.ctx)))
}

// verifier checks a data directory and says what it finds as it goes.
type verifier struct {
	*env
	app    *app
	faults int
	shown  map[string]int // faults of each part
	// changed says that the log is not what was signed.
	changed bool
}

// mostShown is how many faults of a part are shown; the others are counted.
const mostShown = 100

func (v *verifier) all(c *verifyCmd) error {
	key, from, err := c.key()
	if err != nil {
		return err
	}
	if err := v.app.openLog(v.ctx); err != nil {
		if damage, ok := errors.AsType[*eventstore.CorruptionError](err); ok {
			v.fault("log", damage)
			v.changed = true
			return nil
		}
		return err
	}
	var errs []error // a part that cannot be looked at keeps no other back
	for _, part := range []struct {
		name  string
		check func() error
	}{
		{"log", func() error { return v.log(key, from) }},
		{"stream", v.stream},
		{"projections", v.projections},
	} {
		if len(c.Only) > 0 && !slices.Contains(c.Only, part.name) {
			continue
		}
		if err := part.check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part.name, err))
		}
		if v.ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// key is the key to check signatures with, and where it is from.
func (c *verifyCmd) key() (key note.Verifier, from string, err error) {
	if c.Key != "" {
		key, err = publicKey(c.Key)
		return key, "as given", err
	}
	text, err := proof.ReadPublic(filepath.Join(c.Data, keysDir))
	if errors.Is(err, proof.ErrNoKey) {
		return nil, "", usageError(err.Error() + "; give the public key with --key")
	}
	if err != nil {
		return nil, "", err
	}
	key, err = proof.ParsePublic(text)
	return key, "the directory's own", err
}

// conclude says what it all comes to.
func (v *verifier) conclude(err error) error {
	switch {
	case v.faults > 0:
		for name, n := range v.shown {
			if n > mostShown {
				v.line(name, "and %d more faults", n-mostShown)
			}
		}
		if v.changed {
			fmt.Fprint(v.stdout, "\nThe log itself is not what was signed. Start no server on it and keep it as it is:\nthe stream and the read models may still have what was changed, and a server would\nmake them again from the log.\n")
		}
		if v.shown["stream"] > 0 && !v.changed {
			fmt.Fprintf(v.stdout, "\nThe stream is a copy of the log. Delete it while no server runs, and the next one makes\nit again from the log: %s\n", v.streamPlace())
		}
		fmt.Fprintf(v.stdout, "\nThis is not as it should be. Faults: %d.\n", v.faults)
		return errors.Join(errUnverified, err)
	case err != nil:
		return err
	}
	fmt.Fprintln(v.stdout, "\nEverything that was looked at is as it should be.")
	return nil
}

// line says how a part stands.
func (v *verifier) line(name, format string, args ...any) {
	fmt.Fprintf(v.stdout, "%-12s%s\n", name, clean(fmt.Sprintf(format, args...), false))
}

func (v *verifier) fault(name string, err error) {
	v.faults++
	if v.shown[name]++; v.shown[name] <= mostShown {
		v.line(name, "FAULT: %v", err)
	}
}

// log holds the log against the signed checkpoints.
func (v *verifier) log(key note.Verifier, from string) error {
	v.line("key", "%s, %s", key.Name(), from)
	bar := newProgress(v.stderr, 0)
	report, err := proof.Verify(v.ctx, v.app.log, proof.VerifyOptions{
		Dir: filepath.Join(v.app.data, proofDir), Key: key,
		Progress: func(read, total int64) {
			bar.total = int(total)
			bar.at(int(read))
		},
	})
	bar.done()
	if err != nil {
		return err
	}
	for _, f := range report.Faults {
		v.fault("log", &f)
		v.changed = v.changed || f.Log
	}
	v.faults, v.shown["log"] = v.faults+report.More, v.shown["log"]+report.More
	if len(report.Faults) == 0 {
		v.line("log", "%d events, as they were signed up to %d", report.Events, report.Signed)
	}
	v.line("checkpoints", "%d", report.Checkpoints)
	if report.Last.Note != nil {
		v.line("", "the last good one has %d events", report.Last.Size)
		v.line("", "and the root %s", report.Last.Root)
	}
	if left := report.Events - report.Signed; left > 0 && len(report.Faults) == 0 {
		v.line("", "%d events after the last checkpoint are not proved by anything yet", left)
	}
	return v.indexes()
}

// indexes holds the log's own indexes against its events.
func (v *verifier) indexes() error {
	before := v.faults
	err := v.app.log.CheckIndexes(v.ctx, func(p domain.Position, what string) {
		v.fault("indexes", fmt.Errorf("position %d: %s", p, what))
	})
	if damage, ok := errors.AsType[*eventstore.CorruptionError](err); ok {
		v.fault("indexes", damage)
		return nil
	}
	if err == nil && v.faults == before {
		v.line("indexes", "each event is where its id and its account's revision say")
	}
	return err
}

// stream holds LEDGER against the log.
func (v *verifier) stream() error {
	if v.app.natsURL == "" && !v.there(natsDir) {
		v.line("stream", "not here; it is made from the log at the next start")
		return nil
	}
	if err := v.openStream(); err != nil {
		return err
	}
	_, js, err := v.app.connect(broker.Reader)
	if err != nil {
		return err
	}
	head, err := v.app.log.Head(v.ctx)
	if err != nil {
		return err
	}
	bar, before := newProgress(v.stderr, int(head)), v.faults
	last, err := relay.Verify(v.ctx, v.app.log, js,
		func(p domain.Position) { bar.at(int(p)) },
		func(p domain.Position, err error) {
			bar.done()
			v.fault("stream", fmt.Errorf("position %d: %w", p, err))
		})
	bar.done()
	if err == nil && v.faults == before {
		v.line("stream", "%d messages, each the log's event%s", last, behind(last, head))
	}
	return err
}

// streamPlace says where LEDGER is, or how it is deleted elsewhere.
func (v *verifier) streamPlace() string {
	if v.app.natsURL != "" {
		return "nats stream rm " + relay.Stream
	}
	return filepath.Join(v.app.data, natsDir, "jetstream", "RAPPORT", "streams", relay.Stream)
}

// openStream starts the broker, once.
func (v *verifier) openStream() error {
	if v.app.broker != nil {
		return nil
	}
	if err := v.app.openKeys(v.ctx); err != nil {
		return err
	}
	return v.app.openBroker(v.ctx)
}

func (v *verifier) there(name string) bool {
	_, err := os.Stat(filepath.Join(v.app.data, name))
	return err == nil
}

func behind(at, head domain.Position) string {
	if at >= head {
		return ""
	}
	return fmt.Sprintf("; %d more of the log are still to come", head-at)
}

// projections folds the log anew and compares the digests.
func (v *verifier) projections() error {
	head, err := v.app.log.Head(v.ctx)
	if err != nil {
		return err
	}
	scratch, err := v.scratch()
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	for i, projector := range projectors() {
		name := projector.Name()
		if !v.there(filepath.Join(viewsDir, name+".db")) {
			v.line(name, "not here; it is made from the log at the next start")
			continue
		}
		have, err := v.present(projector)
		if err != nil {
			v.fault(name, err)
			continue
		}
		want, err := v.folded(projectors()[i], filepath.Join(scratch, name), have.Position)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		case want.Sum != have.Sum:
			v.fault(name, fmt.Errorf("at %d, digest %s, folded anew it is %s", have.Position, have.Sum[:12], want.Sum[:12]))
		default:
			v.line(name, "at %d, digest %s, the same folded anew%s", have.Position, have.Sum[:12], behind(have.Position, head))
		}
	}
	return nil
}

// scratch is a directory for read models that are thrown away. It is in the data
// directory: what they hold is as confidential, and needs as much space.
func (v *verifier) scratch() (string, error) {
	left, err := filepath.Glob(filepath.Join(v.app.data, "verify-*"))
	if err != nil {
		return "", err
	}
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
	}
	return os.MkdirTemp(v.app.data, "verify-*")
}

// present is the digest of the read model that is there.
func (v *verifier) present(projector projections.Projector) (projections.Digest, error) {
	r, err := projections.Open(projections.Config{Dir: filepath.Join(v.app.data, viewsDir), Source: upTo{v.app.log, 0}}, projector)
	if err != nil {
		return projections.Digest{}, err
	}
	defer r.Close()
	return r.Digest(v.ctx, projector.Name())
}

// folded is the digest of a read model made from the log up to a position.
func (v *verifier) folded(projector projections.Projector, dir string, position domain.Position) (d projections.Digest, err error) {
	r, err := projections.Open(projections.Config{Dir: dir, Source: upTo{v.app.log, position}}, projector)
	if err != nil {
		return d, err
	}
	running, stop := context.WithCancel(v.ctx)
	done := make(chan error, 1)
	go func() { done <- r.Run(running) }()
	err = v.wait(r, projector.Name(), position)
	if err == nil {
		d, err = r.Digest(v.ctx, projector.Name())
	}
	stop()
	return d, errors.Join(err, <-done, r.Close())
}

// wait waits until the projection has come to the position.
func (v *verifier) wait(r *projections.Runtime, name string, position domain.Position) error {
	bar := newProgress(v.stderr, int(position))
	defer bar.done()
	arrived := make(chan error, 1)
	go func() { arrived <- r.WaitFor(v.ctx, name, position) }()
	return bar.until(arrived, func() int {
		s := r.Status()[0]
		return int(max(s.Position, s.RebuildPosition))
	})
}

// upTo is the log up to a position, as a projection reads it.
type upTo struct {
	log interface {
		ReadLog(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
	}
	end domain.Position
}

var _ projections.Source = upTo{}

func (u upTo) Head(context.Context) (domain.Position, error) { return u.end, nil }

func (u upTo) Follow(ctx context.Context, after domain.Position) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		for e, err := range u.log.ReadLog(ctx, after) {
			if err == nil && e.Position > u.end {
				break
			}
			var r codec.Record
			if err == nil {
				r, err = codec.Decode(e)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
		<-ctx.Done()
		yield(codec.Record{}, ctx.Err())
	}
}
