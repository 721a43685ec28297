package socket_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// startProxy starts a proxy that is terminated with the test.
func startProxy(t testing.TB, frontend, backend socket.Socket, opts ...socket.ProxyOption) *socket.RunningProxy {
	t.Helper()
	p, err := socket.StartProxy(frontend, backend, opts...)
	require.NoError(t, err)
	return p
}

// TestProxyBroker serves three clients by five workers: every reply answers its request, whatever its size. (libzmq: test_proxy)
func TestProxyBroker(t *testing.T) {
	ctx, rt := within(t), newRuntime(t)
	front, back := newRouter(t, rt), newDealer(t, rt)
	frontEP, backEP := bind(t, front, "tcp://127.0.0.1:*"), bind(t, back, inprocName(t))
	p := startProxy(t, front, back)
	var workers, clients errgroup.Group
	for range 5 {
		worker := newRep(t, rt)
		connect(t, worker, backEP.String())
		workers.Go(func() error {
			for m, err := range worker.Messages(ctx) {
				if err == nil {
					err = worker.Send(ctx, m.Append([]byte("done")))
				}
				if err != nil {
					return nil // closed at the end
				}
			}
			return nil
		})
	}
	for i := range 3 {
		client := newReq(t, rt)
		connect(t, client, frontEP.String())
		clients.Go(func() error {
			for n := range 50 {
				text := fmt.Sprintf("%d/%d/%0*d", i, n, 1+rand.N(20000), 0)
				if err := client.Send(ctx, socket.NewMessage(text)); err != nil {
					return err
				}
				m, err := client.Recv(ctx)
				if err != nil {
					return err
				}
				if m.String() != text+"|done" {
					return fmt.Errorf("asked %d of client %d, got something else", n, i)
				}
			}
			return nil
		})
	}
	require.NoError(t, clients.Wait())
	require.NoError(t, p.Terminate(ctx))
	st := p.Statistics()
	require.EqualValues(t, 150, st.Frontend.Received)
	require.EqualValues(t, 150, st.Backend.Sent)
	require.EqualValues(t, 150, st.Backend.Received)
	require.EqualValues(t, 150, st.Frontend.Sent)
	require.EqualValues(t, 150*3, st.Frontend.ReceivedFrames)
	require.NoError(t, rt.Shutdown(ctx))
	require.NoError(t, workers.Wait())
}

// TestProxyForwarder passes subscriptions upstream and messages downstream, both over the same proxy. (libzmq: test_sub_forward)
func TestProxyForwarder(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		xsub, err := socket.NewXSub(rt)
		require.NoError(t, err)
		xpub, err := socket.NewXPub(rt)
		require.NoError(t, err)
		pub, sub := newPub(t, rt), newSub(t, rt, []string{"a"})
		join(t, inprocName(t), pub, xsub)
		startProxy(t, xsub, xpub)
		join(t, inprocName(t), xpub, sub)
		require.NoError(t, pub.WaitSubscribers(ctx, 1))
		for _, text := range []string{"b1", "a1", "a2"} {
			require.NoError(t, pub.Send(ctx, socket.NewMessage(text, "body")))
		}
		for _, want := range []string{"a1|body", "a2|body"} {
			m, err := sub.Recv(ctx)
			require.NoError(t, err)
			require.Equal(t, want, m.String())
		}
		require.NoError(t, sub.Unsubscribe("a"))
		synctest.Wait()
		require.NoError(t, pub.Send(ctx, socket.NewMessage("a3")))
		synctest.Wait()
		require.EqualValues(t, 2, pub.Stats().Out.Accepted, "the last one went nowhere")
	})
}

// TestProxyStreamer passes messages one way, in order, without copying their bodies.
func TestProxyStreamer(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, front, back, pull := newPush(t, rt), newPull(t, rt), newPush(t, rt), newPull(t, rt)
		join(t, inprocName(t), front, push)
		join(t, inprocName(t), pull, back)
		capture, ear := newPush(t, rt), newPull(t, rt)
		join(t, inprocName(t), ear, capture)
		startProxy(t, front, back, socket.ProxyCapture(capture))
		body := make([]byte, 100_000)
		require.NoError(t, push.Send(ctx, socket.MessageOf(body)))
		for _, s := range []*socket.Pull{pull, ear} { // whoever listens in gets the same, too
			m, err := s.Recv(ctx)
			require.NoError(t, err)
			require.Same(t, &body[0], &m.Bytes()[0])
		}
		var group errgroup.Group
		group.Go(func() error {
			for i := range 5000 {
				if err := push.Send(ctx, number(i)); err != nil {
					return err
				}
			}
			return nil
		})
		group.Go(func() error {
			for range 5000 {
				if _, err := ear.Recv(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		receive(t, pull, 0, 5000)
		require.NoError(t, group.Wait())
	})
}

// TestProxyPressure takes in what the marks on its way allow, and not one message more.
func TestProxyPressure(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, front := newPush(t, rt, socket.SendHWM(5)), newPull(t, rt, socket.RecvHWM(5))
		back, pull := newPush(t, rt, socket.SendHWM(3)), newPull(t, rt, socket.RecvHWM(3))
		join(t, inprocName(t), front, push)
		join(t, inprocName(t), pull, back)
		startProxy(t, front, back)
		sent := 0
		for {
			synctest.Wait()
			if push.TrySend(number(sent)) != nil {
				break
			}
			sent++
		}
		require.Equal(t, 16, sent, "10 before the proxy, the one in its hand among them, and 6 behind it")
		receive(t, pull, 0, 16)
		balanced(t, push.Stats().Out)
	})
}

// TestProxyHWM stops a publisher that may not drop where a subscriber behind a forwarder does not read, at the sum of the marks. The proxy is asked meanwhile,
// and nothing is lost. (libzmq: test_proxy_hwm)
func TestProxyHWM(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		marks := []socket.Option{socket.SendHWM(10), socket.RecvHWM(10)}
		pub, front := newXPub(t, rt, append(marks, socket.XPubNoDrop(true))...), newXSub(t, rt, marks...)
		back, sub := newXPub(t, rt, append(marks, socket.XPubNoDrop(true))...), newSub(t, rt, []string{""}, marks...)
		control, asker := newRep(t, rt), newReq(t, rt)
		join(t, inprocName(t), pub, front)
		join(t, inprocName(t), back, sub)
		join(t, inprocName(t), control, asker)
		startProxy(t, front, back, socket.ProxyControl(control))
		require.NoError(t, pub.WaitSubscribers(ctx, 1))
		sent := 0
		for {
			synctest.Wait()
			if err := pub.TrySend(number(sent)); err != nil {
				require.ErrorIs(t, err, socket.ErrWouldBlock)
				break
			}
			sent++
		}
		require.Equal(t, 40, sent, "20 before the proxy, the one in its hand among them, and 20 behind it")
		require.NoError(t, asker.Send(ctx, socket.NewMessage("STATISTICS")))
		m, err := asker.Recv(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 20, binary.NativeEndian.Uint64(m.Frame(6)), "sent to the backend")
		receive(t, sub, 0, sent)
		wantEmpty(t, sub)
		require.Zero(t, dropped(pub.Stats().Out))
		require.Zero(t, dropped(back.Stats().Out))
	})
}

// TestProxyOfOne sends back what it receives: both sides are the same socket. (libzmq: test_proxy_single_socket)
func TestProxyOfOne(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		rep, req := newRep(t, rt), newReq(t, rt)
		join(t, inprocName(t), rep, req)
		p := startProxy(t, rep, rep)
		for i := range 10 {
			require.NoError(t, req.Send(ctx, number(i)))
			receive(t, req, i, 1)
		}
		synctest.Wait() // the last is counted behind its Send
		require.EqualValues(t, 10, p.Statistics().Backend.Sent)
	})
}

// TestProxyReqRep joins REP to REQ: one request at a time is on its way.
func TestProxyReqRep(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		req, front, back, rep := newReq(t, rt), newRep(t, rt), newReq(t, rt), newRep(t, rt)
		join(t, inprocName(t), front, req)
		join(t, inprocName(t), rep, back)
		startProxy(t, front, back)
		for i := range 10 {
			require.NoError(t, req.Send(ctx, number(i)))
			receive(t, rep, i, 1)
			require.NoError(t, rep.Send(ctx, number(100+i)))
			receive(t, req, 100+i, 1)
		}
	})
}

// TestProxyCapture shows each message of both directions to a third socket, once, and waits for one that waits.
func TestProxyCapture(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		a, front, back, b := newDealer(t, rt), newDealer(t, rt), newDealer(t, rt), newDealer(t, rt)
		capture, ear := newPush(t, rt, socket.SendHWM(1)), newPull(t, rt, socket.RecvHWM(1))
		join(t, inprocName(t), front, a)
		join(t, inprocName(t), b, back)
		join(t, inprocName(t), ear, capture)
		p := startProxy(t, front, back, socket.ProxyCapture(capture))
		require.NoError(t, a.Send(ctx, number(1)))
		receive(t, ear, 1, 1)
		receive(t, b, 1, 1)
		require.NoError(t, b.Send(ctx, number(2)))
		receive(t, ear, 2, 1)
		receive(t, a, 2, 1)

		for i := range 5 { // two are queued for the ear, and the third waits for room there
			require.NoError(t, a.Send(ctx, number(i)))
		}
		synctest.Wait()
		receive(t, b, 0, 2)
		synctest.Wait()
		wantEmpty(t, b)
		require.NoError(t, p.Pause(ctx)) // the third stays in hand, and is shown once all the same
		require.NoError(t, p.Resume(ctx))
		receive(t, ear, 0, 5)
		receive(t, b, 2, 3)
		synctest.Wait()
		wantEmpty(t, ear)
	})
}

// TestProxyPause lets nothing pass while it lasts, and loses nothing, in order.
func TestProxyPause(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, front, back, pull := newPush(t, rt), newPull(t, rt), newPush(t, rt, socket.SendHWM(1)), newPull(t, rt, socket.RecvHWM(1))
		join(t, inprocName(t), front, push)
		join(t, inprocName(t), pull, back)
		p := startProxy(t, front, back)
		for round := range 20 {
			for i := range 10 {
				require.NoError(t, push.Send(ctx, number(10*round+i)))
			}
			synctest.Wait() // two behind the proxy, one in its hand
			require.NoError(t, p.Pause(ctx))
			receive(t, pull, 10*round, 2)
			synctest.Wait()
			wantEmpty(t, pull)
			require.NoError(t, p.Resume(ctx))
			receive(t, pull, 10*round+2, 8)
		}
		require.NoError(t, p.Pause(ctx))
		require.NoError(t, p.Pause(ctx), "twice is no error")
		require.NoError(t, p.Terminate(ctx), "nor is ending one that is paused")
		require.NoError(t, p.Wait(ctx))
		require.ErrorIs(t, p.Resume(ctx), socket.ErrClosed)
	})
}

// TestProxyEnds gives back what it has in hand, and leaves the sockets as they are. (libzmq: test_proxy_terminate)
func TestProxyEnds(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, front, back := newPush(t, rt), newPull(t, rt), newPush(t, rt)
		join(t, inprocName(t), front, push)
		for i := range 3 {
			require.NoError(t, push.Send(ctx, number(i)))
		}
		life, end := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- socket.Proxy(life, front, back, nil) }()
		synctest.Wait() // it waits for a peer of back's
		end()
		require.ErrorIs(t, <-done, context.Canceled)
		receive(t, front, 0, 3)

		go func() { done <- socket.Proxy(ctx, front, back, nil) }()
		synctest.Wait()
		require.NoError(t, back.Close(ctx))
		require.ErrorIs(t, <-done, socket.ErrClosed, "with nothing to pass on")
		require.NoError(t, push.Send(ctx, number(3)))
		receive(t, front, 3, 1)

		pub, sub := newPub(t, rt), newSub(t, rt, []string{""})
		join(t, inprocName(t), sub, pub)
		require.NoError(t, pub.WaitSubscribers(ctx, 1))
		go func() { done <- socket.Proxy(ctx, sub, newPush(t, rt), nil) }()
		require.NoError(t, pub.Send(ctx, number(0)))
		synctest.Wait() // it waits to send
		require.NoError(t, rt.Shutdown(ctx))
		require.ErrorIs(t, <-done, socket.ErrClosed)
	})
}

// TestProxyRefused refuses what could never work.
func TestProxyRefused(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		_, err := socket.StartProxy(newPush(t, rt), newPull(t, rt))
		require.NoError(t, err, "the other way round it works")
		_, err = socket.StartProxy(newPush(t, rt), newPush(t, rt))
		require.ErrorIs(t, err, socket.ErrIncompatible)
		require.ErrorIs(t, socket.Proxy(ctx, newPull(t, rt), newSub(t, rt, nil), nil), socket.ErrIncompatible)
		_, err = socket.StartProxy(newPull(t, rt), newPush(t, rt), socket.ProxyControl(newPub(t, rt)))
		require.ErrorIs(t, err, socket.ErrIncompatible)
	})
}

// TestProxyEndsPaused ends too while it is paused, and where the socket that closes is not the one that it waits for.
func TestProxyEndsPaused(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, front, back := newPush(t, rt), newPull(t, rt), newPush(t, rt)
		join(t, inprocName(t), front, push)
		p := startProxy(t, front, back)
		require.NoError(t, p.Pause(ctx))
		require.NoError(t, back.Close(ctx))
		require.ErrorIs(t, p.Wait(ctx), socket.ErrClosed)

		p = startProxy(t, front, newPush(t, rt))
		require.NoError(t, push.Send(ctx, number(0)))
		synctest.Wait() // it waits for a peer of the backend
		require.NoError(t, front.Close(ctx))
		require.ErrorIs(t, p.Wait(ctx), socket.ErrClosed)
	})
}

// TestProxyTakesTurns waits for the turn of a socket that has turns: a REQ behind a ROUTER serves one client after the other, and loses no request.
func TestProxyTakesTurns(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		front, back, rep := newRouter(t, rt), newReq(t, rt), newRep(t, rt)
		join(t, inprocName(t), rep, back)
		startProxy(t, front, back)
		var clients []*socket.Dealer
		for range 3 {
			client := newDealer(t, rt)
			join(t, inprocName(t), front, client)
			require.NoError(t, client.Send(ctx, socket.NewMessage("ask")))
			clients = append(clients, client)
		}
		for range clients {
			m, err := rep.Recv(ctx)
			require.NoError(t, err)
			synctest.Wait() // the next one waits in the proxy
			require.NoError(t, rep.Send(ctx, m.Append([]byte("answer"))))
		}
		for _, client := range clients {
			m, err := client.Recv(ctx)
			require.NoError(t, err)
			require.Equal(t, "ask|answer", m.String())
		}
		balanced(t, front.Stats().In)
	})
}

// TestProxyRefuses drops what the other side cannot send, and goes on.
func TestProxyRefuses(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, front, back := newPush(t, rt), newPull(t, rt), newRouter(t, rt)
		client := newDealer(t, rt, socket.RoutingID("c"))
		join(t, inprocName(t), front, push)
		join(t, inprocName(t), back, client)
		startProxy(t, front, back)
		for _, m := range []socket.Message{socket.NewMessage("c"), socket.NewMessage("c", "found")} { // of the first nothing is left to send
			require.NoError(t, push.Send(ctx, m))
		}
		m, err := client.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, "found", m.String())
	})
}

// TestProxyCaptureWaits holds the proxy up while whoever listens in has no room, however short its patience is as a sender.
func TestProxyCaptureWaits(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, front, back, pull := newPush(t, rt), newPull(t, rt), newPush(t, rt), newPull(t, rt)
		capture, listener := newPush(t, rt, socket.SendTimeout(time.Millisecond)), newPull(t, rt)
		join(t, inprocName(t), front, push)
		join(t, inprocName(t), pull, back)
		startProxy(t, front, back, socket.ProxyCapture(capture))
		require.NoError(t, push.Send(ctx, number(0)))
		time.Sleep(time.Second)
		synctest.Wait()
		_, err := pull.TryRecv()
		require.ErrorIs(t, err, socket.ErrWouldBlock)
		join(t, inprocName(t), listener, capture)
		receive(t, listener, 0, 1)
		receive(t, pull, 0, 1)
	})
}

// TestProxyUnroutable goes on when a message names a peer that is gone.
func TestProxyUnroutable(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		front, back := newRouter(t, rt, socket.RouterMandatory(true)), newDealer(t, rt)
		client, worker := newDealer(t, rt, socket.RoutingID("c")), newDealer(t, rt)
		join(t, inprocName(t), front, client)
		join(t, inprocName(t), back, worker)
		startProxy(t, front, back)
		require.NoError(t, worker.Send(ctx, socket.NewMessage("nobody", "lost")))
		require.NoError(t, worker.Send(ctx, socket.NewMessage("c", "found")))
		m, err := client.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, "found", m.String())
		synctest.Wait()
		in := back.Stats().In
		require.Equal(t, only(socket.ReasonNoPeer, 1), in.Dropped)
		balanced(t, in)
	})
}

// A faultyEar panics at the first message that it is shown.
type faultyEar struct{ heard int }

// Send panics once.
func (e *faultyEar) Send(context.Context, socket.Message) error {
	if e.heard++; e.heard == 1 {
		panic(errors.New("injected"))
	}
	return nil
}

// TrySend is not asked for.
func (e *faultyEar) TrySend(socket.Message) error { return nil }

// TestProxyDeath restarts a proxy that panics under traffic: what it had in hand is passed on, and nothing is lost or comes twice.
func TestProxyDeath(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, front, back, pull := newPush(t, rt), newPull(t, rt), newPush(t, rt), newPull(t, rt)
		join(t, inprocName(t), front, push)
		join(t, inprocName(t), pull, back)
		ear := &faultyEar{}
		startProxy(t, front, back, socket.ProxyCapture(ear))
		for i := range 100 {
			require.NoError(t, push.Send(ctx, number(i)))
		}
		receive(t, pull, 0, 100)
		synctest.Wait()
		wantEmpty(t, pull)
		require.Equal(t, 101, ear.heard)
		balanced(t, front.Stats().In)
		balanced(t, back.Stats().Out)
	})
}

// TestProxyControl is steered in libzmq's words, over each kind of control socket. (libzmq: test_proxy_steerable)
func TestProxyControl(t *testing.T) {
	for _, kind := range []string{"PAIR", "REP", "SUB"} {
		t.Run(kind, func(t *testing.T) {
			bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) { steered(t, ctx, rt, kind) })
		})
	}
}

// steered is TestProxyControl for one kind of control socket.
func steered(t *testing.T, ctx context.Context, rt *socket.Runtime, kind string) {
	control, err := socket.Open(rt, kind)
	require.NoError(t, err)
	other, err := socket.Open(rt, map[string]string{"PAIR": "PAIR", "REP": "REQ", "SUB": "PUB"}[kind])
	require.NoError(t, err)
	if kind == "SUB" {
		require.NoError(t, control.Subscribe(""))
	}
	join(t, inprocName(t), control, other)
	push, front, back, pull := newPush(t, rt), newPull(t, rt), newPush(t, rt), newPull(t, rt)
	join(t, inprocName(t), front, push)
	join(t, inprocName(t), pull, back)
	p := startProxy(t, front, back, socket.ProxyControl(control))
	say := func(word string) {
		require.NoError(t, other.Send(ctx, socket.NewMessage(word)))
		synctest.Wait()
		if kind == "REP" {
			m, err := other.Recv(ctx)
			require.NoError(t, err)
			require.Equal(t, "", m.String(), word)
		}
	}
	say("NONSENSE")
	say("PAUSE")
	require.NoError(t, push.Send(ctx, socket.NewMessage("ab", "c")))
	synctest.Wait()
	wantEmpty(t, pull)
	say("RESUME")
	m, err := pull.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "ab|c", m.String())
	synctest.Wait()
	require.NoError(t, other.Send(ctx, socket.NewMessage("STATISTICS")))
	if kind != "SUB" {
		m, err := other.Recv(ctx)
		require.NoError(t, err)
		var got []uint64
		for _, frame := range m.Frames() {
			got = append(got, binary.NativeEndian.Uint64(frame))
		}
		require.Equal(t, []uint64{1, 3, 0, 0, 0, 0, 1, 3}, got)
	}
	say("TERMINATE")
	require.NoError(t, p.Wait(ctx))
}

// TestProxyTimeouts waits as long as it lasts, whatever the timeouts of its sockets: they are for those who call Send and Recv.
func TestProxyTimeouts(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		now := []socket.Option{socket.SendTimeout(0), socket.RecvTimeout(0)}
		push, front, back, pull := newPush(t, rt), newPull(t, rt, now...), newPush(t, rt, now...), newPull(t, rt)
		control, other := newRep(t, rt, now...), newReq(t, rt)
		join(t, inprocName(t), front, push)
		join(t, inprocName(t), control, other)
		p := startProxy(t, front, back, socket.ProxyControl(control))
		require.NoError(t, push.Send(ctx, number(0)))
		synctest.Wait() // there is nobody to pass it to
		join(t, inprocName(t), pull, back)
		receive(t, pull, 0, 1)
		require.NoError(t, other.Send(ctx, socket.NewMessage("TERMINATE")))
		_, err := other.Recv(ctx)
		require.NoError(t, err)
		require.NoError(t, p.Wait(ctx))
	})
}
