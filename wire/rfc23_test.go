package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The tests of this file follow the text of ZMTP 3.0 where it differs from that
// of 3.1: these peers must be served too.

// "A peer MUST accept higher protocol versions as valid. That is, a ZMTP peer
// MUST accept protocol versions greater or equal to 3.0."
// https://rfc.zeromq.org/spec/23/#version-negotiation
func TestRFC23PeerIsServed(t *testing.T) {
	for _, file := range []string{"handshake/rfc23-client", "handshake/rfc23-server"} {
		h := NewHandshake(HandshakeConfig{SocketType: TypeRouter})
		_, err := sent(h, readHex(t, file))
		require.NoError(t, err)
		require.True(t, h.Done())
		require.Equal(t, Version{3, 0}, h.Peer().Version)
		require.True(t, h.Peer().Version.AtLeast(3, 0))
		require.False(t, h.Peer().Version.AtLeast(3, 1), "no SUBSCRIBE commands to this peer")
	}
}

// "Note that to avoid deadlocks, each peer MUST send its READY command before
// attempting to receive a READY from the other peer."
// https://rfc.zeromq.org/spec/23/#the-null-security-mechanism
func TestRFC23ReadyIsNotWaitedFor(t *testing.T) {
	h := NewHandshake(HandshakeConfig{SocketType: TypePush})
	out, err := sent(h, peerGreeting(3, 0, "NULL"))
	require.NoError(t, err)
	require.Equal(t, readyOf(TypePush), parseFrame(t, out[greetingSize:]))
	require.False(t, h.Done())
}

// "A peer MAY start to send messages immediately after sending its metadata."
// https://rfc.zeromq.org/spec/23/#the-null-security-mechanism
func TestRFC23TrafficBehindReady(t *testing.T) {
	octets := readyOf(TypePush).AppendTo(peerGreeting(3, 0, "NULL"))
	stream := AppendMessage(octets, NewMessage("early"))
	h := NewHandshake(HandshakeConfig{})
	n, _, err := h.Receive(stream)
	require.NoError(t, err)
	require.True(t, h.Done())
	events, err := decodeWhole(t, stream[n:], -1)
	require.NoError(t, err)
	require.Equal(t, []event{{frames: []string{"early"}}}, events)
}

// "subscribe = %x00 short-size %d1 subscription"
// "unsubscribe = %x00 short-size %d0 subscription"
// https://rfc.zeromq.org/spec/23/#the-publish-subscribe-pattern
//
// A topic of 255 octets makes a body of 256, which libzmq 4.3 announces in one
// octet (v2_encoder.cpp) and so spoils the connection.
func TestRFC23Subscriptions(t *testing.T) {
	require.Equal(t, "\x00\x03\x01ab", string(AppendMessage(nil, NewMessage("\x01ab"))))
	require.Equal(t, "\x00\x03\x00ab", string(AppendMessage(nil, NewMessage("\x00ab"))))
	topic := append([]byte{1}, make([]byte, 255)...)
	require.Equal(t, []byte{2, 0, 0, 0, 0, 0, 0, 1, 0, 1}, AppendMessage(nil, MessageOf(topic))[:10])
}
