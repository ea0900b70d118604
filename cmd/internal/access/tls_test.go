package access_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/access/accesstest"
)

// certificate writes a certificate of the serial number and its key.
func certificate(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	cert, key, _ = accesstest.Certificate(t, dir, serial)
	renew(t, cert, key)
	return cert, key
}

// renew sees to it that the files never have the time of those before.
func renew(t *testing.T, paths ...string) {
	t.Helper()
	written = written.Add(time.Minute)
	for _, path := range paths {
		if err := os.Chtimes(path, written, written); err != nil {
			t.Fatal(err)
		}
	}
}

var written = time.Now()

func TestACertificateIsRenewedWhenItsFilesChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		core, logs := observer.New(zap.ErrorLevel)
		cert, key := certificate(t, dir, 1)
		c, err := access.LoadCertificate(cert, key, zap.New(core))
		if err != nil {
			t.Fatal(err)
		}
		config := c.Config()
		serial := func() int64 {
			t.Helper()
			time.Sleep(2 * time.Second) // of the bubble
			got, err := config.GetCertificate(&tls.ClientHelloInfo{})
			if err != nil {
				t.Fatal(err)
			}
			return got.Leaf.SerialNumber.Int64()
		}
		if got := serial(); got != 1 {
			t.Errorf("at first: %d, want 1", got)
		}
		certificate(t, dir, 2)
		if got := serial(); got != 2 {
			t.Errorf("renewed: %d, want 2", got)
		}
		other, _ := certificate(t, t.TempDir(), 3)
		b, err := os.ReadFile(other)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(cert, b, 0o600); err != nil { // a certificate without its key
			t.Fatal(err)
		}
		renew(t, cert)
		if got := serial(); got != 2 || logs.Len() != 1 {
			t.Errorf("half of a pair: %d with %d lines in the log, want 2 with 1", got, logs.Len())
		}
		serial()
		if logs.Len() != 1 {
			t.Errorf("it is complained of %d times", logs.Len())
		}
		certificate(t, dir, 4)
		if got := serial(); got != 4 {
			t.Errorf("mended: %d, want 4", got)
		}
		if config.MinVersion != tls.VersionTLS12 {
			t.Errorf("the oldest version is %x", config.MinVersion)
		}
	})
}

func TestACertificateThatCannotBeReadIsAnError(t *testing.T) {
	cert, _ := certificate(t, t.TempDir(), 1)
	_, key := certificate(t, t.TempDir(), 2)
	if _, err := access.LoadCertificate(cert, key, zap.NewNop()); err == nil {
		t.Error("a certificate with another's key is taken")
	}
	if _, err := access.LoadCertificate(filepath.Join(t.TempDir(), "none"), key, zap.NewNop()); err == nil {
		t.Error("a certificate that is not there is taken")
	}
}
