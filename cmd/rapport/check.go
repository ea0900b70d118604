package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/proof"
)

type checkCmd struct {
	File string `arg:"" help:"A proof, or a signed checkpoint; - reads the standard input."`
	Key  string `required:"" placeholder:"KEY" help:"The log's public key, or a file that has it; from somebody you trust, not from the one who proves."`
}

func (c *checkCmd) Run(e *env) error {
	key, err := publicKey(c.Key)
	if err != nil {
		return err
	}
	b, err := readInput(e, c.File)
	if err != nil {
		return err
	}
	said, err := check(b, key)
	if err != nil {
		fmt.Fprintf(e.stderr, "rapport: %s proves nothing: %s\n", c.File, clean(err.Error(), false))
		return errUnverified
	}
	_, err = io.WriteString(e.stdout, clean(said, true))
	return err
}

// publicKey is the key in the text, or in the file of that name.
func publicKey(given string) (note.Verifier, error) {
	if key, err := proof.ParsePublic(given); err == nil {
		return key, nil
	}
	b, err := os.ReadFile(given)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usageError(fmt.Sprintf("--key: %q is neither a public key nor a file", given))
	}
	if err != nil {
		return nil, err
	}
	key, err := proof.ParsePublic(string(b))
	if err != nil {
		return nil, usageError("--key: " + given + " has no public key in it")
	}
	return key, nil
}

func readInput(e *env, file string) ([]byte, error) {
	in := e.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, proof.MaxProofBytes+1))
}

// check checks a proof or a checkpoint and says in plain words what it shows. The error
// is why it shows nothing.
func check(b []byte, key note.Verifier) (string, error) {
	if !strings.HasPrefix(strings.TrimSpace(string(b)), "{") {
		c, err := proof.OpenCheckpoint(b, key)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("Signed: the log %s had %d events when this was signed.\n%s%s", c.Origin, c.Size, signedHead(c), limits), nil
	}
	p, err := proof.ParseProof(b)
	if err != nil {
		return "", err
	}
	switch p := p.(type) {
	case *proof.EventProof:
		return checkEvent(p, key)
	case *proof.GrowthProof:
		from, to, err := p.Check(key)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf(
			"Proved: nothing among the first %d events of the log %s\nwas changed, dropped, put in or moved between the signing of these checkpoints.\n\nThe first:\n%s\nThe second:\n%s%s",
			from.Size, to.Origin, signedHead(from), signedHead(to), limits), nil
	}
	return "", fmt.Errorf("a proof of the kind %T", p)
}

const limits = `
This does not say that what an emitter told is true, nor that the signer shows the
same log to everybody: compare checkpoints with others, and keep them elsewhere.
`

func signedHead(c proof.Checkpoint) string {
	return fmt.Sprintf("  events     %d\n  root       %s\n", c.Size, c.Root)
}

func checkEvent(p *proof.EventProof, key note.Verifier) (string, error) {
	shown, err := p.Check(key)
	if err != nil {
		return "", err
	}
	r := shown.Record
	var b strings.Builder
	fmt.Fprintf(&b, "Proved: event %d of the log %s is this one, as it was recorded.\n\n", r.Position, shown.Checkpoint.Origin)
	fmt.Fprintf(&b, "  account    %s, revision %d\n", r.Stream, r.Revision)
	fmt.Fprintf(&b, "  source     %s\n  id         %s\n", r.Source, r.ID)
	fmt.Fprintf(&b, "  recorded   %s\n", stamp(r.RecordedAt))
	fmt.Fprintf(&b, "  content    sha256:%x\n", r.Hash)
	fmt.Fprintf(&b, "  body       %d bytes, sha256:%x\n", r.BodyBytes, r.BodyHash)
	fmt.Fprintf(&b, "\nSigned in the checkpoint:\n%s", signedHead(shown.Checkpoint))
	if p.Event == nil {
		b.WriteString("\nThe proof has nothing readable of the event.\n")
		return b.String() + limits, nil
	}
	how, err := agrees(p, r)
	if err != nil {
		return "", err
	}
	var event bytes.Buffer
	if err := json.Indent(&event, p.Event, "", "  "); err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "\nWhat it says (%s):\n%s\n", how, event.String())
	return b.String() + limits, nil
}

// agrees says how the readable event of a proof is known to be the one that is proved.
// Its attributes are in the record or in the stored body. So is its data, unless parts
// are sealed; then the content hash, which is over the whole, tells.
func agrees(p *proof.EventProof, r proof.Record) (how string, err error) {
	stored, err := codec.Decode(p.Recorded(r))
	if err != nil {
		return "", fmt.Errorf("the stored body cannot be read: %w", err)
	}
	have, data, err := parts(p.Event)
	if err != nil {
		return "", err
	}
	want, storedData, err := parts(codec.AppendStructured(nil, stored))
	if err != nil {
		return "", err
	}
	if reflect.DeepEqual(have, want) {
		if reflect.DeepEqual(data, storedData) {
			return "read from the stored body", nil
		}
		e, err := codec.ParseStructured(p.Event)
		if err == nil {
			e.OccurredAssumed = stored.OccurredAssumed // which an emitter does not say
			hash, err := codec.Hash(e)
			if err == nil && hash == r.Hash {
				return "it has the content hash that was recorded", nil
			}
		}
	}
	return "", errors.New("the readable event is not what was recorded")
}

// parts are a CloudEvent's attributes, and its data.
func parts(event []byte) (attributes map[string]any, data any, err error) {
	d := json.NewDecoder(bytes.NewReader(event))
	d.UseNumber()
	if err := d.Decode(&attributes); err != nil {
		return nil, nil, fmt.Errorf("the readable event is not JSON: %w", err)
	}
	data = attributes["data"]
	delete(attributes, "data")
	return attributes, data, nil
}
