package socket_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// A loan hands out messages and counts their releases, each of which must come exactly once.
type loan struct {
	out  atomic.Int32 // messages made
	back atomic.Int32 // releases
	more chan struct{}
}

// newLoan makes one that has lent nothing.
func newLoan() *loan { return &loan{more: make(chan struct{}, 10_000)} }

// message is a message whose release counts.
func (l *loan) message(body string) socket.Message {
	l.out.Add(1)
	var times atomic.Int32
	return socket.MessageWithRelease([]byte(body), func() {
		if times.Add(1) > 1 {
			panic("released twice")
		}
		l.back.Add(1)
		l.more <- struct{}{}
	})
}

// settled waits until everything is back. Where that is not for anybody to do, the garbage collector does it.
func (l *loan) settled(t *testing.T, collect bool) {
	t.Helper()
	ctx := within(t)
	for l.back.Load() < l.out.Load() {
		if collect {
			runtime.GC()
			continue
		}
		select {
		case <-l.more:
		case <-ctx.Done():
			require.NoError(t, ctx.Err(), "%d of %d are back", l.back.Load(), l.out.Load())
		}
	}
	require.Equal(t, l.out.Load(), l.back.Load())
}

// sizes are of messages that are copied into a buffer, and that are written by reference.
var sizes = []int{10, 6000, 300_000}

// TestReleaseOfWhatWasSent sends messages, whole and in envelopes, and receives them: the sender's memory is free when they have gone, and over
// inproc when the receiver has released them.
func TestReleaseOfWhatWasSent(t *testing.T) {
	for _, at := range places {
		for _, size := range sizes {
			t.Run(fmt.Sprint(at.scheme, size), func(t *testing.T) {
				ctx := within(t)
				rt := newRuntime(t)
				push, pull := newPush(t, rt), newPull(t, rt)
				join(t, at.fresh(t), pull, push)
				l := newLoan()
				body := string(make([]byte, size))
				for i := range 5 {
					require.NoError(t, push.Send(ctx, l.message(body).Append([]byte{byte(i)}).Prepend([]byte("head"))))
				}
				for i := range 5 {
					m, err := pull.Recv(ctx)
					require.NoError(t, err)
					require.Equal(t, []string{"head", body, string([]byte{byte(i)})}, texts(m))
					if at.scheme == "inproc" {
						require.EqualValues(t, i, l.back.Load(), "the receiver has it")
					}
					m.Tail(1).Release()
				}
				l.settled(t, false)
			})
		}
	}
}

// texts are the frames of m.
func texts(m socket.Message) (all []string) {
	for _, f := range m.All() {
		all = append(all, string(f))
	}
	return all
}

// TestReleaseByAForgetfulReceiver has nobody release what came over inproc: the garbage collector does.
func TestReleaseByAForgetfulReceiver(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push, pull := newPush(t, rt), newPull(t, rt)
	join(t, inprocName(t), pull, push)
	l := newLoan()
	for range 10 {
		require.NoError(t, push.Send(ctx, l.message("x")))
		want(t, pull, "x")
	}
	l.settled(t, true)
}

// TestReleaseAfterTheLastPipe fans messages out: to those who read, to one who is stuck, and to nobody.
func TestReleaseAfterTheLastPipe(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			pub := newPub(t, rt, socket.SendHWM(5))
			ep := bind(t, pub, at.fresh(t)).String()
			l := newLoan()
			require.NoError(t, pub.Send(ctx, l.message("nobody is here")))
			l.settled(t, false)
			var subs []*socket.Sub
			for i := range 3 {
				subs = append(subs, newSub(t, rt, []string{"a"}))
				connect(t, subs[i], ep)
			}
			require.NoError(t, pub.WaitSubscribers(ctx, 3))
			require.NoError(t, pub.Send(ctx, l.message("nobody wants it")))
			l.settled(t, false)
			require.NoError(t, pub.Send(ctx, l.message("a1")))
			for i, sub := range subs {
				if at.scheme == "inproc" {
					require.EqualValues(t, 2, l.back.Load(), "%d have it still", 3-i)
				}
				m, err := sub.Recv(ctx)
				require.NoError(t, err)
				require.Equal(t, "a1", m.String())
				m.Release()
			}
			l.settled(t, false)
			for range 2000 { // far beyond the mark: some are dropped for some
				require.NoError(t, pub.Send(ctx, l.message("a"+string(make([]byte, 20_000)))))
			}
			require.NoError(t, subs[0].Close(ctx))
			_ = pub.Close(ctx) // what was for the one that has gone was not sent
			for _, sub := range subs[1:] {
				require.NoError(t, sub.Close(ctx))
			}
			l.settled(t, true)
		})
	}
}

// TestReleaseOfWhatNeverWent closes sockets with messages in their queues, in every way there is.
func TestReleaseOfWhatNeverWent(t *testing.T) {
	for name, f := range map[string]func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan){
		"no listener, and no linger": func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan) {
			push := newPush(t, rt, socket.Linger(0))
			connect(t, push, "tcp://127.0.0.1:1")
			require.NoError(t, push.Send(ctx, l.message("x")))
			require.Error(t, push.Close(ctx))
		},
		"the endpoint ends": func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan) {
			push := newPush(t, rt, socket.Linger(time.Millisecond))
			ep := connect(t, push, "tcp://127.0.0.1:1")
			require.NoError(t, push.Send(ctx, l.message("x")))
			require.Error(t, ep.Close(ctx))
		},
		"the peer never reads": func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan) {
			push, pull := newPush(t, rt, socket.Linger(0)), newPull(t, rt, socket.RecvHWM(1))
			join(t, "tcp://127.0.0.1:*", pull, push)
			for push.TrySend(l.message(string(make([]byte, 100_000)))) == nil {
			}
			require.Error(t, push.Close(ctx))
		},
		"the reader goes": func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan) {
			push, pull := newPush(t, rt), newPull(t, rt)
			join(t, inprocName(t), pull, push)
			require.NoError(t, push.Send(ctx, l.message("x")))
			require.NoError(t, pull.Close(ctx))
		},
		"nobody ever binds": func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan) {
			push := newPush(t, rt)
			connect(t, push, inprocName(t))
			require.NoError(t, push.Send(ctx, l.message("x")))
			require.NoError(t, push.Close(ctx))
		},
		"conflated": func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan) {
			push := newPush(t, rt, socket.Conflate(true), socket.Linger(0))
			connect(t, push, inprocName(t))
			for range 10 {
				require.NoError(t, push.Send(ctx, l.message("x")))
			}
			require.EqualValues(t, 9, l.back.Load())
		},
		"a ROUTER's peer that is not there": func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan) {
			router, err := socket.NewRouter(rt)
			require.NoError(t, err)
			require.NoError(t, router.SendTo(ctx, []byte("nobody"), l.message("x")))
			require.NoError(t, router.Send(ctx, l.message("x")))
		},
		"filtered by a SUB": func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan) {
			pub, sub := newPub(t, rt), newSub(t, rt, []string{"a"})
			join(t, inprocName(t), pub, sub)
			require.NoError(t, pub.WaitSubscribers(ctx, 1))
			require.NoError(t, pub.Send(ctx, l.message("a")))
			require.NoError(t, sub.Unsubscribe("a"))
			_, err := sub.TryRecv()
			require.ErrorIs(t, err, socket.ErrWouldBlock)
		},
		"upstream": func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan) {
			pub := newPub(t, rt)
			ep := bind(t, pub, inprocName(t)).String()
			xsub, err := socket.NewXSub(rt)
			require.NoError(t, err)
			connect(t, xsub, ep)
			require.NoError(t, xsub.WaitPeers(ctx, 1))
			require.NoError(t, xsub.Send(ctx, l.message("hello")))
			require.NoError(t, xsub.Send(ctx, l.message("\x01topic").Append([]byte("more"))))
		},
		"a channel gives back": func(t *testing.T, ctx context.Context, rt *socket.Runtime, l *loan) {
			push, pull := newPush(t, rt), newPull(t, rt)
			join(t, inprocName(t), pull, push)
			require.NoError(t, push.Send(ctx, l.message("x")))
			chanCtx, cancel := context.WithCancel(ctx)
			c := pull.RecvChan(chanCtx)
			cancel()
			for range c {
				l.more <- struct{}{}
			}
			require.NoError(t, pull.Close(ctx))
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := within(t)
			rt := newRuntime(t)
			l := newLoan()
			f(t, ctx, rt, l)
			_ = rt.Shutdown(ctx) // it may have something that was not sent
			l.settled(t, name == "the peer never reads" || name == "a channel gives back")
		})
	}
}

// TestReleaseIsTheCallersUntilSent wants a refused message to be still the caller's, and one that was sent not to be sent again.
func TestReleaseIsTheCallersUntilSent(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push, pull := newPush(t, rt), newPull(t, rt)
	l := newLoan()
	m := l.message("x")
	require.ErrorIs(t, push.TrySend(m), socket.ErrNoPeers)
	join(t, inprocName(t), pull, push)
	require.NoError(t, push.Send(ctx, m))
	require.ErrorIs(t, push.Send(ctx, m), socket.ErrReleased)
	got, err := pull.Recv(ctx)
	require.NoError(t, err)
	require.ErrorIs(t, push.Send(ctx, m), socket.ErrReleased, "it is the receiver's now")
	require.Zero(t, l.back.Load())
	require.NoError(t, push.Send(ctx, got), "who may send it on")
	got, err = pull.Recv(ctx)
	require.NoError(t, err)
	got.Release()
	require.EqualValues(t, 1, l.back.Load())
	require.ErrorIs(t, push.Send(ctx, got), socket.ErrReleased)
}

// TestReleaseOfCalls has replies of Do come over inproc.
func TestReleaseOfCalls(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	req, err := socket.NewReq(rt)
	require.NoError(t, err)
	rep, err := socket.NewRep(rt)
	require.NoError(t, err)
	join(t, inprocName(t), rep, req)
	l := newLoan()
	done := make(chan error, 1)
	go func() {
		reply, err := req.Do(ctx, l.message("question"))
		reply.Release()
		done <- err
	}()
	question, err := rep.Recv(ctx)
	require.NoError(t, err)
	require.Equal(t, "question", question.String())
	question.Release()
	require.NoError(t, rep.Send(ctx, l.message("answer")))
	require.NoError(t, <-done)
	l.settled(t, false)
}

// TestReleaseThroughAProxy has somebody listen in on what a proxy passes on: memory is free when both have had it.
func TestReleaseThroughAProxy(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	front, back, capture := newPull(t, rt), newPush(t, rt), newPush(t, rt)
	push, pull, spy := newPush(t, rt), newPull(t, rt), newPull(t, rt)
	join(t, inprocName(t), front, push)
	join(t, inprocName(t), pull, back)
	join(t, inprocName(t), spy, capture)
	_, err := socket.StartProxy(front, back, socket.ProxyCapture(capture))
	require.NoError(t, err)
	l := newLoan()
	for range 100 {
		require.NoError(t, push.Send(ctx, l.message("x")))
		for _, s := range []*socket.Pull{spy, pull} {
			m, err := s.Recv(ctx)
			require.NoError(t, err)
			require.Equal(t, "x", m.String())
			m.Release()
		}
	}
	l.settled(t, false)
}

// TestDropsLeaveHandsAlone drops what nobody has received while a channel's pump holds a message that came before: that one comes out whole, though
// the memory of the dropped is used again.
func TestDropsLeaveHandsAlone(t *testing.T) {
	ctx, rt := within(t), newRuntime(t)
	filled := func(b byte) socket.Message { return socket.MessageOf(bytes.Repeat([]byte{b}, 4096)) }
	for range 30 {
		first, second, pull := newPush(t, rt), newPush(t, rt), newPull(t, rt)
		ep, err := pull.Connect(ctx, bind(t, first, "tcp://127.0.0.1:*").String())
		require.NoError(t, err)
		connect(t, pull, bind(t, second, "tcp://127.0.0.1:*").String())
		life, end := context.WithCancel(ctx)
		c := pull.RecvChan(life)
		for range 10 {
			require.NoError(t, first.Send(ctx, filled('a')))
		}
		// One is in the pump's hand by then, or about to be: it waits longest.
		m, err := pull.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, filled('a').String(), m.String())
		require.NoError(t, ep.Close(ctx))
		for range 20 {
			require.NoError(t, second.Send(ctx, filled('b')))
		}
		for b := byte('a'); b == 'a'; {
			m := <-c
			b = m.Bytes()[0]
			require.Equal(t, filled(b).String(), m.String())
		}
		end()
		for range c { // until it is closed
		}
		require.NoError(t, pull.Close(ctx))
	}
}
