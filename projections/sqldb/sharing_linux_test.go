package sqldb

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// sharedFile names, in the environment, the database of which [TestMain] tells, instead of
// running tests, whether it could be taken for unused.
const sharedFile = "SQLDB_TEST_SHARED_FILE"

const unused = 7 // TestMain's exit code if so

func TestMain(m *testing.M) {
	path := os.Getenv(sharedFile)
	if path == "" {
		os.Exit(m.Run())
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	// The bytes that everybody who uses a database locks, each for reading: see "lock-byte
	// page" in SQLite's file format.
	lock := unix.Flock_t{Type: unix.F_WRLCK, Start: 1<<30 + 2, Len: 510}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); err != nil {
		panic(err)
	}
	if lock.Type == unix.F_UNLCK {
		os.Exit(unused)
	}
}

// A process that closes a database that nobody else uses removes the write-ahead log. If it
// is taken for unused while we have it open, what we commit from then on goes nowhere.
func TestOtherProcessesSeeThatTheDatabaseIsInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.db")
	db := open(t, Open, path)
	exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY)")
	exec(t, db, "INSERT INTO t VALUES (1)")
	db.checkpoints.writeAhead()
	other := osexec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), sharedFile+"="+path)
	if out, err := other.CombinedOutput(); other.ProcessState.ExitCode() == unused {
		t.Error("it looks unused")
	} else if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
