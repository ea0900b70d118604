package access_test

import (
	"errors"
	"testing"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/domain"
)

func TestWhoMayHaveWhatRecorded(t *testing.T) {
	t.Parallel()
	emitter := access.Principal{ID: "1", Name: "erp", Roles: []access.Role{access.Emitter}, Sources: []string{"erp", "crm"}}
	analyst := access.Principal{ID: "2", Name: "ann", Roles: []access.Role{access.Analyst}, Sources: []string{access.AnySource}}
	steward := access.Principal{ID: "3", Name: "stu", Roles: []access.Role{access.Steward}}
	admin := access.Principal{ID: "4", Name: "ada", Roles: []access.Role{access.Admin}}
	call := domain.InteractionHeld{Kind: "call"}
	const may, denied, refused = "may", "denied", "refused"
	for _, c := range []struct {
		what   string
		who    access.Principal
		source string
		data   domain.Event
		want   string
	}{
		{"an emitter's own fact", emitter, "erp", call, may},
		{"its other source", emitter, "crm", call, may},
		{"a source that begins like its own", emitter, "erp2", call, denied},
		{"its source in capitals", emitter, "ERP", call, denied},
		{"the ledger's source, by an emitter", emitter, domain.OwnSource, call, refused},
		{"the ledger's source, by an admin", admin, domain.OwnSource, call, refused},
		{"the ledger's source, on an open ledger", access.Local, domain.OwnSource, call, refused},
		{"a correction of an emitter's own event", emitter, "erp", domain.EntryRetracted{Source: "crm", ID: "1", Reason: "x"}, may},
		{"a correction of the event of the same source", emitter, "erp", domain.EntryRetracted{ID: "1", Reason: "x"}, may},
		{"a correction of another's event", emitter, "erp", domain.EntryRetracted{Source: "helpdesk", ID: "1", Reason: "x"}, denied},
		{"a correction of who knows whose event", emitter, "erp", domain.EntryRetracted{Position: 1, Source: "erp", ID: "1", Reason: "x"}, denied},
		{"a correction under another's source", emitter, "helpdesk", domain.EntryRetracted{Source: "erp", ID: "1", Reason: "x"}, denied},
		{"an act on a follow-up by an emitter", emitter, "erp", domain.FollowUpAssigned{}, denied},
		{"a policy by an emitter", emitter, "erp", domain.PolicyChanged{}, denied},
		{"a fact by an analyst", analyst, "erp", call, denied},
		{"a correction by a steward", steward, "desk", domain.EntryRetracted{Position: 1, Reason: "x"}, may},
		{"an act by a steward", steward, "desk", domain.FollowUpAssigned{}, may},
		{"a fact by a steward without sources", steward, "desk", call, denied},
		{"a policy by a steward", steward, "desk", domain.PolicyChanged{}, denied},
		{"a fact by an admin", admin, "erp", call, may},
		{"a policy by an admin", admin, "erp", domain.PolicyChanged{}, may},
		{"a fact by nobody", access.Principal{}, "erp", call, denied},
	} {
		err := c.who.Admit(domain.Envelope{Source: c.source, ID: "e", Account: "acme", Data: c.data})
		got := may
		if _, ok := errors.AsType[*access.Denial](err); ok {
			got = denied
		} else if _, ok := errors.AsType[*domain.Refusal](err); ok {
			got = refused
		}
		if got != c.want {
			t.Errorf("%s: %s (%v), want %s", c.what, got, err, c.want)
		}
	}
}

func TestNobodyHasARightThatIsNone(t *testing.T) {
	t.Parallel()
	for _, p := range []access.Principal{{}, access.Local, {ID: "1", Roles: []access.Role{"root", "", "Admin"}}} {
		if p.May("") || p.May("everything") {
			t.Errorf("%+v has rights that do not exist", p)
		}
	}
	if p := (access.Principal{ID: "1", Roles: []access.Role{"Admin"}}); p.May(access.Administer) {
		t.Error("a role that is not in the table has rights")
	}
}

func TestARoleThatIsNoneIsAnErrorThatListsThem(t *testing.T) {
	t.Parallel()
	if _, err := access.ParseRole("root"); err == nil || err.Error() != `"root" is not a role; there are monitor, emitter, analyst, steward, admin` {
		t.Errorf("got %v", err)
	}
	if r, err := access.ParseRole("steward"); r != access.Steward || err != nil {
		t.Errorf("got %v, %v", r, err)
	}
}
