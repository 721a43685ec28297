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

	"github.com/weirmq/weir/mailbox"
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

	// The test's own counts.
	sent     []atomic.Uint64           // by push: what Send and TrySend accepted
	taken    []atomic.Uint64           // by push: messages whose last byte the kernel took; over inproc nobody counts them
	received [][]atomic.Uint64         // by pull, and by the push that they came from
	lost     atomic.Uint64             // connections that were up and are gone
	broken   map[anySocket]uint64      // how often the test made a socket's actor panic
	dropped  map[mailbox.Reason]uint64 // what was dropped in each of the other ways

	progressc chan struct{} // a word now and then that messages flow
	hold      atomic.Bool   // receivers are to stop once
	heldc     chan struct{} // one has stopped
	releasec  chan struct{} // closed when they may go on
	senders   errgroup.Group
	receivers errgroup.Group
}

// newFray starts the traffic.
func newFray(t *testing.T, at place) *fray {
	t.Helper()
	const pulls, pushes = 3, 4
	f := &fray{
		t: t, ctx: within(t), rnd: seeded(t), at: at, conns: make([][]*socket.Endpoint, pushes), sent: make([]atomic.Uint64, pushes),
		taken: make([]atomic.Uint64, pushes), broken: map[anySocket]uint64{}, dropped: map[mailbox.Reason]uint64{},
		progressc: make(chan struct{}, 1), heldc: make(chan struct{}, pulls), releasec: make(chan struct{}),
	}
	f.rt = newRuntime(t, socket.WithEvents(func(e socket.Event) {
		if e.Kind == socket.EventDisconnected {
			f.lost.Add(max(1, e.Suppressed))
		}
	}))
	for i := range pulls {
		f.received = append(f.received, make([]atomic.Uint64, pushes))
		f.pulls = append(f.pulls, newPull(t, f.rt, socket.RecvHWM(1+f.rnd.IntN(20))))
		f.binds = append(f.binds, bind(t, f.pulls[i], at.fresh(t)))
	}
	for i := range pushes {
		f.push = append(f.push, newPush(t, f.rt, socket.SendHWM(1+f.rnd.IntN(20)), socket.ReconnectInterval(1),
			socket.Linger(time.Duration(f.rnd.IntN(2))*20*time.Millisecond),
			socket.WithTrace(socket.Trace{Sent: func(socket.Conn, socket.Message) { f.taken[i].Add(1) }})))
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
	held, n := false, 0
	for m, err := range f.pulls[i].Messages(f.ctx) {
		if errors.Is(err, socket.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		f.received[i][numberOf(f.t, m)].Add(1)
		if n++; n%50 == 0 {
			select {
			case f.progressc <- struct{}{}:
			default:
			}
		}
		if !held && f.hold.Load() {
			held = true
			f.heldc <- struct{}{}
			<-f.releasec
		}
	}
	return f.ctx.Err()
}

// disturbances are what is done to the sockets of a fray, at random: to one push, one pull, or an endpoint between the two.
var disturbances = []func(f *fray, push, pull int){
	func(f *fray, i, k int) { // disconnect and connect again
		f.mayLeave(f.conns[i][k].Close(f.ctx))
		f.conns[i][k] = connect(f.t, f.push[i], f.binds[k].String())
	},
	func(f *fray, _, k int) { // unbind and bind again
		f.mayLeave(f.binds[k].Close(f.ctx))
		f.binds[k] = bind(f.t, f.pulls[k], f.binds[k].String())
	},
	func(f *fray, i, _ int) { require.NoError(f.t, f.push[i].Set(f.ctx, socket.SendHWM(f.rnd.IntN(20)))) },
	func(f *fray, _, k int) { require.NoError(f.t, f.pulls[k].Set(f.ctx, socket.RecvHWM(1+f.rnd.IntN(20)))) },
	func(f *fray, i, _ int) { // an actor panics, and is restarted: a socket's
		f.broken[f.push[i]]++
		require.NoError(f.t, f.push[i].Break(0))
	},
	func(f *fray, _, k int) {
		f.broken[f.pulls[k]]++
		require.NoError(f.t, f.pulls[k].Break(0))
	},
	func(f *fray, i, _ int) { require.NoError(f.t, f.push[i].Break(1+2*f.rnd.IntN(50))) }, // a connection's
	func(f *fray, _, k int) { require.NoError(f.t, f.pulls[k].Break(1+2*f.rnd.IntN(50))) },
}

// mayLeave wants a Close to succeed but for messages that were left.
func (f *fray) mayLeave(err error) {
	f.t.Helper()
	var u *socket.UnsentError
	if err != nil && !errors.As(err, &u) {
		require.NoError(f.t, err)
	}
}

// TestLedgerOfRandomTraffic disturbs random traffic in many ways, drops messages beside it in every way there is, and ends it: all books add up with each
// other and with the test's own, which count at both ends: what was sent, what the kernel took, what was received. Every kind of drop, lost connections and
// restarts must have come to pass.
func TestLedgerOfRandomTraffic(t *testing.T) {
	const each = 3
	for _, at := range places {
		t.Run(at.scheme, func(t *testing.T) {
			f := newFray(t, at)
			var steps []func()
			for _, d := range disturbances {
				for range each {
					steps = append(steps, func() { d(f, f.rnd.IntN(len(f.push)), f.rnd.IntN(len(f.pulls))) })
				}
			}
			for _, why := range reasonsThereAre(t) {
				steps = append(steps, func() { f.lose(why) })
			}
			f.rnd.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
			for _, step := range steps {
				select {
				case <-f.progressc:
				case <-f.ctx.Done():
					require.NoError(t, f.ctx.Err(), "nothing moves any more")
				}
				step()
			}
			f.leaveUnread()
			for _, p := range f.push {
				f.mayLeave(p.Close(f.ctx))
			}
			require.NoError(t, f.senders.Wait())
			for _, p := range f.pulls[1:] {
				gone(t, p)
				require.NoError(t, p.Close(f.ctx))
			}
			require.NoError(t, f.receivers.Wait())
			f.audit()
		})
	}
}

// lose drops messages in one of the ways there are, beside the traffic.
func (f *fray) lose(why mailbox.Reason) {
	f.t.Run(string(why), func(t *testing.T) {
		l := &loss{T: t, rnd: f.rnd, rt: f.rt}
		l.check(why)
		f.dropped[why] += l.sent - l.received
	})
}

// leaveUnread closes a pull that has something to receive, while its receiver holds still.
func (f *fray) leaveUnread() {
	f.hold.Store(true)
	for range f.pulls {
		<-f.heldc
	}
	poller := socket.NewPoller()
	require.NoError(f.t, poller.Add(f.pulls[0], socket.PollIn))
	_, err := poller.Wait(f.ctx)
	require.NoError(f.t, err)
	require.NoError(f.t, f.pulls[0].Close(f.ctx))
	close(f.releasec)
}

// audit checks all books.
func (f *fray) audit() {
	var unread, left, under uint64 // dropped by the pulls; kept by the pushes; taken by the kernel, and not received
	for i, p := range f.push {
		var received uint64
		for k := range f.pulls {
			received += f.received[k][i].Load()
		}
		taken := f.taken[i].Load()
		if f.at.scheme == "inproc" {
			require.Zero(f.t, taken)
			taken = received // nobody else can have it
		}
		l := p.Stats().Out
		balanced(f.t, l)
		require.Zero(f.t, l.Queued)
		require.Equal(f.t, f.sent[i].Load(), l.Accepted)
		require.Equal(f.t, taken, l.Delivered)
		require.Equal(f.t, f.sent[i].Load()-taken, dropped(l))
		require.LessOrEqual(f.t, received, taken, "what the kernel took may be lost with a connection; nothing comes from nowhere")
		left += f.sent[i].Load() - taken
		under += taken - received
	}
	for k, p := range f.pulls {
		var received uint64
		for i := range f.push {
			received += f.received[k][i].Load()
		}
		l := p.Stats().In
		balanced(f.t, l)
		require.Zero(f.t, l.Queued)
		require.Equal(f.t, received, l.Delivered)
		require.Positive(f.t, received)
		unread += dropped(l)
	}
	require.Positive(f.t, unread)
	if f.at.scheme == "inproc" {
		require.LessOrEqual(f.t, unread, left, "both books are about the same queues")
	} else {
		require.LessOrEqual(f.t, unread, under, "what a pull dropped had come from the kernel")
	}
	f.happened()
}

// happened wants all to have come to pass that a fray is about, by the test's own count, and the ledger of the runtime to have it.
func (f *fray) happened() {
	var panics uint64
	for s, n := range f.broken {
		require.Equal(f.t, n, s.Stats().Restarts)
		panics += n
	}
	require.Positive(f.t, panics)
	require.Positive(f.t, f.lost.Load(), "no connection was lost")
	ended, cancel := context.WithCancel(f.ctx)
	cancel()
	f.mayLeave(f.rt.Shutdown(ended))
	st := f.rt.Stats()
	balanced(f.t, st.Out)
	balanced(f.t, st.In)
	require.Zero(f.t, st.Out.Queued+st.In.Queued)
	require.GreaterOrEqual(f.t, st.Restarts, panics)
	for _, why := range reasonsThereAre(f.t) {
		require.Positive(f.t, f.dropped[why], "nothing was dropped for %q", why)
		require.GreaterOrEqual(f.t, st.Out.Dropped[why]+st.In.Dropped[why], f.dropped[why], why)
	}
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
