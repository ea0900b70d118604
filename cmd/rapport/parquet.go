package main

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/parquet-go/parquet-go"
)

// A row group is what a Parquet file is written and read by. It is in memory until it is
// full, so it is bounded by bytes, too: events may be large.
const (
	rowGroupRows  = 50_000
	rowGroupBytes = 16 << 20
)

// eventRow is an event in a Parquet file: the columns of the CSV, with their types. What is
// optional is null where the event has none.
type eventRow struct {
	Sequence      int64     `parquet:"sequence,delta"`
	Revision      int64     `parquet:"revision"`
	Recorded      time.Time `parquet:"recordedtime,timestamp(microsecond)"`
	Occurred      time.Time `parquet:"time,timestamp(microsecond)"`
	Assumed       bool      `parquet:"timeassumed"`
	Type          string    `parquet:"type,dict"`
	Source        string    `parquet:"source,dict"`
	ID            string    `parquet:"id"`
	Subject       string    `parquet:"subject,dict"`
	Actor         string    `parquet:"actor,dict,optional"`
	CorrelationID string    `parquet:"correlationid,optional"`
	CausationID   string    `parquet:"causationid,optional"`
	TraceParent   string    `parquet:"traceparent,optional"`
	RecordedBy    string    `parquet:"recordedby,dict,optional"`
	Target        int64     `parquet:"target,optional"`
	Forgotten     string    `parquet:"forgotten,json,optional"`
	Data          string    `parquet:"data,json"`
}

// eventLine is a CloudEvent as the ledger writes it; numbers are text in it, as in all
// CloudEvents whose numbers may be large.
type eventLine struct {
	Sequence      int64           `json:"sequence,string"`
	Revision      int64           `json:"revision,string"`
	Recorded      time.Time       `json:"recordedtime"`
	Occurred      time.Time       `json:"time"`
	Assumed       bool            `json:"timeassumed"`
	Type          string          `json:"type"`
	Source        string          `json:"source"`
	ID            string          `json:"id"`
	Subject       string          `json:"subject"`
	Actor         string          `json:"actor"`
	CorrelationID string          `json:"correlationid"`
	CausationID   string          `json:"causationid"`
	TraceParent   string          `json:"traceparent"`
	RecordedBy    string          `json:"recordedby"`
	Target        int64           `json:"target,string"`
	Forgotten     string          `json:"forgotten"`
	Data          json.RawMessage `json:"data"`
}

func (l eventLine) row() eventRow {
	return eventRow{
		Sequence: l.Sequence, Revision: l.Revision, Recorded: l.Recorded, Occurred: l.Occurred, Assumed: l.Assumed,
		Type: l.Type, Source: l.Source, ID: l.ID, Subject: l.Subject, Actor: l.Actor,
		CorrelationID: l.CorrelationID, CausationID: l.CausationID, TraceParent: l.TraceParent, RecordedBy: l.RecordedBy,
		Target: l.Target, Forgotten: l.Forgotten, Data: string(l.Data),
	}
}

// replayParquet writes the events as a Parquet file. If the log breaks off, so does the file:
// it lacks its end, without which nobody takes it for one.
func replayParquet(out io.Writer, lines iter.Seq2[[]byte, error]) error {
	w := parquet.NewGenericWriter[eventRow](out, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("rapport", programVersion(), ""))
	rows, bytes := 0, 0
	for line, err := range lines {
		if err != nil {
			return err
		}
		var event eventLine
		if err := json.Unmarshal(line, &event); err != nil {
			return fmt.Errorf("what the ledger sent is no event: %w", err)
		}
		if _, err := w.Write([]eventRow{event.row()}); err != nil {
			return err
		}
		if rows, bytes = rows+1, bytes+len(line); rows == rowGroupRows || bytes >= rowGroupBytes {
			if err := w.Flush(); err != nil {
				return err
			}
			rows, bytes = 0, 0
		}
	}
	return w.Close()
}
