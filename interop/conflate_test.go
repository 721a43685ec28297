package interop

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// nudge is how long nothing may arrive before one more message is sent. A pipe of libzmq's that conflates may keep its newest message until another comes:
// its reader goes to sleep while its writer takes it for awake.
const nudge = 100 * time.Millisecond

// TestConflated sends numbered messages to a side that keeps the newest, each way that the type has: they arrive rising, and the last of them arrives, or
// one that replaced it. Ranges over the types that can keep the newest alone, as libzmq's manual has them.
func TestConflated(t *testing.T) {
	const count = 500
	overTable(t, only("PUSH", "PULL", "PUB", "SUB", "DEALER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{
			keepsNone: true, weir: []socket.Option{socket.Conflate(true)}, peer: []string{"conflate=1"},
		})
		s.join()
		if p.sends {
			s.conflatedOut(count)
		}
		if p.receives {
			s.conflatedIn(count)
		}
	})
}

// conflatedOut sends from Weir to the peer.
func (s *scene) conflatedOut(count int) {
	s.Helper()
	s.peer.order("drain", count-1, waitMS)
	for n := range count {
		s.send(numbered(n, 20))
	}
	for n := count; ; n++ {
		select {
		case report := <-s.peer.reports:
			require.True(s, strings.HasPrefix(report, "ok"), report)
			return
		case <-time.After(nudge):
			s.send(numbered(n, 20))
		case <-s.ctx.Done():
			require.NoError(s, s.ctx.Err(), "the peer has not had the last")
		}
	}
}

// conflatedIn sends from the peer to Weir. What Weir has and nobody received is not the peer's doing.
func (s *scene) conflatedIn(count int) {
	s.Helper()
	s.peer.do(s.ctx, "sendn", 0, count, 20, waitMS)
	for last, next := -1, count; last < count-1; {
		ctx, cancel := context.WithTimeout(s.ctx, nudge)
		m, err := s.weir.(socket.Receiver).Recv(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			require.Zero(s, s.weir.Stats().In.Queued, "it is here")
			s.peer.do(s.ctx, "sendn", next, 1, 20, waitMS)
			next++
			continue
		}
		require.NoError(s, err)
		n := numberOf(m)
		require.Greater(s, n, last)
		last = n
	}
}
