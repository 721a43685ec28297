package socket_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// A hearsay keeps events. Safe for concurrent use.
type hearsay struct {
	mu   sync.Mutex
	kept []socket.Event
}

// drain takes the events that there are, in a bubble, once everybody is parked.
func drain(h *hearsay) []socket.Event {
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	got := h.kept
	h.kept = nil
	return got
}

// by are those of the events that s has told. Over inproc both sides tell of what their common queue drops.
func by(s anySocket, events []socket.Event) []socket.Event {
	return slices.DeleteFunc(events, func(e socket.Event) bool { return e.Socket != s.String() })
}

// noisy is a runtime that keeps the events of the given kinds.
func noisy(t *testing.T, kinds ...socket.EventKind) (*socket.Runtime, *hearsay) {
	t.Helper()
	h := &hearsay{}
	return newRuntime(t, socket.WithEvents(func(e socket.Event) {
		if slices.Contains(kinds, e.Kind) {
			h.mu.Lock()
			h.kept = append(h.kept, e)
			h.mu.Unlock()
		}
	})), h
}

// TestMarkEvents tells when a queue reaches its mark and when it has drained to its low-water mark, and nothing in between.
func TestMarkEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, events := noisy(t, socket.EventMarkReached, socket.EventMarkLeft)
		push, pull := newPush(t, rt, socket.SendHWM(5)), newPull(t, rt, socket.RecvHWM(5), socket.RoutingID("sink"))
		join(t, inprocName(t), pull, push)
		for range 3 {
			require.Equal(t, 10, fill(t, push, 100))
			for range 10 {
				require.ErrorIs(t, push.TrySend(number(0)), socket.ErrWouldBlock)
			}
			got := drain(events)
			require.Len(t, got, 1)
			require.Equal(t, socket.EventMarkReached, got[0].Kind)
			require.Equal(t, push.String(), got[0].Socket)
			require.Equal(t, socket.Outbound, got[0].Direction)
			require.Equal(t, "sink", got[0].Identity)
			receive(t, pull, 0, 4)
			require.Empty(t, drain(events), "not at the low-water mark yet")
			receive(t, pull, 4, 6)
			got = drain(events)
			require.Len(t, got, 1)
			require.Equal(t, socket.EventMarkLeft, got[0].Kind)
		}
		require.Equal(t, uint64(3), push.Stats().Peers[0].OutMarkReached)
	})
}

// TestMarkEventsOfTheBoundSide has the bound side of an inproc endpoint send: it is told, though the other side has made the queue.
func TestMarkEventsOfTheBoundSide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, events := noisy(t, socket.EventMarkReached, socket.EventMarkLeft)
		push, pull := newPush(t, rt, socket.SendHWM(1)), newPull(t, rt, socket.RecvHWM(1))
		join(t, inprocName(t), push, pull)
		require.Equal(t, 2, fill(t, push, 100))
		receive(t, pull, 0, 2)
		for i, e := range drain(events) {
			require.Equal(t, push.String(), e.Socket)
			require.Equal(t, socket.Outbound, e.Direction)
			require.Equal(t, []socket.EventKind{socket.EventMarkReached, socket.EventMarkLeft}[i], e.Kind)
		}
		require.Equal(t, uint64(1), push.Stats().Peers[0].OutMarkReached)
	})
}

// TestMarkEventsInbound has an application that does not receive: its own queue is at the mark.
func TestMarkEventsInbound(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	push, pull := newPush(t, rt), newPull(t, rt, socket.RecvHWM(2))
	events := watch(t, pull.Events(ctx))
	join(t, "tcp://127.0.0.1:*", pull, push)
	require.Equal(t, 10, fill(t, push, 10))
	e := events.until(socket.EventMarkReached)
	require.Equal(t, socket.Inbound, e.Direction)
	require.NotEmpty(t, e.Peer)
	receive(t, pull, 0, 10)
	require.Equal(t, socket.Inbound, events.until(socket.EventMarkLeft).Direction)
}

// TestDropEvents counts every drop once, however many there are, and tells of them no more than about once a second.
func TestDropEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, events := noisy(t, socket.EventDropped)
		pub, sub := newPub(t, rt, socket.SendHWM(1)), newSub(t, rt, []string{""}, socket.RecvHWM(1))
		at, _ := join(t, inprocName(t), pub, sub)
		require.NoError(t, pub.WaitSubscribers(within(t), 1))
		var told uint64
		for range 3 {
			for range 100 {
				require.Equal(t, 10, fill(t, pub, 10))
				time.Sleep(10 * time.Millisecond)
			}
			got := by(pub, drain(events))
			require.NotEmpty(t, got)
			require.LessOrEqual(t, len(got), 2)
			for _, e := range got {
				require.Equal(t, socket.Outbound, e.Direction)
				require.Equal(t, mailbox.ReasonFull, e.Reason)
				require.Equal(t, at.String(), e.Endpoint)
				told += e.Count
			}
		}
		time.Sleep(3 * time.Second)
		for _, e := range by(pub, drain(events)) {
			told += e.Count
		}
		require.Equal(t, uint64(2998), told)
		require.Equal(t, dropped(pub.Stats().Out), told)
		time.Sleep(time.Hour)
		require.Empty(t, drain(events), "it ends with the last")
	})
}

// TestDropEventsOfMany has more peers lose messages than there is budget for: each drop is told of once all the same.
func TestDropEventsOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const peers = socket.NoiseBurst + 50
		rt, events := noisy(t, socket.EventDropped)
		pub := newPub(t, rt, socket.SendHWM(1))
		name := bind(t, pub, inprocName(t)).String()
		for range peers {
			connect(t, newSub(t, rt, []string{""}, socket.RecvHWM(1)), name)
		}
		require.NoError(t, pub.WaitSubscribers(within(t), peers))
		require.Equal(t, 5, fill(t, pub, 5))
		time.Sleep(2 * time.Second)
		got := by(pub, drain(events))
		var told, suppressed uint64
		for _, e := range got {
			told += e.Count
			suppressed += e.Suppressed
		}
		require.Len(t, got, socket.NoiseBurst+1)
		require.Empty(t, got[len(got)-1].Endpoint)
		require.GreaterOrEqual(t, suppressed, uint64(peers-socket.NoiseBurst), "a peer of which the first look told has its own event at the second")
		require.Equal(t, uint64(3*peers), told)
	})
}

// TestDropEventsAtTheEnd tells of what a socket drops when it closes, and of what has no peer.
func TestDropEventsAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, events := noisy(t, socket.EventDropped)
		router, pull := newRouter(t, rt), newPull(t, rt)
		push := newPush(t, rt)
		join(t, inprocName(t), pull, push)
		require.Equal(t, 7, fill(t, push, 7))
		require.NoError(t, pull.Close(within(t)))
		require.NoError(t, router.Send(within(t), socket.NewMessage("nobody", "hello")))
		var got []string
		for _, e := range drain(events) {
			got = append(got, fmt.Sprintf("%s %s %d %s", e.Socket, e.Direction, e.Count, e.Reason))
		}
		require.ElementsMatch(t, []string{
			pull.String() + " in 7 " + string(socket.ReasonUnread), push.String() + " out 7 " + string(socket.ReasonUnread),
			router.String() + "  1 " + string(socket.ReasonNoPeer),
		}, got)
	})
}

// TestSlowPeerEvents names a peer that takes less than it is sent, once for each time that its queue is full.
func TestSlowPeerEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, events := noisy(t, socket.EventSlowPeer)
		pub, sub := newPub(t, rt, socket.SendHWM(3)), newSub(t, rt, []string{""}, socket.RecvHWM(3))
		at, _ := join(t, inprocName(t), pub, sub)
		require.NoError(t, pub.WaitSubscribers(within(t), 1))
		for range 2 {
			require.Equal(t, 10, fill(t, pub, 10))
			require.Empty(t, drain(events), "not yet")
			time.Sleep(10 * time.Second)
			got := drain(events)
			require.Len(t, got, 1)
			require.Equal(t, pub.String(), got[0].Socket)
			require.Equal(t, uint64(6), got[0].Count)
			require.Equal(t, at.String(), got[0].Endpoint)
			receive(t, sub, 0, 6)
			time.Sleep(10 * time.Second)
			require.Empty(t, drain(events))
		}
		for range 100 { // full now and then, and drained each time
			require.Equal(t, 6, fill(t, pub, 6))
			receive(t, sub, 0, 6)
			time.Sleep(100 * time.Millisecond)
		}
		require.Empty(t, drain(events))
	})
}

// TestSubscriptionEvents tells a publisher of its peers' subscriptions, and of how many there is no budget to tell.
func TestSubscriptionEvents(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, rt *socket.Runtime) anySocket{
		"PUB": func(t *testing.T, rt *socket.Runtime) anySocket { return newPub(t, rt) },
		"XPUB": func(t *testing.T, rt *socket.Runtime) anySocket {
			x, err := socket.NewXPub(rt)
			require.NoError(t, err)
			return x
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt, events := noisy(t, socket.EventSubscribed, socket.EventUnsubscribed)
				pub, sub := open(t, rt), newSub(t, rt, []string{"a"})
				at, _ := join(t, inprocName(t), pub, sub)
				require.NoError(t, sub.Subscribe("b"))
				require.NoError(t, sub.Subscribe("b"))
				require.NoError(t, sub.Unsubscribe("b"))
				require.NoError(t, sub.Unsubscribe("b"))
				var got []string
				for _, e := range drain(events) {
					require.Equal(t, pub.String(), e.Socket)
					require.Equal(t, at.String(), e.Endpoint)
					got = append(got, e.Kind.String()+" "+e.Topic)
				}
				require.Equal(t, []string{"subscribed a", "subscribed b", "unsubscribed b"}, got)
				time.Sleep(10 * time.Second)
				for i := range 1000 {
					require.NoError(t, sub.Subscribe(fmt.Sprint(i)))
				}
				require.Len(t, drain(events), socket.NoiseBurst)
				time.Sleep(2 * time.Second)
				rest := drain(events)
				require.Len(t, rest, 1)
				require.Equal(t, uint64(1000-socket.NoiseBurst), rest[0].Suppressed)
				require.NoError(t, sub.Unsubscribe("7"))
				require.Len(t, drain(events), 1, "there is a budget again")
			})
		})
	}
}

// TestNoiseNamesPeers has a subscriber over a connection whose addresses are known: each event that is about it names it, and where it came to.
func TestNoiseNamesPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kinds := []socket.EventKind{socket.EventSubscribed, socket.EventUnsubscribed, socket.EventMarkReached, socket.EventDropped, socket.EventSlowPeer}
		rt, events := noisy(t, kinds...)
		pub := newPub(t, rt, socket.SendHWM(3))
		at, peer := bindLine(t, within(t), pub)
		peer.shakeLine("SUB", "")
		peer.write(wire.Subscribe{Topic: []byte("a")}.AppendTo(nil))
		peer.write(wire.Cancel{Topic: []byte("a")}.AppendTo(nil))
		peer.write(wire.Subscribe{}.AppendTo(nil))
		require.NoError(t, pub.WaitSubscribers(within(t), 1))
		require.Equal(t, 20, fill(t, pub, 20)) // nobody reads
		time.Sleep(10 * time.Second)
		told := map[socket.EventKind]int{}
		for _, e := range drain(events) {
			told[e.Kind]++
			require.Equal(t, []string{pub.String(), at.String(), "127.0.0.1:2"}, []string{e.Socket, e.Endpoint, e.Peer}, e)
		}
		for _, kind := range kinds {
			require.Positive(t, told[kind], kind)
		}
		require.NoError(t, peer.conn.Close())
	})
}

// TestNoiseWithoutListeners leaves nothing to be told where nobody listens, and takes no memory for it.
func TestNoiseWithoutListeners(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t)
	pub, sub := newPub(t, rt, socket.SendHWM(1)), newSub(t, rt, []string{""}, socket.RecvHWM(1))
	join(t, inprocName(t), pub, sub)
	require.NoError(t, pub.WaitSubscribers(ctx, 1))
	m := socket.NewMessage("hello")
	require.NoError(t, pub.Send(ctx, m))
	require.NoError(t, pub.Send(ctx, m))
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = pub.TrySend(m) }))
	require.False(t, socket.Noisy(pub))
	listening, stop := context.WithCancel(ctx)
	events := watch(t, pub.Events(listening))
	require.NoError(t, pub.Send(ctx, m))
	require.NotZero(t, events.until(socket.EventDropped).Count)
	stop()
}

// A strangers is a door in a bubble, and those who stand before it. Owned by the test's goroutine.
type strangers struct {
	*testing.T
	door *lineListener
}

// come has n of them connect and say nothing at all but that they go.
func (s strangers) come(n int) {
	for range n {
		ours, theirs := net.Pipe()
		s.door.lines <- line{ours}
		_ = theirs.Close()
	}
	synctest.Wait()
}

// shake has n of them connect, shake hands as a PUSH does, and go.
func (s strangers) shake(n int) {
	for range n {
		ours, theirs := net.Pipe()
		s.door.lines <- line{ours}
		p := &rawPeer{t: s.T, conn: theirs, dec: wire.NewDecoder(-1)}
		p.shakeLine("PUSH", "")
		synctest.Wait() // both sides have what the other said
		_ = theirs.Close()
	}
	synctest.Wait()
}

// tally counts the events that there are, by their kinds: those that were told, and those that were not.
func tally(events []socket.Event) (told, suppressed map[socket.EventKind]int) {
	told, suppressed = map[socket.EventKind]int{}, map[socket.EventKind]int{}
	for _, e := range events {
		if e.Suppressed > 0 {
			suppressed[e.Kind] += int(e.Suppressed)
		} else {
			told[e.Kind]++
		}
	}
	return told, suppressed
}

// TestEventsOfStrangers has a crowd of strangers connect, as a scanner of ports does: of each kind of event a socket tells as many in a second as there is
// budget for, and then how many more there were. Its monitor is told of all, as with libzmq.
func TestEventsOfStrangers(t *testing.T) {
	const crowd, burst = 300, socket.NoiseBurst
	synctest.Test(t, func(t *testing.T) {
		rt, events := noisy(t, socket.EventAccepted, socket.EventHandshakeFailed, socket.EventHandshakeSucceeded, socket.EventDisconnected)
		pull := newPull(t, rt)
		name := inprocName(t)
		require.NoError(t, pull.Monitor(t.Context(), name, socket.MonitorAll))
		ear, err := socket.NewPair(rt)
		require.NoError(t, err)
		connect(t, ear, name)
		require.NoError(t, ear.WaitPeers(within(t), 1))
		s := strangers{t, &lineListener{lines: make(chan net.Conn), closed: make(chan struct{})}}
		_, err = pull.BindListener(within(t), s.door)
		require.NoError(t, err)

		s.come(crowd)
		told, suppressed := tally(drain(events))
		require.Equal(t, map[socket.EventKind]int{socket.EventAccepted: burst, socket.EventHandshakeFailed: burst}, told)
		require.Empty(t, suppressed)
		time.Sleep(2 * time.Second)
		told, suppressed = tally(drain(events))
		require.Empty(t, told)
		require.Equal(t, map[socket.EventKind]int{socket.EventAccepted: crowd - burst, socket.EventHandshakeFailed: crowd - burst}, suppressed)
		heard := map[socket.MonitorEvents]int{}
		for m, err := ear.TryRecv(); err == nil; m, err = ear.TryRecv() {
			heard[socket.MonitorEvents(binary.NativeEndian.Uint16(m.Frame(0)))]++
		}
		require.Equal(t, map[socket.MonitorEvents]int{
			socket.MonitorListening: 1, socket.MonitorAccepted: crowd, socket.MonitorHandshakeFailedNoDetail: crowd, socket.MonitorDisconnected: crowd,
		}, heard)

		s.shake(burst + 20)
		told, _ = tally(drain(events))
		require.Equal(t, map[socket.EventKind]int{
			socket.EventAccepted: burst, socket.EventHandshakeSucceeded: burst, socket.EventDisconnected: burst,
		}, told, "a new second, and strangers who know the protocol")
		require.NoError(t, pull.Close(within(t)))
		_, suppressed = tally(drain(events))
		require.Equal(t, map[socket.EventKind]int{
			socket.EventAccepted: 20, socket.EventHandshakeSucceeded: 20, socket.EventDisconnected: 20,
		}, suppressed, "the rest is told at the end")
	})
}

// TestEventsOfOwnConnections are all told: how often an endpoint connects is its own affair, and so is who comes over inproc.
func TestEventsOfOwnConnections(t *testing.T) {
	const many = socket.NoiseBurst + 20
	synctest.Test(t, func(t *testing.T) {
		rt, events := noisy(t, socket.EventHandshakeSucceeded, socket.EventDisconnected)
		pull, push := newPull(t, rt), newPush(t, rt)
		near := bind(t, pull, inprocName(t)).String()
		for range many {
			ep := connect(t, push, near)
			require.NoError(t, push.WaitPeers(within(t), 1))
			require.NoError(t, ep.Close(within(t)))
		}
		told, suppressed := tally(drain(events))
		require.Equal(t, map[socket.EventKind]int{socket.EventHandshakeSucceeded: 2 * many, socket.EventDisconnected: 2 * many}, told)
		require.Empty(t, suppressed)
	})
}
