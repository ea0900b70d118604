package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the memory that reading takes, whatever a file says of itself. It is
// more than what [Ledger.Write] uses.
const maxWindow = 64 << 20

// Verify reads a backup and gives its manifest. The error wraps [ErrBad] unless it is
// the reader's own.
func Verify(in io.Reader) (Manifest, error) {
	return read(in, func(string) (io.WriteCloser, error) { return discard{}, nil })
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }

// read reads a backup to its end and writes each file to what create gives for its
// name. Nothing may be done with them before it returns nil.
func read(in io.Reader, create func(name string) (io.WriteCloser, error)) (Manifest, error) {
	source := &sourceReader{r: in}
	m, err := readArchive(source, create)
	if err != nil && source.err != nil {
		return Manifest{}, source.err
	}
	return m, err
}

func readArchive(in io.Reader, create func(name string) (io.WriteCloser, error)) (Manifest, error) {
	z, err := zstd.NewReader(newUnsealer(in), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return Manifest{}, bad("%v", err)
	}
	defer z.Close()
	entries := tar.NewReader(z)
	var came []File
	for {
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return Manifest{}, bad("it ends without a manifest")
		}
		if err != nil {
			return Manifest{}, bad("%v", plainEOF(err))
		}
		switch {
		case h.Typeflag != tar.TypeReg || !cleanName(h.Name):
			return Manifest{}, bad("it has an entry %q that no backup has", h.Name)
		case h.Name == failedName:
			why, _ := io.ReadAll(io.LimitReader(entries, 4<<10)) // what can be read of it
			return Manifest{}, bad("it broke off, because: %s", strings.ToValidUTF8(string(why), "\uFFFD"))
		case h.Name == manifestName:
			return readManifest(entries, z, came)
		}
		f, err := copyFile(h.Name, entries, create)
		if err != nil {
			return Manifest{}, err
		}
		came = append(came, f)
	}
}

// readManifest reads the last entry, and what follows to the end, so that the
// checksum there is looked at.
func readManifest(entries *tar.Reader, z io.Reader, came []File) (Manifest, error) {
	b, err := io.ReadAll(io.LimitReader(entries, maxManifest))
	if err != nil {
		return Manifest{}, bad("%v", plainEOF(err))
	}
	if _, err := entries.Next(); !errors.Is(err, io.EOF) {
		return Manifest{}, bad("there is something behind its manifest")
	}
	switch n, err := io.Copy(io.Discard, z); {
	case err != nil:
		return Manifest{}, bad("%v", plainEOF(err))
	case n > 0:
		return Manifest{}, bad("there is something behind its end")
	}
	return parseManifest(b, came)
}

func copyFile(name string, in io.Reader, create func(name string) (io.WriteCloser, error)) (File, error) {
	out, err := create(name)
	if err != nil {
		return File{}, err
	}
	sum := sha256.New()
	written := &sinkWriter{w: out}
	n, err := io.Copy(io.MultiWriter(sum, written), in)
	closing := out.Close()
	switch {
	case written.err != nil:
		return File{}, written.err
	case err != nil:
		return File{}, bad("%v", plainEOF(err))
	case closing != nil:
		return File{}, closing
	}
	return File{Name: name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// plainEOF says what an unexpected end means.
func plainEOF(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it is cut short")
	}
	return err
}

// sourceReader remembers the error of the reader below, to tell it from a fault of what
// was read.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// sinkWriter likewise, for the writer.
type sinkWriter struct {
	w   io.Writer
	err error
}

func (s *sinkWriter) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}
