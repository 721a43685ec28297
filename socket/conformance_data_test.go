package socket_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// checkFrames passes messages of all shapes: single and multipart, empty frames anywhere, sizes at the borders of frame headers and buffers.
func checkFrames(t *testing.T, c cell, rt *socket.Runtime) {
	r := c.rig(t, rt)
	many := make([]string, 300)
	for i := range many {
		many[i] = strings.Repeat("x", i%7)
	}
	for _, frames := range [][]string{
		{"a"},
		{""},
		{"a", "b"},
		{"", ""},
		{"", "body"},
		{"head", "", "tail"},
		{"end", ""},
		{"", "", "", "x"},
		{"\x00\x01\xff binary \r\n", "\x00"},
		{strings.Repeat("s", 255), strings.Repeat("l", 256)},
		{strings.Repeat("c", 4096), strings.Repeat("r", 4097), strings.Repeat("k", 70_000)},
		{strings.Repeat("m", 1_000_000)},
		many,
	} {
		r.pass(t, socket.NewMessage(frames...))
	}
	r.pass(t, socket.Message{})
}

// checkOrder passes many messages and wants them in order, each whole.
func checkOrder(t *testing.T, c cell, rt *socket.Runtime) {
	r := c.rig(t, rt)
	if c.inTurn() {
		for i := range 100 {
			r.pass(t, number(i))
		}
		return
	}
	const n = 3000
	ctx := within(t)
	var g errgroup.Group
	g.Go(func() error {
		for i := range n {
			if err := r.a.Send(ctx, number(i).Append([]byte("second"))); err != nil {
				return err
			}
		}
		return nil
	})
	next := 0
	for m, err := range r.b.Messages(ctx) {
		require.NoError(t, err)
		require.Equal(t, 2, m.Len())
		require.Equal(t, next, numberOf(t, m))
		if next++; next == n {
			break
		}
	}
	require.NoError(t, g.Wait())
	wantEmpty(t, r.b)
}

// checkTry wants TryRecv not to wait, TrySend to send where there is room, and Messages to end without an error when ctx does.
func checkTry(t *testing.T, c cell, rt *socket.Runtime) {
	r := c.rig(t, rt)
	wantEmpty(t, r.b)
	require.NoError(t, r.a.TrySend(socket.NewMessage("x")))
	m, err := r.b.Recv(within(t))
	require.NoError(t, err)
	require.Equal(t, "x", m.String())
	if c.inTurn() {
		require.NoError(t, r.b.TrySend(m))
		return
	}
	wantEmpty(t, r.b)
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	require.NoError(t, r.a.TrySend(socket.NewMessage("y")))
	for m, err := range r.b.Messages(ctx) {
		require.NoError(t, err)
		require.Equal(t, "y", m.String())
		cancel()
	}
	require.Error(t, ctx.Err(), "the loop ended with ctx")
	_, err = r.b.Recv(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// checkCrowd has many goroutines send and many receive over the same two sockets: each message comes once, and each sender's in order.
func checkCrowd(t *testing.T, c cell, rt *socket.Runtime) {
	if c.inTurn() {
		return // turns are the socket's: see TestRepWorkers
	}
	if c.from.Raw {
		return // pieces of a stream want one who puts them together
	}
	const senders, receivers, each = 8, 4, 200
	r := c.rig(t, rt, socket.SendHWM(7), socket.RecvHWM(7))
	ctx, cancel := context.WithCancel(within(t))
	var sending, receiving errgroup.Group
	for s := range senders {
		sending.Go(func() error {
			for i := range each {
				if err := r.a.Send(ctx, number(s*each+i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var mu sync.Mutex
	seen := map[int]int{}
	for range receivers {
		receiving.Go(func() error {
			for m, err := range r.b.Messages(ctx) {
				if err != nil {
					return err
				}
				n := numberOf(t, m)
				mu.Lock()
				seen[n]++
				if len(seen) == senders*each {
					cancel()
				}
				mu.Unlock()
			}
			return nil
		})
	}
	require.NoError(t, sending.Wait())
	require.NoError(t, receiving.Wait())
	require.Len(t, seen, senders*each)
	for n, times := range seen {
		require.Equal(t, 1, times, "message %d", n)
	}
	cancel()
}

// checkSpread joins three receivers to one sender: those who share get a third each, in turn, and those who subscribed get everything.
func checkSpread(t *testing.T, c cell, rt *socket.Runtime) {
	if c.from.Single {
		return // see TestPairTurnsAway
	}
	const peers, each = 3, 10
	ctx := within(t)
	a := open(t, rt, c.from)
	b := make([]*talker, peers)
	ep := c.fresh(t)
	if c.fromBinds {
		ep = bind(t, a, ep).String()
	}
	for i := range b {
		b[i] = open(t, rt, c.to)
		if c.fromBinds {
			connect(t, b[i], ep)
			require.NoError(t, a.WaitPeers(ctx, i+1))
		} else {
			connect(t, a, bind(t, b[i], c.fresh(t)).String())
			require.NoError(t, b[i].WaitPeers(ctx, 1))
		}
		a.meet(t, b[i], i+1)
	}
	require.NoError(t, a.WaitPeers(ctx, peers))
	if c.from.Publisher {
		require.NoError(t, a.WaitSubscribers(ctx, peers))
		for i := range each {
			require.NoError(t, a.Send(ctx, number(i)))
		}
		for i := range b {
			receive(t, b[i], 0, each)
			wantEmpty(t, b[i])
		}
		return
	}
	for i := range peers * each {
		require.NoError(t, a.Send(ctx, number(i)))
		if c.inTurn() { // only the peer whose turn it is has it
			at := b[i%peers]
			m, err := at.Recv(ctx)
			require.NoError(t, err)
			require.Equal(t, i, numberOf(t, m))
			require.NoError(t, at.Send(ctx, m))
			_, err = a.Recv(ctx)
			require.NoError(t, err)
		}
	}
	for i := range b {
		for k := 0; k < each && !c.inTurn(); k++ {
			receive(t, b[i], k*peers+i, 1)
		}
		wantEmpty(t, b[i])
	}
}

// checkGather joins three senders to one receiver: everything comes, each sender's in order, and answers go back to who asked.
func checkGather(t *testing.T, c cell, rt *socket.Runtime) {
	if c.to.Single {
		return
	}
	const peers, each = 3, 50
	ctx := within(t)
	b := open(t, rt, c.to)
	a := make([]*talker, peers)
	ep := c.fresh(t)
	if !c.fromBinds {
		ep = bind(t, b, ep).String()
	}
	var g errgroup.Group
	for i := range a {
		a[i] = open(t, rt, c.from)
		if c.fromBinds {
			connect(t, b, bind(t, a[i], c.fresh(t)).String())
		} else {
			connect(t, a[i], ep)
		}
		require.NoError(t, a[i].WaitPeers(ctx, 1))
		require.NoError(t, b.WaitPeers(ctx, i+1))
		if c.from.Publisher {
			require.NoError(t, a[i].WaitSubscribers(ctx, 1))
		}
		a[i].meet(t, b, 1)
	}
	for i := range a {
		g.Go(func() error {
			for k := range each {
				err := a[i].Send(ctx, number(k*peers+i))
				if err == nil && c.inTurn() {
					var m socket.Message
					if m, err = a[i].Recv(ctx); err == nil && numberOf(t, m) != k*peers+i {
						return errors.New("somebody else's answer")
					}
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	var next [peers]int
	for range peers * each {
		m, err := b.Recv(ctx)
		require.NoError(t, err)
		n := numberOf(t, m)
		require.Equal(t, next[n%peers], n/peers)
		next[n%peers]++
		if c.inTurn() {
			require.NoError(t, b.Send(ctx, m))
		}
	}
	require.NoError(t, g.Wait())
	wantEmpty(t, b)
}

// checkCancelledRecv receives with contexts that end at any moment, while messages come at any moment: a cancelled Recv has taken nothing.
func checkCancelledRecv(t *testing.T, c cell, rt *socket.Runtime) {
	if c.inTurn() {
		return
	}
	const n = 500
	r := c.rig(t, rt)
	ctx := within(t)
	permits := make(chan struct{}, n)
	var g errgroup.Group
	g.Go(func() error {
		for i := range n {
			<-permits
			if err := r.a.Send(ctx, number(i)); err != nil {
				return err
			}
		}
		return nil
	})
	permitted, cancelled := 0, 0
	for next := 0; next < n; {
		if permitted < n && rand.IntN(2) == 0 {
			permits <- struct{}{}
			permitted++
		}
		one, cancel := context.WithCancel(ctx)
		g.Go(func() error { cancel(); return nil })
		m, err := r.b.Recv(one)
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
			require.NoError(t, ctx.Err())
			cancelled++
			continue
		}
		require.Equal(t, next, numberOf(t, m))
		next++
	}
	require.NoError(t, g.Wait())
	wantEmpty(t, r.b)
	require.Greater(t, cancelled, n/10)
}

// checkCancelledSend sends with contexts that end at any moment, into queues that are mostly full: what Send said it accepted comes, in order and
// once, and nothing else.
func checkCancelledSend(t *testing.T, c cell, rt *socket.Runtime) {
	if c.inTurn() {
		return
	}
	const n = 1000
	r := c.rig(t, rt, socket.SendHWM(2), socket.RecvHWM(2))
	ctx := within(t)
	var g errgroup.Group
	got := make(chan int, n)
	end, stop := context.WithCancel(ctx)
	g.Go(func() error {
		defer close(got)
		for m, err := range r.b.Messages(end) {
			if err != nil {
				return err
			}
			if string(m.Bytes()) == "end" {
				return nil
			}
			got <- numberOf(t, m)
		}
		return errors.New("stopped")
	})
	var want []int
	var cancels sync.WaitGroup
	for i := range n {
		one, cancel := context.WithCancel(ctx)
		if rand.IntN(4) > 0 {
			cancels.Go(cancel)
		}
		err := r.a.Send(one, number(i))
		if err == nil {
			want = append(want, i)
		} else {
			require.ErrorIs(t, err, context.Canceled)
		}
		cancel()
	}
	cancels.Wait()
	require.NoError(t, r.a.Send(ctx, socket.NewMessage("end")))
	require.NoError(t, g.Wait())
	stop()
	var have []int
	for i := range got {
		have = append(have, i)
	}
	require.Equal(t, want, have)
}
