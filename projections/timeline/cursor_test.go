package timeline

import "testing"

// FuzzCursor reads any cursor. One that is taken is written as it was.
func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(cursor{query: 1, until: 2, after: key{occurred: -3, position: 4}}.String())
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseCursor(s)
		if err != nil {
			return
		}
		if again, err := parseCursor(c.String()); err != nil || again != c {
			t.Errorf("%q read as %+v, and again as %+v (%v)", s, c, again, err)
		}
	})
}
