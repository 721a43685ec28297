package wire

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// goldenHandshakes says, for every file in testdata/handshake that ends in a
// READY, who sent it.
var goldenHandshakes = map[string]HandshakeConfig{
	"rfc37-client": {SocketType: TypeDealer},
	"rfc37-server": {SocketType: TypeRouter},
	"rfc23-client": {SocketType: TypeDealer},
	"rfc23-server": {SocketType: TypeRouter},

	"libzmq-pair":   {SocketType: TypePair},
	"libzmq-pub":    {SocketType: TypePub},
	"libzmq-sub":    {SocketType: TypeSub},
	"libzmq-xpub":   {SocketType: TypeXPub},
	"libzmq-xsub":   {SocketType: TypeXSub},
	"libzmq-req":    {SocketType: TypeReq},
	"libzmq-rep":    {SocketType: TypeRep},
	"libzmq-dealer": {SocketType: TypeDealer},
	"libzmq-router": {SocketType: TypeRouter},
	"libzmq-push":   {SocketType: TypePush},
	"libzmq-pull":   {SocketType: TypePull},

	"libzmq-req-identity":            {SocketType: TypeReq, Identity: []byte("weir")},
	"libzmq-dealer-identity":         {SocketType: TypeDealer, Identity: []byte("weir")},
	"libzmq-router-identity":         {SocketType: TypeRouter, Identity: []byte("weir")},
	"libzmq-push-identity":           {SocketType: TypePush, Identity: []byte("weir")},
	"libzmq-dealer-longest-identity": {SocketType: TypeDealer, Identity: bytes.Repeat([]byte{0x80}, 255)},
}

// goldenRefusals says, for the other files in testdata/handshake, what error
// they end in.
var goldenRefusals = map[string]string{
	"libzmq-error":          `the peer refused the handshake with ERROR "400" (37/ZMTP)`,
	"libzmq-plain-greeting": `the peer's mechanism is "PLAIN", ours is "NULL" (37/ZMTP)`,
}

// TestGoldenFilesHaveTests checks that no file is left out of the tables.
func TestGoldenFilesHaveTests(t *testing.T) {
	for _, name := range hexNames(t, "handshake") {
		base := strings.TrimPrefix(name, "handshake/")
		_, good := goldenHandshakes[base]
		_, bad := goldenRefusals[base]
		require.True(t, good != bad, name)
	}
	for _, name := range hexNames(t, "traffic") {
		require.Contains(t, goldenTraffic, strings.TrimPrefix(name, "traffic/"))
	}
}

// TestGoldenHandshakeReceived plays each file to a handshake of ours.
func TestGoldenHandshakeReceived(t *testing.T) {
	for name, cfg := range goldenHandshakes {
		octets := readHex(t, "handshake/"+name)
		h := NewHandshake(HandshakeConfig{SocketType: TypePush})
		n, _, err := h.Receive(append(octets, "traffic"...))
		require.NoError(t, err, name)
		require.Equal(t, len(octets), n, "%s: traffic is not the handshake's", name)
		require.True(t, h.Done(), name)
		checkGoldenPeer(t, name, cfg, h.Peer())
	}
}

// checkGoldenPeer compares what a handshake found out with the truth.
func checkGoldenPeer(t *testing.T, name string, cfg HandshakeConfig, peer Peer) {
	t.Helper()
	version := Version{Major: 3, Minor: 1}
	if strings.HasPrefix(name, "rfc23") {
		version.Minor = 0
	}
	require.Equal(t, version, peer.Version, name)
	require.Equal(t, MechanismNull, peer.Mechanism, name)
	require.Equal(t, cfg.SocketType, peer.SocketType, name)
	if sendsIdentity(cfg.SocketType) {
		require.Equal(t, string(cfg.Identity), string(peer.Identity), name)
	} else {
		require.Nil(t, peer.Identity, name)
	}
}

// TestGoldenHandshakeSent has a handshake of ours send the very octets that
// libzmq and the worked example of RFC 37 send, in the same stages.
func TestGoldenHandshakeSent(t *testing.T) {
	peer := readHex(t, "handshake/libzmq-pull")
	for name, cfg := range goldenHandshakes {
		if !strings.HasPrefix(name, "libzmq-") && name != "rfc37-client" {
			continue // RFC 23 announces 3.0, and its ROUTER sends no Identity where libzmq's does
		}
		want := readHex(t, "handshake/"+name)
		if name == "rfc37-client" {
			want[signatureEnd-2] = 1 // the padding, which is not significant
		}
		h := NewHandshake(cfg)
		got := h.Start()
		require.Len(t, got, signatureEnd, name)
		for i, octet := range peer {
			_, out, err := h.Receive([]byte{octet})
			require.NoError(t, err, name)
			got = append(got, out...)
			switch have := i + 1; {
			case have < signatureEnd:
				require.Len(t, got, signatureEnd, name)
			case have < majorEnd:
				require.Len(t, got, majorEnd, name)
			case have < greetingSize:
				require.Len(t, got, greetingSize, name)
			default:
				require.Equal(t, want, got, name)
			}
		}
		require.True(t, h.Done(), name)
	}
}

// TestGoldenHandshakeTruncated cuts each file at every octet.
func TestGoldenHandshakeTruncated(t *testing.T) {
	for name := range goldenHandshakes {
		octets := readHex(t, "handshake/"+name)
		for end := range octets {
			h := NewHandshake(HandshakeConfig{})
			n, _, err := h.Receive(octets[:end])
			require.NoError(t, err, "%s cut at %d", name, end)
			require.Equal(t, end, n, "%s cut at %d", name, end)
			require.False(t, h.Done(), "%s cut at %d", name, end)
		}
	}
}

// TestGoldenRefusals plays the files that end badly, whole and octet by octet.
func TestGoldenRefusals(t *testing.T) {
	for name, want := range goldenRefusals {
		octets := readHex(t, "handshake/"+name)
		h := NewHandshake(HandshakeConfig{})
		_, _, err := h.Receive(octets)
		require.EqualError(t, err, want, name)

		h = NewHandshake(HandshakeConfig{})
		for i := range octets {
			require.False(t, h.Done())
			_, _, err = h.Receive(octets[i : i+1])
			require.Equal(t, i == len(octets)-1, err != nil, "%s at %d", name, i)
		}
		require.EqualError(t, err, want, name)
	}
}

// goldenTraffic says what is in every file in testdata/traffic: values of type
// Message and Command.
var goldenTraffic = map[string][]any{
	"libzmq-message-empty":          {NewMessage("")},
	"libzmq-message-ten":            {NewMessage("0123456789")},
	"libzmq-message-longest-short":  {NewMessage(strings.Repeat("s", 255))},
	"libzmq-message-shortest-large": {NewMessage(strings.Repeat("L", 256))},
	"libzmq-message-multipart":      {NewMessage("one", "", "three", strings.Repeat("f", 300), "five")},
	"libzmq-request":                {NewMessage("", "hello")},
	"libzmq-subscription-commands": {
		Subscribe{Topic: []byte("")},
		Subscribe{Topic: []byte("topic")},
		Subscribe{Topic: bytes.Repeat([]byte("t"), 300)},
		Cancel{Topic: []byte("topic")},
	},
	"libzmq-subscription-messages": {
		NewMessage("\x01"),
		NewMessage("\x01topic"),
		NewMessage("\x01" + strings.Repeat("t", 300)),
		NewMessage("\x00topic"),
	},
	"libzmq-ping":       {Ping{TTL: 6553500 * time.Millisecond, Context: []byte("")}},
	"libzmq-pong-empty": {Pong{Context: []byte("")}},
	"libzmq-pong-full":  {Pong{Context: []byte("0123456789abcdef")}},
	"libzmq-pong-cut":   {Pong{Context: []byte("0123456789abcdef")}},
}

// TestGoldenTraffic decodes each file, whole and in pieces, compares it with
// the table, and encodes the table.
func TestGoldenTraffic(t *testing.T) {
	for name, values := range goldenTraffic {
		octets := readHex(t, "traffic/"+name)
		var want []event
		var encoded []byte
		for _, v := range values {
			switch v := v.(type) {
			case Message:
				want = append(want, messageEvent(v))
				encoded = AppendMessage(encoded, v)
			case Command:
				frame := v.AppendTo(nil)
				hd := parseHeader(frame)
				want = append(want, event{command: string(frame[hd.len:])})
				parsed, err := ParseCommand(frame[hd.len:])
				require.NoError(t, err, name)
				require.Equal(t, v, parsed, name)
				encoded = append(encoded, frame...)
			}
		}
		require.Equal(t, octets, encoded, name)

		got, err := decodeWhole(t, octets, -1)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
		for seed := range uint64(20) {
			got, err = decodeChunked(t, octets, -1, rand.New(rand.NewPCG(seed, 2)))
			require.NoError(t, err, name)
			require.Equal(t, want, got, name)
		}
	}
}

// TestGoldenTrafficTruncated cuts each file at every octet: nothing but whole
// messages and commands may come out.
func TestGoldenTrafficTruncated(t *testing.T) {
	for name := range goldenTraffic {
		octets := readHex(t, "traffic/"+name)
		for end := range octets {
			want, _ := reference(octets[:end], -1)
			f := feeder{d: NewDecoder(-1)}
			f.decode(t, octets[:end])
			require.NoError(t, f.err, "%s cut at %d", name, end)
			require.Equal(t, want, f.events, "%s cut at %d", name, end)
			var taken int
			for _, e := range want {
				taken += len(e.appendTo(nil))
			}
			require.Equal(t, taken < end, f.d.Partial(), "%s cut at %d", name, end)
		}
	}
}
