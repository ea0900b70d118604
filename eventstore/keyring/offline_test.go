package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestACopyIsMadeWhileTheKeyringIsInUseAndWithoutTheMasterKey(t *testing.T) {
	t.Parallel()
	dir, to := t.TempDir(), t.TempDir()
	k := reopen(t, dir, aMaster)
	jane := seal(t, k, "acme", "jane")
	must(t, CopyFile(t.Context(), dir, filepath.Join(to, FileName)))
	forget(t, k, told("f1", "acme", "jane")) // its journal can be emptied
	check(t, "in the copy", jane.reads(reopen(t, to, aMaster)), "content")
	if err := CopyFile(t.Context(), dir, filepath.Join(to, FileName)); !errors.Is(err, os.ErrExist) {
		t.Errorf("got error %v, want %v", err, os.ErrExist)
	}
	if err := CopyFile(t.Context(), t.TempDir(), filepath.Join(to, "other")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got error %v, want %v", err, os.ErrNotExist)
	}
}

func TestWhoWasForgottenIsForgottenInAnOldCopyToo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := reopen(t, dir, aMaster)
	jane, both, joe := seal(t, k, "acme", "jane"), seal(t, k, "acme", "joe", "jane"), seal(t, k, "acme", "joe")
	must(t, k.Close())
	before, err := os.ReadFile(filepath.Join(dir, FileName))
	must(t, err)
	for _, want := range []int{1, 0} {
		if n, err := ForgetIn(t.Context(), dir, told("f1", "acme", "jane", "jim")); err != nil || n != want {
			t.Errorf("%d keys were destroyed, want %d (%v)", n, want, err)
		}
	}
	after, err := os.ReadFile(filepath.Join(dir, FileName))
	must(t, err)
	if len(before) == 0 || string(before) == string(after) {
		t.Error("the file is as it was")
	}
	k = reopen(t, dir, aMaster)
	check(t, "hers", jane.reads(k), "jane at 0")
	check(t, "theirs", both.reads(k), "jane at 0")
	check(t, "his", joe.reads(k), "content")
	open, err := k.Unannounced(t.Context())
	must(t, err)
	if len(open) != 2 || open[0].ID != "f1/jane" {
		t.Errorf("the events to record are %+v", open)
	}
	back := seal(t, k, "acme", "jane")
	check(t, "hers since she is back", back.reads(k), "content")
}
