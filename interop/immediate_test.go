package interop

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// mute is an endpoint where somebody listens and nobody speaks: a connection to it does not get as far as traffic. leave gives it up, so that it can be
// bound; no process begins meanwhile: see closeWeir.
func mute(ctx context.Context, t *testing.T, at *place) (endpoint string, leave func()) {
	t.Helper()
	l, endpoint := listen(ctx, t, at)
	return endpoint, func() {
		starting.RLock()
		defer starting.RUnlock()
		require.NoError(t, l.Close())
	}
}

// immediates are IMMEDIATE, off and on, as either side has it.
var immediates = map[string]setup{
	"without": {},
	"with":    {weir: []socket.Option{socket.Immediate(true)}, peer: []string{"immediate=1"}},
}

// overImmediates runs a case for the cells that are picked, with IMMEDIATE on the side that connects, and without. Those are of the types that queue for
// whoever is not there yet: a ROUTER has no name for him, a publisher no subscription, and a REQ sends one request at a time.
func overImmediates(t *testing.T, picked pick, f func(s *scene, immediate bool)) {
	overTable(t, picked, func(t *testing.T, p pairing) {
		for name, with := range immediates {
			t.Run(name, func(t *testing.T) {
				with := with
				if p.weirBinds {
					with.weir = nil
				} else {
					with.peer = nil
				}
				f(newScene(begin(t, libzmq), t, p, with), name == "with")
			})
		}
	})
}

// peerNumbers receives so many numbered messages on libzmq's side.
func (s *scene) peerNumbers(p *peer, count int) (all []int) {
	s.Helper()
	for range count {
		text, _, _ := strings.Cut(s.bytesOf(p.do(s.ctx, "recv", waitMS)), ".")
		n, err := strconv.Atoi(text)
		require.NoError(s, err)
		all = append(all, n)
	}
	return all
}

// weirNumbers receives so many numbered messages with a socket of Weir's.
func (s *scene) weirNumbers(w weirSocket, count int) (all []int) {
	s.Helper()
	for range count {
		m, err := w.(socket.Receiver).Recv(s.ctx)
		require.NoError(s, err)
		all = append(all, numberOf(m))
	}
	return all
}

// wantShares checks what the two who were sent ten numbers have of them: the first all, or each its half.
func (s *scene) wantShares(immediate bool, first, second []int) {
	s.Helper()
	ten := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	if immediate {
		require.Equal(s, ten, first)
		require.Empty(s, second)
		return
	}
	require.True(s, slices.IsSorted(first) && slices.IsSorted(second))
	require.ElementsMatch(s, ten, append(first, second...))
}

// TestImmediateHalf connects a socket to one that is there and to one that does not answer its greeting: half of ten messages wait for that one, and are
// its own when it comes; with IMMEDIATE none do, and it gets its share of the next ones alone. Weir sends to libzmq, and then libzmq to Weir.
func TestImmediateHalf(t *testing.T) {
	overImmediates(t, only("PUSH", "DEALER").dialing(), func(s *scene, immediate bool) {
		s.join()
		at, leave := mute(s.ctx, s.T, s.pair.place)
		_, err := s.weir.Connect(s.ctx, at)
		require.NoError(s, err)
		for n := range 10 {
			s.send(numbered(n, 20))
		}
		share := 5
		if immediate {
			share = 10
		}
		shares := s.peerNumbers(s.peer, share)
		first := s.peer
		s.openPeer()
		leave()
		s.peer.do(s.ctx, "bind", at)
		require.NoError(s, s.weir.WaitPeers(s.ctx, 2))
		s.wantShares(immediate, shares, s.peerNumbers(s.peer, 10-share))
		s.send(numbered(10, 20))
		s.send(numbered(11, 20))
		require.ElementsMatch(s, []int{10, 11}, append(s.peerNumbers(s.peer, 1), s.peerNumbers(first, 1)...))
	})
	overImmediates(t, only("PULL", "DEALER").binding(), func(s *scene, immediate bool) {
		s.join()
		at, leave := mute(s.ctx, s.T, s.pair.place)
		s.peer.do(s.ctx, "connect", at)
		s.peer.do(s.ctx, "sendn", 0, 10, 20, waitMS)
		share := 5
		if immediate {
			share = 10
		}
		shares := s.weirNumbers(s.weir, share)
		first := s.weir
		s.openWeir()
		leave()
		_, err := s.weir.Bind(s.ctx, at)
		require.NoError(s, err)
		s.peer.do(s.ctx, "wait", "HANDSHAKE", 2, waitMS)
		s.wantShares(immediate, shares, s.weirNumbers(s.weir, 10-share))
		s.peer.do(s.ctx, "sendn", 10, 2, 20, waitMS)
		require.ElementsMatch(s, []int{10, 11}, append(s.weirNumbers(s.weir, 1), s.weirNumbers(first, 1)...))
	})
}

// TestImmediateLoss ends the connection of a socket that has connected: what it sends then waits for the next one; with IMMEDIATE there is nobody to send
// to until then. A libzmq PAIR is left out: it may still hold the pipe of the lost connection when the next one comes, and refuses it.
func TestImmediateLoss(t *testing.T) {
	overImmediates(t, only("PUSH", "DEALER", "PAIR").dialing(), func(s *scene, immediate bool) {
		s.join()
		s.send(numbered(0, 20))
		require.Equal(s, []int{0}, s.peerNumbers(s.peer, 1))
		s.killPeer(1)
		s.events.waitKind(s.ctx, s.T, 1, socket.EventConnectFailed) // by then the socket knows, too
		err := s.sender().TrySend(numbered(1, 20))
		if immediate {
			require.ErrorIs(s, err, socket.ErrNoPeers)
		} else {
			require.NoError(s, err)
		}
		s.openPeer()
		s.placePeer()
		s.meet()
		s.send(numbered(2, 20))
		if !immediate {
			require.Equal(s, []int{1}, s.peerNumbers(s.peer, 1))
		}
		require.Equal(s, []int{2}, s.peerNumbers(s.peer, 1))
	})
	overImmediates(t, only("PULL", "DEALER").binding(), func(s *scene, immediate bool) {
		s.join()
		s.peer.do(s.ctx, "sendn", 0, 1, 20, waitMS)
		require.Equal(s, []int{0}, s.weirNumbers(s.weir, 1))
		s.closeWeir()
		s.peer.do(s.ctx, "wait", "RETRIED", 1, waitMS) // it has taken leave of its pipe before that
		s.peer.order("sendn", 1, 1, 20, 0)
		want := "ok 1"
		if immediate {
			want = "blocked 0"
		}
		require.Equal(s, want, s.peer.next(s.ctx))
		s.openWeir()
		s.placeWeir()
		s.meet()
		s.peer.do(s.ctx, "sendn", 2, 1, 20, waitMS)
		if !immediate {
			require.Equal(s, []int{1}, s.weirNumbers(s.weir, 1))
		}
		require.Equal(s, []int{2}, s.weirNumbers(s.weir, 1))
	})
}
