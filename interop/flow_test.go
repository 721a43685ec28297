package interop

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire/codec"
)

// Streams that somebody is killed in the middle of: more than the marks and the kernel's buffers can hold, so that the sender must wait. They are of the
// types that send whoever is there: a REQ waits for its reply, a ROUTER loses the name, a publisher the subscription, and a PAIR of libzmq's may turn away
// who comes next.
const (
	flowCount = 50_000
	flowSize  = 1000
	flowRead  = 1000 // what the receiver reads before the incident
)

// A connection is what tells one from the other in these cases: no two come from the same process.
type connection struct {
	peer    string
	attempt uint64
}

// A sentLog counts what the kernel took on each connection, from the trace of a socket, and checks its order.
type sentLog struct {
	mu     sync.Mutex
	counts map[connection]int // guarded by mu: messages
	last   int                // guarded by mu: the number last sent, on any connection
	wrong  string             // guarded by mu: the first breach of order
}

// trace is the option that makes a socket tell l.
func (l *sentLog) trace() socket.Option {
	l.counts, l.last = map[connection]int{}, -1
	return socket.WithTrace(socket.Trace{Sent: func(c socket.Conn, m socket.Message) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.counts[connection{c.Peer, c.Attempt}]++
		if n := numberOf(m); n <= l.last && l.wrong == "" {
			l.wrong = fmt.Sprintf("%d sent after %d", n, l.last)
		} else {
			l.last = n
		}
	}})
}

// before is how many messages the kernel took on the connection that an event says has ended.
func (l *sentLog) before(t *testing.T, lost socket.Event) int {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	require.Empty(t, l.wrong)
	return l.counts[connection{lost.Peer, lost.Attempt}]
}

// sendAll sends a stream from Weir's side in the background. The channel yields its outcome.
func (s *scene) sendAll(count, size int) <-chan error {
	outcome := make(chan error, 1)
	go func() {
		for n := range count {
			if err := s.sender().Send(s.ctx, numbered(n, size)); err != nil {
				outcome <- fmt.Errorf("message %d: %w", n, err)
				return
			}
		}
		outcome <- nil
	}()
	return outcome
}

// TestReceiverKilledInFlow kills a libzmq PULL, or DEALER, that Weir's PUSH or DEALER is sending to. Another takes its place and gets the rest without a gap, from the
// first message that the kernel had not taken for the one that died. A listener's queue goes with its peer, and its ledger has the number.
func TestReceiverKilledInFlow(t *testing.T) {
	overTable(t, only("PUSH", "DEALER"), func(t *testing.T, p pairing) {
		var sent sentLog
		s := newScene(begin(t, libzmq), t, p, setup{weir: []socket.Option{sent.trace()}})
		s.join()
		outcome := s.sendAll(flowCount, flowSize)
		s.peer.do(s.ctx, "recvn", 0, flowRead, waitMS)
		s.killPeer(1)
		s.openPeer()
		s.placePeer()
		s.meet()
		var count, first, missing int
		_, err := fmt.Sscan(s.peer.do(s.ctx, "drain", flowCount-1, waitMS), &count, &first, &missing)
		require.NoError(t, err)
		require.NoError(t, <-outcome)
		s.closeWeir() // then the accounts are closed too

		stats := s.weir.Stats()
		lost := s.events.of(socket.EventDisconnected)[0]
		taken := sent.before(t, lost)
		dropped := int(stats.Out.Dropped[codec.LostConnection])
		require.Zero(t, missing, "a gap after the restart")
		require.Equal(t, flowCount, first+count)
		require.GreaterOrEqual(t, taken, flowRead)
		require.EqualValues(t, taken, lost.Sent, "what the event says of the connection")
		require.Equal(t, first, taken+dropped, "every missing message was with the dead peer's connection: %d in the kernel, %d in its queue", taken, dropped)
		require.EqualValues(t, flowCount, stats.Out.Accepted)
		require.EqualValues(t, flowCount-dropped, stats.Out.Delivered)
		if !p.weirBinds {
			require.Zero(t, dropped, "a dialed endpoint's queue outlives its connections")
		}
	})
}

// TestSenderKilledInFlow kills a libzmq PUSH or DEALER that is sending to Weir's PULL or DEALER. What had arrived is there, in order and without a gap; another takes
// its place, and its messages follow.
func TestSenderKilledInFlow(t *testing.T) {
	const second = 5_000_000 // where the second sender's numbers begin
	overTable(t, only("PULL", "DEALER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		s.peer.order("sendn", 0, second, flowSize, waitMS)
		due := [2]int{0, second} // of each sender: they may come by turns
		for due[0] < flowRead {
			wantNumber(t, due[0], flowSize, s.recv())
			due[0]++
		}
		s.peer.kill()
		s.openPeer()
		s.placePeer()
		s.peer.order("sendn", second, flowCount, flowSize, waitMS)
		for due[1] < second+flowCount {
			m := s.recv()
			of := 0
			if numberOf(m) >= second {
				of = 1
			}
			wantNumber(t, due[of], flowSize, m)
			due[of]++
		}
		s.peer.okay(s.ctx)
		require.Less(t, due[0], second, "the sender was killed in the middle")
	})
}

// TestReceiverClosedInFlow closes Weir's PULL or DEALER while libzmq's PUSH or DEALER is sending. Another takes its place and gets the rest without a gap; what the
// first had and nobody read is in its ledger.
func TestReceiverClosedInFlow(t *testing.T) {
	overTable(t, only("PULL", "DEALER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		s.peer.order("sendn", 0, flowCount, flowSize, waitMS)
		for n := range flowRead {
			wantNumber(t, n, flowSize, s.recv())
		}
		s.closeWeir()
		in := s.weir.Stats().In
		require.EqualValues(t, flowRead, in.Delivered)
		require.Equal(t, in.Accepted, in.Delivered+in.Queued+allDropped(in))
		s.openWeir()
		s.placeWeir()
		next := numberOf(s.recv())
		require.GreaterOrEqual(t, next, int(in.Accepted), "a message came twice")
		for next < flowCount-1 {
			next++
			wantNumber(t, next, flowSize, s.recv())
		}
		s.peer.okay(s.ctx)
	})
}

// TestSenderClosedInFlow closes Weir's PUSH or DEALER while messages are queued, and opens another: Close waits for the queue, so each message arrives, once. libzmq
// has no mark here: at its mark it would not read, and over ipc its end of a closed connection forgets what it has not read.
func TestSenderClosedInFlow(t *testing.T) {
	const each = 3000 // more than the mark
	overTable(t, only("PUSH", "DEALER"), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{peer: []string{"rcvhwm=0"}})
		s.join()
		s.peer.order("collect", 0, 2*each, waitMS)
		for n := range each {
			s.send(numbered(n, flowSize))
		}
		s.closeWeir()
		out := s.weir.Stats().Out
		require.EqualValues(t, each, out.Delivered)
		require.Empty(t, out.Dropped)
		s.openWeir()
		s.placeWeir()
		for n := range each {
			s.send(numbered(each+n, flowSize))
		}
		s.peer.okay(s.ctx)
	})
}

// TestQueuedWhileAway sends while libzmq's receiver is dead and Weir knows it: what a dialed endpoint queues then arrives in full at the next.
func TestQueuedWhileAway(t *testing.T) {
	overTable(t, only("PUSH", "DEALER").dialing(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		p.moves.many(s, 0, stint, 20)
		s.killPeer(1)
		for n := range stint { // as many as the mark allows
			require.NoError(t, s.sender().TrySend(numbered(stint+n, 20)))
		}
		require.ErrorIs(t, s.sender().TrySend(numbered(0, 20)), socket.ErrWouldBlock)
		s.openPeer()
		s.placePeer()
		s.peer.do(s.ctx, "recvn", stint, stint, waitMS)
	})
}

// TestNobodyToSendTo sends from a bound socket whose only peer has died: there is nobody to queue for, and a Send that waits goes to the next.
func TestNobodyToSendTo(t *testing.T) {
	overTable(t, only("PUSH", "DEALER").binding(), func(t *testing.T, p pairing) {
		s := newScene(begin(t, libzmq), t, p, setup{})
		s.join()
		p.moves.many(s, 0, stint, 20)
		s.killPeer(1)
		require.ErrorIs(t, s.sender().TrySend(numbered(0, 20)), socket.ErrNoPeers)
		outcome := s.sendAll(stint, 20)
		s.openPeer()
		s.placePeer()
		s.peer.do(s.ctx, "recvn", 0, stint, waitMS)
		require.NoError(t, <-outcome)
	})
}

// allDropped is the sum over the reasons.
func allDropped(l mailbox.Ledger) (sum uint64) {
	for _, n := range l.Dropped {
		sum += n
	}
	return sum
}
