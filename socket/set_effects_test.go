package socket_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// Of every option that there is: when it takes effect where Set changes it, and that it does. The rows are in set_rows_test.go; a new option wants one.

// A moment is when an option that is set takes effect.
type moment int

const (
	atOnce moment = iota + 1 // for endpoints there are too
	later                    // for endpoints that are bound or connected from then on, and for no others
	never                    // Set refuses it
)

// A setRow is one option, and how it is shown: by another test, which is named, or by what somebody at an endpoint sees.
type setRow struct {
	when moment
	test string

	typ        string // a type that has it
	base, opts []socket.Option
	runtime    []socket.RuntimeOption
	open       func(*setScene, *socket.Any) *setPlace // makes an endpoint; nil for one that is bound over tcp
	look       func(*setScene, *setPlace) string      // what is seen there; it may be called again
	fake       bool                                   // time is
}

// A setPlace is an endpoint of a socket, and what it takes to get there.
type setPlace struct {
	s   *socket.Any
	ep  *socket.Endpoint
	via any // what its look needs to know
}

// A setScene is where a row is shown.
type setScene struct {
	t      *testing.T
	ctx    context.Context
	rt     *socket.Runtime
	events chan socket.Event
}

// newSetScene makes one.
func newSetScene(t *testing.T, opts ...socket.RuntimeOption) *setScene {
	t.Helper()
	c := &setScene{t: t, ctx: within(t), events: make(chan socket.Event, 1<<14)}
	c.rt = newRuntime(t, append(opts, socket.WithEvents(func(e socket.Event) { c.events <- e }))...)
	return c
}

// socket makes a socket of a type.
func (c *setScene) socket(typ string, opts ...socket.Option) *socket.Any {
	c.t.Helper()
	s, err := socket.Open(c.rt, typ, opts...)
	require.NoError(c.t, err)
	return s
}

// next is the next event at a place of one of the kinds; the others are passed over.
func (c *setScene) next(p *setPlace, kinds ...socket.EventKind) socket.Event {
	c.t.Helper()
	for {
		select {
		case e := <-c.events:
			for _, kind := range kinds {
				if e.Kind == kind && e.Socket == p.s.String() && e.Endpoint == p.ep.String() {
					return e
				}
			}
		case <-c.ctx.Done():
			require.FailNow(c.t, "no such event", "%s %s: %v", p.s, p.ep, kinds)
		}
	}
}

// show looks at an endpoint before and after Set, and at one that is made after it. Where the option has taken effect that is what is seen of a socket that
// was made with it.
func (row setRow) show(c *setScene) {
	if row.open == nil {
		row.open = boundOverTCP
	}
	s, made := c.socket(row.typ, row.base...), c.socket(row.typ, append(slices.Clip(row.base), row.opts...)...)
	old := row.open(c, s)
	was, is := row.look(c, old), row.look(c, row.open(c, made))
	require.NotEqual(c.t, was, is, "the option cannot be seen")
	require.NoError(c.t, s.Set(c.ctx, row.opts...))
	for len(c.events) > 0 {
		<-c.events // of before
	}
	want := is
	if row.when == later {
		want = was
	}
	require.Equal(c.t, want, row.look(c, old), "at the endpoint that was there")
	require.Equal(c.t, is, row.look(c, row.open(c, s)), "at one made after it")
}

// TestSetTakesEffect goes through all options. (libzmq: zmq_setsockopt)
func TestSetTakesEffect(t *testing.T) {
	tests, rows := testNames(t), setRows(t)
	options, _ := optionsAndSet(t)
	require.Greater(t, len(options), 75)
	for _, name := range options {
		row, ok := rows[name]
		switch {
		case !ok:
			require.Fail(t, "say when Set("+name+") takes effect, and show that it does")
		case row.test != "":
			require.Contains(t, tests, row.test, name)
		case row.look == nil: // the system lacks it
		case row.fake:
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { row.show(newSetScene(t, row.runtime...)) })
			})
		default:
			t.Run(name, func(t *testing.T) { row.show(newSetScene(t, row.runtime...)) })
		}
	}
	require.Len(t, rows, len(options), "a row without an option")
}

// TestSetSaysWhen wants the doc of Set to name the options that take effect at once, and those it refuses, and no others.
func TestSetSaysWhen(t *testing.T) {
	options, doc := optionsAndSet(t)
	rows := setRows(t)
	for _, name := range options {
		says := regexp.MustCompile(`\b`+name+`\b`).MatchString(doc) || strings.HasPrefix(name, "XPub") && strings.Contains(doc, "all that begin with XPub")
		require.Equal(t, rows[name].when != later, says, name)
	}
}

// optionsAndSet reads from the source what makes an option, and the doc of Set.
func optionsAndSet(t *testing.T) (names []string, doc string) {
	t.Helper()
	for _, f := range functions(t, false) {
		if f.Name.Name == "Set" && f.Recv != nil {
			doc = strings.Join(strings.Fields(f.Doc.Text()), " ")
		}
		if f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil || len(f.Type.Results.List) != 1 {
			continue
		}
		if result, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && result.Name == "Option" {
			names = append(names, f.Name.Name)
		}
	}
	return names, doc
}

// testNames are the tests of this package.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, f := range functions(t, true) {
		names[f.Name.Name] = true
	}
	return names
}

// functions are those of the package's files, or of its tests.
func functions(t *testing.T, tests bool) (all []*ast.FuncDecl) {
	t.Helper()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") != tests {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				all = append(all, f)
			}
		}
	}
	return all
}
