package interop

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// handshakeIn is HANDSHAKE_IVL of these cases, on either side.
const (
	handshakeIn     = 100 * time.Millisecond
	peerHandshakeIn = "handshake=100"
)

// TestPeerStreamIsSilent has a STREAM of libzmq's say nothing to a socket of Weir's, which ends the connection after HandshakeInterval: the STREAM hears of
// the beginning, of Weir's greeting and of the end.
func TestPeerStreamIsSilent(t *testing.T) {
	for _, k := range wideKinds {
		silent := *k
		silent.partner, silent.peerOpts = "STREAM", nil
		overStreams(t, &silent, func(s *scene) {
			failed := s.events.waitKind(s.ctx, s.T, 1, socket.EventHandshakeFailed)
			require.ErrorIs(s, failed.Err, socket.ErrHandshakeTimeout)
			there, notice := s.peerChunk()
			require.Empty(s, notice)
			id, data := s.peerChunk()
			require.Equal(s, there, id)
			require.Equal(s, string(greeting("NULL")[:10]), data[:10])
			for data != "" {
				id, data = s.peerChunk()
				require.Equal(s, there, id)
			}
			if !s.pair.weirBinds {
				s.events.waitKind(s.ctx, s.T, 1, socket.EventRetried)
			}
		}, socket.HandshakeInterval(handshakeIn))
	}
}

// TestStreamIsSilent has a Stream of Weir's say nothing to sockets of libzmq's, which end the connection after HANDSHAKE_IVL: the Stream hears of the
// beginning, of libzmq's greeting and of the end.
func TestStreamIsSilent(t *testing.T) {
	for _, partner := range []string{"DEALER", "PULL", "SUB"} {
		k := routed("STREAM", partner)
		k.peerOpts = []string{peerHandshakeIn}
		overStreams(t, k, func(s *scene) {
			id := s.event(socket.StreamUp).ID
			e := s.event(socket.StreamData)
			require.Equal(s, string(greeting("NULL")[:10]), string(e.Data[:10]))
			for e.Kind == socket.StreamData {
				require.Equal(s, id, e.ID)
				var err error
				e, err = s.stream().Next(s.ctx)
				require.NoError(s, err)
			}
			require.Equal(s, socket.StreamDown, e.Kind)
			s.peer.do(s.ctx, "wait", "NODETAIL", 1, waitMS)
			if s.pair.weirBinds {
				s.peer.do(s.ctx, "wait", "RETRIED", 1, waitMS)
			}
		})
	}
}

// TestPeerIsFrozen connects to a libzmq socket whose process has been stopped: the kernel takes the connection, and nobody answers. Weir tries again, and
// when libzmq goes on it is a peer. Three types will do: a dialer does not know whose it is.
func TestPeerIsFrozen(t *testing.T) {
	overTable(t, only("PUSH", "SUB", "DEALER").dialing(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{weir: []socket.Option{socket.HandshakeInterval(handshakeIn)}})
		s.placePeer()
		s.peer.signal(syscall.SIGSTOP)
		var status syscall.WaitStatus
		_, err := syscall.Wait4(s.peer.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
		require.NoError(t, err)
		require.True(t, status.Stopped())
		s.placeWeir()
		for n := range 2 {
			failed := s.events.waitKind(s.ctx, t, n+1, socket.EventHandshakeFailed)
			require.ErrorIs(t, failed.Err, socket.ErrHandshakeTimeout)
		}
		s.peer.signal(syscall.SIGCONT)
		s.meet()
		p.moves.many(s, 0, 50, 20)
	})
}
