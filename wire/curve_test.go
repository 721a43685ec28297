package wire

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// steady returns a mechanism of CURVE with the keys of m whose random octets are
// the same each time, and any other mechanism as it is.
func steady(m Mechanism) Mechanism {
	switch m := m.(type) {
	case *curveClient:
		c := *m
		c.rand = rand.NewChaCha8([32]byte{'c'})
		return &c
	case *curveServer:
		s := *m
		s.rand = rand.NewChaCha8([32]byte{'s'})
		return &s
	}
	return m
}

// testCurve returns both sides of CURVE with the keys of libzmq's tests.
func testCurve(asks bool) (*curveClient, *curveServer) {
	client := must(CurveClient(testClientPublic, testClientSecret, testServerPublic))
	server := must(CurveServer(testServerSecret, asks))
	return client.(*curveClient), server.(*curveServer)
}

// A curveTalk is a handshake of CURVE that went well: what was said, as bodies of
// frames, and both sides as they were before they heard it.
type curveTalk struct {
	hello, welcome, initiate, ready []byte

	atHello, atInitiate curveServerExchange
	atWelcome, atReady  curveClientExchange
	client              curveClientExchange // at the end
	server              curveServerExchange // at the end
}

// talkCurve has both sides shake hands.
func talkCurve(t testing.TB, c Mechanism, s Mechanism) *curveTalk {
	t.Helper()
	var k curveTalk
	client := c.Begin(Metadata{{PropertySocketType, TypeReq}}).(*curveClientExchange)
	server := s.Begin(Metadata{{PropertySocketType, TypeRep}}).(*curveServerExchange)
	k.hello = body1(t, client.Start(nil))
	k.atHello, k.atWelcome = *server, *client
	k.welcome = hear1(t, server, k.hello)
	k.initiate = hear1(t, client, k.welcome)
	k.atInitiate, k.atReady = *server, *client
	k.ready = hear1(t, server, k.initiate)
	out, err := client.Receive(nil, k.ready)
	require.NoError(t, err)
	require.Empty(t, out)
	k.client, k.server = *client, *server
	return &k
}

// hear1 returns the body of the one frame that e answers with.
func hear1(t testing.TB, e Exchange, body []byte) []byte {
	t.Helper()
	out, err := e.Receive(nil, body)
	require.NoError(t, err)
	return body1(t, out)
}

// body1 returns the body of the one frame that octets are.
func body1(t testing.TB, octets []byte) []byte {
	t.Helper()
	hd := parseHeader(octets)
	require.NotZero(t, hd.len)
	require.Equal(t, len(octets), hd.end())
	return octets[hd.len:]
}

// TestCurveKeypair checks new pairs of keys, and public keys that libzmq has made
// of secret ones (zmq_curve_public).
func TestCurveKeypair(t *testing.T) {
	seen := map[CurveKey]bool{}
	for range 10 {
		public, secret, err := NewCurveKeypair()
		require.NoError(t, err)
		require.Equal(t, public, CurvePublic(secret))
		require.Len(t, public.String(), 40)
		require.Equal(t, secret, key(secret.String()))
		require.False(t, seen[public] || seen[secret], "a key twice")
		seen[public], seen[secret] = true, true
	}
	for secret, public := range map[string]string{
		"00-#G93V{/i6P(br9J*CAcD++JfxZ7SirUy-llPZ": "7K.t?a8F0m(i3?>fd*bUO1R@?LZM?>XiizL6YuCm",
		"b}H&kk$B^Lu1v.>D4pWgM7jRHVadM*=d7Ic(g1DD": "7L!DR@]zYiMsh61VW)CIhRa^7BSW}{Xnu/YY4S-L",
		"n(nX$w]hTpF@bOQO#5J{Y1#Fl/4]AM]7-m<4IY%d": "mw(S%WOcY#2j*n=[iH:)AXxu54>[c8O/1=I-1A7[",
		"z*3LZI&%H3R()Cu.]*xV?@:s#}Vm6n7AK>NgDE/)": "{vVupt/l%3^#gMQT)+3k>7+R?Rtpf^^7U}9Kb$7}",
		"0000000000000000000000000000000000000000": "fxERSn6LHg6!4!qu+m-(f-Q<1UF!=7)u0-ysJ-^F",
		"%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0": "GNsjWh=qH7w-^x=qhp]/s}t=&^o@Iaye6T=UbUUH",
		testClientSecret.String():                  testClientPublic.String(),
		testServerSecret.String():                  testServerPublic.String(),
	} {
		require.Equal(t, public, CurvePublic(key(secret)).String())
	}
}

// TestCurveKeyText checks what is a key and what is not.
func TestCurveKeyText(t *testing.T) {
	raw := string(testClientPublic[:])
	require.Equal(t, testClientPublic, key(raw))
	for n := range 100 {
		if n != 32 && n != 40 {
			_, err := ParseCurveKey(strings.Repeat("a", n))
			require.Error(t, err, "%d characters", n)
		}
	}
	for _, text := range []string{strings.Repeat("~", 40), strings.Repeat("#", 40), testClientPublic.String()[:39] + "\x00"} {
		_, err := ParseCurveKey(text)
		require.Error(t, err, text)
	}
	require.True(t, CurveKey{}.IsZero())
	require.False(t, testClientPublic.IsZero())
	require.False(t, CurveKey{31: 1}.IsZero())
}

// TestCurveNeedsKeys checks that no side begins without its keys.
func TestCurveNeedsKeys(t *testing.T) {
	for i := range 3 {
		keys := [3]CurveKey{testClientPublic, testClientSecret, testServerPublic}
		keys[i] = CurveKey{}
		_, err := CurveClient(keys[0], keys[1], keys[2])
		require.Error(t, err)
	}
	_, err := CurveServer(CurveKey{}, false)
	require.Error(t, err)
}

// TestCurveSizes checks the sizes and the constant octets of the commands against
// RFC 26.
func TestCurveSizes(t *testing.T) {
	client, server := testCurve(false)
	k := talkCurve(t, client, server)
	metadata := len(Metadata{{PropertySocketType, TypeReq}}.AppendTo(nil))
	require.Len(t, k.hello, 200)
	require.Equal(t, "\x05HELLO\x01\x00"+strings.Repeat("\x00", 72), string(k.hello[:80]))
	require.Equal(t, "\x00\x00\x00\x00\x00\x00\x00\x01", string(k.hello[112:120]))
	require.Len(t, k.welcome, 168)
	require.Len(t, k.initiate, 257+metadata)
	require.Equal(t, "\x00\x00\x00\x00\x00\x00\x00\x02", string(k.initiate[105:113]))
	require.Len(t, k.ready, 30+metadata)
	require.Equal(t, "\x00\x00\x00\x00\x00\x00\x00\x01", string(k.ready[6:14]))

	peer, done := k.client.Done()
	require.True(t, done)
	require.Equal(t, Metadata{{PropertySocketType, TypeRep}}, peer)
	peer, done = k.server.Done()
	require.True(t, done)
	require.Equal(t, Metadata{{PropertySocketType, TypeReq}}, peer)
	require.Nil(t, k.server.Asks(), "it was told not to")
}

// TestCurveAsks checks that a server asks about the client's long-term key, and
// that a client who is refused learns why.
func TestCurveAsks(t *testing.T) {
	for _, verdict := range []Verdict{{Status: StatusOK, UserID: "joe"}, {Status: StatusRefused}} {
		client, server := testCurve(true)
		s := newDialog(t, HandshakeConfig{SocketType: TypeRep, Mechanism: server})
		s.verdict = verdict
		c := newDialog(t, HandshakeConfig{SocketType: TypeReq, Mechanism: client})
		converse(c, s)
		require.Equal(t, []*Question{{Mechanism: "CURVE", Credentials: [][]byte{testClientPublic[:]}}}, s.asked)
		require.Equal(t, verdict.Status == StatusOK, s.h.Done())
		require.Equal(t, verdict.Status == StatusOK, c.h.Done())
		if verdict.Status == StatusOK {
			require.Equal(t, Metadata{{"User-Id", "joe"}}, s.h.Peer().Vouched)
			continue
		}
		var refusal *AuthError
		require.ErrorAs(t, c.err, &refusal)
		require.Equal(t, StatusRefused, refusal.Status)
	}
}

// converse carries octets between two sides until neither says more.
func converse(a, b *dialog) {
	for toA, toB := 0, 0; toA < len(b.out) || toB < len(a.out); {
		p := a.out[toB:]
		toB = len(a.out)
		b.hears(p)
		p = b.out[toA:]
		toA = len(b.out)
		a.hears(p)
	}
}

// TestCurveCut cuts each side's words at every octet: none is done before the
// last one has come.
func TestCurveCut(t *testing.T) {
	client, server := testCurve(true)
	c := newDialog(t, HandshakeConfig{SocketType: TypeReq, Mechanism: steady(client)})
	s := newDialog(t, HandshakeConfig{SocketType: TypeRep, Mechanism: steady(server)})
	converse(c, s)
	require.True(t, c.h.Done() && s.h.Done())
	for _, side := range []struct {
		mechanism Mechanism
		octets    []byte
	}{{client, s.out}, {server, c.out}} {
		for cut := range len(side.octets) + 1 {
			h := NewHandshake(HandshakeConfig{SocketType: TypeReq, Mechanism: steady(side.mechanism)})
			h.Start()
			for _, p := range [][]byte{side.octets[:cut], side.octets[cut:]} {
				require.False(t, h.Done(), "cut at %d", cut)
				_, _, err := h.Receive(p)
				require.NoError(t, err, "cut at %d", cut)
				if h.Asks() != nil {
					_, err := h.Answer(Verdict{Status: StatusOK})
					require.NoError(t, err)
					break
				}
				if len(side.octets) == cut {
					break
				}
			}
			require.True(t, h.Done(), "cut at %d", cut)
		}
	}
}

// TestCurveNoRandomness checks that a side without random octets says nothing
// that could be read.
func TestCurveNoRandomness(t *testing.T) {
	client, server := testCurve(false)
	k := talkCurve(t, client, server)
	for have := range 4 {
		none := io.LimitReader(rand.NewChaCha8([32]byte{}), int64(have*32))
		s := *server
		s.rand = none
		out, err := s.Begin(nil).Receive(nil, k.hello)
		if have < 3 {
			require.Error(t, err)
			require.Empty(t, out)
		}
	}
	c := *client
	c.rand = bytes.NewReader(nil)
	e := c.Begin(nil)
	require.Empty(t, e.Start(nil))
	_, err := e.Receive(nil, k.welcome)
	require.Error(t, err)

	e = client.Begin(nil)
	hello := body1(t, e.Start(nil))
	c = *client
	c.rand = bytes.NewReader(nil)
	e.(*curveClientExchange).keys = &c
	out, err := e.Receive(nil, hear1(t, server.Begin(nil), hello))
	require.ErrorIs(t, err, io.EOF)
	require.Empty(t, out)
}
