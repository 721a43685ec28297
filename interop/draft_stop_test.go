package interop

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

const (
	optReconnect     = "18"
	optMetadata      = "95"
	optReconnectStop = "109"

	stopRefused   = "1"
	stopHandshake = "2"
)

// deserted is an endpoint of tcp where nobody listens.
func deserted(ctx context.Context, t *testing.T) string {
	t.Helper()
	endpoint, leave := mute(ctx, t, places[0])
	leave()
	return endpoint
}

// heard takes what the process prints up to the event of a name.
func (p *draftPeer) heard(ctx context.Context, name string) (before []string) {
	p.t.Helper()
	for {
		line := p.next(ctx)
		if line[0] != "event" {
			continue
		}
		if line[1] == name {
			return before
		}
		before = append(before, line[1])
	}
}

// untried has somebody else fail at an endpoint for the third time, and wants the process not to have tried again meanwhile.
func (p *draftPeer) untried(ctx context.Context, endpoint string) {
	p.t.Helper()
	other := startPeer(ctx, p.t, libzmq, "DEALER", peerReconnectIn)
	other.do(ctx, "connect", endpoint)
	other.do(ctx, "wait", "RETRIED", 3, waitMS)
	for range len(p.lines) {
		require.NotEqual(p.t, []string{"event", "connect:retry"}, p.next(ctx))
	}
}

// TestReconnectStopRefused has libzmq's DEALER and then Weir's give an endpoint up where nobody listens.
func TestReconnectStopRefused(t *testing.T) {
	t.Run("libzmq's", func(t *testing.T) {
		t.Parallel()
		ctx, _, _ := beginDraft(t)
		at := deserted(ctx, t)
		p := startDraft(ctx, t, typeDealer, "connect", at, "events", optReconnect+"=20", optReconnectStop+"="+stopRefused)
		require.NotContains(t, p.heard(ctx, "close"), "connect:retry")
		p.untried(ctx, at)
	})
	t.Run("Weir's", func(t *testing.T) {
		t.Parallel()
		ctx, rt, events := beginDraft(t)
		p := startDraft(ctx, t, typeRouter, "bind", freshAddress())
		dealer, err := socket.NewDealer(rt, socket.ReconnectInterval(reconnectIn), socket.ReconnectStop(socket.StopOnRefused))
		require.NoError(t, err)
		_, err = dealer.Connect(ctx, p.endpoint)
		require.NoError(t, err)
		require.NoError(t, dealer.WaitPeers(ctx, 1))
		require.NoError(t, dealer.Send(ctx, socket.NewMessage("x")))
		require.Equal(t, "x", p.next(ctx)[1])
		p.do("close")
		require.ErrorIs(t, events.waitKind(ctx, t, 1, socket.EventEnded).Err, socket.ErrConnRefused)
	})
}

// hangUpLoop hangs up on whoever comes to a stream, until that is closed.
func hangUpLoop(ctx context.Context, s *socket.Stream) {
	for {
		e, err := s.Next(ctx)
		if err != nil {
			return
		}
		if e.Kind == socket.StreamUp {
			_ = s.Hangup(e.ID) // may have gone by itself
		}
	}
}

// TestReconnectStopHandshake has libzmq's DEALER and then Weir's give an endpoint up where they are hung up on before their handshake.
func TestReconnectStopHandshake(t *testing.T) {
	t.Run("libzmq's", func(t *testing.T) {
		t.Parallel()
		ctx, rt, _ := beginDraft(t)
		stream, err := socket.NewStream(rt)
		require.NoError(t, err)
		var loops sync.WaitGroup
		loops.Go(func() { hangUpLoop(ctx, stream) })
		defer func() {
			require.NoError(t, stream.Close(ctx))
			loops.Wait()
		}()
		at, err := stream.Bind(ctx, freshAddress())
		require.NoError(t, err)
		p := startDraft(ctx, t, typeDealer, "connect", at.String(), "events", optReconnect+"=20", optReconnectStop+"="+stopHandshake)
		require.NotContains(t, p.heard(ctx, "disconnect"), "connect:retry")
		p.untried(ctx, at.String())
	})
	t.Run("Weir's", func(t *testing.T) {
		t.Parallel()
		ctx, rt, events := beginDraft(t)
		p := startPeer(ctx, t, libzmq, "ROUTER", "filter=10.0.0.0/8")
		dealer, err := socket.NewDealer(rt, socket.ReconnectInterval(reconnectIn), socket.ReconnectStop(socket.StopOnHandshakeFailed))
		require.NoError(t, err)
		_, err = dealer.Connect(ctx, p.do(ctx, "bind", freshAddress()))
		require.NoError(t, err)
		require.Error(t, events.waitKind(ctx, t, 1, socket.EventEnded).Err)
		require.Len(t, events.of(socket.EventHandshakeFailed), 1)
	})
}

// TestDraftMetadata wants Weir's ROUTER to see a property that libzmq's DEALER has been given.
func TestDraftMetadata(t *testing.T) {
	ctx, rt, _ := beginDraft(t)
	router, err := socket.NewRouter(rt)
	require.NoError(t, err)
	at, err := router.Bind(ctx, freshAddress())
	require.NoError(t, err)
	p := startDraft(ctx, t, typeDealer, "connect", at.String(), optMetadata+"=X-color:red")
	p.do(`send ["x"]`)
	m, err := router.Recv(ctx)
	require.NoError(t, err)
	color, ok := m.Property("X-color")
	require.True(t, ok)
	require.Equal(t, "red", color)
}
