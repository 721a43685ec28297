package socket_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// TestRouterNotify wants a Router to hear what it asked for, in order with what its peer sends, and nothing over inproc. (libzmq: test_router_notify)
func TestRouterNotify(t *testing.T) {
	for _, at := range places {
		for what := range socket.NotifyConnect | socket.NotifyDisconnect + 1 {
			ctx := within(t)
			rt := newRuntime(t)
			router, dealer := newRouter(t, rt, socket.RouterNotify(what), socket.RecvHWM(1)), newDealer(t, rt, socket.RoutingID("X"))
			_, connected := join(t, at.fresh(t), router, dealer)
			if what&socket.NotifyConnect != 0 && at.scheme != "inproc" {
				recvText(t, router, "X|")
			}
			require.NoError(t, dealer.Send(ctx, socket.NewMessage("Hello", "more")))
			require.NoError(t, connected.Close(ctx))
			if at.scheme == "tcp" {
				recvText(t, router, "X|Hello|more")
				gone(t, router)
			} else {
				gone(t, router)
				recvText(t, router, "X|Hello|more")
			}
			if what&socket.NotifyDisconnect != 0 && at.scheme != "inproc" {
				recvText(t, router, "X|")
			}
			wantEmpty(t, router)
		}
	}
	_, err := socket.NewRouter(newRuntime(t), socket.RouterNotify(4))
	require.ErrorIs(t, err, socket.ErrBadOption)
}

// TestRouterNotifyNotShaken wants no notice of a peer whose handshake failed. (libzmq: test_handshake_fail)
func TestRouterNotifyNotShaken(t *testing.T) {
	rt := newRuntime(t)
	router := newRouter(t, rt, socket.RouterNotify(socket.NotifyConnect|socket.NotifyDisconnect))
	conn := dialTCP(t, bind(t, router, loopback).String())
	_, err := conn.Write([]byte("\xffnot-a-handshake"))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 100))
	for err == nil {
		_, err = conn.Read(make([]byte, 100))
	}
	dealer := newDealer(t, rt, socket.RoutingID("after it"))
	connect(t, dealer, bind(t, router, loopback).String())
	recvText(t, router, "after it|")
	wantEmpty(t, router)
}

// TestRouterNotifyAfterHalfAMessage loses a connection in the middle of a message: the part is dropped, and the notice is a message of its own. (libzmq:
// test_error_during_multipart)
func TestRouterNotifyAfterHalfAMessage(t *testing.T) {
	rt := newRuntime(t)
	router := newRouter(t, rt, socket.RouterNotify(socket.NotifyDisconnect), socket.MaxMsgSize(64))
	p := dialRaw(t, bind(t, router, loopback).String(), wire.TypeDealer)
	p.send("whole")
	p.send("Hello2", strings.Repeat("*", 127))
	id := recvFrom(t, router, "whole")
	require.Equal(t, id, recvFrom(t, router, ""))
	wantEmpty(t, router)
}

// TestHelloMsg wants each side's hello to be the first message that the other receives, on each connection. (libzmq: test_hello_msg)
func TestHelloMsg(t *testing.T) {
	for _, at := range places {
		for _, bindFirst := range []bool{true, false} {
			ctx := within(t)
			rt := newRuntime(t)
			router := newRouter(t, rt, socket.HelloMsg("W"), socket.SendHWM(1))
			dealer := newDealer(t, rt, socket.HelloMsg("H"), socket.RoutingID("X"), socket.ReconnectInterval(1), socket.ProbeRouter(true))
			where := inprocName(t)
			switch {
			case bindFirst:
				where = bind(t, router, at.fresh(t)).String()
			case at.scheme == "tcp":
				where = nobody(t)
			case at.scheme == "ipc":
				where = nowhere(t)
			}
			connect(t, dealer, where)
			require.NoError(t, dealer.Send(ctx, socket.NewMessage("first")))
			if !bindFirst {
				bind(t, router, where)
			}
			recvText(t, dealer, "W")
			recvText(t, router, "X|H")
			recvText(t, router, "X|")
			recvText(t, router, "X|first")
			require.NoError(t, router.Close(ctx))
			if at.scheme == "inproc" {
				continue
			}
			gone(t, dealer)
			router = newRouter(t, rt, socket.HelloMsg("W2"))
			bind(t, router, where)
			recvText(t, dealer, "W2")
			recvText(t, router, "X|H")
			wantEmpty(t, router)
		}
	}
}

// TestDisconnectMsg wants a Router to receive its word for the end of a peer that had connected to it, behind all that the peer has sent and past the mark,
// whether the peer closes its endpoint or itself. (libzmq: test_disconnect_msg)
func TestDisconnectMsg(t *testing.T) {
	for _, at := range places {
		for _, bindFirst := range []bool{true, false} {
			for _, closes := range []string{"endpoint", "socket"} {
				ctx := within(t)
				rt := newRuntime(t)
				router := newRouter(t, rt, socket.DisconnectMsg("D"), socket.RecvHWM(1))
				dealer := newDealer(t, rt, socket.RoutingID("X"), socket.ReconnectInterval(1))
				where := inprocName(t)
				switch {
				case bindFirst:
					where = bind(t, router, at.fresh(t)).String()
				case at.scheme == "tcp":
					where = nobody(t)
				case at.scheme == "ipc":
					where = nowhere(t)
				}
				ep := connect(t, dealer, where)
				if !bindFirst {
					bind(t, router, where)
				}
				require.NoError(t, dealer.WaitPeers(ctx, 1))
				require.NoError(t, router.WaitPeers(ctx, 1))
				require.NoError(t, dealer.Send(ctx, socket.NewMessage("last words")))
				if closes == "endpoint" {
					require.NoError(t, ep.Close(ctx))
				} else {
					require.NoError(t, dealer.Close(ctx))
				}
				recvText(t, router, "X|last words")
				recvText(t, router, "X|D")
				gone(t, router)
				wantEmpty(t, router)
			}
		}
	}
}

// TestDisconnectMsgOfOwnEnds wants no word for an end that the Router has made, nor for a connection that it has made.
func TestDisconnectMsgOfOwnEnds(t *testing.T) {
	for _, at := range places {
		ctx := within(t)
		rt := newRuntime(t)
		router, dealer := newRouter(t, rt, socket.DisconnectMsg("D")), newDealer(t, rt)
		_, connected := join(t, at.fresh(t), dealer, router)
		require.NoError(t, dealer.Close(ctx))
		gone(t, router)
		require.NoError(t, connected.Close(ctx))
		wantEmpty(t, router)
		if at.parts {
			bound, _ := join(t, at.fresh(t), router, newDealer(t, rt, socket.ReconnectInterval(-1)))
			require.NoError(t, bound.Close(ctx))
			gone(t, router)
			wantEmpty(t, router)
		}
	}
}

// TestHiccupMsg wants a Dealer to receive its word for the loss of a connection that it had made, each time, and none for an end of its own. (libzmq:
// test_hiccup_msg)
func TestHiccupMsg(t *testing.T) {
	for _, at := range places {
		for _, immediate := range []bool{false, true} {
			if !at.parts {
				continue
			}
			ctx := within(t)
			rt := newRuntime(t)
			dealer := newDealer(t, rt, socket.HiccupMsg("HICCUP"), socket.RoutingID("X"), socket.ReconnectInterval(1), socket.Immediate(immediate))
			where := at.fresh(t)
			for turn := range 2 {
				router := newRouter(t, rt)
				where = bind(t, router, where).String()
				if turn == 0 {
					connect(t, dealer, where)
				}
				require.NoError(t, router.WaitPeers(ctx, 1))
				require.NoError(t, dealer.WaitPeers(ctx, 1))
				require.NoError(t, router.Send(ctx, socket.NewMessage("X", "before")))
				recvText(t, dealer, "before")
				require.NoError(t, router.Close(ctx))
				recvText(t, dealer, "HICCUP")
			}
			ep := bind(t, newRouter(t, rt), at.fresh(t)).String()
			other := newDealer(t, rt, socket.HiccupMsg("HICCUP"))
			connected := connect(t, other, ep)
			require.NoError(t, other.WaitPeers(ctx, 1))
			require.NoError(t, connected.Close(ctx))
			wantEmpty(t, other)
		}
	}
}

// TestRouterCanSend wants a Router to tell who has room, who has none, and who is not there. (libzmq: test_router_mandatory, test_get_peer_state)
func TestRouterCanSend(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	router := newRouter(t, rt, socket.RouterMandatory(true), socket.SendHWM(2))
	_, err := router.CanSend([]byte("X"))
	require.ErrorIs(t, err, socket.ErrUnroutable)
	dealer := newDealer(t, rt, socket.RoutingID("X"), socket.RecvHWM(1))
	join(t, inprocName(t), router, dealer)
	sent := 0
	for can := true; can; {
		can, err = router.CanSend([]byte("X"))
		require.NoError(t, err)
		sendErr := router.TrySend(socket.NewMessage("X", "y"))
		require.Equal(t, can, sendErr == nil)
		if can {
			sent++
		}
	}
	require.Equal(t, 3, sent)
	require.NoError(t, dealer.Close(ctx))
	gone(t, router)
	_, err = router.CanSend([]byte("X"))
	require.ErrorIs(t, err, socket.ErrUnroutable)
	require.NoError(t, router.Close(ctx))
	_, err = router.CanSend([]byte("X"))
	require.ErrorIs(t, err, socket.ErrClosed)
}

// TestNoticesAreBounded has a peer come and go while nobody receives: the queue grows by two messages beyond its mark at most, and what is received then
// makes sense: up and down in turn, and the connection that has data is up before it.
func TestNoticesAreBounded(t *testing.T) {
	const turns = 30
	for _, mark := range []int{1, 2, 3} {
		ctx := within(t)
		downs := make(chan socket.Event, turns+1)
		rt := newRuntime(t, socket.WithEvents(func(e socket.Event) {
			if e.Kind == socket.EventDisconnected {
				downs <- e
			}
		}))
		s, err := socket.NewStream(rt, socket.RecvHWM(mark), socket.ReconnectInterval(1))
		require.NoError(t, err)
		l, where := listenRaw(t)
		connect(t, s, where)
		for range turns {
			conn, err := l.Accept()
			require.NoError(t, err)
			require.NoError(t, conn.Close())
			<-downs
			require.LessOrEqual(t, s.Stats().In.Queued, uint64(mark+2))
		}
		conn, err := l.Accept()
		require.NoError(t, err)
		_, err = conn.Write([]byte("last"))
		require.NoError(t, err)
		up, heard := false, 0
		for e, err := range s.StreamEvents(ctx) {
			require.NoError(t, err)
			heard++
			require.Equal(t, e.Kind != socket.StreamUp, up, "event %d: %v", heard, e)
			up = e.Kind != socket.StreamDown
			if string(e.Data) == "last" {
				break
			}
		}
		require.Less(t, heard, turns)
		require.NoError(t, conn.Close())
		e, err := s.Next(ctx)
		require.NoError(t, err)
		require.Equal(t, socket.StreamDown, e.Kind)
		balanced(t, s.Stats().In)
	}
}

// TestNoticesAreSettled has nothing but connections that come and go: what is owed is told once there is room, and at the end of the endpoint.
func TestNoticesAreSettled(t *testing.T) {
	ctx := within(t)
	downs := make(chan socket.Event, 100)
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) {
		if e.Kind == socket.EventDisconnected || e.Kind == socket.EventEnded {
			downs <- e
		}
	}))
	for _, ends := range []bool{false, true} {
		router := newRouter(t, rt, socket.RouterNotify(socket.NotifyConnect|socket.NotifyDisconnect), socket.RecvHWM(1), socket.ReconnectInterval(1))
		l, where := listenRaw(t)
		_, err := router.Connect(ctx, where, socket.ConnectRoutingID("X"))
		require.NoError(t, err)
		for range 4 {
			require.NoError(t, acceptRaw(t, l, wire.TypeDealer).conn.Close())
			<-downs
		}
		last := acceptRaw(t, l, wire.TypeDealer)
		require.NoError(t, router.WaitPeers(ctx, 1))
		want := 1 // up, and that it is up in the end
		if ends {
			last.write(bytes.Repeat([]byte{0xff}, 9))
			require.Equal(t, socket.EventDisconnected, (<-downs).Kind)
			require.Equal(t, socket.EventEnded, (<-downs).Kind)
			want = 2
		}
		for range want {
			recvText(t, router, "X|")
		}
		wantEmpty(t, router)
		require.NoError(t, router.Close(ctx))
		for len(downs) > 0 {
			<-downs
		}
	}
}

// TestHiccupsAreBounded tells once of several losses in a row, where the queue is full.
func TestHiccupsAreBounded(t *testing.T) {
	downs := make(chan socket.Event, 100)
	rt := newRuntime(t, socket.WithEvents(func(e socket.Event) {
		if e.Kind == socket.EventDisconnected {
			downs <- e
		}
	}))
	dealer := newDealer(t, rt, socket.HiccupMsg("HICCUP"), socket.RecvHWM(1), socket.ReconnectInterval(1))
	l, where := listenRaw(t)
	connect(t, dealer, where)
	for range 5 {
		require.NoError(t, acceptRaw(t, l, wire.TypeDealer).conn.Close())
		<-downs
	}
	recvText(t, dealer, "HICCUP")
	wantEmpty(t, dealer)
	p := acceptRaw(t, l, wire.TypeDealer)
	p.send("data")
	recvText(t, dealer, "data")
	require.NoError(t, p.conn.Close())
	recvText(t, dealer, "HICCUP")
}

// TestGoodbyeIsLast disconnects while others send: nothing of theirs comes behind the goodbye.
func TestGoodbyeIsLast(t *testing.T) {
	for range 20 {
		ctx := within(t)
		rt := newRuntime(t)
		to, from := newRouter(t, rt, socket.DisconnectMsg("gone")), newDealer(t, rt)
		_, ep := join(t, inprocName(t), to, from)
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for from.Send(ctx, number(1)) == nil {
					continue
				}
			})
		}
		for range 50 {
			_, err := to.Recv(ctx)
			require.NoError(t, err)
		}
		closed := make(chan error, 1)
		go func() { closed <- ep.Close(ctx) }()
		for last := ""; last != "gone"; {
			m, err := to.Recv(ctx)
			require.NoError(t, err)
			last = string(m.Frame(1))
		}
		require.NoError(t, <-closed)
		wantEmpty(t, to)
		require.NoError(t, from.Close(ctx))
		senders.Wait()
		wantEmpty(t, to)
	}
}
