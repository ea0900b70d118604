package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/rapport-ledger/rapport/cmd/internal/ingress"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Ledger is what is backed up.
type Ledger struct {
	// Dir is the data directory. Copies are put together in a folder of it, so that the
	// log's can be links; [Clean] removes what a process that was killed left there.
	Dir string
	Log Log
	// Messages yields what only JetStream has.
	Messages func(ctx context.Context) iter.Seq2[ingress.Kept, error]
	// Before are copied before the log, since they may be behind it and must not be ahead;
	// After are copied after it, since they must have all that it refers to.
	Before, After []Part

	Program string // version
	Now     func() time.Time
}

// Log is what is needed of the event log.
type Log interface {
	Checkpoint(ctx context.Context, dir string) (domain.Position, error)
	ReadLog(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
}

// Part is a folder of the data directory.
type Part struct {
	Name string
	// Copy puts a consistent copy into the directory, which is there and empty.
	Copy func(ctx context.Context, dir string) error
}

const (
	stagingName  = "staging"
	logName      = "log"
	messagesName = "messages.ndjson"
)

// Clean removes what is left of backups that were under way when the process on the
// data directory was killed. None may be under way.
func Clean(dir string) error { return os.RemoveAll(filepath.Join(dir, stagingName)) }

// Write writes a backup. When it returns nil, what was written is whole. Where it can
// it also writes an error into what it wrote, which then is no backup and says why.
//
// Every event is read on the way: a log that is damaged is an error, and not backed up.
func (l *Ledger) Write(ctx context.Context, out io.Writer) (Manifest, error) {
	m := Manifest{Format: format, Program: l.Program, Taken: l.Now().UTC()}
	parent := filepath.Join(l.Dir, stagingName)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return m, fmt.Errorf("back up: %w", err)
	}
	dir, err := os.MkdirTemp(parent, "backup-")
	if err != nil {
		return m, fmt.Errorf("back up: %w", err)
	}
	err = l.write(ctx, out, dir, &m)
	if cleared := os.RemoveAll(dir); err == nil {
		err = cleared
	}
	if err != nil {
		return m, fmt.Errorf("back up: %w", err)
	}
	return m, nil
}

func (l *Ledger) write(ctx context.Context, out io.Writer, dir string, m *Manifest) error {
	if err := l.stage(ctx, dir, m); err != nil {
		return err
	}
	a, err := newArchive(out)
	if err != nil {
		return err
	}
	if err := a.addTree(ctx, dir); err != nil {
		return a.fail(err)
	}
	if m.Recorded, err = l.readAll(ctx, m.Position); err != nil {
		return a.fail(err)
	}
	m.Files = a.files
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := a.addBytes(manifestName, b); err != nil {
		return err
	}
	return a.close()
}

// stage puts copies of all parts into the directory.
//
// The order makes them fit each other. A message that leaves the inbox is recorded, so
// the inbox comes before the log. What refers to the log comes before it, and what the
// log refers to after it.
func (l *Ledger) stage(ctx context.Context, dir string, m *Manifest) error {
	if err := l.stageMessages(ctx, filepath.Join(dir, messagesName), m); err != nil {
		return err
	}
	if err := stageParts(ctx, dir, l.Before); err != nil {
		return err
	}
	var err error
	if m.Position, err = l.Log.Checkpoint(ctx, filepath.Join(dir, logName)); err != nil {
		return err
	}
	return stageParts(ctx, dir, l.After)
}

func stageParts(ctx context.Context, dir string, parts []Part) error {
	for _, p := range parts {
		to := filepath.Join(dir, p.Name)
		if err := os.Mkdir(to, 0o700); err != nil {
			return err
		}
		if err := p.Copy(ctx, to); err != nil {
			return fmt.Errorf("copy %s: %w", p.Name, err)
		}
	}
	return nil
}

func (l *Ledger) stageMessages(ctx context.Context, name string, m *Manifest) (err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := json.NewEncoder(f)
	for k, err := range l.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := lines.Encode(k); err != nil {
			return err
		}
		if k.Rejected() {
			m.Rejected++
		} else {
			m.Inbox++
		}
	}
	return nil
}

// readAll reads every event up to the position, and gives when the last was recorded.
func (l *Ledger) readAll(ctx context.Context, head domain.Position) (last time.Time, err error) {
	at := domain.Position(0)
	for e, err := range l.Log.ReadLog(ctx, 0) {
		if err != nil {
			return last, err
		}
		if e.Position > head {
			break
		}
		at, last = e.Position, e.RecordedAt
	}
	if at != head {
		return last, fmt.Errorf("the log's copy ends at position %d, and the log at %d", head, at)
	}
	return last, nil
}

// archive writes the entries of a backup.
type archive struct {
	seal  *sealer
	zstd  *zstd.Encoder
	tar   *tar.Writer
	files []File
}

func newArchive(out io.Writer) (*archive, error) {
	// The log's tables are compressed already; what gains is the rest.
	seal := newSealer(out)
	z, err := zstd.NewWriter(seal, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return &archive{seal: seal, zstd: z, tar: tar.NewWriter(z)}, nil
}

// addTree adds all files below the directory.
func (a *archive) addTree(ctx context.Context, dir string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		inside, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		st, err := f.Stat()
		if err != nil {
			return err
		}
		return a.add(filepath.ToSlash(inside), st.Size(), contextReader{ctx, f})
	})
}

func (a *archive) add(name string, size int64, r io.Reader) error {
	if err := a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600}); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(a.tar, sum), r); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	a.files = append(a.files, File{Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

func (a *archive) addBytes(name string, b []byte) error {
	err := a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(b)), Mode: 0o600})
	if err == nil {
		_, err = a.tar.Write(b)
	}
	return err
}

// fail ends the archive with the reason why it is no backup, as far as it still can.
func (a *archive) fail(why error) error {
	if a.addBytes(failedName, []byte(why.Error())) == nil {
		_ = a.close() // the reason is returned anyway
	}
	return why
}

func (a *archive) close() error {
	if err := a.tar.Close(); err != nil {
		return err
	}
	if err := a.zstd.Close(); err != nil {
		return err
	}
	return a.seal.close()
}

// contextReader reads until the context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
