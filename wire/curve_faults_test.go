package wire

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/nacl/box"
)

// flipped returns p with the bits of mask flipped in octet i, from the end if i is
// negative.
func flipped(p []byte, i int, mask byte) []byte {
	p = bytes.Clone(p)
	if i < 0 {
		i += len(p)
	}
	p[i] ^= mask
	return p
}

// renamed returns a command with the last letter of its name changed.
func renamed(p []byte) []byte { return flipped(p, int(p[0]), 1) }

// body2 returns the body of a command of a name and some data.
func body2(name string, data []byte) []byte {
	return append(append([]byte{byte(len(name))}, name...), data...)
}

// A curveFault is what one side may not say, and the number for it.
type curveFault struct {
	name string
	body []byte
	code Code
}

// check plays the fault to a side.
func (f curveFault) check(t *testing.T, e Exchange) {
	t.Helper()
	out, err := e.Receive(nil, f.body)
	var fault *ProtocolError
	require.ErrorAs(t, err, &fault, f.name)
	require.Equal(t, f.code, fault.Code, f.name)
	require.Empty(t, out, f.name)
	_, done := e.Done()
	require.False(t, done, f.name)
}

// TestCurveHelloFaults plays what no client may begin with.
func TestCurveHelloFaults(t *testing.T) {
	client, server := testCurve(false)
	k := talkCurve(t, client, server)
	other := must(CurveClient(testClientPublic, testClientSecret, testClientPublic))
	nonce := shortNonce("CurveZMQHELLO---", 1)
	notZero := box.Seal(bytes.Clone(k.hello[:120]), append(make([]byte, 63), 1), &nonce, (*[32]byte)(&testServerPublic), k.client.transientSecret)
	for _, f := range []curveFault{
		{"nothing", nil, 0},
		{"a name past the end", []byte("\x05HELL"), 0},
		{"another command", body2("READY", nil), CodeUnexpectedCommand},
		{"ERROR", body2("ERROR", []byte("\x03400")), CodeUnexpectedCommand},
		{"INITIATE first", k.initiate, CodeUnexpectedCommand},
		{"MESSAGE first", body2("MESSAGE", make([]byte, 40)), CodeUnexpectedCommand},
		{"misspelt", renamed(k.hello), CodeUnexpectedCommand},
		{"without anything", body2("HELLO", nil), CodeMalformedHello},
		{"an octet short", k.hello[:199], CodeMalformedHello},
		{"an octet long", append(bytes.Clone(k.hello), 0), CodeMalformedHello},
		{"of PLAIN", body2("HELLO", []byte("\x01u\x01p")), CodeMalformedHello},
		{"version 0.0", flipped(k.hello, 6, 1), CodeMalformedHello},
		{"version 2.0", flipped(k.hello, 6, 3), CodeMalformedHello},
		{"version 1.1", flipped(k.hello, 7, 1), CodeMalformedHello},
		{"another C'", flipped(k.hello, 80, 1), CodeCryptographic},
		{"another nonce", flipped(k.hello, 119, 3), CodeCryptographic},
		{"a broken box", flipped(k.hello, -1, 1), CodeCryptographic},
		{"a box of something else", notZero, CodeCryptographic},
		{"for another server", body1(t, other.Begin(nil).Start(nil)), CodeCryptographic},
	} {
		e := k.atHello
		f.check(t, &e)
	}
}

// initiateOf returns an INITIATE with k's cookie and the given contents.
func (k *curveTalk) initiateOf(counter uint64, plain []byte) []byte {
	nonce := shortNonce("CurveZMQINITIATE", counter)
	p := append(bytes.Clone(k.initiate[:9+curveCookie]), nonce[16:]...)
	return box.SealAfterPrecomputation(p, plain, &nonce, k.client.shared)
}

// vouched returns what stands in the box of INITIATE: C, and a vouch of C' and S that
// secret seals.
func (k *curveTalk) vouched(public, secret, client, server CurveKey) []byte {
	welcome := longNonce("WELCOME-", k.welcome[8:24])
	plain, _ := box.Open(nil, k.welcome[24:], &welcome, (*[32]byte)(&testServerPublic), k.client.transientSecret)
	nonce := longNonce("VOUCH---", make([]byte, 16))
	p := append(append([]byte(nil), public[:]...), nonce[8:]...)
	p = box.Seal(p, append(client[:], server[:]...), &nonce, (*[32]byte)(plain), (*[32]byte)(&secret))
	return p
}

// TestCurveInitiateFaults plays what no client may say to WELCOME.
func TestCurveInitiateFaults(t *testing.T) {
	client, server := testCurve(false)
	k, another := talkCurve(t, client, server), talkCurve(t, client, server)
	c, own := testClientPublic, CurveKey(*k.client.transientPublic)
	good := k.vouched(c, testClientSecret, own, testServerPublic)
	for _, f := range []curveFault{
		{"nothing", nil, 0},
		{"HELLO twice", k.hello, CodeUnexpectedCommand},
		{"misspelt", renamed(k.initiate), CodeUnexpectedCommand},
		{"ERROR", body2("ERROR", []byte("\x03400")), CodeUnexpectedCommand},
		{"without anything", body2("INITIATE", nil), CodeMalformedInitiate},
		{"an octet short of the least", k.initiate[:256], CodeMalformedInitiate},
		{"cut within the metadata", k.initiate[:len(k.initiate)-1], CodeCryptographic},
		{"an octet long", append(bytes.Clone(k.initiate), 0), CodeCryptographic},
		{"another nonce of the cookie", flipped(k.initiate, 9, 1), CodeCryptographic},
		{"a broken cookie", flipped(k.initiate, 9+curveCookie-1, 1), CodeCryptographic},
		{"a cookie of another connection", another.initiate, CodeCryptographic},
		{"another nonce", flipped(k.initiate, 112, 1), CodeCryptographic},
		{"the nonce of HELLO", k.initiateOf(1, good), CodeInvalidSequence},
		{"a lower nonce", k.initiateOf(0, good), CodeInvalidSequence},
		{"a broken box", flipped(k.initiate, -1, 1), CodeCryptographic},
		{"another C than that of the vouch", k.initiateOf(2, flipped(good, 0, 1)), CodeCryptographic},
		{"a broken vouch", k.initiateOf(2, flipped(good, -1, 1)), CodeCryptographic},
		{"a vouch with another c", k.initiateOf(2, k.vouched(c, testServerSecret, own, testServerPublic)), CodeCryptographic},
		{"a vouch with another C'", k.initiateOf(2, k.vouched(c, testClientSecret, c, testServerPublic)), CodeKeyExchange},
		{"a vouch for another server", k.initiateOf(2, k.vouched(c, testClientSecret, own, c)), CodeKeyExchange},
		{"malformed metadata", k.initiateOf(2, append(bytes.Clone(good), 1)), CodeInvalidMetadata},
	} {
		e := k.atInitiate
		f.check(t, &e)
	}
	for _, counter := range []uint64{2, 3, 1 << 63, 1<<64 - 1} {
		e := k.atInitiate
		_, err := e.Receive(nil, k.initiateOf(counter, good))
		require.NoError(t, err, "a client may leave nonces out: %d", counter)
		require.Equal(t, counter, e.peerNonce)
	}
}

// TestCurveServerOutOfTurn has a client go on before it is let in.
func TestCurveServerOutOfTurn(t *testing.T) {
	client, server := testCurve(true)
	c := client.Begin(nil)
	s := server.Begin(nil).(*curveServerExchange)
	initiate := hear1(t, c, hear1(t, s, body1(t, c.Start(nil))))
	out, err := s.Receive(nil, initiate)
	require.NoError(t, err)
	require.Empty(t, out, "READY has to wait for the verdict")
	require.NotNil(t, s.Asks())
	curveFault{"INITIATE twice", initiate, CodeUnspecified}.check(t, s)
}

// TestCurveClientFaults plays what no server may say.
func TestCurveClientFaults(t *testing.T) {
	client, server := testCurve(false)
	k, another := talkCurve(t, client, server), talkCurve(t, client, server)
	for _, f := range []curveFault{
		{"nothing", nil, 0},
		{"another client", k.hello, CodeUnexpectedCommand},
		{"READY first", k.ready, CodeUnexpectedCommand},
		{"misspelt", renamed(k.welcome), CodeUnexpectedCommand},
		{"without anything", body2("WELCOME", nil), CodeMalformedWelcome},
		{"an octet short", k.welcome[:167], CodeMalformedWelcome},
		{"an octet long", append(bytes.Clone(k.welcome), 0), CodeMalformedWelcome},
		{"another nonce", flipped(k.welcome, 8, 1), CodeCryptographic},
		{"a broken box", flipped(k.welcome, -1, 1), CodeCryptographic},
		{"of another connection", another.welcome, CodeCryptographic},
		{"malformed ERROR", body2("ERROR", []byte("\x03no")), CodeMalformedError},
		{"ERROR", body2("ERROR", []byte("\x02no")), 0},
	} {
		e := k.atWelcome
		f.check(t, &e)
	}
	nonce := shortNonce("CurveZMQREADY---", 1)
	garbled := box.SealAfterPrecomputation(bytes.Clone(k.ready[:14]), []byte{1}, &nonce, k.client.shared)
	for _, f := range []curveFault{
		{"WELCOME twice", k.welcome, CodeUnexpectedCommand},
		{"READY misspelt", renamed(k.ready), CodeUnexpectedCommand},
		{"READY without anything", body2("READY", nil), CodeMalformedReady},
		{"READY an octet short of the least", k.ready[:29], CodeMalformedReady},
		{"READY cut", k.ready[:len(k.ready)-1], CodeCryptographic},
		{"READY of another connection", another.ready, CodeCryptographic},
		{"READY with another nonce", flipped(k.ready, 13, 3), CodeCryptographic},
		{"a broken READY", flipped(k.ready, -1, 1), CodeCryptographic},
		{"READY in the clear", Ready{Metadata: Metadata{{PropertySocketType, TypeRep}, {PropertyIdentity, "somebody"}}}.AppendTo(nil)[shortHeader:], CodeCryptographic},
		{"malformed metadata", garbled, CodeInvalidMetadata},
		{"ERROR for READY", body2("ERROR", []byte("\x02no")), 0},
	} {
		e := k.atReady
		f.check(t, &e)
	}
}

// TestCurveFlipped flips a bit in every octet of every command: nothing but the
// padding of HELLO, which nobody vouches for, may be changed on the way. (The highest
// bit of an octet is left alone: X25519 does not look at that of a key.)
func TestCurveFlipped(t *testing.T) {
	client, server := testCurve(false)
	k := talkCurve(t, client, server)
	for _, c := range []struct {
		body []byte
		side func() Exchange
	}{
		{k.hello, func() Exchange { e := k.atHello; return &e }},
		{k.welcome, func() Exchange { e := k.atWelcome; return &e }},
		{k.initiate, func() Exchange { e := k.atInitiate; return &e }},
		{k.ready, func() Exchange { e := k.atReady; return &e }},
	} {
		for i := range c.body {
			_, err := c.side().Receive(nil, flipped(c.body, i, 1<<(i%7)))
			if name := string(c.body[1 : 1+c.body[0]]); name == nameHello && 8 <= i && i < 8+curvePadding {
				require.NoError(t, err, "octet %d of the padding", i)
			} else {
				require.ErrorAs(t, err, new(*ProtocolError), "octet %d of %s", i, name)
			}
		}
	}
}
