package interop

import (
	"context"
	"fmt"
	"net"
	"os"
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

// deserted is an endpoint where nobody listens.
func deserted(ctx context.Context, t *testing.T, at *place) string {
	t.Helper()
	endpoint, leave := mute(ctx, t, at)
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

// TestReconnectStopRefused has libzmq's DEALER and then Weir's give an endpoint of tcp up where nobody listens.
func TestReconnectStopRefused(t *testing.T) {
	t.Run("libzmq's", func(t *testing.T) {
		t.Parallel()
		ctx, _, _ := beginDraft(t)
		at := deserted(ctx, t, places[0])
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

// TestReconnectStopNeverRefused does the same over ipc, where neither side takes that for a refusal, and both meet who comes later.
func TestReconnectStopNeverRefused(t *testing.T) {
	t.Run("libzmq's", func(t *testing.T) {
		t.Parallel()
		ctx, rt, _ := beginDraft(t)
		at := deserted(ctx, t, ipc())
		p := startDraft(ctx, t, typeDealer, "connect", at, "events", optReconnect+"=20", optReconnectStop+"="+stopRefused)
		p.heard(ctx, "connect:retry")
		router, err := socket.NewRouter(rt)
		require.NoError(t, err)
		_, err = router.Bind(ctx, at)
		require.NoError(t, err)
		require.NoError(t, router.WaitPeers(ctx, 1))
	})
	t.Run("Weir's", func(t *testing.T) {
		t.Parallel()
		ctx, rt, events := beginDraft(t)
		at := deserted(ctx, t, ipc())
		dealer, err := socket.NewDealer(rt, socket.ReconnectInterval(reconnectIn), socket.ReconnectStop(socket.StopOnRefused))
		require.NoError(t, err)
		_, err = dealer.Connect(ctx, at)
		require.NoError(t, err)
		events.waitKind(ctx, t, 2, socket.EventRetried)
		startDraft(ctx, t, typeRouter, "bind", at)
		require.NoError(t, dealer.WaitPeers(ctx, 1))
	})
}

// hangUpLoop hangs up on whoever comes, until the listener is closed.
func hangUpLoop(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_ = conn.Close() // may have gone by itself
	}
}

// TestReconnectStopHandshake has libzmq's DEALER and then Weir's give an endpoint up where they are hung up on before their handshake.
func TestReconnectStopHandshake(t *testing.T) {
	for _, at := range places {
		t.Run("libzmq's/"+at.name, func(t *testing.T) {
			t.Parallel()
			ctx, _, _ := beginDraft(t)
			l, endpoint := listen(ctx, t, at)
			var loops sync.WaitGroup
			loops.Go(func() { hangUpLoop(l) })
			defer func() {
				_ = l.Close()
				loops.Wait()
			}()
			p := startDraft(ctx, t, typeDealer, "connect", endpoint, "events", optReconnect+"=20", optReconnectStop+"="+stopHandshake)
			require.NotContains(t, p.heard(ctx, "disconnect"), "connect:retry")
			p.untried(ctx, endpoint)
		})
		t.Run("Weir's/"+at.name, func(t *testing.T) {
			t.Parallel()
			ctx, rt, events := beginDraft(t)
			filter := map[string]string{"tcp": "filter=10.0.0.0/8", "ipc": fmt.Sprint("filter_pid=", os.Getppid())}[at.name]
			p := startPeer(ctx, t, libzmq, "ROUTER", filter)
			dealer, err := socket.NewDealer(rt, socket.ReconnectInterval(reconnectIn), socket.ReconnectStop(socket.StopOnHandshakeFailed))
			require.NoError(t, err)
			_, err = dealer.Connect(ctx, p.do(ctx, "bind", at.fresh()))
			require.NoError(t, err)
			require.Error(t, events.waitKind(ctx, t, 1, socket.EventEnded).Err)
			require.Len(t, events.of(socket.EventHandshakeFailed), 1)
		})
	}
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
