package socket_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/weirmq/weir/socket"
)

// A fray is random traffic between several sockets that come and go, with the test's own books.
type fray struct {
	t     *testing.T
	ctx   context.Context
	rnd   *rand.Rand // of the test's goroutine
	at    place
	rt    *socket.Runtime
	pulls []*socket.Pull
	binds []*socket.Endpoint
	push  []*socket.Push
	conns [][]*socket.Endpoint // of each push, to each bind

	sent      []atomic.Uint64 // by push: what Send and TrySend accepted
	received  []atomic.Uint64 // by pull
	progressc chan struct{}   // a word now and then that messages flow
	senders   errgroup.Group
	receivers errgroup.Group
}

// newFray starts the traffic.
func newFray(t *testing.T, at place) *fray {
	t.Helper()
	const pulls, pushes = 3, 4
	f := &fray{
		t: t, ctx: within(t), rnd: seeded(t), at: at, rt: newRuntime(t), conns: make([][]*socket.Endpoint, pushes), sent: make([]atomic.Uint64, pushes),
		received: make([]atomic.Uint64, pulls), progressc: make(chan struct{}, 1),
	}
	for i := range pulls {
		f.pulls = append(f.pulls, newPull(t, f.rt, socket.RecvHWM(1+f.rnd.IntN(20))))
		f.binds = append(f.binds, bind(t, f.pulls[i], at.fresh(t)))
	}
	for i := range pushes {
		linger := socket.Linger(time.Duration(f.rnd.IntN(2)) * 20 * time.Millisecond)
		f.push = append(f.push, newPush(t, f.rt, socket.SendHWM(1+f.rnd.IntN(20)), socket.ReconnectInterval(1), linger))
		for _, b := range f.binds {
			f.conns[i] = append(f.conns[i], connect(t, f.push[i], b.String()))
		}
	}
	for i := range f.pulls {
		f.receivers.Go(func() error { return f.receiveLoop(i) })
	}
	for i := range f.push {
		for range 2 {
			f.senders.Go(func() error { return f.sendLoop(i) })
		}
	}
	return f
}

// sendLoop sends over push i until it closes.
func (f *fray) sendLoop(i int) error {
	for {
		err := f.push[i].TrySend(number(i))
		if errors.Is(err, socket.ErrWouldBlock) {
			err = f.push[i].Send(f.ctx, number(i))
		}
		switch {
		case errors.Is(err, socket.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		f.sent[i].Add(1)
	}
}

// receiveLoop receives from pull i until it closes.
func (f *fray) receiveLoop(i int) error {
	for m, err := range f.pulls[i].Messages(f.ctx) {
		if errors.Is(err, socket.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		numberOf(f.t, m)
		if f.received[i].Add(1)%50 == 0 {
			select {
			case f.progressc <- struct{}{}:
			default:
			}
		}
	}
	return f.ctx.Err()
}

// disturb does something at random to an endpoint.
func (f *fray) disturb() {
	i, k := f.rnd.IntN(len(f.push)), f.rnd.IntN(len(f.binds))
	switch f.rnd.IntN(6) {
	case 0: // disconnect and connect again
		f.mayLeave(f.conns[i][k].Close(f.ctx))
		f.conns[i][k] = connect(f.t, f.push[i], f.binds[k].String())
	case 1: // unbind and bind again
		f.mayLeave(f.binds[k].Close(f.ctx))
		f.binds[k] = bind(f.t, f.pulls[k], f.binds[k].String())
	case 2:
		require.NoError(f.t, f.push[i].Set(f.ctx, socket.SendHWM(f.rnd.IntN(20))))
	case 3:
		require.NoError(f.t, f.pulls[k].Set(f.ctx, socket.RecvHWM(1+f.rnd.IntN(20))))
	case 4: // an actor panics, and is restarted
		require.NoError(f.t, f.push[i].Break(f.rnd.IntN(100)))
	case 5:
		require.NoError(f.t, f.pulls[k].Break(f.rnd.IntN(100)))
	}
}

// mayLeave wants a Close to succeed but for messages that were left.
func (f *fray) mayLeave(err error) {
	f.t.Helper()
	var u *socket.UnsentError
	if err != nil && !errors.As(err, &u) {
		require.NoError(f.t, err)
	}
}

// TestLedgerOfRandomTraffic disturbs random traffic in many ways and ends it: all books add up with each other and with the test's own.
func TestLedgerOfRandomTraffic(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			f := newFray(t, at)
			for range 40 {
				select {
				case <-f.progressc:
				case <-f.ctx.Done():
					require.NoError(t, f.ctx.Err(), "nothing moves any more")
				}
				f.disturb()
			}
			for _, p := range f.push {
				f.mayLeave(p.Close(f.ctx))
			}
			require.NoError(t, f.senders.Wait())
			for _, p := range f.pulls {
				gone(t, p)
				require.NoError(t, p.Close(f.ctx))
			}
			require.NoError(t, f.receivers.Wait())
			f.audit()
		})
	}
}

// audit checks all books.
func (f *fray) audit() {
	var out, in, sent, received uint64
	for i, p := range f.push {
		l := p.Stats().Out
		balanced(f.t, l)
		require.Zero(f.t, l.Queued)
		require.Equal(f.t, f.sent[i].Load(), l.Accepted)
		sent += f.sent[i].Load()
		out += l.Delivered
	}
	for i, p := range f.pulls {
		l := p.Stats().In
		balanced(f.t, l)
		require.Zero(f.t, l.Queued)
		require.Equal(f.t, f.received[i].Load(), l.Delivered)
		received += l.Delivered
		in += l.Accepted
	}
	if f.at.scheme == "inproc" { // both books are about the same queues
		require.Equal(f.t, sent, in)
		require.Equal(f.t, out, received)
		return
	}
	require.LessOrEqual(f.t, in, out, "what the kernel took may be lost with a connection; nothing comes from nowhere")
	require.Positive(f.t, received)
}

// TestLedgerOfTurns does the same for requests and replies, both directions of both sides.
func TestLedgerOfTurns(t *testing.T) {
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			const clients, each = 5, 40
			ctx := within(t)
			rt := newRuntime(t)
			rep := newRep(t, rt)
			ep := bind(t, rep, at.fresh(t)).String()
			var replies atomic.Uint64
			var mu sync.Mutex
			var reqs []*socket.Req // guarded by mu: all there were
			var g, server errgroup.Group
			for range clients {
				g.Go(func() error {
					for left := each; left > 0; { // some leave before their reply comes
						req := newReq(t, rt, socket.Linger(0))
						connect(t, req, ep)
						for range 1 + rand.IntN(8) {
							if err := req.Send(ctx, number(left)); err != nil {
								return err
							}
							left--
							if rand.IntN(6) == 0 {
								break
							}
							if _, err := req.Recv(ctx); err != nil {
								return err
							}
							replies.Add(1)
						}
						err := req.Close(ctx)
						var u *socket.UnsentError
						if err != nil && !errors.As(err, &u) {
							return err
						}
						mu.Lock()
						reqs = append(reqs, req)
						mu.Unlock()
					}
					return nil
				})
			}
			var served, replied uint64
			server.Go(func() error {
				for m, err := range rep.Messages(ctx) {
					if err == nil {
						served++
						err = rep.Send(ctx, m)
					}
					if errors.Is(err, socket.ErrClosed) {
						return nil
					}
					if err != nil {
						return err
					}
					replied++
				}
				return nil
			})
			require.NoError(t, g.Wait())
			gone(t, rep)
			require.NoError(t, rep.Close(ctx))
			require.NoError(t, server.Wait())
			st := rep.Stats()
			balanced(t, st.In)
			balanced(t, st.Out)
			require.Equal(t, served, st.In.Delivered)
			require.Equal(t, replied, st.Out.Accepted, "each reply is on the books, also those whose asker is gone")
			require.GreaterOrEqual(t, st.Out.Delivered, replies.Load())
			require.Zero(t, st.In.Queued+st.Out.Queued)
			for _, req := range reqs {
				st := req.Stats()
				balanced(t, st.Out)
				balanced(t, st.In)
				require.Zero(t, st.In.Queued+st.Out.Queued)
			}
		})
	}
}
