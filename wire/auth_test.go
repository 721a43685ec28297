package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A dialog is a handshake of ours and what a test wants of it: octets in, octets
// out, and the verdict that it gets when it asks.
type dialog struct {
	t       *testing.T
	h       *Handshake
	verdict Verdict
	asked   []*Question
	out     []byte // all that h has sent
	err     error  // what h ended with
}

// newDialog starts a handshake that lets everybody in.
func newDialog(t *testing.T, cfg HandshakeConfig) *dialog {
	d := &dialog{t: t, h: NewHandshake(cfg), verdict: Verdict{Status: StatusOK, UserID: "joe"}}
	d.out = d.h.Start()
	return d
}

// hears plays octets to the handshake, one at a time, and answers what it asks.
func (d *dialog) hears(octets []byte) {
	d.t.Helper()
	for _, octet := range octets {
		if d.err != nil {
			return
		}
		_, out, err := d.h.Receive([]byte{octet})
		d.out, d.err = append(d.out, out...), err
		d.answers()
	}
}

// answers gives the verdict where the handshake asks for one.
func (d *dialog) answers() {
	d.t.Helper()
	q := d.h.Asks()
	if q == nil {
		return
	}
	d.asked = append(d.asked, q)
	out, err := d.h.Answer(d.verdict)
	require.Nil(d.t, d.h.Asks(), "one question, one answer")
	d.out, d.err = append(d.out, out...), err
}

// wantFault requires that the handshake ended with a peer's fault of that code.
func (d *dialog) wantFault(code Code, why string) {
	d.t.Helper()
	var fault *ProtocolError
	require.ErrorAs(d.t, d.err, &fault, why)
	require.Equal(d.t, code, fault.Code, why)
	require.False(d.t, d.h.Done(), why)
	_, again := d.h.Answer(Verdict{Status: StatusOK})
	require.Equal(d.t, d.err, again, "%s: the end is final", why)
}

// command is the frame of a command of any name.
func command(name, data string) []byte { return Unknown{Name: name, Body: []byte(data)}.AppendTo(nil) }

// TestNullAsks checks the order of a NULL handshake that asks: READY goes out
// with the verdict, whichever of it and the peer's READY comes first.
func TestNullAsks(t *testing.T) {
	for _, early := range []bool{false, true} {
		h := NewHandshake(HandshakeConfig{SocketType: TypePull, Mechanism: NullAsking()})
		out, err := sent(h, peerGreeting(3, 1, "NULL"))
		require.NoError(t, err)
		require.Len(t, out, greetingSize, "no READY before the verdict")
		require.Equal(t, &Question{Mechanism: "NULL"}, h.Asks())
		ready := readyOf(TypePush).AppendTo(nil)
		if early {
			_, out, err = h.Receive(ready)
			require.NoError(t, err)
			require.Empty(t, out)
			require.False(t, h.Done())
		}
		out, err = h.Answer(Verdict{Status: StatusOK, UserID: "joe", Metadata: Metadata{{"X-Role", "admin"}}})
		require.NoError(t, err)
		require.Equal(t, readyOf(TypePull), parseFrame(t, out))
		require.Equal(t, early, h.Done())
		if !early {
			_, _, err = h.Receive(ready)
			require.NoError(t, err)
		}
		require.True(t, h.Done())
		require.Equal(t, Metadata{{"User-Id", "joe"}, {"X-Role", "admin"}}, h.Peer().Vouched)
		require.Equal(t, Metadata{{"Socket-Type", "PUSH"}}, h.Peer().Metadata)
	}
}

// TestNullAskedOutOfTurn checks what a peer may not say while its verdict is
// out.
func TestNullAskedOutOfTurn(t *testing.T) {
	ready := readyOf(TypePush).AppendTo(nil)
	for name, octets := range map[string][]byte{
		"READY twice":              append(bytes.Clone(ready), ready...),
		"a message behind READY":   append(bytes.Clone(ready), 0, 1, 'm'),
		"half a frame after READY": append(bytes.Clone(ready), 0),
	} {
		h := NewHandshake(HandshakeConfig{SocketType: TypePull, Mechanism: NullAsking()})
		_, err := sent(h, append(peerGreeting(3, 1, "NULL"), octets...))
		if err == nil {
			_, err = h.Answer(Verdict{Status: StatusOK})
		}
		require.ErrorAs(t, err, new(*ProtocolError), name)
		require.False(t, h.Done(), name)
	}
}

// TestVerdicts checks what each status says to the peer, and what becomes of the
// handshake, over each mechanism that asks.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		status Status
		reason string // of the ERROR that goes out; empty where none does
		want   Status
	}{
		{StatusTemporary, "", StatusTemporary},
		{StatusRefused, "400", StatusRefused},
		{StatusInternal, "500", StatusInternal},
		{0, "500", StatusInternal},
		{201, "500", StatusInternal},
	} {
		for name, octets := range map[string][]byte{
			MechanismNull:  peerGreeting(3, 1, "NULL"),
			MechanismPlain: append(peerGreeting(3, 1, "PLAIN"), command("HELLO", "\x01u\x01p")...),
		} {
			d := newDialog(t, HandshakeConfig{Mechanism: map[string]Mechanism{MechanismNull: NullAsking(), MechanismPlain: PlainServer()}[name]})
			d.verdict = Verdict{Status: c.status, Text: "why"}
			d.hears(octets)
			var refusal *AuthError
			require.ErrorAs(t, d.err, &refusal)
			require.Equal(t, &AuthError{Status: c.want, Text: "why"}, refusal)
			require.NoError(t, refusal.Unwrap(), "it is no breach of the protocol")
			if c.reason == "" {
				require.Len(t, d.out, greetingSize, "nothing is said")
				continue
			}
			require.Equal(t, Error{Reason: c.reason}, parseFrame(t, d.out[greetingSize:]))
		}
	}
}

// TestRefusedByPeer checks what the reason of a peer's ERROR tells.
func TestRefusedByPeer(t *testing.T) {
	for reason, want := range map[string]Status{"300": 300, "400": 400, "500": 500, "200": 0, "": 0, "4000": 0, "go away": 0} {
		_, err := sent(NewHandshake(HandshakeConfig{}), peerSays(Error{Reason: reason}))
		require.ErrorAs(t, err, new(*ProtocolError), "an ERROR is final: %q", reason)
		var refusal *AuthError
		require.Equal(t, want != 0, asAuthError(err, &refusal), reason)
		if want != 0 {
			require.Equal(t, want, refusal.Status)
		}
	}
}

// asAuthError is errors.As for require.Equal.
func asAuthError(err error, target **AuthError) bool {
	refusal, ok := err.(*AuthError) //nolint:errorlint // it is not wrapped here
	*target = refusal
	return ok
}

// TestNothingIsAsked checks that Answer is of no use where there is no question.
func TestNothingIsAsked(t *testing.T) {
	h := NewHandshake(HandshakeConfig{})
	out, err := h.Answer(Verdict{Status: StatusRefused})
	require.NoError(t, err)
	require.Empty(t, out)
	_, err = sent(h, peerSays(readyOf(TypePull)))
	require.NoError(t, err)
	require.True(t, h.Done())
}

// FuzzExchange plays any octets to each side of each mechanism, behind a proper
// greeting. Whatever they are, the end is final, the outcome does not depend on
// the cut, and an error is the peer's.
func FuzzExchange(f *testing.F) {
	for _, name := range hexNames(f, "mechanism") {
		f.Add(readHex(f, name)[greetingSize:], uint64(1))
	}
	client, server := curveWords(f)
	for _, words := range [][]byte{client, server} {
		f.Add(words[greetingSize:], uint64(2))
		f.Add(words[greetingSize:len(words)-1], uint64(3))
	}
	f.Fuzz(func(t *testing.T, octets []byte, seed uint64) {
		for name, pair := range mechanismPairs {
			for _, mechanism := range pair {
				h := NewHandshake(HandshakeConfig{SocketType: TypePull, Mechanism: steady(mechanism)})
				_, err := sent(h, peerGreeting(3, 1, name))
				require.NoError(t, err)
				rnd := rand.New(rand.NewPCG(seed, 6))
				for p := octets; len(p) > 0 && err == nil && !h.Done(); {
					var n int
					n, _, err = h.Receive(p[:1+rnd.IntN(len(p))])
					p = p[n:]
					if err == nil && h.Asks() != nil {
						_, err = h.Answer(Verdict{Status: StatusOK})
					}
				}
				if err != nil {
					require.ErrorAs(t, err, new(*ProtocolError))
				}
			}
		}
	})
}
