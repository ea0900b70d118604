package api

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/keyring"
	"github.com/rapport-ledger/rapport/eventstore/proof"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/timeline"
	"github.com/rapport-ledger/rapport/projections/trust"
)

// Problem says what is wrong with a request, as RFC 9457 problem details. It is an
// error, so that handlers can return one.
type Problem struct {
	Type   string  `json:"type" doc:"URN that names the kind of problem" example:"urn:rapport:problem:refused"`
	Title  string  `json:"title" doc:"the kind of problem in a few words"`
	Status int     `json:"status" doc:"HTTP status"`
	Detail string  `json:"detail,omitzero" doc:"this problem in a sentence"`
	Errors []Fault `json:"errors,omitzero" doc:"every fault, and where it is"`
	// Correlation finds the log line of an error that is ours.
	Correlation string `json:"correlation,omitzero" doc:"quote this when you report the problem"`

	// retryAfter is when to try again; 0 for the kind's own.
	retryAfter time.Duration
}

// Fault is one thing wrong, and where.
type Fault struct {
	Location string `json:"location" doc:"path to it, such as data.severity or query.at"`
	Message  string `json:"message"`
}

func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Title)
	if p.Detail != "" {
		b.WriteString(": " + p.Detail)
	}
	for i, f := range p.Errors {
		b.WriteString([]string{": ", "; "}[min(i, 1)])
		b.WriteString(f.Location + ": " + f.Message)
	}
	return b.String()
}

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the HTTP headers that go with the problem.
func (p *Problem) GetHeaders() http.Header {
	h := make(http.Header)
	switch p.Status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(p.retryAfter.Seconds())))))
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="rapport"`)
	}
	return h
}

// ContentType is the media type of the problem as JSON.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// A kind of problem: the rows of the table.
type kind struct {
	slug   string
	status int
	title  string
}

var (
	malformed   = kind{"malformed", http.StatusBadRequest, "The request cannot be read"}
	unknown     = kind{"unauthenticated", http.StatusUnauthorized, "Who asks is not known"}
	forbidden   = kind{"forbidden", http.StatusForbidden, "This is not allowed"}
	tooMany     = kind{"too-many", http.StatusTooManyRequests, "There is too much at once"}
	notFound    = kind{"not-found", http.StatusNotFound, "There is no such thing"}
	conflict    = kind{"conflict", http.StatusConflict, "Same source and id, other content"}
	contended   = kind{"contended", http.StatusConflict, "Others changed the account at the same time"}
	busy        = kind{"busy", http.StatusConflict, "This is under way already"}
	tooLarge    = kind{"too-large", http.StatusRequestEntityTooLarge, "The request is too large"}
	media       = kind{"media-type", http.StatusUnsupportedMediaType, "The content type is not one we read"}
	refused     = kind{"refused", http.StatusUnprocessableEntity, "A rule or a schema is broken"}
	corrupt     = kind{"corrupt", http.StatusInternalServerError, "The log is damaged"}
	internal    = kind{"internal", http.StatusInternalServerError, "Something went wrong here"}
	unavailable = kind{"unavailable", http.StatusServiceUnavailable, "The ledger cannot do this now"}
	tooSlow     = kind{"timeout", http.StatusGatewayTimeout, "It took too long"}
)

func (k kind) problem(detail string, faults ...domain.Fault) *Problem {
	p := &Problem{Type: "urn:rapport:problem:" + k.slug, Title: k.title, Status: k.status, Detail: detail}
	for _, f := range faults {
		p.Errors = append(p.Errors, Fault(f))
	}
	return p
}

// ProblemOf is the one table from errors to problems. An error it does not know, or
// that is the ledger's own fault, becomes a plain 500 with a fresh correlation id:
// whoever handles it logs the error beside that id (see [Problem.Internal]).
func ProblemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if m, ok := errors.AsType[*codec.Malformed](err); ok {
		return malformed.problem("This is not a CloudEvent the ledger can read.", m.Faults...)
	}
	if r, ok := errors.AsType[*domain.Refusal](err); ok {
		return refused.problem("Nothing was recorded.", r.Faults...)
	}
	if c, ok := errors.AsType[*eventstore.IdentityConflictError](err); ok {
		return identityConflict(c)
	}
	if m, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return TooLarge(fmt.Sprintf("A body may have at most %d bytes.", m.Limit))
	}
	if m, ok := errors.AsType[*codec.TooManyError](err); ok {
		return TooLarge(fmt.Sprintf("A batch may have at most %d events; this one has %d.", codec.MaxBatch, m.Events))
	}
	if c, ok := errors.AsType[*eventstore.CorruptionError](err); ok {
		p := corrupt.problem(fmt.Sprintf("The event at position %d is not what was written.", c.Position))
		p.Correlation = uuid.NewString()
		return p
	}
	if f, ok := errors.AsType[*proof.Fault](err); ok {
		p := corrupt.problem(f.Error())
		p.Correlation = uuid.NewString()
		return p
	}
	if d, ok := errors.AsType[*access.Denial](err); ok {
		return DeniedOf(d)
	}
	if i, ok := errors.AsType[*access.Invalid](err); ok {
		return Unauthenticated("The token is not valid: " + i.Error() + ".")
	}
	if p := recordProblem(err); p != nil {
		return p
	}
	if p := readProblem(err); p != nil {
		return p
	}
	p := internal.problem("The error is in the server's log.")
	if sqldb.Unavailable(err) {
		p = unavailable.problem("A file could not be written or read, as when the disk is full; the error is in the server's log. Try again later.")
	}
	p.Correlation = uuid.NewString()
	return p
}

// recordProblem is the part of the table for errors of recording that carry nothing to
// tell; nil for others.
func recordProblem(err error) *Problem {
	switch {
	case errors.Is(err, commands.ErrNoSuchItem):
		return notFound.problem("The account has no such follow-up.")
	case errors.Is(err, eventstore.ErrWrongExpectedRevision):
		return contended.problem("Nothing was recorded; send it again.")
	case errors.Is(err, eventstore.ErrUnavailable):
		return unavailable.problem("The log cannot write; send it again later.")
	case errors.Is(err, keyring.ErrJournal):
		return unavailable.problem("The person's data can no longer be read, but a file still has the key, because another program reads the keyring. " +
			"It is tried again, and recorded then.")
	case errors.Is(err, eventstore.ErrClosed), errors.Is(err, commands.ErrStopped), errors.Is(err, projections.ErrClosed):
		return unavailable.problem("The ledger is shutting down.")
	case errors.Is(err, context.DeadlineExceeded):
		return tooSlow.problem("Whether anything was recorded is not known; sending it again tells.")
	case errors.Is(err, context.Canceled):
		return unavailable.problem("The request was abandoned; sending it again tells whether anything was recorded.")
	}
	return nil
}

// readProblem is the same for errors of reading.
func readProblem(err error) *Problem {
	switch {
	case errors.Is(err, eventstore.ErrNotFound):
		return notFound.problem("The log has no such event.")
	case errors.Is(err, trust.ErrUnknownPolicy):
		return NotFound("No policy was ever called that.")
	case errors.Is(err, timeline.ErrUnknownAccount), errors.Is(err, trust.ErrUnknownAccount), errors.Is(err, dossier.ErrUnknownAccount):
		return notFound.problem("Nothing was ever recorded about this account.")
	case errors.Is(err, followups.ErrUnknownItem):
		return notFound.problem("There is no such follow-up.")
	case errors.Is(err, access.ErrNoToken):
		return notFound.problem("There is no token of this id.")
	case errors.Is(err, access.ErrTooMany):
		return Refused("", domain.Fault{Message: err.Error()})
	case errors.Is(err, access.ErrIssuer):
		return unavailable.problem("The issuer of the token does not answer, so that it cannot be checked; try again later.")
	case errors.Is(err, proof.ErrNoCheckpoint):
		return notFound.problem("No checkpoint of this size was signed.")
	case errors.Is(err, proof.ErrNoTile):
		return notFound.problem("The last checkpoint has no such tile.")
	case errors.Is(err, proof.ErrNothingSigned):
		return unavailable.problem("No checkpoint that covers it could be signed yet; ask again.")
	case errors.Is(err, projections.ErrUnknown):
		return notFound.problem("There is no projection of this name.")
	case errors.Is(err, timeline.ErrBadCursor), errors.Is(err, followups.ErrBadCursor):
		return Refused("", domain.Fault{Location: "query.cursor", Message: "not the next of a page of this very query"})
	case errors.Is(err, trust.ErrBadSpan):
		return Refused("", domain.Fault{Location: "query.since", Message: "is after at"})
	case errors.Is(err, projections.ErrRebuilding):
		return busy.problem("The projection is being rebuilt already.")
	case errors.Is(err, projections.ErrBuilding):
		return unavailable.problem("The read model is being built; ask again later.")
	case errors.Is(err, projections.ErrFailed):
		return unavailable.problem("The projection has stopped at an event it could not fold; /v1/projections says why.")
	}
	return nil
}

func identityConflict(c *eventstore.IdentityConflictError) *Problem {
	where := fmt.Sprintf("recorded at position %d", c.Position)
	if c.Position == 0 {
		where = "earlier in the same request"
	}
	return conflict.problem(
		fmt.Sprintf("The id %q of source %q names another event, %s. Nothing was recorded.", c.ID, c.Source, where),
		domain.Fault{Location: "recorded", Message: "sha256:" + hex.EncodeToString(c.Recorded[:])},
		domain.Fault{Location: "offered", Message: "sha256:" + hex.EncodeToString(c.Offered[:])},
	)
}

// Internal reports whether the fault is the ledger's: such a problem has a
// correlation id, and the error behind it belongs in the log.
func (p *Problem) Internal() bool { return p.Correlation != "" }

// Malformed is a 400: the request cannot be read.
func Malformed(detail string, faults ...domain.Fault) *Problem {
	return malformed.problem(detail, faults...)
}

// Unauthenticated is a 401: who asks is not known, and has to be.
func Unauthenticated(detail string) *Problem { return unknown.problem(detail) }

// Forbidden is a 403: who asks is known well enough, and may not.
func Forbidden(detail string) *Problem { return forbidden.problem(detail) }

// DeniedOf says what a principal may not do: a 401 if it is not known who that is, and
// otherwise a 403.
func DeniedOf(d *access.Denial) *Problem {
	if d.Why != "" {
		return Forbidden(d.Why)
	}
	if !d.Principal.Known() {
		return Unauthenticated("Show a token, as Authorization: Bearer rapport_...; " + d.Error() + ".")
	}
	return Forbidden(d.Error() + ".")
}

// TooMany is a 429: try again after that time, which is given in whole seconds.
func TooMany(detail string, after time.Duration) *Problem {
	p := tooMany.problem(detail)
	p.retryAfter = after
	return p
}

// NotFound is a 404.
func NotFound(detail string) *Problem { return notFound.problem(detail) }

// TooLarge is a 413.
func TooLarge(detail string) *Problem { return tooLarge.problem(detail) }

// UnsupportedMedia is a 415.
func UnsupportedMedia(detail string) *Problem { return media.problem(detail) }

// Refused is a 422: the request can be read and must not be done.
func Refused(detail string, faults ...domain.Fault) *Problem {
	return refused.problem(detail, faults...)
}

// Unavailable is a 503: it is worth trying again.
func Unavailable(detail string) *Problem { return unavailable.problem(detail) }

// ForStatus is a problem of a status that has no row of its own.
func ForStatus(status int, detail string, faults ...domain.Fault) *Problem {
	for _, k := range []kind{malformed, unknown, forbidden, notFound, tooLarge, media, refused, tooMany, unavailable, tooSlow} {
		if k.status == status {
			return k.problem(detail, faults...)
		}
	}
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
	for _, f := range faults {
		p.Errors = append(p.Errors, Fault(f))
	}
	if status == http.StatusInternalServerError {
		p.Correlation = uuid.NewString()
	}
	return p
}
