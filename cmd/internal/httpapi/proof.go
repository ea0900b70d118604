package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/proof"
)

// Notary signs the log and proves what is in it.
type Notary interface {
	Stats() proof.Stats
	Public() string
	Latest() (proof.Checkpoint, error)
	OfSize(size int64) (proof.Checkpoint, error)
	ProveEvent(ctx context.Context, e eventstore.Recorded) (*proof.EventProof, error)
	ProveGrowth(from, to int64) (*proof.GrowthProof, error)
	Tile(ctx context.Context, path string) ([]byte, error)
}

const (
	textType = "text/plain; charset=utf-8"
	tileType = "application/octet-stream"
	// forAWhile is for what a later checkpoint replaces, forEver for what never changes.
	forAWhile = "no-cache"
	forEver   = "private, max-age=31536000, immutable"
	// signTime is how long a proof waits for a checkpoint that covers it.
	signTime = 10 * time.Second
)

func (s *Server) registerProof() {
	text := func(id, path, summary, description string) huma.Operation {
		return proofOperation(id, path, summary, description, textType, huma.TypeString)
	}
	handle(s, text("get-checkpoint", "/v1/checkpoint", "Get the last signed checkpoint",
		"A signed note (C2SP tlog-checkpoint): the log's origin, how many events it has, and the root of the tree over them. "+
			"Keep one elsewhere: every later one can be shown to contain it. New ones are published on the NATS subject `proof.checkpoint`."), s.checkpoint)
	handle(s, text("get-checkpoint-key", "/v1/checkpoint/key", "Get the public key",
		"The verifier key of the signed notes. Whoever checks a proof should have it from somewhere else than the proof."), s.checkpointKey)
	handle(s, text("get-old-checkpoint", "/v1/checkpoints/{size}", "Get an older checkpoint",
		"The checkpoint that was signed when the log had that many events."), s.oldCheckpoint)

	json := func(id, path, summary, description string) huma.Operation {
		return proofOperation(id, path, summary, description, plainJSON, huma.TypeObject)
	}
	handle(s, json("prove-event", "/v1/proof/event", "Prove an event",
		"All that is needed, beside the public key, to show that the event is in the log as it was recorded. "+
			"Name it by its position, or by its id and source. Without the source the whole log is read, for one request at a time; "+
			"if several sources have an event of that id, the answer names them."), s.proveEvent)
	handle(s, json("prove-consistency", "/v1/proof/consistency", "Prove that nothing was rewritten between two checkpoints",
		"Shows that the log of the first is the beginning of the log of the second."), s.proveGrowth)

	handle(s, text("get-tlog-checkpoint", "/v1/tlog/checkpoint", "Get the last signed checkpoint",
		"The same as /v1/checkpoint: /v1/tlog is the prefix of a C2SP tlog-tiles log."), s.checkpoint)
	tile := proofOperation("get-tile", "/v1/tlog/tile/{level}/{index}", "Get a tile",
		"C2SP tlog-tiles: up to 256 hashes, or, at the level `entries`, the records they are of. An index above 999 has several "+
			"segments, such as x001/067, and a partial tile ends in .p/ and its width.", tileType, huma.TypeString)
	handle(s, tile, func(ctx context.Context, in *tilePath) (*kept, error) {
		return s.tile(ctx, in.Level, in.Index)
	})
	s.plain("GET /v1/tlog/tile/{level}/{index...}", func(w http.ResponseWriter, r *http.Request) {
		out, err := s.tile(r.Context(), r.PathValue("level"), r.PathValue("index"))
		if err != nil {
			writeProblem(w, s.problem(r.Context(), err))
			return
		}
		w.Header().Set("Content-Type", out.ContentType)
		w.Header().Set("Cache-Control", out.CacheControl)
		_, _ = w.Write(out.Body)
	})
}

func proofOperation(id, path, summary, description, contentType, schema string) huma.Operation {
	op := get(id, path, "Proof", summary, description)
	op.Responses["200"] = &huma.Response{
		Description: "OK", Content: map[string]*huma.MediaType{contentType: {Schema: &huma.Schema{Type: schema}}},
	}
	return op
}

// kept is an answer as bytes, which may be kept for a time.
type kept struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

func (s *Server) checkpoint(context.Context, *struct{}) (*kept, error) {
	c, err := s.Notary.Latest()
	return &kept{textType, forAWhile, c.Note}, err
}

func (s *Server) checkpointKey(context.Context, *struct{}) (*kept, error) {
	return &kept{textType, forAWhile, []byte(s.Notary.Public() + "\n")}, nil
}

type sizePath struct {
	Size int64 `path:"size" minimum:"1" doc:"number of events it covers"`
}

func (s *Server) oldCheckpoint(_ context.Context, in *sizePath) (*kept, error) {
	c, err := s.Notary.OfSize(in.Size)
	return &kept{textType, forEver, c.Note}, err
}

type eventProofIn struct {
	Position uint64 `query:"position" minimum:"1" doc:"the event's position"`
	ID       string `query:"id" maxLength:"256" doc:"the event's id, instead of its position"`
	Source   string `query:"source" maxLength:"256" doc:"with id: its source"`
}

func (s *Server) proveEvent(ctx context.Context, in *eventProofIn) (*plain[*proof.EventProof], error) {
	e, err := s.named(ctx, in)
	if err != nil {
		return nil, err
	}
	signing, cancel := context.WithTimeout(ctx, signTime)
	defer cancel()
	p, err := s.Notary.ProveEvent(signing, e)
	if err != nil {
		return nil, unsigned(ctx, err)
	}
	readable, err := s.readable(e)
	if err != nil {
		return nil, err
	}
	p.Event = codec.AppendStructured(nil, readable)
	showed(ctx, 1)
	return &plain[*proof.EventProof]{p}, nil
}

// readable is the event for people: the whole, or what is public of it if the whole is
// gone. Either can be checked against what is proved; a part of what was sealed cannot.
func (s *Server) readable(e eventstore.Recorded) (codec.Record, error) {
	public, err := codec.Decode(e)
	if err != nil {
		return codec.Record{}, err
	}
	whole, forgotten, err := s.People.Open(public)
	if err != nil || len(forgotten) == 0 {
		return whole, err
	}
	return public, nil
}

// unsigned makes the end of our own patience the answer that nothing is signed.
func unsigned(ctx context.Context, err error) error {
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return proof.ErrNothingSigned
	}
	return err
}

// named is the event that a question names.
func (s *Server) named(ctx context.Context, in *eventProofIn) (eventstore.Recorded, error) {
	switch {
	case in.Position > 0 && in.ID == "" && in.Source == "":
		return s.Log.At(ctx, domain.Position(in.Position))
	case in.Position > 0 || in.ID == "":
		return eventstore.Recorded{}, api.Refused("", domain.Fault{Location: "query.position", Message: "name the event by its position, or by its id and source"})
	case in.Source != "":
		return s.Log.Find(ctx, in.Source, in.ID)
	}
	return s.ofAnySource(ctx, in.ID)
}

// ofAnySource reads the whole log for the one event of an id; for one who asks at a time,
// because everybody else pays for it.
func (s *Server) ofAnySource(ctx context.Context, id string) (found eventstore.Recorded, err error) {
	select {
	case s.searching <- struct{}{}:
		defer func() { <-s.searching }()
	case <-ctx.Done():
		return found, ctx.Err()
	}
	var sources []string
	for e, err := range s.Log.ReadLog(ctx, 0) {
		if err != nil {
			return found, err
		}
		if e.ID == id {
			found = e
			sources = append(sources, e.Source)
		}
	}
	switch len(sources) {
	case 0:
		return found, eventstore.ErrNotFound
	case 1:
		return found, nil
	}
	slices.Sort(sources)
	return found, api.Refused("", domain.Fault{Location: "query.source", Message: fmt.Sprintf(
		"%d sources have an event of this id; name one of %s", len(sources), strings.Join(sources[:min(len(sources), 10)], ", "))})
}

type growthIn struct {
	From int64 `query:"from" minimum:"1" required:"true" doc:"size of the first checkpoint"`
	To   int64 `query:"to" minimum:"1" doc:"size of the second; the last one if absent"`
}

func (s *Server) proveGrowth(_ context.Context, in *growthIn) (*plain[*proof.GrowthProof], error) {
	if in.To == 0 {
		last, err := s.Notary.Latest()
		if err != nil {
			return nil, err
		}
		in.To = last.Size
	}
	if in.From > in.To {
		return nil, api.Refused("", domain.Fault{Location: "query.to", Message: fmt.Sprintf("%d is smaller than from", in.To)})
	}
	p, err := s.Notary.ProveGrowth(in.From, in.To)
	if err != nil {
		return nil, err
	}
	return &plain[*proof.GrowthProof]{p}, nil
}

type tilePath struct {
	Level string `path:"level" maxLength:"7" example:"0" doc:"0 to 7, or entries"`
	Index string `path:"index" maxLength:"64" example:"000"`
}

func (s *Server) tile(ctx context.Context, level, index string) (*kept, error) {
	b, err := s.Notary.Tile(ctx, "tile/"+level+"/"+index)
	return &kept{tileType, forEver, b}, err
}
