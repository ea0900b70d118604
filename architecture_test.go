// Package rapport_test holds the module to its architecture.
package rapport_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/rapport-ledger/rapport"

// layers says which of our packages each folder may import, besides those inside it.
// Imports run one way: cmd > cmd/internal > commands | projections > eventstore > domain.
var layers = []struct {
	folder string
	may    []string
}{
	// The longest folder that holds a package decides.
	{"domain", nil},
	{"eventstore", []string{"domain"}},
	{"eventstore/codec", []string{"domain", "eventstore"}},
	{"commands", []string{"domain", "eventstore", "eventstore/codec"}},
	{"projections", []string{"domain", "eventstore", "eventstore/codec"}},
	{"cmd/internal", []string{"domain", "eventstore", "eventstore/codec", "eventstore/proof", "eventstore/relay", "commands", "projections"}},
	{"cmd/internal/api", []string{"domain", "eventstore", "eventstore/codec", "eventstore/keyring", "eventstore/proof", "commands", "projections", "cmd/internal"}},                                                        // its table answers for every error
	{"cmd/internal/bench", []string{"domain", "eventstore", "eventstore/codec", "eventstore/pebble", "eventstore/relay", "commands", "projections", "cmd/internal"}},                                                       // it measures the store
	{"cmd/rapport", []string{"domain", "eventstore", "eventstore/codec", "eventstore/keyring", "eventstore/pebble", "eventstore/proof", "eventstore/relay", "eventstore/tail", "commands", "projections", "cmd/internal"}}, // it wires the store
}

// subtrees are folders whose packages may be imported wherever the folder may.
var subtrees = []string{"domain", "projections", "cmd/internal"}

// confined are modules that only some folders know.
var confined = map[string][]string{
	"github.com/cockroachdb/pebble": {"eventstore/pebble"},
	"modernc.org/sqlite":            {"projections/sqldb", "eventstore/keyring"},
	"github.com/nats-io":            {"eventstore/relay", "cmd"},
	"github.com/ThreeDotsLabs":      {"cmd"},
	"net/http":                      {"cmd"},
}

// pure is all that the domain may import: no I/O, no context, no logger, no
// randomness. The beta function's quantiles are mathematics.
var pure = []string{
	"cmp", "crypto/sha256", "encoding/hex", "errors", "fmt", "iter", "maps", "math", "math/bits", "reflect", "slices",
	"sort", "strconv", "strings", "time", "unicode", "unicode/utf8", "unique", "gonum.org/v1/gonum/mathext",
}

// clocks are the functions by which package time would tell the domain the time.
var clocks = []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Sleep"}

type source struct {
	file   string
	folder string
	syntax *ast.File
}

func (s source) imports() []string {
	var paths []string
	for _, i := range s.syntax.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			panic(err) // it was parsed
		}
		paths = append(paths, p)
	}
	return paths
}

// sources are the module's Go files, without tests and the packages that help them.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.IsDir() && strings.HasSuffix(name, "test") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		syntax, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		all = append(all, source{file: name, folder: path.Dir(name), syntax: syntax})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("found only %d files: is this the module's root?", len(all))
	}
	return all
}

func within(folder, outer string) bool {
	return folder == outer || strings.HasPrefix(folder, outer+"/")
}

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		home, may := layerOf(s.folder)
		if home == "" {
			continue // examples and tools see what everybody sees
		}
		for _, p := range s.imports() {
			ours, ok := strings.CutPrefix(p, module+"/")
			if ok && !within(ours, home) && !allowed(ours, may) {
				t.Errorf("%s imports %s", s.file, ours)
			}
		}
	}
}

func layerOf(folder string) (home string, may []string) {
	for _, l := range layers {
		if within(folder, l.folder) && len(l.folder) > len(home) {
			home, may = l.folder, l.may
		}
	}
	return home, may
}

func allowed(ours string, may []string) bool {
	return slices.ContainsFunc(may, func(layer string) bool {
		return ours == layer || slices.Contains(subtrees, layer) && within(ours, layer)
	})
}

func TestModulesAreKnownWhereTheyAreWrapped(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if within(s.folder, "examples") {
			continue // they are programs of others
		}
		for _, p := range s.imports() {
			for confinedModule, folders := range confined {
				known := func(folder string) bool { return within(s.folder, folder) }
				if within(p, confinedModule) && !slices.ContainsFunc(folders, known) {
					t.Errorf("%s imports %s, which only %v may", s.file, p, folders)
				}
			}
		}
	}
}

func TestTheDomainIsPure(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if !within(s.folder, "domain") {
			continue
		}
		for _, p := range s.imports() {
			if ours, ok := strings.CutPrefix(p, module+"/"); ok && within(ours, "domain") {
				continue
			}
			if !slices.Contains(pure, p) {
				t.Errorf("%s imports %s", s.file, p)
			}
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				pkg, _ := selector.X.(*ast.Ident)
				if pkg != nil && pkg.Name == "time" && slices.Contains(clocks, selector.Sel.Name) {
					t.Errorf("%s reads the clock: time.%s", s.file, selector.Sel.Name)
				}
			}
			if _, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s starts a goroutine", s.file)
			}
			return true
		})
	}
}
