package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the path of the main module.
const module = "github.com/weirmq/weir"

// protoactor is the module that package actor alone may know.
const protoactor = "github.com/asynkron"

// A layer is one row of the arrows: which packages it speaks of, and what these may import beside themselves. An import
// path names itself and all below it; those without a dot are packages of this module. The standard library is free to
// all unless a row denies it.
type layer struct {
	name string   // the package, within the module; packages below it belong to it unless they have a row of their own
	may  []string // what it may import
	deny []string // what it may not, of the standard library
}

// layers are the import arrows, from the bottom up: imports point down only.
var layers = []layer{
	{name: "mailbox", may: []string{"golang.org/x/sync"}},
	{name: "actor", may: []string{"mailbox", protoactor}},
	{name: "supervisor", may: []string{"actor", "mailbox"}},
	{name: "wire", may: []string{"golang.org/x/crypto"}, deny: []string{"net", "os"}},
	{name: "wire/codec", may: []string{"wire", "actor", "mailbox", "golang.org/x/sync"}},
	{name: "transport", may: []string{"golang.org/x/net", "golang.org/x/sys"}},
	{name: "socket", may: []string{
		"mailbox", "actor", "supervisor", "wire", "wire/codec", "transport",
		"golang.org/x/sync", "golang.org/x/crypto", "golang.org/x/net", "golang.org/x/sys",
	}},
	{name: "cmd", may: []string{
		"mailbox", "actor", "supervisor", "wire", "transport", "socket", "golang.org/x", "github.com/spf13",
	}},
	{name: "examples", may: []string{"mailbox", "actor", "supervisor", "wire", "transport", "socket", "golang.org/x"}},
	{name: "internal", may: []string{"golang.org/x/sync"}},
}

// testSupport is what packages of test support may import beyond their layer.
var testSupport = []string{"github.com/stretchr/testify", "go.uber.org/goleak"}

// A pkg is what go list says of one package.
type pkg struct {
	ImportPath   string   // its path, with the module's in front
	Imports      []string // what its own files import
	TestImports  []string // what its tests inside the package import
	XTestImports []string // what its tests outside the package import
	Error        *struct{ Err string }
}

// list runs go list over the main module for one operating system, with build tags.
func list(t *testing.T, goos, tags string) []pkg {
	t.Helper()
	fields := "-json=ImportPath,Imports,TestImports,XTestImports,Error"
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", fields, "-tags", tags, "./...")
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

// under reports whether the import path p is at or below the path at.
func under(p, at string) bool {
	return p == at || strings.HasPrefix(p, at+"/")
}

// layerOf finds the row that speaks of a package, named within the module: the longest name wins.
func layerOf(name string) (found layer, ok bool) {
	for _, l := range layers {
		if under(name, l.name) && len(l.name) > len(found.name) {
			found, ok = l, true
		}
	}
	return found, ok
}

// breach says why a package may not import p; "" when it may.
func breach(name, p string) string {
	own, ok := layerOf(name)
	if !ok {
		return name + " has no row in the table of layers"
	}
	may := own.may
	if strings.HasSuffix(path.Base(name), "test") {
		may = slices.Concat(may, testSupport)
	}
	target, inModule := strings.CutPrefix(p, module+"/")
	switch {
	case inModule:
		theirs, _ := layerOf(target)
		if theirs.name == own.name || slices.Contains(may, theirs.name) {
			return ""
		}
	case !strings.Contains(strings.Split(p, "/")[0], "."): // the standard library
		if !slices.ContainsFunc(own.deny, func(d string) bool { return under(p, d) }) {
			return ""
		}
	case slices.ContainsFunc(may, func(m string) bool { return under(p, m) }):
		return ""
	}
	return name + " must not import " + p
}

// TestImports holds every package to its row, on every operating system and with the build tags in use.
func TestImports(t *testing.T) {
	var wrong []string
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, p := range list(t, goos, "invariants") {
			name, ok := strings.CutPrefix(p.ImportPath, module+"/")
			require.True(t, ok, "the root has no package")
			for _, i := range p.Imports {
				if why := breach(name, i); why != "" && !slices.Contains(wrong, why) {
					wrong = append(wrong, why)
				}
			}
			if under(name, "actor") {
				continue
			}
			for _, i := range slices.Concat(p.TestImports, p.XTestImports) {
				require.False(t, under(i, protoactor), "tests of %s must not import %s", name, i)
			}
		}
	}
	require.Empty(t, wrong)
}

// TestBreach makes sure that the check can fail, and does so where it must.
func TestBreach(t *testing.T) {
	allowed := [][2]string{
		{"mailbox", "golang.org/x/sync/errgroup"},
		{"actor", protoactor + "/protoactor-go/actor"},
		{"actor/internal/deep", module + "/actor"},
		{"actor/actortest", "github.com/stretchr/testify/require"},
		{"supervisor", module + "/actor/actortest"},
		{"wire", "crypto/rand"},
		{"wire/codec", "net"},
		{"wire/codec", module + "/wire"},
		{"transport", "net"},
		{"transport/pgm", module + "/transport"},
		{"socket", module + "/wire/codec"},
		{"examples/pipeline", module + "/socket"},
	}
	for _, a := range allowed {
		require.Empty(t, breach(a[0], a[1]))
	}
	forbidden := [][2]string{
		{"mailbox", module + "/actor"},
		{"mailbox", "golang.org/x/synctest"},
		{"mailbox", protoactor + "/protoactor-go/actor"},
		{"actor", module + "/supervisor"},
		{"actor", "github.com/stretchr/testify/require"},
		{"supervisor", module + "/wire"},
		{"wire", "net"},
		{"wire", "net/netip"},
		{"wire", "os"},
		{"wire", module + "/wire/codec"},
		{"wire/codec", module + "/transport"},
		{"transport", module + "/wire"},
		{"transport", module + "/actor"},
		{"socket", protoactor + "/protoactor-go/actor"},
		{"socket", module + "/examples/pipeline"},
		{"examples/pipeline", protoactor + "/protoactor-go/actor"},
		{"util", "fmt"},
	}
	for _, f := range forbidden {
		require.NotEmpty(t, breach(f[0], f[1]), "%s -> %s", f[0], f[1])
	}
}
