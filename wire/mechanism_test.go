package wire

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// mechanismPairs has, for each row of the table of mechanisms, the two sides of
// a connection that is to succeed.
var mechanismPairs = map[string][2]Mechanism{
	MechanismNull:  {NullAsking(), Null()},
	MechanismPlain: {must(PlainClient("user", "password")), PlainServer()},
	MechanismCurve: {must(CurveClient(testClientPublic, testClientSecret, testServerPublic)), must(CurveServer(testServerSecret, true))},
}

// The keys of libzmq's own tests.
var (
	testClientPublic = key("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID")
	testClientSecret = key("D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs")
	testServerPublic = key("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
	testServerSecret = key("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6")
)

// key is a key from its text.
func key(text string) CurveKey {
	k, err := ParseCurveKey(text)
	if err != nil {
		panic(err)
	}
	return k
}

// must returns m, of a constructor that cannot fail here.
func must(m Mechanism, err error) Mechanism {
	if err != nil {
		panic(err)
	}
	return m
}

// TestMechanismsShakeHands ranges over the table: each mechanism must bring two
// handshakes of ours to their end, in any cut, and tell each the other's
// metadata.
func TestMechanismsShakeHands(t *testing.T) {
	require.NotEmpty(t, Mechanisms())
	for _, name := range Mechanisms() {
		pair, ok := mechanismPairs[name]
		require.True(t, ok, "mechanism %s has no test", name)
		for piece := 1; piece < 200; piece++ {
			checkShakeHands(t, name, pair, piece)
		}
	}
}

// checkShakeHands runs one handshake in pieces of the given size.
func checkShakeHands(t *testing.T, name string, pair [2]Mechanism, piece int) {
	t.Helper()
	sides := [2]*Handshake{
		NewHandshake(HandshakeConfig{SocketType: TypeDealer, Identity: []byte("left"), Mechanism: pair[0]}),
		NewHandshake(HandshakeConfig{SocketType: TypeRouter, Properties: Metadata{{"X-Side", "right"}}, Mechanism: pair[1]}),
	}
	toward := [2][]byte{sides[1].Start(), sides[0].Start()} // octets on their way to each side
	for len(toward[0]) > 0 || len(toward[1]) > 0 {
		for i, side := range sides {
			p := toward[i][:min(piece, len(toward[i]))]
			n, out, err := side.Receive(p)
			require.NoError(t, err, name)
			require.Equal(t, len(p), n, "%s: octets left over", name)
			toward[i] = toward[i][n:]
			toward[1-i] = append(toward[1-i], out...)
			if side.Asks() != nil {
				out, err := side.Answer(Verdict{Status: StatusOK, UserID: "joe"})
				require.NoError(t, err, name)
				toward[1-i] = append(toward[1-i], out...)
			}
		}
	}
	for i, side := range sides {
		require.True(t, side.Done(), name)
		require.Equal(t, name, side.Peer().Mechanism)
		require.Equal(t, name, pair[i].Name())
	}
	require.Equal(t, TypeRouter, sides[0].Peer().SocketType)
	require.Equal(t, TypeDealer, sides[1].Peer().SocketType)
	require.Equal(t, "left", string(sides[1].Peer().Identity))
	side, ok := sides[0].Peer().Metadata.Get("X-Side")
	require.True(t, ok)
	require.Equal(t, "right", side)
}

// rounds is a mechanism of several rounds, the server's side: it answers each
// PING with a PONG, and a READY with a READY.
type rounds struct{ nullExchange }

// Name returns a name of the greatest length.
func (*rounds) Name() string { return "TEST-OF-MANY-ROUNDS1" }

// AsServer returns true.
func (*rounds) AsServer() bool { return true }

// Begin returns the mechanism itself, which is for one connection.
func (r *rounds) Begin(local Metadata) Exchange {
	r.local = local
	return r
}

// Start sends nothing.
func (*rounds) Start(dst []byte) []byte { return dst }

// Receive answers.
func (r *rounds) Receive(dst, body []byte) ([]byte, error) {
	if c, err := ParseCommand(body); err == nil {
		if ping, ok := c.(Ping); ok {
			return Pong{Context: ping.Context}.AppendTo(dst), nil
		}
	}
	dst, err := r.nullExchange.Receive(dst, body)
	if r.done {
		dst = r.nullExchange.Start(dst)
	}
	return dst, err
}

// TestMechanismOfManyRounds checks that a handshake lets its mechanism talk for
// as long as it likes, and sends its answers even with an error.
func TestMechanismOfManyRounds(t *testing.T) {
	greeting := peerGreeting(3, 1, "TEST-OF-MANY-ROUNDS1")
	h := NewHandshake(HandshakeConfig{SocketType: TypePull, Mechanism: new(rounds)})
	out, err := sent(h, greeting)
	require.NoError(t, err)
	require.Equal(t, greeting[10:32], out[10:32])
	require.Equal(t, byte(1), out[32], "as-server")
	for _, context := range []string{"one", "two", "three"} {
		_, out, err = h.Receive(Ping{Context: []byte(context)}.AppendTo(nil))
		require.NoError(t, err)
		require.Equal(t, Pong{Context: []byte(context)}, parseFrame(t, out))
		require.False(t, h.Done())
	}
	_, out, err = h.Receive(readyOf(TypePush).AppendTo(nil))
	require.NoError(t, err)
	require.Equal(t, readyOf(TypePull), parseFrame(t, out))
	require.True(t, h.Done())
	require.Equal(t, TypePush, h.Peer().SocketType)

	h = NewHandshake(HandshakeConfig{Mechanism: new(rounds)})
	_, out, err = h.Receive(Error{}.AppendTo(Ping{}.AppendTo(greeting)))
	require.ErrorAs(t, err, new(*ProtocolError))
	require.True(t, bytes.HasSuffix(out, Pong{}.AppendTo(nil)), "the answer is sent with the error")
}

// TestMechanismsIsACopy checks that the table cannot be changed from outside.
func TestMechanismsIsACopy(t *testing.T) {
	Mechanisms()[0] = "changed"
	require.Equal(t, MechanismNull, Mechanisms()[0])
}
