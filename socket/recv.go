package socket

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/weirmq/weir/wire"
)

// Stage 13 of a message's way (ARCHITECTURE.md): Recv.
//
// What comes before is in package codec (codec_in.go). All but the first runs in the caller's goroutine:
//
//	ready   the first message into an idle inbound queue puts its pipe on the ready list and wakes one receiver   (read loop, or inproc sender)
//	take    one whole message of the pipe whose turn it is, under the receive lock
//	accept  the pattern has its say: filter, envelope, whose turn it is
//	wait    parked on a channel until a pipe is ready or ctx ends
//
// Concurrent receivers take turns under a lock that is held only to take one message. A cancelled Recv has taken nothing.

// receiving is the face of the sockets that receive.
type receiving struct{ s *socket }

// Recv returns the next message, whole. It serves the peers that have something in turn, one message each. It waits until there is a message, ctx
// ends, or RecvTimeout is over; a Recv that returns an error has taken nothing. On a closed socket it returns ErrClosed.
func (f receiving) Recv(ctx context.Context) (Message, error) {
	if m, ok := f.s.takeSole(); ok {
		return m, nil
	}
	m, err := f.s.tryRecv()
	if err == nil || !errors.Is(err, ErrWouldBlock) {
		return m, err
	}
	return f.s.recvWithin(ctx, err)
}

// TryRecv is Recv that does not wait: where Recv would, it returns ErrWouldBlock.
func (f receiving) TryRecv() (Message, error) { return f.s.tryRecv() }

// Messages receives until ctx ends or the caller breaks off. The end of ctx ends the loop without an error; any other error is its last element.
func (f receiving) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			m, err := f.Recv(ctx)
			if err != nil && ctx.Err() != nil {
				return
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// recvWithin is recvWait for as long as RecvTimeout allows, which may be not at all: then the error is none.
func (s *socket) recvWithin(ctx context.Context, none error) (Message, error) {
	timeout := s.opts().recvTimeout
	if timeout == 0 {
		return Message{}, none
	}
	within, cancel := bounded(ctx, timeout)
	defer cancel()
	m, err := s.recvWait(within)
	return m, timedOut(within, err)
}

// recvWait parks until there is a message. Where another goroutine's turn came in between (a Rep), it waits on.
func (s *socket) recvWait(ctx context.Context) (Message, error) {
	var m Message
	err := s.inbox.waiting.awaitBy(ctx, func() (bool, error) {
		var err error
		m, err = s.tryRecv()
		return err == nil || !errors.Is(err, ErrWouldBlock) && !errors.Is(err, ErrBadState), err
	}, func(w *waiter) bool { return s.readHere(ctx, w) })
	return m, err
}

// tryRecv takes the next message that is for the application.
func (s *socket) tryRecv() (Message, error) {
	if s.acceptor == nil {
		return s.inbox.takeAny(s)
	}
	h, err := s.inbox.take(s, false)
	return h.msg, err
}

// A held message was taken from its pipe's queue and still counts towards the mark: until it is done, or put back.
type held struct {
	msg  Message
	from *pipe
	seq  uint64 // number of the message among those taken: what is put back goes where it was
}

// drop counts h as dropped, under the receive lock.
func (h held) drop(why mailboxReason) {
	h.from.in.Drop(1, why)
	wire.Drop(h.msg)
}

// dropNext drops msgs, which are what p's inbound queue has next, under the receive lock.
func (p *pipe) dropNext(msgs []Message, why mailboxReason) {
	for _, m := range msgs {
		wire.Drop(m)
	}
	p.in.Advance(len(msgs))
	p.in.Drop(len(msgs), why)
}

// An inbox is the fair queue of a socket: the pipes that have something to receive. (libzmq: fq.cpp)
type inbox struct {
	waiting waitList // receivers
	choosy  bool     // they want different messages: those of Recv and those of Do; set by newSocket, then read-only

	// mu is the receive lock. It is held to take one message, and never while anything waits.
	mu     sync.Mutex
	ring   []*pipe // guarded by mu: the pipes that are not idle
	turn   int     // guarded by mu: index in ring of the pipe whose turn it is. Invariant: below its length, or 0
	back   []held  // guarded by mu: what channels' pumps put back, in the order it was taken; goes first
	seq    uint64  // guarded by mu: number of the last message that was kept
	closed error   // guarded by mu: nil while open

	fresh struct {
		sync.Mutex
		pipes []*pipe // pipes that became ready and are not in the ring yet
	}
	freshN atomic.Int32 // length of fresh.pipes: written under its lock, read by receivers
}

// ready puts p on the list: its queue was idle and has a message now. It is the hook of p's inbound queue.
func (b *inbox) ready(p *pipe) {
	b.fresh.Lock()
	b.fresh.pipes = append(b.fresh.pipes, p)
	b.freshN.Store(int32(len(b.fresh.pipes)))
	b.fresh.Unlock()
	b.wake()
}

// wake tells the receivers that there is something: the oldest, or all where it may not be for him.
func (b *inbox) wake() {
	if b.choosy {
		b.waiting.wakeAll()
		return
	}
	b.waiting.wakeOne()
}

// absorbLocked moves the pipes that became ready to the end of the ring.
func (b *inbox) absorbLocked() {
	if b.freshN.Load() == 0 {
		return
	}
	b.fresh.Lock()
	b.ring = append(b.ring, b.fresh.pipes...)
	b.fresh.pipes = b.fresh.pipes[:0]
	b.freshN.Store(0)
	b.fresh.Unlock()
}

// passLocked passes the turn on, but where a pipe has it until it is idle.
func (b *inbox) passLocked(s *socket) {
	if s.typ.single {
		return
	}
	if b.turn++; b.turn >= len(b.ring) {
		b.turn = 0 // at once: who comes now is the last, not the next
	}
}

// leaveLocked takes the pipe whose turn it is off the ring. The last takes its place, as in libzmq; but where a pipe has the turn until it is idle they
// keep their order.
func (b *inbox) leaveLocked(s *socket) {
	last := len(b.ring) - 1
	if s.typ.single {
		copy(b.ring[b.turn:], b.ring[b.turn+1:])
	} else {
		b.ring[b.turn] = b.ring[last]
	}
	b.ring[last] = nil
	b.ring = b.ring[:last]
	if b.turn == last {
		b.turn = 0
	}
}

// takeSole is the shortest way: one pipe alone has something, and nobody has a say in what the application gets. Whatever else there is to say is for
// the long way.
func (s *socket) takeSole() (m Message, ok bool) {
	b := &s.inbox
	b.mu.Lock()
	if len(b.ring) == 1 && b.freshN.Load() == 0 && len(b.back) == 0 && s.acceptor == nil && s.filter == nil {
		if m, ok = b.ring[0].in.Take(); ok {
			m = b.ring[0].give(m)
			b.passLocked(s)
		}
	}
	b.mu.Unlock()
	return m, ok
}

// takeAny is take where the pattern at most filters and nothing is kept: the short way of most traffic. Without a defer, and with nothing returned
// that the caller does not want, it takes a third of the time.
func (b *inbox) takeAny(s *socket) (Message, error) {
	b.mu.Lock()
	if b.closed != nil || len(b.back) > 0 {
		b.mu.Unlock()
		h, err := b.take(s, false)
		return h.msg, err
	}
	m, err := b.anyLocked(s)
	b.mu.Unlock()
	return m, err
}

// anyLocked takes the next message from the pipe whose turn it is.
func (b *inbox) anyLocked(s *socket) (Message, error) {
	b.absorbLocked()
	for len(b.ring) > 0 {
		p := b.ring[b.turn]
		if s.filter != nil { // asked about what was seen: more may come before it is taken
			if next := p.in.Look(1); len(next) == 0 {
				b.restLocked(s, p)
				continue
			} else if !s.wants(next[0]) {
				p.dropNext(next, ReasonFiltered)
				continue
			}
		}
		m, ok := p.in.Take()
		if !ok {
			b.restLocked(s, p)
			continue
		}
		b.passLocked(s)
		return p.give(m), nil
	}
	return Message{}, ErrWouldBlock
}

// take returns the next message that is for the application. Where keep is set it still counts towards its pipe's mark, until it is settled or put
// back.
func (b *inbox) take(s *socket, keep bool) (held, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed != nil {
		return held{}, b.closed
	}
	if len(b.back) > 0 { // before the question of turns: it was accepted when it was first taken
		h := b.back[0]
		b.back = append(b.back[:0], b.back[1:]...)
		if !keep {
			h.from.in.Done(1)
		}
		return h, nil
	}
	if err := s.mayReceive(); err != nil {
		return held{}, err
	}
	return b.nextLocked(s, keep)
}

// nextLocked takes the next message that is for the application from the pipe whose turn it is.
func (b *inbox) nextLocked(s *socket, keep bool) (held, error) {
	b.absorbLocked()
	for len(b.ring) > 0 {
		p := b.ring[b.turn]
		msgs := p.in.Look(1)
		if len(msgs) == 0 {
			b.restLocked(s, p)
			continue
		}
		m, ok, hold := s.accept(p, msgs[0])
		if hold {
			b.leaveLocked(s) // not idle: the pattern puts it back on the list
			continue
		}
		if !ok {
			p.dropNext(msgs, ReasonFiltered)
			continue
		}
		p.in.Advance(1)
		b.passLocked(s)
		if !keep {
			p.in.Done(1)
		}
		b.seq++
		return held{p.give(m), p, b.seq}, nil
	}
	return held{}, ErrWouldBlock
}

// dropStale drops what is there to receive while it is not the application's turn to receive: more answers to the request before. (libzmq: req.cpp,
// xsend) It returns ErrBadState where a channel's pump has put back the one answer that counts, and nobody has received it; all drops that one too.
func (b *inbox) dropStale(s *socket, all bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.back) > 0 && !all {
		return ErrBadState
	}
	for _, h := range b.back {
		h.drop(ReasonFiltered)
	}
	b.back = nil
	b.absorbLocked()
	for len(b.ring) > 0 {
		p := b.ring[b.turn]
		msgs := p.in.Look(1)
		if len(msgs) == 0 {
			b.restLocked(s, p)
			continue
		}
		if s.expects() {
			return nil // a request is out, and this may be the answer
		}
		p.dropNext(msgs, ReasonFiltered)
	}
	return nil
}

// restLocked takes p off the ring where its queue is idle. Where something came meanwhile it stays.
func (b *inbox) restLocked(s *socket, p *pipe) {
	if p.in.Idle() {
		b.leaveLocked(s)
	}
}

// settle counts a kept message as delivered.
func (b *inbox) settle(h held) {
	b.mu.Lock()
	h.from.in.Done(1)
	b.mu.Unlock()
}

// putBack returns a kept message to the head, behind those that were taken before it. It was never done, so it still counts towards the mark.
func (b *inbox) putBack(h held) {
	b.mu.Lock()
	if b.closed != nil {
		h.drop(ReasonUnread)
	} else {
		i, _ := slices.BinarySearchFunc(b.back, h, func(a, h held) int { return cmp.Compare(a.seq, h.seq) })
		b.back = slices.Insert(b.back, i, h)
	}
	b.mu.Unlock()
	b.wake()
}

// close makes every later take fail with err, drops what nobody received, and wakes the receivers. What a pump holds stays with it.
func (b *inbox) close(err error, pipes []*pipe) {
	b.mu.Lock()
	b.closed = err
	for _, h := range b.back {
		h.drop(ReasonUnread)
	}
	b.absorbLocked()
	for _, p := range append(b.ring, pipes...) { // in the ring are also those that have gone and left something
		b.dropUnreadLocked(p)
	}
	b.back, b.ring, b.turn = nil, nil, 0
	b.mu.Unlock()
	b.waiting.end()
}

// abandon drops what nobody has received from p, which ends.
func (b *inbox) abandon(p *pipe) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropUnreadLocked(p)
}

// dropUnreadLocked closes p's inbound queue and drops what nobody has taken from it.
func (b *inbox) dropUnreadLocked(p *pipe) {
	if p.in == nil {
		return
	}
	p.in.Close(ErrClosed)
	p.reading.Lock() // a publisher's peer may be showing it subscriptions this moment
	defer p.reading.Unlock()
	for p.in.Wait(context.Background()) == nil { // an inproc sender that has its place, and is about to fill it, is waited for: see ARCHITECTURE.md
		p.dropNext(p.in.Look(dropRun), ReasonUnread)
	}
}

// dropRun is how many messages are dropped at once.
const dropRun = 256
