package wire

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tests of this file follow the text of ZMTP 3.1, one for each sentence
// that this package can obey or break. The links lead to the sections.

// "after making or receiving a connection, the peer SHALL send to the other a
// partial greeting sufficient to trigger version detection."
// https://rfc.zeromq.org/spec/37/#version-negotiation
func TestRFC37PartialGreeting(t *testing.T) {
	h := NewHandshake(HandshakeConfig{})
	start := h.Start()
	require.Equal(t, byte(0xFF), start[0])
	require.Equal(t, byte(0x7F), start[9])
	_, out, err := h.Receive(peerGreeting(3, 1, "NULL")[:10])
	require.NoError(t, err)
	require.Equal(t, []byte{3}, out)
}

// "A peer SHALL NOT assign any significance to the padding field and MUST NOT
// validate this nor interpret it in any way whatsoever."
// https://rfc.zeromq.org/spec/37/#version-negotiation
func TestRFC37PaddingIsNotLookedAt(t *testing.T) {
	want, err := sent(NewHandshake(HandshakeConfig{}), peerSays(readyOf(TypePull)))
	require.NoError(t, err)
	for _, octet := range []byte{0, 1, 0x7F, 0x80, 0xFF} {
		octets := peerSays(readyOf(TypePull))
		copy(octets[1:9], bytes.Repeat([]byte{octet}, 8))
		h := NewHandshake(HandshakeConfig{})
		got, err := sent(h, octets)
		require.NoError(t, err)
		require.True(t, h.Done())
		require.Equal(t, want, got)
	}
}

// "A peer MUST accept higher protocol versions as valid. That is, a ZMTP peer
// MUST accept protocol versions greater or equal to 3.1."
//
// "A peer SHALL always use its own protocol (including framing) when talking to
// an equal or higher protocol peer."
// https://rfc.zeromq.org/spec/37/#version-negotiation
func TestRFC37HigherVersions(t *testing.T) {
	want, err := sent(NewHandshake(HandshakeConfig{}), peerSays())
	require.NoError(t, err)
	require.Equal(t, []byte{3, 1}, want[10:12])
	for _, v := range []Version{{3, 1}, {3, 2}, {3, 255}, {4, 0}, {255, 255}} {
		h := NewHandshake(HandshakeConfig{})
		got, err := sent(h, readyOf(TypePull).AppendTo(peerGreeting(v.Major, v.Minor, "NULL")))
		require.NoError(t, err)
		require.True(t, h.Done())
		require.Equal(t, v, h.Peer().Version)
		require.True(t, h.Peer().Version.AtLeast(3, 1))
		require.Equal(t, want, got)
	}
}

// "If a peer cannot downgrade its protocol to match its peer, it MUST close the
// connection."
// https://rfc.zeromq.org/spec/37/#version-negotiation
//
// "An implementation MUST guard against downgrade attacks, which may take the
// form of crafting a ZMTP 1.0 or 2.0 protocol header, or asking for a less
// secure mechanism than the application has requested."
// https://rfc.zeromq.org/spec/37/#security-considerations
func TestRFC37LowerVersions(t *testing.T) {
	for _, c := range []struct {
		major  byte
		cfg    HandshakeConfig
		reason string
	}{
		{0, HandshakeConfig{}, "the peer speaks ZMTP 1.0, at least 2.0 is needed"},
		{0, HandshakeConfig{Mechanism: &rounds{}, ZMTP1: true}, "the peer speaks ZMTP 1.0, which has no security"},
		{1, HandshakeConfig{Mechanism: &rounds{}, ZMTP1: true}, "the peer speaks ZMTP 2.0, which has no security"},
	} {
		h := NewHandshake(c.cfg)
		out, err := sent(h, peerGreeting(c.major, 0, ""))
		var protocol *ProtocolError
		require.ErrorAs(t, err, &protocol)
		require.Equal(t, c.reason, protocol.Reason)
		require.Len(t, out, majorEnd, "nothing of ours beyond the version")
	}
	h := NewHandshake(HandshakeConfig{Mechanism: &rounds{}, ZMTP1: true})
	_, err := sent(h, []byte{1, 0})
	require.EqualError(t, err, "the peer speaks ZMTP 1.0, which has no security (37/ZMTP)")
}

// "If this first octet is not %FF, then the other peer is using ZMTP 1.0, and
// has sent us a short frame length for its identity."
//
// "If the least significant bit is 0, then the other peer is using ZMTP 1.0 and
// has sent us a long length for its identity."
// https://rfc.zeromq.org/spec/37/#detecting-zmtp-10-and-20-peers
func TestRFC37DetectsUnversionedPeers(t *testing.T) {
	for octet := range 256 {
		h := NewHandshake(HandshakeConfig{})
		n, _, err := h.Receive([]byte{byte(octet), 0})
		require.Equal(t, octet != 0xFF, err != nil, "first octet %#x", octet)
		if err != nil {
			require.Equal(t, 1, n)
			require.ErrorContains(t, err, "ZMTP 1.0")
		}
		g := peerGreeting(3, 1, "NULL")[:10]
		g[9] = byte(octet)
		_, _, err = NewHandshake(HandshakeConfig{}).Receive(g)
		require.Equal(t, octet&1 == 0, err != nil, "tenth octet %#x", octet)
	}
}

// "If the chosen security mechanism does not specify client and server roles,
// the as-server field SHALL have no significance, and SHOULD be zero for all
// peers."
// https://rfc.zeromq.org/spec/37/#topology
//
// "When a peer uses the NULL security mechanism, the as-server field MUST be
// zero."
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
func TestRFC37AsServer(t *testing.T) {
	for _, octet := range []byte{0, 1, 0xFF} {
		octets := peerSays(readyOf(TypePull))
		octets[32] = octet
		h := NewHandshake(HandshakeConfig{})
		out, err := sent(h, octets)
		require.NoError(t, err)
		require.True(t, h.Done())
		require.Zero(t, out[32])
	}
}

// "The security mechanism is an ASCII string, null-padded as needed to fit 20
// octets."
//
// "A peer that reads a full greeting, including mechanism, MUST also send a full
// greeting including mechanism."
//
// "If the mechanism that the peer received does not exactly match the mechanism
// it sent, it MUST close the connection."
// https://rfc.zeromq.org/spec/37/#authentication-and-confidentiality
func TestRFC37MechanismMismatch(t *testing.T) {
	for _, name := range []string{"PLAIN", "null", "NULL2", "", "NULLNULLNULLNULLNULL"} {
		out, err := sent(NewHandshake(HandshakeConfig{}), peerGreeting(3, 1, name))
		require.ErrorAs(t, err, new(*ProtocolError), name)
		require.Len(t, out, greetingSize, "the whole greeting, no READY")
		require.Equal(t, "NULL"+strings.Repeat("\x00", 16), string(out[12:32]))
		require.Equal(t, make([]byte, 31), out[33:])
	}
}

// "The peer SHALL treat an incoming ERROR command as fatal, and act by closing
// the connection, and not re-connecting using the same security credentials."
// https://rfc.zeromq.org/spec/37/#error-handling
func TestRFC37ErrorIsFatal(t *testing.T) {
	h := NewHandshake(HandshakeConfig{})
	_, err := sent(h, readyOf(TypePull).AppendTo(peerSays(Error{Reason: "go\naway"})))
	require.EqualError(t, err, `the peer refused the handshake with ERROR "go\naway" (37/ZMTP)`)
	require.False(t, h.Done())
}

// "If the body is 0-255 octets, the command SHOULD use a short size field (%x04
// followed by 1 octet). If the body is 256 or more octets, the command SHOULD
// use a long size field (%x06 followed by 8 octets)."
// https://rfc.zeromq.org/spec/37/#authentication-and-confidentiality
func TestRFC37CommandSize(t *testing.T) {
	frame := Subscribe{Topic: make([]byte, 245)}.AppendTo(nil)
	require.Equal(t, []byte{4, 255}, frame[:2])
	frame = Subscribe{Topic: make([]byte, 246)}.AppendTo(nil)
	require.Equal(t, []byte{6, 0, 0, 0, 0, 0, 0, 1, 0}, frame[:9])
}

// "A short frame has a body of 0 to 255 octets. A long frame has a body of 0 to
// 2^63-1 octets."
//
// "Bits 7-3 are reserved for future use and MUST be zero."
// https://rfc.zeromq.org/spec/37/#framing
func TestRFC37Frames(t *testing.T) {
	for _, c := range []struct {
		size int
		head []byte
	}{
		{0, []byte{0, 0}},
		{255, []byte{0, 255}},
		{256, []byte{2, 0, 0, 0, 0, 0, 0, 1, 0}},
	} {
		body := bytes.Repeat([]byte("x"), c.size)
		require.Equal(t, append(c.head, body...), AppendMessage(nil, MessageOf(body)))
	}
	_, err := decodeWhole(t, binary.BigEndian.AppendUint64([]byte{2}, 1<<63-1), -1)
	require.NoError(t, err)
	_, err = decodeWhole(t, binary.BigEndian.AppendUint64([]byte{2}, 1<<63), -1)
	require.ErrorAs(t, err, new(*ProtocolError))
}

// "This bit SHALL be zero on command frames."
// https://rfc.zeromq.org/spec/37/#framing
//
// A peer that sets it has its command dropped; libzmq carries it out.
func TestRFC37CommandWithMore(t *testing.T) {
	for _, c := range []Command{Ready{}, Error{}, Subscribe{}, Cancel{}, Ping{}, Pong{}, Unknown{}} {
		require.Zero(t, Flags(c.AppendTo(nil)[0])&More)
	}
	frame := Subscribe{Topic: []byte("a")}.AppendTo(nil)
	frame[0] |= byte(More)
	events, err := decodeWhole(t, append(frame, 0, 1, 'm'), -1)
	require.NoError(t, err)
	require.Equal(t, []event{{frames: []string{"m"}}}, events)
}

// "Messages consist of one or more frames and an implementation SHALL always
// send and deliver messages atomically, that is, all the frames of a message,
// or none of them."
// https://rfc.zeromq.org/spec/37/#messages
func TestRFC37MessagesAreAtomic(t *testing.T) {
	octets := AppendMessage(nil, NewMessage("a", "", "c"))
	require.Equal(t, []byte{1, 1, 'a', 1, 0, 0, 1, 'c'}, octets)
	d := NewDecoder(-1)
	for i := range octets {
		_, out, _, err := d.Decode(octets[i:i+1], nil)
		require.NoError(t, err)
		require.Equal(t, i == len(octets)-1, len(out) == 1)
	}
}

// "A peer MAY start to send messages immediately after completing its
// handshake, that is, having both sent and received a READY command."
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
func TestRFC37TrafficBehindReady(t *testing.T) {
	octets := peerSays(readyOf(TypePush))
	h := NewHandshake(HandshakeConfig{SocketType: TypePull})
	n, out, err := h.Receive(AppendMessage(octets, NewMessage("early")))
	require.NoError(t, err)
	require.Equal(t, len(octets), n)
	require.True(t, h.Done())
	require.True(t, bytes.HasSuffix(out, readyOf(TypePull).AppendTo(nil)))
}

// "The name SHALL be 1 to 255 characters. Zero-sized names are not valid. The
// case (upper or lower) of names SHALL NOT be significant."
//
// "The value SHALL be 0 to 2,147,483,647 (2^31-1 or INT32_MAX in C/C++) octets
// of opaque binary data. Zero-sized values are allowed."
//
// "The value size field SHALL be four octets, in network byte order."
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
//
// "Metadata names SHALL be case-insensitive."
// https://rfc.zeromq.org/spec/37/#connection-metadata
func TestRFC37Metadata(t *testing.T) {
	require.Error(t, Metadata{{"", "v"}}.Validate())
	require.Error(t, Metadata{{strings.Repeat("n", 256), "v"}}.Validate())
	require.NoError(t, Metadata{{strings.Repeat("n", 255), ""}}.Validate())
	require.Equal(t, "\x01N\x00\x00\x01\x02"+strings.Repeat("v", 258),
		string(Metadata{{"N", strings.Repeat("v", 258)}}.AppendTo(nil)))
	v, ok := Metadata{{"x-NAME", "v"}}.Get("X-name")
	require.True(t, ok)
	require.Equal(t, "v", v)
	_, err := ParseMetadata([]byte("\x01N\x80\x00\x00\x00"))
	require.ErrorContains(t, err, "2147483648 octets, at most 2147483647")
}

// "The sender SHOULD specify the Socket-Type."
// https://rfc.zeromq.org/spec/37/#connection-metadata
//
// "A REQ, DEALER, or ROUTER peer connecting to a ROUTER MAY announce its
// identity, which is used as an addressing mechanism by the ROUTER socket."
// https://rfc.zeromq.org/spec/37/#the-identity-property
func TestRFC37OwnMetadata(t *testing.T) {
	for _, socketType := range []string{
		TypePair, TypePub, TypeSub, TypeXPub, TypeXSub, TypeReq, TypeRep, TypeDealer, TypeRouter, TypePush,
		TypePull, TypeClient, TypeServer, TypeRadio, TypeDish, TypeScatter, TypeGather, TypePeer, TypeChannel,
	} {
		out, err := sent(NewHandshake(HandshakeConfig{SocketType: socketType, Identity: []byte("me")}), peerSays())
		require.NoError(t, err)
		want := readyOf(socketType)
		if socketType == TypeReq || socketType == TypeDealer || socketType == TypeRouter {
			want.Metadata = append(want.Metadata, Property{"Identity", "me"})
		}
		require.Equal(t, want, parseFrame(t, out[greetingSize:]))
	}
}

// "subscribe = command-size %d9 "SUBSCRIBE" subscription"
// "cancel = command-size %d6 "CANCEL" subscription"
// https://rfc.zeromq.org/spec/37/#the-publish-subscribe-pattern
func TestRFC37Subscriptions(t *testing.T) {
	require.Equal(t, "\x04\x0c\x09SUBSCRIBEab", string(Subscribe{Topic: []byte("ab")}.AppendTo(nil)))
	require.Equal(t, "\x04\x07\x06CANCEL", string(Cancel{}.AppendTo(nil)))
}

// "The ping-ttl is a 16-bit unsigned integer in network order that MAY be zero
// or MAY contain a time-to-live measured in tenths of seconds."
//
// "As a consequence, the maximum TTL is 6553.5 seconds."
//
// "When a peer receives a PING command it SHALL respond with a PONG command
// that echoes the ping-context, which may be empty and MUST not exceed 16
// octets"
// https://rfc.zeromq.org/spec/37/#connection-heartbeating
func TestRFC37Heartbeats(t *testing.T) {
	ping := Ping{TTL: 25800 * time.Millisecond, Context: []byte("ctx")}
	require.Equal(t, "\x04\x0a\x04PING\x01\x02ctx", string(ping.AppendTo(nil)))
	require.Equal(t, "\x04\x08\x04PONGctx", string(Pong{Context: ping.Context}.AppendTo(nil)))
	require.Equal(t, "\x04\x07\x04PING\xff\xff", string(Ping{TTL: time.Hour * 2}.AppendTo(nil)))
	require.InDelta(t, 6553.5, MaxTTL.Seconds(), 0)
	require.Len(t, Pong{Context: make([]byte, 17)}.AppendTo(nil), 2+5+16)
}

// "First the client sends a READY command to the server that specifies the
// "DEALER" Socket-Type and empty Identity properties"
// https://rfc.zeromq.org/spec/37/#worked-example
func TestRFC37WorkedExample(t *testing.T) {
	client := NewHandshake(HandshakeConfig{SocketType: TypeDealer})
	got, err := sent(client, readHex(t, "handshake/rfc37-server"))
	require.NoError(t, err)
	require.True(t, client.Done())
	require.Equal(t, TypeRouter, client.Peer().SocketType)
	want := readHex(t, "handshake/rfc37-client")
	copy(got[1:9], want[1:9]) // the padding
	require.Equal(t, want, got)
}
