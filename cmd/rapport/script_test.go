package main

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rapport-ledger/rapport/cmd/internal/bench"
)

func TestMain(m *testing.M) {
	bench.Child()
	testscript.Main(m, map[string]func(){"rapport": main})
}

// TestScripts runs the binary as the scripts in testdata say. A script starts its
// server in the background at $ADDRESS, which RAPPORT_SERVER names for the clients;
// the command ready waits until it is there.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			e.Setenv("ADDRESS", l.Addr().String())
			e.Setenv("RAPPORT_SERVER", "http://"+l.Addr().String())
			e.Setenv("COLUMNS", "80")
			return l.Close()
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready},
	})
}

// ready polls, for there is no other way to learn that another process listens.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: ready")
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		res, err := http.Get(ts.Getenv("RAPPORT_SERVER") + "/readyz")
		if err != nil {
			continue
		}
		if err := res.Body.Close(); err == nil && res.StatusCode == http.StatusOK {
			return
		}
	}
	ts.Fatalf("the server is not ready")
}
