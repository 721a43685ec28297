package interop

import (
	"strings"
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
			greetedAndEnded(s.peerChunk)
			if !s.pair.weirBinds {
				s.events.waitKind(s.ctx, s.T, 1, socket.EventRetried)
			}
		}, socket.HandshakeInterval(handshakeIn))
	}
}

// TestStreamIsSilent has a Stream of Weir's say nothing to sockets of libzmq's, which end the connection after HANDSHAKE_IVL: the Stream hears of the
// beginning, of libzmq's greeting and of the end.
func TestStreamIsSilent(t *testing.T) {
	for partner := range roles {
		k := routed("STREAM", partner)
		k.peerOpts = []string{peerHandshakeIn}
		overStreams(t, k, func(s *scene) {
			greetedAndEnded(func() (id, data string) {
				e, err := s.stream().Next(s.ctx)
				require.NoError(s, err)
				return e.ID, string(e.Data)
			})
			s.peer.do(s.ctx, "wait", "NODETAIL", 1, waitMS)
			if s.pair.weirBinds {
				s.peer.do(s.ctx, "wait", "RETRIED", 1, waitMS)
			}
		})
	}
}

// greetedAndEnded takes what a STREAM has next until a connection has ended that had begun with a greeting. A connection begins and ends with no data; who dialed
// dials again, so that the next one may be there before the end of the one before.
func greetedAndEnded(next func() (id, data string)) {
	said := map[string]string{}
	for {
		id, data := next()
		if data == "" && strings.HasPrefix(said[id], string(greeting("NULL")[:10])) {
			return
		}
		said[id] += data
	}
}

// TestSilentLine joins sockets by a line that takes connections and lets nothing pass: each side, whoever it is and over each transport, ends them after
// its own HANDSHAKE_IVL, and who dialed tries again. When the line lets pass what is said, the two meet. (Not where libzmq has bound a PAIR: that turns away who
// comes before it has taken note of the end of the one before, and here each attempt is one.)
func TestSilentLine(t *testing.T) {
	silenced := setup{weir: []socket.Option{socket.HandshakeInterval(handshakeIn)}, peer: []string{peerHandshakeIn}}
	overPatterns(t, wideKinds, every, func(t *testing.T, of []pairing) {
		var all []lined
		for _, p := range of {
			s := newScene(begin(t, libzmq), t, p, silenced)
			all = append(all, lined{scene: s, line: s.placeThrough(pong, (*relay).hush)})
		}
		eachOf(t, all, func(l lined) {
			failed := l.events.waitKind(l.ctx, t, 1, socket.EventHandshakeFailed)
			require.ErrorIs(t, failed.Err, socket.ErrHandshakeTimeout)
			l.peer.do(l.ctx, "wait", "NODETAIL", 1, waitMS)
			if l.pair.weirBinds {
				l.peer.do(l.ctx, "wait", "RETRIED", 1, waitMS)
			} else {
				l.events.waitKind(l.ctx, t, 1, socket.EventRetried)
			}
			require.Empty(t, l.events.of(socket.EventHandshakeSucceeded))
			require.Equal(t, "0", l.peer.do(l.ctx, "wait", "HANDSHAKE", 0, waitMS))
			l.line.thaw()
			if l.pair.weir != "PAIR" || l.pair.weirBinds {
				l.meet()
			}
		})
	})
}

// TestPeerIsFrozen connects to a libzmq socket whose process has been stopped: the kernel takes the connection, and nobody answers. Weir tries again, and
// when libzmq goes on it is a peer. Three types will do: TestSilentLine has all.
func TestPeerIsFrozen(t *testing.T) {
	overTable(t, only("PUSH", "SUB", "DEALER").dialing(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{weir: []socket.Option{socket.HandshakeInterval(handshakeIn)}})
		s.placePeer()
		s.peer.freeze()
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

// TestWeirIsFrozen has libzmq connect to a socket of Weir's whose process has been stopped: libzmq tries again, and when Weir goes on it is a peer.
func TestWeirIsFrozen(t *testing.T) {
	overTable(t, only("PUSH", "SUB", "DEALER").binding(), func(t *testing.T, p pairing) {
		d := &duel{T: t, ctx: begin(t, libzmq), pair: p}
		d.openWeir()
		d.weir.freeze()
		d.peer = startPeer(d.ctx, t, libzmq, p.partner, peerReconnectIn, peerHandshakeIn)
		d.peer.do(d.ctx, "connect", d.endpoint)
		d.peer.do(d.ctx, "wait", "NODETAIL", 2, waitMS)
		d.weir.signal(syscall.SIGCONT)
		d.peer.do(d.ctx, "wait", "HANDSHAKE", 1, waitMS)
		d.weir.do(d.ctx, "meet")
	})
}

// freeze stops the process, and waits until it has stopped.
func (p *peer) freeze() {
	p.t.Helper()
	p.signal(syscall.SIGSTOP)
	var status syscall.WaitStatus
	_, err := syscall.Wait4(p.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	require.NoError(p.t, err)
	require.True(p.t, status.Stopped())
}
