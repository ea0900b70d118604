package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strconv"

	"github.com/rapport-ledger/rapport/eventstore/proof"
)

type proveCmd struct {
	remote
	Event  string `arg:"" optional:"" help:"The event's position, or its id."`
	Source string `placeholder:"SOURCE" help:"The source of the event with that id."`
	From   int64  `placeholder:"SIZE" help:"Instead of an event: that the log of the checkpoint of this size is the beginning of today's."`
	To     int64  `placeholder:"SIZE" help:"With --from: of the checkpoint of this size, instead of today's."`
	Output string `short:"o" placeholder:"FILE" help:"Write the proof there."`
}

func (c *proveCmd) Run(e *env) error {
	path, query, err := c.question()
	if err != nil {
		return err
	}
	remote, err := c.client()
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := remote.Get(e.ctx, path, query, &answer); err != nil {
		return err
	}
	p, err := proof.ParseProof(answer)
	if err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	var b bytes.Buffer
	if err := writeIndented(&b, p); err != nil {
		return err
	}
	if c.Output == "" {
		_, err := e.stdout.Write(b.Bytes())
		return err
	}
	// It has what the event has: it is for whom its owner shows it to.
	if err := os.WriteFile(c.Output, b.Bytes(), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "Wrote %s. Check it with: rapport check %s --key KEY\n", c.Output, c.Output)
	return nil
}

// question is what to ask the server.
func (c *proveCmd) question() (path string, query url.Values, err error) {
	switch position, isNumber := strconv.ParseUint(c.Event, 10, 64); {
	case (c.Event == "") == (c.From == 0):
		return "", nil, usageError("name an event, or the size of a checkpoint with --from")
	case c.From < 0 || c.To < 0 || c.To > 0 && c.To < c.From:
		return "", nil, usageError("--from and --to: a later checkpoint is of a larger size")
	case c.Event == "" && c.Source != "", c.From == 0 && c.To != 0:
		return "", nil, usageError("--source goes with an event's id, --to with --from")
	case c.Event == "":
		return "/v1/proof/consistency", given("from", strconv.FormatInt(c.From, 10), "to", orNothing(c.To)), nil
	case isNumber == nil && c.Source == "":
		return "/v1/proof/event", given("position", strconv.FormatUint(position, 10)), nil
	}
	return "/v1/proof/event", given("id", c.Event, "source", c.Source), nil
}

func orNothing[N ~int64 | ~uint64](n N) string {
	if n == 0 {
		return ""
	}
	return number(n)
}
