package wire

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// goldenRandom is what the peers of the captures took for random octets, their transient secret keys first: a side of ours that takes the same says the
// same as they did with libsodium.
func goldenRandom() *bytes.Reader {
	p := make([]byte, 128)
	for i := range p {
		p[i] = byte(i)
	}
	return bytes.NewReader(p)
}

// goldenCurve returns both sides of CURVE with the captures' keys and randomness.
func goldenCurve(asks bool) (*curveClient, *curveServer) {
	client, server := testCurve(asks)
	client.rand, server.rand = goldenRandom(), goldenRandom()
	return client, server
}

// goldenMessages opens what libzmq sent behind its handshake.
func goldenMessages(t *testing.T, h *Handshake, name string) {
	t.Helper()
	_, opener := h.Traffic()
	dec := NewDecoder(-1)
	dec.SetOpener(opener)
	_, msgs, cmd, err := dec.Decode(readHex(t, "mechanism/"+name), nil)
	require.NoError(t, err)
	require.Nil(t, cmd)
	require.Len(t, msgs, 2)
	require.Equal(t, "hello", msgs[0].String())
	require.Equal(t, [][]byte{[]byte("one"), {}, bytes.Repeat([]byte("f"), 300)}, msgs[1].Frames())
}

// TestGoldenCurveClient plays what a CURVE client of libzmq says to a server of ours, which answers as the one did that libzmq talked to, octet by octet;
// and opens its messages.
func TestGoldenCurveClient(t *testing.T) {
	_, mechanism := goldenCurve(true)
	server := newDialog(t, HandshakeConfig{SocketType: TypePull, Mechanism: mechanism})
	server.hears(readHex(t, "mechanism/libzmq-curve-client"))
	require.NoError(t, server.err)
	require.True(t, server.h.Done())
	require.Equal(t, []*Question{{Mechanism: "CURVE", Credentials: [][]byte{testClientPublic[:]}}}, server.asked)
	require.Equal(t, TypePush, server.h.Peer().SocketType)
	require.Equal(t, readHex(t, "mechanism/libzmq-curve-client-says"), server.out[greetingSize:])
	goldenMessages(t, server.h, "libzmq-curve-client-messages")
}

// TestGoldenCurveServer plays what a CURVE server of libzmq says to a client of ours, which says what the one did that libzmq talked to, octet by octet;
// and opens its messages.
func TestGoldenCurveServer(t *testing.T) {
	mechanism, _ := goldenCurve(false)
	client := newDialog(t, HandshakeConfig{SocketType: TypePull, Mechanism: mechanism})
	client.hears(readHex(t, "mechanism/libzmq-curve-server"))
	require.NoError(t, client.err)
	require.True(t, client.h.Done())
	require.Equal(t, TypePush, client.h.Peer().SocketType)
	require.Equal(t, readHex(t, "mechanism/libzmq-curve-server-says"), client.out[greetingSize:])
	goldenMessages(t, client.h, "libzmq-curve-server-messages")
}

// TestGoldenCurveTruncated cuts both sides' words at every octet: nothing goes wrong, and nobody is done.
func TestGoldenCurveTruncated(t *testing.T) {
	for _, name := range []string{"client", "server"} {
		octets := readHex(t, "mechanism/libzmq-curve-"+name)
		for _, end := range []int{0, 10, greetingSize - 1, greetingSize, len(octets) / 2, len(octets) - 1} {
			client, server := goldenCurve(false)
			cfg := HandshakeConfig{SocketType: TypePull, Mechanism: server}
			if name == "server" {
				cfg.Mechanism = client
			}
			d := newDialog(t, cfg)
			d.hears(octets[:end])
			require.NoError(t, d.err, "%s cut at %d", name, end)
			require.False(t, d.h.Done(), "%s cut at %d", name, end)
		}
	}
}

// TestGoldenCurveFlipped changes one octet of each of libzmq's commands: that ends the handshake.
func TestGoldenCurveFlipped(t *testing.T) {
	for _, name := range []string{"client", "server"} {
		octets := readHex(t, "mechanism/libzmq-curve-"+name)
		for _, at := range []int{greetingSize + 150, len(octets) - 1} {
			client, server := goldenCurve(false)
			cfg := HandshakeConfig{SocketType: TypePull, Mechanism: server}
			if name == "server" {
				cfg.Mechanism = client
			}
			d := newDialog(t, cfg)
			wrong := bytes.Clone(octets)
			wrong[at] ^= 1
			d.hears(wrong)
			require.Error(t, d.err, "%s changed at %d", name, at)
			require.False(t, d.h.Done())
		}
	}
}
