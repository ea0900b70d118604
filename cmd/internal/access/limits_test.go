package access_test

import (
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

func TestEachPrincipalHasItsOwnLimit(t *testing.T) {
	t.Parallel()
	now := noon
	l := access.NewLimits(5_000, 2, func() time.Time { return now })
	one := access.Principal{ID: "1", Roles: []access.Role{access.Emitter}}
	two := access.Principal{ID: "2", Roles: []access.Role{access.Emitter}}
	take := func(p access.Principal, n int) time.Duration {
		wait := l.Take(p)
		if wait == 0 {
			l.Spend(p, n-1)
		}
		return wait
	}
	if wait := take(one, 15_000); wait != 0 {
		t.Fatalf("after a quiet time: wait %v", wait)
	}
	if wait := take(one, 10_000); wait != 0 {
		t.Errorf("a batch that is more than is left: wait %v", wait)
	}
	if wait := take(one, 1); wait.Round(time.Millisecond) != time.Second {
		t.Errorf("more: wait %v, want until it is made up for", wait)
	}
	if wait := take(two, 1); wait != 0 {
		t.Errorf("another: wait %v", wait)
	}
	now = now.Add(time.Second + time.Millisecond)
	if wait := take(one, 1); wait != 0 {
		t.Errorf("after the wait, which cost nothing: wait %v", wait)
	}
	now = now.Add(time.Hour)
	if wait := take(one, 1_000_000); wait != 0 {
		t.Errorf("more than there ever is at once, after a quiet time: wait %v", wait)
	}
	if wait := take(one, 1); wait == 0 {
		t.Error("that was not counted")
	}
	for range 100 {
		if wait := take(access.Local, 10_000) + access.NewLimits(0, 1, time.Now).Take(one); wait != 0 {
			t.Fatalf("where there is no limit: wait %v", wait)
		}
	}
}

func TestAPrincipalFollowsSoManyStreamsAtATime(t *testing.T) {
	t.Parallel()
	l := access.NewLimits(1, 2, time.Now)
	p := access.Principal{ID: "1"}
	end, ok := l.Follow(p)
	if _, also := l.Follow(p); !ok || !also {
		t.Fatal("it may not follow two")
	}
	if _, ok := l.Follow(p); ok {
		t.Error("it follows three")
	}
	if _, ok := l.Follow(access.Principal{ID: "2"}); !ok {
		t.Error("another may not follow one")
	}
	end()
	if _, ok := l.Follow(p); !ok {
		t.Error("it may not follow another in place of one that ended")
	}
}
