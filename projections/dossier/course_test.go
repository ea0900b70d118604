package dossier_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

func TestACourseIsWhatWasSaidLastAndBeforeAllWhatWasSaidFirst(t *testing.T) {
	t.Parallel()
	c := dossier.Courses[string]{}
	c.Add("jane", dossiertest.Time("2026-02-01"), "manager")
	c.Add("jane", dossiertest.Time("2026-03-01"), "director")
	c.Add("jane", dossiertest.Time("2026-03-01"), "executive")
	for at, want := range map[string]string{"2026-01-01": "manager", "2026-02-01": "manager", "2026-02-28": "manager", "2026-03-01": "executive", "2027-01-01": "executive"} {
		if what, ok := c.At("jane", dossiertest.Time(at)); !ok || what != want {
			t.Errorf("at %s: %q, %v, want %q", at, what, ok, want)
		}
	}
	if what, ok := c.At("joe", dossiertest.Time("2026-03-01")); ok || what != "" {
		t.Errorf("of nothing said: %q, %v", what, ok)
	}
}
