package socket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/transport"
)

// wantEvents waits for events and wants these, in this order.
func wantEvents(t *testing.T, p *socket.Poller, want ...socket.PollEvent) {
	t.Helper()
	got, err := p.Wait(within(t))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// TestPollerSockets reports sockets as long as they are ready, in the order they were added, and takes nothing.
func TestPollerSockets(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt, socket.SendHWM(1)), newPull(t, rt, socket.RecvHWM(1))
		sub, pub := newSub(t, rt, []string{"a"}), newPub(t, rt)
		join(t, inprocName(t), pub, sub)
		p := socket.NewPoller()
		require.NoError(t, p.Add(pull, socket.PollIn|socket.PollOut))
		require.NoError(t, p.Add(push, socket.PollIn|socket.PollOut))
		require.NoError(t, p.Add(sub, socket.PollIn))
		require.Empty(t, p.Poll(), "no peers, no messages")
		join(t, inprocName(t), pull, push)
		out := socket.PollEvent{Socket: push, Events: socket.PollOut}
		in := socket.PollEvent{Socket: pull, Events: socket.PollIn}
		wantEvents(t, p, out)
		wantEvents(t, p, out)
		require.NoError(t, push.Send(ctx, number(0)))
		wantEvents(t, p, in, out)
		require.NoError(t, push.Send(ctx, number(1)))
		wantEvents(t, p, in)
		require.NoError(t, pub.Send(ctx, number(0))) // nobody wants it
		wantEvents(t, p, in)
		receive(t, pull, 0, 2)
		require.NoError(t, p.Modify(push, 0))
		require.Empty(t, p.Poll())
		require.NoError(t, pub.Send(ctx, socket.NewMessage("a")))
		wantEvents(t, p, socket.PollEvent{Socket: sub, Events: socket.PollIn})
		require.NoError(t, push.Close(ctx))
		wantEvents(t, p, socket.PollEvent{Socket: push, Events: socket.PollErr}, socket.PollEvent{Socket: sub, Events: socket.PollIn})
		require.NoError(t, p.Remove(push))
		wantEvents(t, p, socket.PollEvent{Socket: sub, Events: socket.PollIn})
	})
}

// TestPollerWakes wakes whoever waits when something becomes ready, of every kind, and also where it is added or changed meanwhile.
func TestPollerWakes(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt, socket.SendHWM(1)), newPull(t, rt, socket.RecvHWM(1))
		rep, req := newRep(t, rt), newReq(t, rt)
		p := socket.NewPoller()
		c := make(chan string)
		wake := func(want socket.PollEvent, do func()) {
			t.Helper()
			got := make(chan []socket.PollEvent, 1)
			go func() {
				events, err := p.Wait(ctx)
				if err == nil {
					got <- events
				}
			}()
			synctest.Wait() // it is parked
			require.Empty(t, got)
			do()
			require.Equal(t, []socket.PollEvent{want}, <-got)
		}
		wake(socket.PollEvent{Chan: (<-chan string)(c), Events: socket.PollIn, Value: "added"}, func() {
			require.NoError(t, socket.AddChan(p, c))
			c <- "added"
		})
		require.NoError(t, p.Add(push, 0))
		wake(socket.PollEvent{Socket: push, Events: socket.PollOut}, func() {
			join(t, inprocName(t), pull, push)
			require.NoError(t, p.Modify(push, socket.PollOut))
		})
		require.Equal(t, 2, fill(t, push, 9))
		wake(socket.PollEvent{Socket: push, Events: socket.PollOut}, func() { receive(t, pull, 0, 2) })
		require.NoError(t, p.Modify(push, 0))
		require.NoError(t, p.Add(pull, socket.PollIn))
		wake(socket.PollEvent{Socket: pull, Events: socket.PollIn}, func() { require.NoError(t, push.Send(ctx, number(0))) })
		receive(t, pull, 0, 1)
		require.NoError(t, p.Add(rep, socket.PollIn))
		require.NoError(t, p.Add(req, socket.PollIn))
		wake(socket.PollEvent{Socket: rep, Events: socket.PollIn}, func() {
			join(t, inprocName(t), rep, req)
			require.NoError(t, req.Send(ctx, number(1)))
		})
		receive(t, rep, 1, 1)
		wake(socket.PollEvent{Socket: req, Events: socket.PollIn}, func() { require.NoError(t, rep.Send(ctx, number(2))) })
		receive(t, req, 2, 1)
		wake(socket.PollEvent{Socket: pull, Events: socket.PollErr}, func() { require.NoError(t, pull.Close(ctx)) })
		require.NoError(t, p.Remove(pull))
		wake(socket.PollEvent{Chan: (<-chan string)(c), Events: socket.PollErr}, func() { close(c) })
		require.Equal(t, 3, p.Len(), "a closed channel is waited for no more")
	})
}

// TestPollerBesideReceivers disturbs nobody who receives: each message goes to a receiver, though a poller waits as well.
func TestPollerBesideReceivers(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt), newPull(t, rt)
		join(t, inprocName(t), pull, push)
		p := socket.NewPoller()
		require.NoError(t, p.Add(pull, socket.PollIn))
		life, end := context.WithCancel(ctx)
		const n = 100
		stopped, received := make(chan error, 1), make(chan struct{}, n)
		go func() {
			for {
				if _, err := p.Wait(life); err != nil {
					stopped <- err
					return
				}
				<-received // it is level-triggered: without this it would look again and again until somebody has received it
			}
		}()
		for i := range n {
			synctest.Wait()
			require.NoError(t, push.Send(ctx, number(i)))
			receive(t, pull, i, 1)
			received <- struct{}{}
		}
		end()
		require.ErrorIs(t, <-stopped, context.Canceled)
	})
}

// TestPollerCancel takes nothing from a channel in a Wait that ends without an event.
func TestPollerCancel(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		p := socket.NewPoller()
		c := make(chan int, 1)
		require.NoError(t, socket.AddChan(p, c))
		for i := range 200 {
			short, cancel := context.WithCancel(ctx)
			go cancel()
			go func() { c <- i }()
			events, err := p.Wait(short)
			if err != nil {
				require.ErrorIs(t, err, context.Canceled)
				require.Equal(t, i, <-c)
				continue
			}
			require.Equal(t, i, events[0].Value)
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err := p.Wait(short)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// TestPollerAll returns all that is ready at once, each channel's next value too.
func TestPollerAll(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		push, pull := newPush(t, rt), newPull(t, rt)
		join(t, inprocName(t), pull, push)
		a, b := make(chan int, 2), make(chan string, 2)
		p := socket.NewPoller()
		require.NoError(t, socket.AddChan(p, a))
		require.NoError(t, p.Add(pull, socket.PollIn))
		require.NoError(t, socket.AddChan(p, b))
		a <- 1
		a <- 2
		b <- "x"
		require.NoError(t, push.Send(ctx, number(0)))
		chanA, chanB := (<-chan int)(a), (<-chan string)(b)
		require.Equal(t, []socket.PollEvent{
			{Chan: chanA, Events: socket.PollIn, Value: 1},
			{Socket: pull, Events: socket.PollIn},
			{Chan: chanB, Events: socket.PollIn, Value: "x"},
		}, p.Poll())
		wantEvents(t, p, socket.PollEvent{Chan: chanA, Events: socket.PollIn, Value: 2}, socket.PollEvent{Socket: pull, Events: socket.PollIn})
	})
}

// TestPollerErrors tells apart what is wrong.
func TestPollerErrors(t *testing.T) {
	bubble(t, func(t *testing.T, _ context.Context, rt *socket.Runtime) {
		p := socket.NewPoller()
		pull, c := newPull(t, rt), make(chan int)
		require.NoError(t, p.Add(pull, socket.PollIn))
		require.ErrorIs(t, p.Add(pull, socket.PollOut), socket.ErrBadOption)
		require.NoError(t, socket.AddChan(p, c))
		require.ErrorIs(t, socket.AddChan(p, c), socket.ErrBadOption)
		require.ErrorIs(t, p.Modify(newPull(t, rt), socket.PollIn), socket.ErrBadOption)
		require.ErrorIs(t, p.Remove([]int{1}), socket.ErrBadOption)
		require.ErrorIs(t, p.Remove(nil), socket.ErrBadOption)
		require.NoError(t, p.Remove((<-chan int)(c)))
		require.ErrorIs(t, p.Remove((<-chan int)(c)), socket.ErrBadOption)
	})
}

// TestPollerBooks counts what is waited for, refuses what there is not to wait for, and is silent where there is nothing. (libzmq: test_poller)
func TestPollerBooks(t *testing.T) {
	bubble(t, func(t *testing.T, ctx context.Context, rt *socket.Runtime) {
		p := socket.NewPoller()
		silent := func() {
			t.Helper()
			require.Empty(t, p.Poll())
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			_, err := p.Wait(short)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		silent()
		push, pull := newPush(t, rt), newPull(t, rt)
		join(t, inprocName(t), pull, push)
		require.NoError(t, push.Send(ctx, number(1)))
		require.ErrorIs(t, p.Add(nil, socket.PollIn), socket.ErrBadOption)
		require.ErrorIs(t, p.Add(pull, 0x7f), socket.ErrBadOption)
		require.ErrorIs(t, p.Modify(nil, socket.PollIn), socket.ErrBadOption)
		require.Zero(t, p.Len())
		require.NoError(t, p.Add(pull, 0))
		silent()
		require.NoError(t, p.Modify(pull, socket.PollIn))
		wantEvents(t, p, socket.PollEvent{Socket: pull, Events: socket.PollIn})
		require.ErrorIs(t, p.Modify(pull, 0x7f), socket.ErrBadOption)
		require.NoError(t, p.Modify(pull, 0))
		silent()
		require.Equal(t, 1, p.Len())
		r, w, err := os.Pipe()
		require.NoError(t, err)
		defer func() { require.NoError(t, errors.Join(r.Close(), w.Close())) }()
		if transport.CanPoll {
			require.ErrorIs(t, p.AddConn(nil, socket.PollIn), socket.ErrBadOption)
			require.ErrorIs(t, p.AddConn(r, 0x7f), socket.ErrBadOption)
			require.ErrorIs(t, p.Modify(r, socket.PollIn), socket.ErrBadOption)
			require.ErrorIs(t, p.Remove(r), socket.ErrBadOption)
			require.NoError(t, p.AddConn(r, 0))
			require.ErrorIs(t, p.AddConn(r, socket.PollIn), socket.ErrBadOption)
			require.ErrorIs(t, p.Modify(r, 0x7f), socket.ErrBadOption)
			require.Equal(t, 2, p.Len())
			require.NoError(t, p.Remove(r))
		}
		require.NoError(t, p.Remove(pull))
		require.Zero(t, p.Len())
		silent()
	})
}

// clogged waits for room in a connection that is full, until the far side has read what is in it.
func clogged(t *testing.T, conn, far net.Conn) {
	t.Helper()
	p := socket.NewPoller()
	require.NoError(t, p.AddConn(conn.(syscall.Conn), socket.PollOut))
	body, written := make([]byte, 1<<16), 0
	for len(p.Poll()) > 0 { // what it takes at once, and then what it takes while somebody makes room: so the far side has all of it to read
		require.NoError(t, conn.SetWriteDeadline(time.Now().Add(10*time.Millisecond)))
		n, err := conn.Write(body)
		written += n
		if err != nil {
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		}
	}
	require.NoError(t, conn.SetWriteDeadline(time.Time{}))
	got := make(chan []socket.PollEvent, 1)
	go func() {
		events, err := p.Wait(within(t))
		if err == nil {
			got <- events
		}
	}()
	_, err := io.CopyN(io.Discard, far, int64(written))
	require.NoError(t, err)
	require.Equal(t, []socket.PollEvent{{Conn: conn.(syscall.Conn), Events: socket.PollOut}}, <-got)
}

// TestPollerPipe waits for the ends of a pipe of the system, which is no connection: for something to read, for room, and for the end.
func TestPollerPipe(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _ = r.Close() }()
	p := socket.NewPoller()
	if !transport.CanPoll {
		require.ErrorIs(t, p.AddConn(r, socket.PollIn), errors.ErrUnsupported)
		require.NoError(t, w.Close())
		return
	}
	require.NoError(t, p.AddConn(r, socket.PollIn))
	require.Empty(t, p.Poll())
	require.NoError(t, p.AddConn(w, socket.PollOut))
	writable, readable := socket.PollEvent{Conn: w, Events: socket.PollOut}, socket.PollEvent{Conn: r, Events: socket.PollIn}
	wantEvents(t, p, writable)
	_, err = w.Write([]byte("x"))
	require.NoError(t, err)
	wantEvents(t, p, readable, writable)
	_, err = r.Read(make([]byte, 9))
	require.NoError(t, err)
	wantEvents(t, p, writable)
	require.NoError(t, p.Remove(w))
	require.NoError(t, w.Close())
	got, err := p.Wait(within(t))
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, syscall.Conn(r), got[0].Conn)
}

// TestPollerConn waits for a connection beside a socket and a channel: in, out, and its end. (libzmq: test_zmq_poll_fd)
func TestPollerConn(t *testing.T) {
	p := socket.NewPoller()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	far, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	near, err := l.Accept()
	require.NoError(t, err)
	conn := near.(*net.TCPConn)
	if !transport.CanPoll {
		require.ErrorIs(t, p.AddConn(conn, socket.PollIn), errors.ErrUnsupported)
		return
	}
	ctx, rt := within(t), newRuntime(t)
	push, pull := newPush(t, rt), newPull(t, rt)
	join(t, "tcp://127.0.0.1:*", pull, push)
	c := make(chan int, 1)
	require.NoError(t, p.AddConn(conn, socket.PollIn))
	require.ErrorIs(t, p.AddConn(conn, socket.PollIn), socket.ErrBadOption)
	require.NoError(t, p.Add(pull, socket.PollIn))
	require.NoError(t, socket.AddChan(p, c))
	require.Empty(t, p.Poll())

	readable := socket.PollEvent{Conn: conn, Events: socket.PollIn}
	got := make(chan []socket.PollEvent)
	wait := func() {
		events, err := p.Wait(ctx)
		if err == nil {
			got <- events
		}
	}
	go wait()
	_, err = far.Write([]byte("x"))
	require.NoError(t, err)
	require.Equal(t, []socket.PollEvent{readable}, <-got)
	wantEvents(t, p, readable)
	_, err = conn.Read(make([]byte, 9))
	require.NoError(t, err)
	require.Empty(t, p.Poll())

	go wait()
	c <- 7
	require.Equal(t, []socket.PollEvent{{Chan: (<-chan int)(c), Events: socket.PollIn, Value: 7}}, <-got)
	go wait()
	require.NoError(t, push.Send(ctx, number(0)))
	require.Equal(t, []socket.PollEvent{{Socket: pull, Events: socket.PollIn}}, <-got)
	receive(t, pull, 0, 1)

	require.NoError(t, p.Modify(conn, socket.PollIn|socket.PollOut))
	wantEvents(t, p, socket.PollEvent{Conn: conn, Events: socket.PollOut})
	require.NoError(t, p.Modify(conn, socket.PollIn))
	clogged(t, conn, far)
	require.NoError(t, far.(*net.TCPConn).CloseWrite())
	wantEvents(t, p, readable) // the end of what can be read
	require.NoError(t, conn.CloseWrite())
	broken := socket.PollEvent{Conn: conn, Events: socket.PollErr}
	for _, events := range []socket.PollEvents{0, socket.PollOut} {
		require.NoError(t, p.Modify(conn, events))
		got, err := p.Wait(ctx)
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, socket.PollErr, got[0].Events&socket.PollErr, "both directions have ended, and nobody asks to read")
	}
	require.NoError(t, conn.Close())
	require.NoError(t, far.Close())
	wantEvents(t, p, broken)
	in, other := socket.PollEvent{Socket: pull, Events: socket.PollIn}, socket.NewPoller()
	require.NoError(t, other.Add(pull, socket.PollIn))
	require.NoError(t, push.Send(ctx, number(1)))
	wantEvents(t, other, in)
	wantEvents(t, p, broken, in) // the closed one stands in nobody's way
	require.NoError(t, p.Remove(conn))
	wantEvents(t, p, in)
}
