package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/jedib0t/go-pretty/v6/text"
)

func TestHelpFitsATerminal(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Leaves(false) {
		var out bytes.Buffer
		args := append(strings.Fields(command.Path()), "--help")
		if code := run(context.Background(), args, nil, &out, &out); code != exitOK {
			t.Errorf("%s: got exit code %d:\n%s", args, code, &out)
		}
		for line := range strings.Lines(out.String()) {
			if line = strings.TrimSuffix(line, "\n"); text.StringWidth(line) > 80 {
				t.Errorf("%s: wider than 80 columns: %s", args, line)
			}
			if _, value, flag := strings.Cut(line, "=\""); flag && strings.HasPrefix(strings.TrimSpace(line), "-") {
				t.Errorf("%s: a flag shows its default for what is to be given: \"%s", args, value)
			}
		}
	}
}
