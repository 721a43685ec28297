package interop

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// nobody refuses whoever comes.
var nobody = socket.AuthenticatorFunc(func(context.Context, socket.AuthRequest) (socket.AuthReply, error) {
	return socket.Deny("not you"), nil
})

// brokenBox is what the two libraries make of a box that does not open, as libzmq's monitor counts it (ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC).
const brokenBox = "285212673"

// A curveFault is a client of CURVE that must not come in: one row of the table.
type curveFault struct {
	name  string
	with  setup
	wants func(t *testing.T, s *scene, err error) // err is why the handshake failed for Weir
}

// curveFaults are clients of libzmq's at Weir's server, and then Weir's at libzmq's.
var curveFaults = []curveFault{
	{
		name: "libzmq's, of another server", wants: wantBrokenBox,
		with: setup{weir: curveGuards[0].weir, peer: []string{
			"curve_serverkey=" + clientPublic, "curve_publickey=" + clientPublic, "curve_secretkey=" + clientSecret,
		}},
	},
	{
		name: "libzmq's, with keys that are no pair", wants: wantBrokenBox,
		with: setup{weir: curveGuards[0].weir, peer: []string{
			"curve_serverkey=" + serverPublic, "curve_publickey=" + serverPublic, "curve_secretkey=" + clientSecret,
		}},
	},
	{
		name: "libzmq's, refused",
		with: setup{weir: curveGuards[0].weir, peer: curveGuards[0].peer, runtime: []socket.RuntimeOption{socket.WithAuthenticator(nobody)}},
		wants: func(t *testing.T, s *scene, err error) {
			wantRefusal(t, err, false)
			wantRefused(t, s)
		},
	},
	{
		name: "Weir's, of another server",
		with: setup{
			weir: []socket.Option{socket.CurveSecretKey(clientSecret), socket.CurveServerKey(clientPublic)}, peer: curveGuards[1].peer,
		},
		wants: func(t *testing.T, s *scene, _ error) {
			s.peer.do(s.ctx, "wait", "PROTOCOL", 1, waitMS)
			require.Equal(t, brokenBox, s.peer.do(s.ctx, "value", "PROTOCOL"))
		},
	},
	{
		name: "Weir's, refused",
		with: setup{weir: curveGuards[1].weir, peer: []string{"curve_server=1", "curve_secretkey=" + serverSecret, "zap=400"}},
		wants: func(t *testing.T, s *scene, err error) {
			wantRefusal(t, err, true)
			wantRefused(t, s)
		},
	},
}

// wantBrokenBox wants err to say that a box did not open.
func wantBrokenBox(t *testing.T, _ *scene, err error) {
	var breach *socket.ProtocolError
	require.ErrorAs(t, err, &breach)
	require.Equal(t, wire.CodeCryptographic, breach.Code)
}

// wantRefused wants libzmq's monitor to tell of a refusal, by itself or by Weir.
func wantRefused(t *testing.T, s *scene) {
	s.peer.do(s.ctx, "wait", "AUTH", 1, waitMS)
	require.Equal(t, "400", s.peer.do(s.ctx, "value", "AUTH"))
}

// TestCurveRefused brings clients that must not come in: both sides know why, and for neither is there a connection.
func TestCurveRefused(t *testing.T) {
	overWide(t, every, func(t *testing.T, p pairing) {
		for _, c := range curveFaults {
			t.Run(c.name, func(t *testing.T) {
				s := newScene(begin(t, libzmq), t, p, c.with)
				s.place()
				c.wants(t, s, s.events.waitKind(s.ctx, t, 1, socket.EventHandshakeFailed).Err)
				require.Empty(t, s.events.of(socket.EventHandshakeSucceeded))
				require.Equal(t, "0", s.peer.do(s.ctx, "wait", "HANDSHAKE", 0, waitMS))
			})
		}
	})
}
