package api

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Write writes an answer as JSON, and ends the line.
//
// A page of a timeline is put together by hand: most of it is data of events, which the
// log keeps as compact JSON, and which [json.Encoder] would read again for every answer.
// The bytes are the same.
func Write(w io.Writer, answer any) error {
	page, ok := answer.(Page[Entry])
	if !ok {
		return json.NewEncoder(w).Encode(answer)
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	b := append(appendPage((*buf)[:0], page), '\n')
	if cap(b) <= largestBuffer {
		*buf = b
	}
	if active(b) {
		var escaped bytes.Buffer
		json.HTMLEscape(&escaped, b)
		b = escaped.Bytes()
	}
	_, err := w.Write(b)
	return err
}

// active reports whether there is anything that the encoder writes as an escape, so that
// it means nothing to who puts the answer into a page.
func active(b []byte) bool {
	return bytes.IndexByte(b, '<') >= 0 || bytes.IndexByte(b, '>') >= 0 || bytes.IndexByte(b, '&') >= 0 ||
		bytes.Contains(b, []byte("\u2028")) || bytes.Contains(b, []byte("\u2029"))
}

// buffers are used again from answer to answer, up to a size in bytes that few exceed.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const largestBuffer = 256 << 10

func appendPage(b []byte, p Page[Entry]) []byte {
	b = append(b, `{"items":[`...)
	for i := range p.Items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendEntry(b, &p.Items[i])
	}
	b = append(b, ']')
	if p.Next != "" {
		b = appendText(append(b, `,"next":`...), p.Next)
	}
	return append(b, '}')
}

func appendEntry(b []byte, e *Entry) []byte {
	b = strconv.AppendUint(append(b, `{"position":`...), uint64(e.Position), 10)
	b = strconv.AppendUint(append(b, `,"revision":`...), uint64(e.Revision), 10)
	b = appendText(append(b, `,"id":`...), e.ID)
	b = appendText(append(b, `,"source":`...), e.Source)
	b = appendText(append(b, `,"account":`...), e.Account)
	b = appendText(append(b, `,"type":`...), e.Type)
	b = appendInstant(append(b, `,"occurred":`...), e.Occurred)
	if e.Assumed {
		b = append(b, `,"occurred_assumed":true`...)
	}
	b = appendInstant(append(b, `,"recorded":`...), e.Recorded)
	if e.Actor != "" {
		b = appendText(append(b, `,"actor":`...), e.Actor)
	}
	b = append(append(b, `,"data":`...), e.Data...)
	if e.CorrectedBy != 0 {
		b = strconv.AppendUint(append(b, `,"corrected_by":`...), uint64(e.CorrectedBy), 10)
	}
	if e.RetractedBy != 0 {
		b = strconv.AppendUint(append(b, `,"retracted_by":`...), uint64(e.RetractedBy), 10)
	}
	b = strconv.AppendBool(append(b, `,"late":`...), e.Late)
	return append(appendForgotten(b, e.Forgotten), '}')
}

func appendForgotten(b []byte, all []Forgotten) []byte {
	if all == nil {
		return b
	}
	b = append(b, `,"forgotten":[`...)
	for i, f := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, `{"contact":`...), f.Contact)
		b = strconv.AppendUint(append(b, `,"position":`...), uint64(f.Position), 10)
		b = append(appendInstant(append(b, `,"at":`...), f.At), '}')
	}
	return append(b, ']')
}

func appendText(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // it replaces what is no UTF-8, which no event has
	return b
}

func appendInstant(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}
