package codec_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// TestLossAtEachOctet closes the connection after each octet of a batch. Exactly the messages whose last octet was taken have left the queue and
// were reported to Sent; the others are at its head, and the next connection gets them from their first octet.
func TestLossAtEachOctet(t *testing.T) {
	small := []wire.Message{
		wire.NewMessage("a"), wire.NewMessage(""), wire.NewMessage("b", "", "ccc"), wire.MessageOf(body(300)), wire.NewMessage("\x01topic"), wire.NewMessage("z"),
	}
	large := []wire.Message{wire.NewMessage("a"), wire.MessageOf(body(5000)), wire.MessageOf([]byte("head"), body(6000), []byte("tail")), wire.NewMessage("z")}
	for name, c := range map[string]lossCase{
		"copied":       {small, false, 1},
		"commands":     {small, true, 1},
		"by reference": {large, false, 500},
	} {
		t.Run(name, func(t *testing.T) {
			actortest.Run(t, c.run)
		})
	}
}

// A lossCase is a row of TestLossAtEachOctet.
type lossCase struct {
	batch      []wire.Message
	subscriber bool // what begins with 0 or 1 is a command
	step       int  // octets between two places where the connection is closed, beside those next to the end of a message
}

// ends returns for each message the octets of the batch up to its last one.
func (c lossCase) ends() []int {
	var ends []int
	n := 0
	for _, m := range c.batch {
		switch b := m.Bytes(); {
		case c.subscriber && m.Len() == 1 && len(b) > 0 && b[0] == 1:
			n += len(wire.Subscribe{Topic: b[1:]}.AppendTo(nil))
		case c.subscriber && m.Len() == 1 && len(b) > 0 && b[0] == 0:
			n += len(wire.Cancel{Topic: b[1:]}.AppendTo(nil))
		default:
			n += len(encoded(m))
		}
		ends = append(ends, n)
	}
	return ends
}

// near says whether k is next to one of the ends.
func near(k int, ends []int) bool {
	for _, e := range ends {
		if k >= e-1 && k <= e+1 {
			return true
		}
	}
	return false
}

// run sends the batch again and again, on two connections each time: one that is closed somewhere, and one for the rest.
func (c lossCase) run(t *testing.T) {
	r, ends := newRig(t).restarting(), c.ends()
	var sent []wire.Message // written by the handler, read when it is idle
	r.cfg.Sent = func(_ codec.Peer, m wire.Message) { sent = append(sent, m) }
	r.cfg.Subscriber = c.subscriber
	r.connected().leaves()
	r.wantLoss("the batch shall be there before its connection is")
	for k := 0; k <= ends[len(ends)-1]; k++ {
		if k%c.step != 0 && !near(k, ends) {
			continue
		}
		sent = nil
		r.push(c.batch...)
		c.cutAt(r, k)
		whole := len(sent)
		require.True(t, (whole == 0 || ends[whole-1] <= k) && (whole == len(ends) || ends[whole] > k), "%d whole messages after %d octets", whole, k)
		require.Equal(t, texts(c.batch[:whole]), texts(sent), "in order")
		p := r.redialed()
		p.reads(ends[len(ends)-1] - append([]int{0}, ends...)[whole])
		p.wantIdle("the rest, from its first octet")
		require.Equal(t, texts(c.batch), texts(sent), "each was reported once, in order")
		require.Zero(t, r.out.Len())
		p.leaves()
		require.EqualValues(t, len(c.batch)-whole, r.wantLoss("the peer left").Sent)
	}
}

// cutAt takes the next connection, and closes it after k octets.
func (c lossCase) cutAt(r *rig, k int) {
	r.t.Helper()
	before := r.out.Ledger().Delivered
	p := r.redialed()
	p.reads(k)
	p.leaves()
	loss := r.wantLoss("the peer left")
	require.Equal(r.t, before+loss.Sent, r.out.Ledger().Delivered)
	require.Equal(r.t, len(c.batch)-int(loss.Sent), r.out.Len(), "after %d octets", k)
	require.Equal(r.t, texts(c.batch[loss.Sent:]), texts(left(r.out)), "what is left is at the head of the queue")
}

// left returns all that is in a queue which nobody consumes, and leaves it there.
func left(q *mailbox.Queue[wire.Message]) (all []wire.Message) {
	for run := q.Look(100); run != nil; run = q.Look(100) {
		all = append(all, run...)
		q.Advance(len(run))
	}
	q.Rewind()
	return all
}

// TestLossInASecondBatch loses the connection in the middle of the second batch: the first has left the queue for good.
func TestLossInASecondBatch(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t).restarting()
		p := r.connectedWith(600)
		for i := range 300 {
			p.wantMessage("a batch and a part of the next", number(i))
		}
		p.reads(3) // of message 300
		p.leaves()
		require.EqualValues(t, 300, r.wantLoss("the peer left").Sent)
		p = r.redialed()
		for i := 300; i < 600; i++ {
			p.wantMessage("from the first octet of the one that was cut", number(i))
		}
		p.wantIdle("that was all")
	})
}

// TestAttempts has Open fail four times: each incarnation calls it once, each failure is reported with Open's own error, and the messages wait.
func TestAttempts(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t).restarting()
		r.cfg.Open = func(ctx context.Context) (net.Conn, error) {
			if r.attempts.Load() < 4 {
				return nil, fmt.Errorf("attempt %d: %w", r.attempts.Add(1), errTest)
			}
			return r.pipe(ctx)
		}
		var consecutive []int
		decide := r.decide
		r.decide = func(h actor.History, reason error) actor.Verdict {
			consecutive = append(consecutive, h.Consecutive)
			return decide(h, reason)
		}
		r.push(wire.NewMessage("waits"))
		r.start()
		for i := 1; i <= 4; i++ {
			loss := r.wantLoss("this attempt failed")
			require.EqualError(t, loss.Reason, fmt.Sprintf("attempt %d: made to fail", i))
			require.Equal(t, codec.Loss{Reason: loss.Reason}, loss)
			require.EqualValues(t, i, r.attempts.Load(), "one Open for each incarnation")
			pass(retryAfter)
		}
		p := r.redialed()
		p.wantMessage("it has waited", "waits")
		require.Equal(t, 4*retryAfter, time.Since(r.born), "nothing else dials")
		p.leaves()
		r.wantLoss("the peer left")
		require.Equal(t, []int{0, 1, 2, 3, 0}, consecutive, "a connection that was up begins a new count")
		require.Equal(t, "down down down down up down", r.host.told())
	})
}

// TestLossTells sends and receives on several connections: each loss tells its own counts, its own peer, and why.
func TestLossTells(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t).restarting()
		r.start()
		for i := range 4 {
			p := <-r.peers
			p.shakesWith(hello(byte(i)))
			for j := range i {
				p.sends(encoded(wire.NewMessage(number(j), "two frames")))
				r.push(wire.NewMessage(number(j), "two", "frames"), wire.NewMessage(number(j)))
				p.wantMessage("out", number(j), "two", "frames")
				p.wantMessage("out", number(j))
			}
			p.sends(encoded(wire.NewMessage("not whole"))[:5])
			p.leaves()
			loss := r.wantLoss("the peer left")
			require.EqualValues(t, 2*i, loss.Sent)
			require.EqualValues(t, i, loss.Received)
			require.True(t, loss.Shaken)
			require.Equal(t, wire.Version{Major: 3, Minor: byte(i)}, loss.Peer.Version)
			require.Equal(t, wire.TypePull, loss.Peer.SocketType)
			require.ErrorIs(t, loss.Reason, io.ErrUnexpectedEOF)
		}
	})
}

// TestQueueIsGivenBack takes what is left in the queue after a loss, as its owner may from Down on: the codec looks at it no more.
func TestQueueIsGivenBack(t *testing.T) {
	actortest.Run(t, func(t *testing.T) {
		r := newRig(t).restarting()
		p := r.connectedWith(10)
		p.wantMessage("one", number(0))
		p.leaves()
		require.EqualValues(t, 1, r.wantLoss("the peer left").Sent)
		require.Equal(t, 9, r.out.Discard(codec.LostConnection))
		require.Equal(t, map[mailbox.Reason]uint64{"connection lost": 9}, r.out.Ledger().Dropped)
		r.push(wire.NewMessage("new"))
		require.Equal(t, 1, r.out.Len(), "nobody takes it while nobody is connected")
		r.redialed().wantMessage("the next connection has it", "new")
	})
}
