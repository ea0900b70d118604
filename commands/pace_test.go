package commands_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rapport-ledger/rapport/commands"
)

func TestWorkAtAPaceIsDoneForItsPartOfTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		pace := commands.OneIn(10)
		var worked time.Duration
		for range 100 {
			since := time.Now()
			time.Sleep(2 * time.Millisecond)
			worked += time.Since(since)
			pace.Worked(since)
			if err := pace.Rest(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		took := time.Since(began) + pace.Owed()
		if took != 10*worked {
			t.Errorf("%v of work took %v, want %v", worked, took, 10*worked)
		}
	})
}

func TestARestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		pace := commands.OneIn(10)
		pace.Worked(time.Now().Add(-time.Hour))
		if err := pace.Rest(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
