package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

const (
	structuredType = "application/cloudevents+json"
	batchType      = "application/cloudevents-batch+json"
	plainJSON      = "application/json"
)

func (s *Server) schemaOf(v any) *huma.Schema {
	t := reflect.TypeOf(v)
	return s.api.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}

func (s *Server) registerRecord() {
	event := &huma.Schema{
		Type:        huma.TypeObject,
		Description: "A CloudEvent 1.0 whose type is in the catalogue (/v1/schemas).",
		Required:    []string{"specversion", "id", "source", "type", "data"},
		Properties: map[string]*huma.Schema{
			"specversion": {Type: huma.TypeString, Enum: []any{"1.0"}},
			"id":          {Type: huma.TypeString, Description: "With source, the fact's name for ever."},
			"source":      {Type: huma.TypeString},
			"type":        {Type: huma.TypeString, Examples: []any{"rapport.complaint.raised.v1"}},
			"subject":     {Type: huma.TypeString, Description: "The account's id; left out for ledger-wide events."},
			"time":        {Type: huma.TypeString, Format: "date-time", Description: "When it happened; the time of receipt if absent."},
			"actor":       {Type: huma.TypeString}, "correlationid": {Type: huma.TypeString},
			"causationid": {Type: huma.TypeString}, "traceparent": {Type: huma.TypeString},
			"datacontenttype": {Type: huma.TypeString, Enum: []any{plainJSON}},
			"data":            {Type: huma.TypeObject},
		},
	}
	batch := &huma.Schema{Type: huma.TypeArray, Items: event, MaxItems: new(codec.MaxBatch)}
	receipts := map[string]*huma.MediaType{plainJSON: {Schema: s.schemaOf(api.Receipts{})}}
	op := huma.Operation{
		OperationID: "record", Method: http.MethodPost, Path: "/v1/events", Tags: []string{"Events"},
		Summary: "Record events",
		Description: "A CloudEvent in structured mode, a batch of them, or one in binary mode (`ce-` headers and the data as body). " +
			"Sending an event again is safe: the answer is the first receipt, as a duplicate. The events of a batch stand each on their " +
			"own and are recorded in order; the answer has a receipt for each, in order, and the status 207 if any was rejected. " +
			"It is 503 if the ledger could not write at all.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			structuredType: {Schema: event},
			batchType:      {Schema: batch},
			plainJSON:      {Schema: &huma.Schema{OneOf: []*huma.Schema{event, batch}}},
		}},
		Responses: map[string]*huma.Response{
			"201": {Description: "All are recorded, now or before", Content: receipts},
			"207": {Description: "Some events of the batch were rejected", Content: receipts},
		},
	}
	s.problemResponses(&op, 400, 403, 408, 409, 413, 415, 422, 500, 503, 504)
	handleRaw(s, op, s.record)
}

func (s *Server) record(w http.ResponseWriter, r *http.Request) {
	parsed, single, err := s.parse(w, r)
	if err != nil {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	principal := access.From(r.Context())
	s.Limits.Spend(principal, len(parsed)-1) // the request counted as one
	principal.AdmitAll(parsed)
	receipts := s.recordParsed(r.Context(), parsed)
	if single {
		if p := receipts[0].Problem; p != nil {
			writeProblem(w, p)
			return
		}
		w.Header().Set("Location", fmt.Sprintf("/v1/events/%d", receipts[0].Position))
	}
	answer := api.Receipts{Receipts: receipts}
	if p := answer.Outage(); p != nil {
		writeProblem(w, p)
		return
	}
	status := http.StatusCreated
	if answer.Rejected() {
		status = http.StatusMultiStatus
	}
	writeJSON(w, status, plainJSON, answer)
}

// recordParsed records the events that could be read and gives a receipt for each, in
// order.
func (s *Server) recordParsed(ctx context.Context, parsed []codec.Parsed) []api.Receipt {
	if p := access.From(ctx); p.ID != access.Local.ID {
		ctx = commands.InLane(ctx, p.ID)
	}
	receipts, errs := api.ReceiptsOf(parsed, s.Recorder.Record(ctx, api.Readable(parsed)))
	for i := range receipts {
		if p := receipts[i].Problem; p != nil && p.Internal() {
			s.logInternal(ctx, p, errs[i])
		}
	}
	return receipts
}

// parse reads the request's events, and whether there is only one by its form. The
// error is about the request as a whole.
func (s *Server) parse(w http.ResponseWriter, r *http.Request) (parsed []codec.Parsed, single bool, err error) {
	media, err := mediaType(r.Header)
	if err != nil {
		return nil, false, err
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, false, err
	}
	return parseBody(r.Header, media, body)
}

func parseBody(h http.Header, media string, body []byte) (parsed []codec.Parsed, single bool, err error) {
	if binaryMode(h) {
		attributes, err := binaryAttributes(h)
		if err != nil {
			return nil, false, err
		}
		return one(codec.ParseBinary(attributes, h.Get("Content-Type"), body))
	}
	if len(body) == 0 {
		return nil, false, api.Malformed("The body is empty; it should be a CloudEvent.")
	}
	if media == batchType || media == plainJSON && startsList(body) {
		parsed, err := codec.ParseBatch(body)
		return parsed, false, err
	}
	return one(codec.ParseStructured(body))
}

func one(e domain.Envelope, err error) ([]codec.Parsed, bool, error) {
	return []codec.Parsed{{Envelope: e, Err: err}}, true, nil
}

func startsList(body []byte) bool {
	rest := strings.TrimLeft(string(body[:min(len(body), 64)]), " \t\r\n")
	return strings.HasPrefix(rest, "[")
}

func binaryMode(h http.Header) bool {
	return h.Get("Ce-Specversion") != "" || h.Get("Ce-Id") != "" || h.Get("Ce-Type") != "" || h.Get("Ce-Source") != ""
}

// mediaType is the content type without parameters, if it is one we read.
func mediaType(h http.Header) (string, error) {
	if enc := h.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return "", api.UnsupportedMedia(fmt.Sprintf("The content encoding %q is not one we read; send the body plain.", enc))
	}
	given := h.Get("Content-Type")
	media, params, err := mime.ParseMediaType(given)
	if given == "" || err != nil {
		return "", api.UnsupportedMedia(fmt.Sprintf("The content type %q is none; it should be %s.", given, structuredType))
	}
	if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") {
		return "", api.UnsupportedMedia(fmt.Sprintf("The charset %q is not one we read; send UTF-8.", c))
	}
	switch media {
	case structuredType, batchType:
		if binaryMode(h) {
			return "", api.Malformed("There are ce- headers, which say binary mode, and a content type that says structured mode.",
				domain.Fault{Location: "header.content-type", Message: "expected " + plainJSON + " beside ce- headers"})
		}
		return media, nil
	case plainJSON:
		return media, nil
	}
	return "", api.UnsupportedMedia(fmt.Sprintf("The content type %q is not one we read; there are %s, %s and %s.", media, structuredType, batchType, plainJSON))
}

// binaryAttributes collects the ce- headers as they are.
func binaryAttributes(h http.Header) (map[string]string, error) {
	attributes := make(map[string]string)
	var faults []domain.Fault
	for name, values := range h {
		attribute, ok := strings.CutPrefix(strings.ToLower(name), "ce-")
		if !ok {
			continue
		}
		if len(values) > 1 {
			faults = append(faults, domain.Fault{Location: attribute, Message: fmt.Sprintf("given %d times", len(values))})
		}
		attributes[attribute] = values[0]
	}
	if faults != nil {
		slices.SortFunc(faults, func(a, b domain.Fault) int { return strings.Compare(a.Location, b.Location) })
		return nil, api.Malformed("The ce- headers cannot be read.", faults...)
	}
	return attributes, nil
}

// firstRead is how much room a body has before any of it has come.
const firstRead = 32 << 10

// readBody reads the body within its limits of size and time.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime)) // tests' writers have none
	if r.ContentLength > MaxBody {
		return nil, tooLarge(r)
	}
	// Room for what has come, not for what was announced: a client may announce much,
	// send nothing, and do so many times.
	b := make([]byte, 0, min(max(r.ContentLength, 512), firstRead)+1)
	for {
		n, err := r.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if len(b) > MaxBody {
			return nil, tooLarge(r)
		}
		if err == io.EOF {
			_ = control.SetReadDeadline(time.Time{})
			return b, nil
		}
		if err != nil {
			return nil, bodyProblem(err)
		}
		if len(b) == cap(b) {
			b = slices.Grow(b, min(len(b), MaxBody+1-len(b)))
		}
	}
}

// tooLarge refuses the body and takes in what is left of it, within reason: many
// clients do not look at an answer before they have sent everything.
func tooLarge(r *http.Request) error {
	if r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, 4*MaxBody) // refused in any case
	}
	return &http.MaxBytesError{Limit: MaxBody}
}

func bodyProblem(err error) error {
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return api.ForStatus(http.StatusRequestTimeout, fmt.Sprintf("The body did not arrive within %s.", bodyTime))
	}
	return api.Malformed("The body did not arrive whole.")
}
