package socket_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// sentinels are all errors of the package that callers test with errors.Is, by name.
var sentinels = map[string]error{
	"ErrClosed": socket.ErrClosed, "ErrWouldBlock": socket.ErrWouldBlock, "ErrNoPeers": socket.ErrNoPeers, "ErrUnroutable": socket.ErrUnroutable,
	"ErrHandedOver": socket.ErrHandedOver, "ErrReleased": socket.ErrReleased, "ErrBadState": socket.ErrBadState, "ErrBadOption": socket.ErrBadOption,
	"ErrIncompatible": socket.ErrIncompatible, "ErrTaken": socket.ErrTaken, "ErrNoIOWorker": socket.ErrNoIOWorker, "ErrTooManySockets": socket.ErrTooManySockets,
	"ErrBadEndpoint": socket.ErrBadEndpoint, "ErrUnknownScheme": socket.ErrUnknownScheme, "ErrAddrInUse": socket.ErrAddrInUse,
	"ErrAddrNotAvailable": socket.ErrAddrNotAvailable, "ErrNoDevice": socket.ErrNoDevice, "ErrNameTooLong": socket.ErrNameTooLong,
	"ErrConnRefused": socket.ErrConnRefused, "ErrConnectTimeout": socket.ErrConnectTimeout, "ErrProxy": socket.ErrProxy,
	"ErrNoAuthenticator":  socket.ErrNoAuthenticator,
	"ErrBadMessage":       socket.ErrBadMessage,
	"ErrNoEndpoint":       socket.ErrNoEndpoint,
	"ErrNotAdmitted":      socket.ErrNotAdmitted,
	"ErrHandshakeTimeout": socket.ErrHandshakeTimeout, "ErrHeartbeatTimeout": socket.ErrHeartbeatTimeout,
}

// TestSentinels wants the table to have every exported sentinel, so that the next test forgets none.
func TestSentinels(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	found := map[string]bool{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		for name, o := range file.Scope.Objects {
			if o.Kind == ast.Var && strings.HasPrefix(name, "Err") {
				found[name] = true
				require.Contains(t, sentinels, name, path)
			}
		}
	}
	require.Len(t, sentinels, len(found))
}

// TestErrorsAreApart wants no two sentinels to be each other, but for ErrNoPeers, which is an ErrWouldBlock, and each to have a text of its own.
func TestErrorsAreApart(t *testing.T) {
	for a, err := range sentinels {
		require.NotEmpty(t, err.Error(), a)
		for b, other := range sentinels {
			require.Equal(t, a == b, err.Error() == other.Error(), "%s and %s: %v", a, b, err)
			if a == b || a == "ErrNoPeers" && b == "ErrWouldBlock" {
				require.ErrorIs(t, err, other)
			} else {
				require.NotErrorIs(t, err, other)
			}
		}
	}
}
