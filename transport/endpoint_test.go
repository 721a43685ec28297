package transport

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestParse cuts endpoints in two and refuses halves.
func TestParse(t *testing.T) {
	good := map[string]Endpoint{
		"tcp://127.0.0.1:5555":        {"tcp", "127.0.0.1:5555"},
		"tcp://not checked here":      {"tcp", "not checked here"},
		"ipc:///tmp/a://b":            {"ipc", "/tmp/a://b"},
		"inproc://anything at all://": {"inproc", "anything at all://"},
	}
	for s, want := range good {
		got, err := Parse(s)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, s, got.String())
	}
	for _, s := range []string{"", "tcp", "tcp:", "tcp:/", "tcp://", "://", "://x", "foo", "127.0.0.1:5555", "TCP://"} {
		_, err := Parse(s)
		require.ErrorIs(t, err, ErrSyntax, "%q", s)
	}
	for _, s := range []string{"TCP://127.0.0.1:1", "Tcp://127.0.0.1:1", "http://a:1", " tcp://a:1", "norm://a:1"} {
		_, err := Parse(s)
		require.ErrorIs(t, err, ErrScheme, "%q", s)
		require.ErrorContains(t, err, "tcp, ", "the text must say which schemes there are")
	}
}

// TestZeroEndpoint wants the zero value to be refused everywhere.
func TestZeroEndpoint(t *testing.T) {
	var zero Endpoint
	require.Empty(t, zero.String())
	require.ErrorIs(t, CheckBind(zero), ErrSyntax)
	require.ErrorIs(t, CheckConnect(zero), ErrSyntax)
	_, err := Dial(t.Context(), zero, Options{})
	require.ErrorIs(t, err, ErrSyntax)
	_, err = Listen(t.Context(), zero, Options{})
	require.ErrorIs(t, err, ErrSyntax)
}

// TestUnknownScheme wants a made-up endpoint to be refused everywhere.
func TestUnknownScheme(t *testing.T) {
	odd := Endpoint{Scheme: "pigeon", Address: "loft"}
	require.ErrorIs(t, CheckBind(odd), ErrScheme)
	require.ErrorIs(t, CheckConnect(odd), ErrScheme)
	_, err := Dial(t.Context(), odd, Options{})
	require.ErrorIs(t, err, ErrScheme)
	_, err = Listen(t.Context(), odd, Options{})
	require.ErrorIs(t, err, ErrScheme)
}

// TestInproc wants inproc to be known by name, and to have no connections.
func TestInproc(t *testing.T) {
	ep, err := Parse("inproc://\x00 any name")
	require.NoError(t, err)
	require.NoError(t, CheckBind(ep))
	require.NoError(t, CheckConnect(ep))
	_, err = Dial(t.Context(), ep, Options{})
	require.ErrorIs(t, err, ErrScheme)
	_, err = Listen(t.Context(), ep, Options{})
	require.ErrorIs(t, err, ErrScheme)
}

// TestTable wants rows that are whole, and schemes that are listed once.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range Transports() {
		require.False(t, seen[row.Scheme])
		seen[row.Scheme] = true
		require.Equal(t, strings.ToLower(row.Scheme), row.Scheme)
		require.NotEmpty(t, row.Wildcard)
		require.Contains(t, Schemes(), row.Scheme)
	}
	require.Len(t, Schemes(), len(seen)+len(connectionless()))
	require.Contains(t, Schemes(), Inproc)
}

// FuzzEndpoint feeds any text to everything that reads endpoints without opening a socket: nothing panics, what is
// taken apart goes together again, and what the checks refuse is not dialed or bound.
func FuzzEndpoint(f *testing.F) {
	for _, s := range []string{
		"tcp://*:*", "tcp://[::1%lo]:5", "tcp://a:1;b:2", "ipc://@x", "ipc://*", "inproc://x", "tcp://[", "tcp://]:1",
		"tcp://[]:1", "x://y", "tcp://::::", "tcp://;:1", "ipc://@",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ep, err := Parse(s)
		if err != nil {
			require.Zero(t, ep)
			return
		}
		require.Equal(t, s, ep.String())
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := CheckConnect(ep); err != nil {
			_, got := Dial(ended, ep, Options{})
			require.EqualError(t, got, err.Error())
		}
		if err := CheckBind(ep); err != nil {
			_, got := Listen(ended, ep, Options{})
			require.EqualError(t, got, err.Error())
		}
	})
}
