package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the doc of an option says, whatever else it says.
var (
	saysDefault = regexp.MustCompile(`\bDefaults? |\bDefault:|, the default[,.]|The default |default none`)
	saysOrigin  = regexp.MustCompile(`ZMQ_[A-Z]|libzmq`)
	saysRange   = regexp.MustCompile(`Range |Range:|\d (byte )?or more|\d+ to \d+|[Uu]p to \d+|\b(32 bytes, or 40)|any text|any there are|host:port`)
)

// TestOptionDocs wants the doc of each option of a socket, or of a Connect, to say what libzmq calls it, or that it has none; what its default is; and, where it
// takes a number, a time or text, its range.
func TestOptionDocs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(t), "socket", "*.go"))
	require.NoError(t, err)
	seen := 0
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || !makesOption(f) {
				continue
			}
			seen++
			doc := strings.Join(strings.Fields(f.Doc.Text()), " ")
			require.Regexp(t, saysDefault, doc, "%s: its default", f.Name)
			require.Regexp(t, saysOrigin, doc, "%s: libzmq's name for it", f.Name)
			if ranged(f) {
				require.Regexp(t, saysRange, doc, "%s: its range", f.Name)
			}
		}
	}
	require.Greater(t, seen, 70)
}

// makesOption says whether f returns an option of a socket or of an endpoint.
func makesOption(f *ast.FuncDecl) bool {
	if f.Type.Results == nil || len(f.Type.Results.List) != 1 {
		return false
	}
	result, ok := f.Type.Results.List[0].Type.(*ast.Ident)
	return ok && (result.Name == "Option" || result.Name == "EndpointOption")
}

// ranged says whether f takes a value that may be out of range: neither a bool, nor a function, nor a value of a type of the package's that says it all.
func ranged(f *ast.FuncDecl) bool {
	for _, p := range f.Type.Params.List {
		typ := p.Type
		if many, ok := typ.(*ast.Ellipsis); ok {
			typ = many.Elt
		}
		switch typ := typ.(type) {
		case *ast.Ident:
			if typ.Name != "bool" && typ.Name != "Trace" {
				return true
			}
		case *ast.SelectorExpr:
			if typ.Sel.Name == "Duration" {
				return true
			}
		}
	}
	return false
}
