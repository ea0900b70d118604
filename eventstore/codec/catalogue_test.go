package codec

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

func TestTheCatalogueCanBeExpressed(t *testing.T) {
	t.Parallel()
	for _, e := range domain.Catalogue {
		if _, err := compileShape(e.GoType(), e.Type.Family()); err != nil {
			t.Errorf("%s: %v", e.Type, err)
		}
		if e.Version < 1 || e.Doc == "" {
			t.Errorf("%s: version %d, doc %q", e.Type, e.Version, e.Doc)
		}
	}
}

func TestMistakesInTagsAreFound(t *testing.T) {
	t.Parallel()
	for want, sample := range map[string]any{
		"not a snake_case name": struct{ A string }{},
		`"aB" is not a snake_case`: struct {
			A string `json:"aB"`
		}{},
		"json option": struct {
			A string `json:"a,omitempty"`
		}{},
		"pointer that is not optional": struct {
			A *int64 `json:"a"`
		}{},
		"type int is not known": struct {
			A int `json:"a"`
		}{},
		"type map[string]string is not": struct {
			A map[string]string `json:"a"`
		}{},
		"needs a string and values": struct {
			A int64 `json:"a" enum:"1 2"`
		}{},
		`format "date" is not known`: struct {
			A string `json:"a" format:"date"`
		}{},
		"min is for numbers": struct {
			A string `json:"a" min:"1"`
		}{},
		"max is for numbers": struct {
			A bool `json:"a" max:"1"`
		}{},
		`max "many" is not a number`: struct {
			A int64 `json:"a" max:"many"`
		}{},
		`to be of "b", which is not`: struct {
			A string `json:"a" personal:"b"`
		}{},
		"needs a field type with format": struct {
			A domain.Event `json:"a"`
		}{},
		"an event must be required": struct {
			A domain.Event `json:"a,omitzero"`
		}{},
		"personal data inside a list": struct {
			A []struct {
				B string `json:"b" personal:""`
			} `json:"a"`
		}{},
		"int is not a struct": 3,
	} {
		if _, err := compileShape(reflect.TypeOf(sample), "x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestTwoFieldsOfOneNameAreFound(t *testing.T) {
	t.Parallel()
	sample := reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: reflect.TypeFor[string](), Tag: `json:"a"`},
		{Name: "B", Type: reflect.TypeFor[string](), Tag: `json:"a"`},
	})
	if _, err := compileShape(sample, "x"); err == nil || !strings.Contains(err.Error(), "two fields are called a") {
		t.Errorf("got %v", err)
	}
}

func TestResolveType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]domain.Type{
		"complaint.raised":             "complaint.raised",
		"rapport.complaint.raised.v1":  "complaint.raised",
		"rapport.complaint.raised.v2":  "",
		"rapport.complaint.raised.v0":  "",
		"rapport.complaint.raised.v01": "",
		"rapport.complaint.raised.v":   "",
		"rapport.complaint.raised":     "",
		"complaint.raised.v1":          "",
		"rapport.complaint.rised.v1":   "",
		"complaint":                    "",
		"":                             "",
	} {
		got, version, ok := ResolveType(name)
		if got != want || ok != (want != "") || ok && version != 1 {
			t.Errorf("%q: got %q %d %v, want %q", name, got, version, ok, want)
		}
	}
}

func TestContacts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		event domain.Event
		want  []domain.ID
	}{
		"one":               {domain.ComplaintRaised{Complaint: "x", Contact: "a"}, []domain.ID{"a"}},
		"none":              {domain.ComplaintRaised{Complaint: "x"}, nil},
		"several":           {domain.InteractionHeld{Contacts: []domain.ID{"a", "b", "a"}}, []domain.ID{"a", "b"}},
		"a promise's":       {domain.CommitmentMade{ToContact: "a"}, []domain.ID{"a"}},
		"a signatory":       {domain.ImprovementAgreed{CustomerSignatory: "a"}, []domain.ID{"a"}},
		"both of a merge":   {domain.ContactMerged{Contact: "a", Into: "b"}, []domain.ID{"a", "b"}},
		"of unmerging":      {domain.ContactUnmerged{Contact: "a", From: "b"}, []domain.ID{"a", "b"}},
		"not an account":    {domain.AccountMerged{Into: "b"}, nil},
		"in a correction":   {domain.EntryCorrected{Data: domain.ComplaintRaised{Contact: "a"}}, []domain.ID{"a"}},
		"of nothing":        {nil, nil},
		"through a pointer": {&domain.ComplaintRaised{Contact: "a"}, []domain.ID{"a"}},
	} {
		if got := Contacts(test.event); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}
