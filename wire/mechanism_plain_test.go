package wire

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGoldenPlainClient plays what a PLAIN client of libzmq says to a server of
// ours, and has a client of ours say the same.
func TestGoldenPlainClient(t *testing.T) {
	golden := readHex(t, "mechanism/libzmq-plain-client")
	server := newDialog(t, HandshakeConfig{SocketType: TypePull, Mechanism: PlainServer()})
	server.hears(golden)
	require.NoError(t, server.err)
	require.True(t, server.h.Done())
	require.Equal(t, []*Question{{Mechanism: "PLAIN", Credentials: [][]byte{[]byte("admin"), []byte("secret")}}}, server.asked)
	require.Equal(t, Metadata{{"User-Id", "joe"}}, server.h.Peer().Vouched)

	client := newDialog(t, HandshakeConfig{SocketType: TypePush, Mechanism: must(PlainClient("admin", "secret"))})
	client.hears(server.out)
	require.NoError(t, client.err)
	require.True(t, client.h.Done())
	require.Equal(t, golden, client.out)
}

// TestGoldenPlainServer plays what a PLAIN server of libzmq says to a client of
// ours, and has a server of ours say the same, but for the as-server octet, which
// libzmq leaves at 0.
func TestGoldenPlainServer(t *testing.T) {
	golden := readHex(t, "mechanism/libzmq-plain-server")
	client := newDialog(t, HandshakeConfig{SocketType: TypePull, Mechanism: must(PlainClient("admin", "secret"))})
	client.hears(golden)
	require.NoError(t, client.err)
	require.True(t, client.h.Done())
	require.Equal(t, Metadata{{"Socket-Type", "PUSH"}}, client.h.Peer().Metadata)

	server := newDialog(t, HandshakeConfig{SocketType: TypePush, Mechanism: PlainServer()})
	server.hears(client.out)
	require.NoError(t, server.err)
	golden[asServerEnd-1] = 1
	require.Equal(t, golden, server.out)
}

// TestGoldenPlainTruncated cuts both files at every octet.
func TestGoldenPlainTruncated(t *testing.T) {
	for name, mechanism := range map[string]Mechanism{"client": PlainServer(), "server": must(PlainClient("admin", "secret"))} {
		octets := readHex(t, "mechanism/libzmq-plain-"+name)
		for end := range octets {
			d := newDialog(t, HandshakeConfig{Mechanism: mechanism})
			d.hears(octets[:end])
			require.NoError(t, d.err, "%s cut at %d", name, end)
			require.False(t, d.h.Done(), "%s cut at %d", name, end)
		}
	}
}

// TestPlainServerFaults plays what no client may say.
func TestPlainServerFaults(t *testing.T) {
	hello, initiate := command("HELLO", "\x01u\x01p"), command("INITIATE", "")
	for _, c := range []struct {
		name  string
		parts [][]byte
		code  Code
	}{
		{"no HELLO", [][]byte{command("READY", "")}, CodeUnexpectedCommand},
		{"INITIATE first", [][]byte{initiate}, CodeUnexpectedCommand},
		{"HELLO misspelt", [][]byte{command("HELLP", "\x01u\x01p")}, CodeUnexpectedCommand},
		{"HELLO without anything", [][]byte{command("HELLO", "")}, CodeMalformedHello},
		{"HELLO without a password", [][]byte{command("HELLO", "\x01u")}, CodeMalformedHello},
		{"user name past the end", [][]byte{command("HELLO", "\x05u\x01p")}, CodeMalformedHello},
		{"password past the end", [][]byte{command("HELLO", "\x01u\x02p")}, CodeMalformedHello},
		{"octets behind the password", [][]byte{command("HELLO", "\x01u\x01pp")}, CodeMalformedHello},
		{"HELLO twice", [][]byte{hello, hello}, CodeUnexpectedCommand},
		{"no INITIATE", [][]byte{hello, command("READY", "")}, CodeUnexpectedCommand},
		{"malformed metadata", [][]byte{hello, command("INITIATE", "\x01")}, CodeInvalidMetadata},
		{"ERROR of a client", [][]byte{hello, Error{Reason: "400"}.AppendTo(nil)}, CodeUnexpectedCommand},
	} {
		d := newDialog(t, HandshakeConfig{Mechanism: PlainServer()})
		d.hears(peerGreeting(3, 1, "PLAIN"))
		for _, p := range c.parts {
			d.hears(p)
		}
		d.wantFault(c.code, c.name)
	}
}

// TestPlainServerOutOfTurn has a client go on before it is let in.
func TestPlainServerOutOfTurn(t *testing.T) {
	h := NewHandshake(HandshakeConfig{Mechanism: PlainServer()})
	_, err := sent(h, append(peerGreeting(3, 1, "PLAIN"), command("HELLO", "\x01u\x01p")...))
	require.NoError(t, err)
	require.NotNil(t, h.Asks())
	_, _, err = h.Receive(command("INITIATE", ""))
	var fault *ProtocolError
	require.ErrorAs(t, err, &fault)
	require.Equal(t, CodeUnspecified, fault.Code)
	require.Nil(t, h.Asks(), "nobody is let in any more")
}

// TestPlainClientFaults plays what no server may say.
func TestPlainClientFaults(t *testing.T) {
	welcome := command("WELCOME", "")
	for _, c := range []struct {
		name  string
		parts [][]byte
		code  Code
	}{
		{"another client", [][]byte{command("HELLO", "\x01u\x01p")}, CodeUnexpectedCommand},
		{"READY first", [][]byte{command("READY", "")}, CodeUnexpectedCommand},
		{"WELCOME of some length", [][]byte{command("WELCOME", "x")}, CodeMalformedWelcome},
		{"WELCOME twice", [][]byte{welcome, welcome}, CodeUnexpectedCommand},
		{"malformed metadata", [][]byte{welcome, command("READY", "\x01")}, CodeInvalidMetadata},
		{"malformed ERROR", [][]byte{command("ERROR", "\x03no")}, CodeMalformedError},
		{"ERROR for WELCOME", [][]byte{command("ERROR", "\x03400")}, 0},
		{"ERROR for READY", [][]byte{welcome, command("ERROR", "\x02no")}, 0},
	} {
		d := newDialog(t, HandshakeConfig{Mechanism: must(PlainClient("u", "p"))})
		d.hears(peerGreeting(3, 1, "PLAIN"))
		for _, p := range c.parts {
			d.hears(p)
		}
		d.wantFault(c.code, c.name)
	}
}

// TestPlainCredentials checks the shortest and the longest.
func TestPlainCredentials(t *testing.T) {
	for _, n := range []int{0, 1, 255} {
		user, password := strings.Repeat("u", n), strings.Repeat("p", n)
		client := newDialog(t, HandshakeConfig{Mechanism: must(PlainClient(user, password))})
		client.hears(peerGreeting(3, 1, "PLAIN"))
		server := newDialog(t, HandshakeConfig{Mechanism: PlainServer()})
		server.hears(client.out)
		require.Equal(t, [][]byte{[]byte(user), []byte(password)}, blank(server.asked[0].Credentials))
	}
	for _, pair := range [][2]string{{strings.Repeat("u", 256), ""}, {"", strings.Repeat("p", 256)}} {
		_, err := PlainClient(pair[0], pair[1])
		require.Error(t, err)
	}
}

// blank makes nil slices empty ones.
func blank(frames [][]byte) [][]byte {
	for i := range frames {
		if frames[i] == nil {
			frames[i] = []byte{}
		}
	}
	return frames
}

// TestPlainMisspeltError plays the ERROR of libzmq 4.3.4, as it is on the wire.
func TestPlainMisspeltError(t *testing.T) {
	d := newDialog(t, HandshakeConfig{Mechanism: must(PlainClient("u", "p"))})
	d.hears(append(peerGreeting(3, 1, "PLAIN"), "\x04\x09^RROR\x03400"...))
	var refusal *AuthError
	require.ErrorAs(t, d.err, &refusal)
	require.Equal(t, StatusRefused, refusal.Status)
	d.wantFault(0, "it is final")
}
