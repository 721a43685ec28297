package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// peerGreeting returns a complete greeting.
func peerGreeting(major, minor byte, mechanism string) []byte {
	g := make([]byte, greetingSize)
	g[0], g[9], g[10], g[11] = 0xFF, 0x7F, major, minor
	copy(g[12:32], mechanism)
	return g
}

// peerSays returns what a peer of ZMTP 3.1 over NULL sends if its handshake
// consists of the given commands.
func peerSays(commands ...Command) []byte {
	b := peerGreeting(3, 1, "NULL")
	for _, c := range commands {
		b = c.AppendTo(b)
	}
	return b
}

// readyOf returns the READY of a socket type.
func readyOf(socketType string) Ready {
	return Ready{Metadata: Metadata{{PropertySocketType, socketType}}}
}

// sent returns all that h sends to a peer that says octets, and the error.
func sent(h *Handshake, octets []byte) ([]byte, error) {
	out := h.Start()
	_, more, err := h.Receive(octets)
	return append(out, more...), err
}

// TestHandshakeInPieces cuts a conversation at random: the result must not
// depend on it, and nothing behind the handshake may be taken.
func TestHandshakeInPieces(t *testing.T) {
	cfg := HandshakeConfig{SocketType: TypeRouter, Identity: []byte("us")}
	octets := peerSays(Ready{Metadata: Metadata{{"Socket-Type", "DEALER"}, {"X-Long", strings.Repeat("x", 500)}}})
	stream := append(bytes.Clone(octets), 0, 1, 'm')
	whole := NewHandshake(cfg)
	want, err := sent(whole, stream)
	require.NoError(t, err)
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		h := NewHandshake(cfg)
		got, total := h.Start(), 0
		for rest := stream; len(rest) > 0; {
			piece := 1 + rnd.IntN(min(len(rest), 1+rnd.IntN(200)))
			n, out, err := h.Receive(rest[:piece])
			require.NoError(t, err)
			got = append(got, out...)
			total += n
			require.Equal(t, total == len(octets), h.Done())
			rest = rest[piece:]
		}
		require.Equal(t, len(octets), total)
		require.Equal(t, want, got)
		require.Equal(t, whole.Peer(), h.Peer())
	}
}

// TestHandshakePeer checks what is found out about a peer.
func TestHandshakePeer(t *testing.T) {
	m := Metadata{{"X-First", "1"}, {"socket-type", "DEALER"}, {"IDENTITY", "other"}, {"Identity", "me"}}
	h := NewHandshake(HandshakeConfig{})
	require.Equal(t, Peer{}, h.Peer())
	_, err := sent(h, peerSays(Ready{Metadata: m}))
	require.NoError(t, err)
	require.Nil(t, h.buf, "nothing is held for longer")
	require.Equal(t, Peer{
		Version:    Version{3, 1},
		Mechanism:  "NULL",
		SocketType: "DEALER",
		Identity:   []byte("me"),
		Metadata:   m,
	}, h.Peer())
}

// TestHandshakeAccepts checks when a peer's socket type is judged, and that a
// wrong one gets no ERROR but is closed, as by libzmq.
func TestHandshakeAccepts(t *testing.T) {
	var asked []string
	cfg := HandshakeConfig{SocketType: TypePush, Accepts: func(peerType string) bool {
		asked = append(asked, peerType)
		return peerType == TypePull
	}}
	good, err := sent(NewHandshake(cfg), peerSays(readyOf(TypePull)))
	require.NoError(t, err)
	h := NewHandshake(cfg)
	bad, err := sent(h, peerSays(readyOf("pull")))
	require.EqualError(t, err, `a PUSH socket does not work with the peer's type "pull" (37/ZMTP)`)
	require.False(t, h.Done())
	require.Equal(t, good, bad)

	h = NewHandshake(cfg)
	_, err = sent(h, peerSays(Ready{}))
	require.NoError(t, err, "a peer that does not tell is welcome")
	require.True(t, h.Done())
	require.Empty(t, h.Peer().SocketType)
	require.Equal(t, []string{"PULL", "pull"}, asked)
}

// TestHandshakeTwice has the peer tell a property twice, in upper and lower
// case: each of its types has to fit, as libzmq wants it, and of its identities
// the last counts. Who looks a property up finds the first.
func TestHandshakeTwice(t *testing.T) {
	accepts := func(peerType string) bool { return peerType == TypeDealer || peerType == TypeReq }
	for _, types := range [][]string{{"PULL", "DEALER"}, {"DEALER", "PULL"}, {"DEALER", "REQ", "dealer"}, {"REQ", ""}} {
		var m Metadata
		for _, socketType := range types {
			m = append(m, Property{PropertySocketType, socketType})
		}
		_, err := sent(NewHandshake(HandshakeConfig{SocketType: TypeRouter, Accepts: accepts}), peerSays(Ready{Metadata: m}))
		require.ErrorAs(t, err, new(*ProtocolError), "%q", types)
	}
	m := Metadata{{"Socket-Type", "REQ"}, {"Identity", "one"}, {"SOCKET-TYPE", "DEALER"}, {"identity", "two"}}
	h := NewHandshake(HandshakeConfig{SocketType: TypeRouter, Accepts: accepts})
	_, err := sent(h, peerSays(Ready{Metadata: m}))
	require.NoError(t, err)
	require.Equal(t, "REQ", h.Peer().SocketType)
	require.Equal(t, "two", string(h.Peer().Identity))
	require.Equal(t, m, h.Peer().Metadata)
	_, err = sent(NewHandshake(HandshakeConfig{}), peerSays(Ready{Metadata: Metadata{{"Identity", strings.Repeat("i", 256)}, {"Identity", "two"}}}))
	require.ErrorContains(t, err, "256 octets", "each is looked at")
}

// TestHandshakeWithoutCommandFlag has the peer send its READY as a message,
// which libzmq accepts.
func TestHandshakeWithoutCommandFlag(t *testing.T) {
	body := append([]byte("\x05READY"), Metadata{{"Socket-Type", "PULL"}}.AppendTo(nil)...)
	for _, flags := range []Flags{0, More, Large, CommandFrame | Large, 0xF8 | CommandFrame} {
		h := NewHandshake(HandshakeConfig{})
		_, err := sent(h, append(AppendHeader(peerSays(), flags, len(body)), body...))
		require.NoError(t, err)
		require.True(t, h.Done())
		require.Equal(t, "PULL", h.Peer().SocketType)
	}
}

// TestHandshakeFailures plays what ends a handshake, and checks that the end is
// final.
func TestHandshakeFailures(t *testing.T) {
	for name, octets := range map[string][]byte{
		"unversioned":            {0x01},
		"HTTP":                   []byte("GET / HTTP/1.1\r\n"),
		"unversioned, long":      {0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x00},
		"versioned 1.0":          peerGreeting(0, 0, ""),
		"long identity of 2.0":   AppendHeader(peerGreeting(1, 8, "")[:12], 0, 256),
		"endless one":            AppendHeader(peerGreeting(1, 8, "")[:12], 0, 1<<62),
		"other mechanism":        peerGreeting(3, 1, "PLAIN"),
		"longer mechanism":       peerGreeting(3, 1, "NULLS"),
		"octets behind the name": peerGreeting(3, 1, "NULL\x00\x00X"),
		"no mechanism":           peerGreeting(3, 1, ""),
		"unknown command":        peerSays(Unknown{Name: "HELLO"}),
		"known but misplaced":    peerSays(Subscribe{}),
		"ERROR":                  peerSays(Error{Reason: "400"}),
		"no command":             append(peerSays(), 4, 0),
		"malformed metadata":     append(peerSays(), "\x04\x07\x05READY\x01"...),
		"long identity":          peerSays(Ready{Metadata: Metadata{{"Identity", strings.Repeat("i", 256)}}}),
		"large frame":            AppendHeader(peerSays(), CommandFrame, handshakeLimit+1),
		"endless frame":          AppendHeader(peerSays(), CommandFrame, 1<<62),
		"impossible frame":       append(peerSays(), 6, 0x80, 0, 0, 0, 0, 0, 0, 0),
	} {
		h := NewHandshake(HandshakeConfig{SocketType: TypePull})
		_, err := sent(h, octets)
		require.ErrorAs(t, err, new(*ProtocolError), name)
		require.False(t, h.Done(), name)
		n, out, again := h.Receive(peerSays(readyOf(TypePush)))
		require.Equal(t, err, again, name)
		require.Zero(t, n, name)
		require.Empty(t, out, name)
		require.LessOrEqual(t, cap(h.buf), 2*len(octets)+greetingSize, "%s: memory on a header's word", name)
	}
}

// TestHandshakeMaxCommand checks each limit of a handshake's frames.
func TestHandshakeMaxCommand(t *testing.T) {
	for _, c := range []struct{ limit, size int64 }{
		{0, handshakeLimit}, {-1, handshakeLimit}, {1 << 40, handshakeLimit}, {handshakeLimit - 1, handshakeLimit - 1}, {64, 64}, {1, 1},
	} {
		for _, over := range []int64{0, 1} {
			h := NewHandshake(HandshakeConfig{MaxCommand: c.limit})
			_, err := sent(h, AppendHeader(peerSays(), CommandFrame|Large, int(c.size+over)))
			require.Equal(t, over == 1, err != nil, "limit %d, size %d", c.limit, c.size+over)
		}
	}
}

// TestHandshakeMemoryFollowsTheOctets checks that the largest frame takes room
// only as it comes.
func TestHandshakeMemoryFollowsTheOctets(t *testing.T) {
	h := NewHandshake(HandshakeConfig{})
	_, err := sent(h, AppendHeader(peerSays(), CommandFrame, handshakeLimit))
	require.NoError(t, err)
	for got := range handshakeLimit - 1 {
		_, _, err = h.Receive([]byte{0})
		require.NoError(t, err)
		require.LessOrEqual(t, cap(h.buf), 2*(got+largeHeader)+2*greetingSize)
	}
}

// TestHandshakeConfigValidate checks what of our own has no place on the wire.
func TestHandshakeConfigValidate(t *testing.T) {
	for name, cfg := range map[string]HandshakeConfig{
		"identity":        {Identity: make([]byte, 256)},
		"property":        {Properties: Metadata{{"", ""}}},
		"own Socket-Type": {Properties: Metadata{{"socket-type", "PUSH"}}},
		"own Identity":    {Properties: Metadata{{"Identity", "x"}}},
		"size":            {Properties: Metadata{{"X-Long", strings.Repeat("x", handshakeLimit)}}},
		"mechanism":       {Mechanism: misnamed{Null()}},
	} {
		err := cfg.Validate()
		require.Error(t, err, name)
		require.False(t, errors.As(err, new(*ProtocolError)), "%s: not the peer's fault", name)
		h := NewHandshake(cfg)
		require.Nil(t, h.Start(), name)
		n, out, again := h.Receive(peerSays())
		require.Equal(t, err, again, name)
		require.Zero(t, n, name)
		require.Nil(t, out, name)
		require.False(t, h.Done(), name)
	}
	require.NoError(t, HandshakeConfig{}.Validate())
	require.NoError(t, HandshakeConfig{Identity: make([]byte, 255), Properties: Metadata{{"X-Ok", "yes"}}}.Validate())
}

// misnamed is a mechanism whose name does not fit into a greeting.
type misnamed struct{ Mechanism }

// Name returns 21 octets.
func (misnamed) Name() string { return strings.Repeat("N", mechanismSize+1) }

// TestHandshakeSendsProperties checks the order of our metadata.
func TestHandshakeSendsProperties(t *testing.T) {
	cfg := HandshakeConfig{SocketType: TypeReq, Properties: Metadata{{"X-B", "2"}, {"X-A", "1"}}}
	out, err := sent(NewHandshake(cfg), peerSays())
	require.NoError(t, err)
	require.Equal(t, Ready{Metadata: Metadata{{"Socket-Type", "REQ"}, {"Identity", ""}, {"X-B", "2"}, {"X-A", "1"}}},
		parseFrame(t, out[greetingSize:]))
}

// TestSignatureCarriesIdentityLength checks the padding, which peers of ZMTP
// 1.0 read as a frame header.
func TestSignatureCarriesIdentityLength(t *testing.T) {
	for _, n := range []int{0, 1, 255} {
		b := NewHandshake(HandshakeConfig{SocketType: TypePush, Identity: make([]byte, n)}).Start()
		require.Equal(t, uint64(n)+1, binary.BigEndian.Uint64(b[1:9]))
	}
}

// TestHandshakeNeeds reads no more at once than the handshake says that it needs: it gets on with each read, and ends with the last octet of its own.
func TestHandshakeNeeds(t *testing.T) {
	peers := map[string]string{"NULL": string(peerSays(Ready{Metadata: Metadata{{"Socket-Type", "DEALER"}, {"X-Long", strings.Repeat("x", 500)}}}))}
	for name, peer := range oldPeers {
		peers[name] = peer.says
	}
	for name, says := range peers {
		h := NewHandshake(HandshakeConfig{SocketType: TypeRouter, ZMTP1: true})
		rest, reads := says+"traffic", 0
		for ; !h.Done(); reads++ {
			needs := h.Needs()
			require.Positive(t, needs, name)
			n, _, err := h.Receive([]byte(rest[:needs]))
			require.NoError(t, err, name)
			require.Equal(t, needs, n, name)
			rest = rest[n:]
		}
		require.Equal(t, "traffic", rest, name)
		require.LessOrEqual(t, reads, 7, name)
	}
}
