package transport_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/transport/transporttest"
)

// A nameServer answers questions of DNS with one address, or with none: then the name does not exist. https://www.rfc-editor.org/rfc/rfc1035#section-4
type nameServer struct {
	mu     sync.Mutex
	answer netip.Addr // guarded by mu
	asked  int        // guarded by mu: questions so far
	loops  sync.WaitGroup
}

// newNameServer has a server answer all that the package looks up, until the test ends.
func newNameServer(t *testing.T) *nameServer {
	t.Helper()
	n := &nameServer{}
	transport.SetResolver(t, &net.Resolver{PreferGo: true, Dial: n.dial})
	t.Cleanup(n.loops.Wait)
	return n
}

// set changes the answer.
func (n *nameServer) set(to netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer = to
}

// questions is how many there were.
func (n *nameServer) questions() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

// dial is a connection to the server. It is a stream, so each message has its length in front.
func (n *nameServer) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	n.loops.Go(func() { n.serveLoop(theirs) })
	return ours, nil
}

// serveLoop answers until the other side closes.
func (n *nameServer) serveLoop(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, question); err != nil {
			return
		}
		reply := n.reply(question)
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// reply makes the answer to one question.
func (n *nameServer) reply(question []byte) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	end := 12 // of the question: its name, in labels up to an empty one, its type and its class
	for question[end] != 0 {
		end += 1 + int(question[end])
	}
	end += 5
	reply := append([]byte(nil), question[:end]...)
	reply[2], reply[3] = 0x81, 0x80 // a reply, recursion wanted and available
	copy(reply[6:12], make([]byte, 6))
	if !n.answer.IsValid() {
		reply[3] |= 3 // there is no such name
		return reply
	}
	reply[7] = 1                                                        // one answer
	reply = append(reply, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0x0E, 0x10, 0, 4) // that name, an A, good for an hour
	return append(reply, n.answer.AsSlice()...)
}

// TestTCPResolvesAtEachAttempt wants a name to be looked up by each dial, however long the answer before was good for.
func TestTCPResolvesAtEachAttempt(t *testing.T) {
	server := newNameServer(t)
	ln := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	port := ln.Endpoint()[strings.LastIndexByte(ln.Endpoint(), ':'):]
	for attempt := range 2 {
		asked := server.questions()
		server.set(netip.Addr{})
		_, err := transporttest.Dial(t, "tcp://weir.example"+port, transport.Options{})
		var unresolved *net.DNSError
		require.ErrorAs(t, err, &unresolved, "attempt %d", attempt)
		require.True(t, unresolved.IsNotFound)
		require.Greater(t, server.questions(), asked)

		asked = server.questions()
		server.set(netip.MustParseAddr("127.0.0.1"))
		conn, err := transporttest.Dial(t, "tcp://weir.example"+port, transport.Options{})
		require.NoError(t, err, "attempt %d", attempt)
		accepted, err := ln.Accept()
		require.NoError(t, err)
		require.NoError(t, errors.Join(accepted.Close(), conn.Close()))
		require.Greater(t, server.questions(), asked)
	}
}

// TestTCPBindResolvesAtEachAttempt wants the same of a name to bind.
func TestTCPBindResolvesAtEachAttempt(t *testing.T) {
	server := newNameServer(t)
	at, err := transport.Parse("tcp://weir.example:*")
	require.NoError(t, err)
	_, err = transport.Listen(t.Context(), at, transport.Options{})
	require.ErrorIs(t, err, transport.ErrNoDevice)
	server.set(netip.MustParseAddr("127.0.0.1"))
	require.Equal(t, "tcp://127.0.0.1", endpointOf(t, at.String(), transport.Options{}))
	server.set(netip.MustParseAddr(unrouted))
	_, err = transport.Listen(t.Context(), at, transport.Options{})
	require.ErrorIs(t, err, transport.ErrAddrNotAvailable)
}
