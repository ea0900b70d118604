package backup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// left makes what a killed process would leave in the directory.
func left(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name, "keys")
	if err := errors.Join(os.MkdirAll(path, 0o700), os.WriteFile(filepath.Join(path, "keyring.db"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

func TestARestoreRemovesWhatKilledOnesLeftAndNotWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	dir := filepath.Join(parent, "data")
	left(t, parent, "data"+partial+"1")
	left(t, parent, "database"+partial+"1") // on its way to another name
	done := errors.New("done")
	err := MakeDir(dir, func(first string) error {
		left(t, parent, "data"+partial+"2")
		if err := MakeDir(dir, func(second string) error {
			there := []string{filepath.Base(first), filepath.Base(second), "database" + partial + "1"}
			slices.Sort(there)
			wantOnly(t, parent, there...)
			return nil
		}); err != nil {
			t.Error(err)
		}
		return done
	})
	if !errors.Is(err, done) {
		t.Errorf("got error %v, want %v", err, done)
	}
	wantOnly(t, parent, "data", "database"+partial+"1")
}

func TestABackupRemovesWhatKilledOnesLeftAndNotWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, namePrefix+partial+"1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	under, err := os.Create(filepath.Join(dir, namePrefix+partial+"2"))
	if err != nil {
		t.Fatal(err)
	}
	defer under.Close()
	release, err := claim(under.Name())
	if err != nil {
		t.Fatal(err)
	}
	b := mustWrite(t, newLedger(t))
	if _, _, err := Save(dir, FileName, copying(b)); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir, filepath.Base(under.Name()), FileName(Manifest{Taken: taken, Position: 3}))
	release()
	if err := sweep(dir, namePrefix+partial); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir, FileName(Manifest{Taken: taken, Position: 3}))
}
