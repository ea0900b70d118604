package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

func TestTheWorkedQuestionsHaveAnswersInTheDemo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := loadDemo(t.Context(), dir, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	l := startLedgerIn(t, dir)
	head, err := l.app.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../examples/sql/*.sql")
	if err != nil || len(files) < 10 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	for _, file := range files {
		question, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(string(question), "-- "), ":")
		if err := l.app.projections.WaitFor(t.Context(), name, domain.Position(head)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if missing := unanswered(t, filepath.Join(dir, viewsDir, name+".db"), string(question)); missing != "" {
			t.Errorf("%s: %s", file, missing)
		}
	}
}

// unanswered says what an answer lacks: rows, or values in a column.
func unanswered(t *testing.T, path, question string) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_dqs=false")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), question)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	found := make([]bool, len(columns))
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			found[i] = found[i] || v != nil
		}
	}
	if err := rows.Err(); err != nil {
		return err.Error()
	}
	for i, there := range found {
		if !there {
			return "nothing in " + columns[i]
		}
	}
	return ""
}

func TestTheTablesShownAreThoseOfTheFiles(t *testing.T) {
	t.Parallel()
	all := succeed(t, "", "projections", "tables")
	for _, p := range projectors() {
		one := succeed(t, "", "projections", "tables", p.Name())
		if !strings.Contains(all, one) || !strings.HasPrefix(one, "-- views/"+p.Name()+".db") {
			t.Errorf("%s: got %s", p.Name(), one)
		}
		db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "made.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), one); err != nil {
			t.Errorf("%s: what is shown is no SQL: %v", p.Name(), err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
