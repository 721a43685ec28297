package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the doc of an option says, whatever else it says.
var (
	saysDefault = regexp.MustCompile(`\bDefaults? |\bDefault:|, the default[,.]|The default |default none`)
	saysOrigin  = regexp.MustCompile(`(?i)zmq_[a-z]|libzmq`)
	saysUnit    = regexp.MustCompile(`\b(bytes?|messages|kilobits|connections|networks|probes|I/O actors|sockets)\b`)
	saysTime    = regexp.MustCompile(`libzmq takes whole milliseconds|ZMQ_[A-Z_]+, in seconds`)
	saysRange   = regexp.MustCompile(`Range |Range:|\d (byte )?or more|\d+ to \d+|[Uu]p to \d+|\b(32 bytes, or 40)|any text|any there are|host:port`)
)

// unitless are the options whose value is a number or text without a unit.
var unitless = []string{
	"Affinity", "CurvePublicKey", "CurveSecretKey", "CurveServerKey", "IPCFilterGID", "IPCFilterPID", "IPCFilterUID", "Metadata", "MonitorType", "MonitorVersion",
	"Priority", "ReconnectStop", "RouterNotify", "SocksProxy", "TCPAcceptFilter", "TypeOfService",
}

// TestOptionDocs wants the doc of each option, of a socket, a Connect, a runtime, a monitor or a proxy, to say what libzmq calls it, or that it has none; what
// its default is; and, where it takes a number, a time or text, its range and its unit: of a time the one that libzmq has, since ours are Go's.
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
				switch unit := saysUnit; {
				case slices.Contains(unitless, f.Name.Name):
				case timed(f):
					unit = saysTime
					fallthrough
				default:
					require.Regexp(t, unit, doc, "%s: its unit", f.Name)
				}
			}
		}
	}
	require.Greater(t, seen, 85)
}

// makesOption says whether f returns an option of any kind.
func makesOption(f *ast.FuncDecl) bool {
	if f.Type.Results == nil || len(f.Type.Results.List) != 1 {
		return false
	}
	result, ok := f.Type.Results.List[0].Type.(*ast.Ident)
	return ok && strings.HasSuffix(result.Name, "Option")
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
			if !slices.Contains([]string{"bool", "Trace", "Option", "Authenticator", "Sender", "Socket"}, typ.Name) {
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

// timed says whether f takes a time.
func timed(f *ast.FuncDecl) bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		typ, ok := p.Type.(*ast.SelectorExpr)
		return ok && typ.Sel.Name == "Duration"
	})
}
