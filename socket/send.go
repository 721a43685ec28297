package socket

import (
	"context"
	"errors"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/wire"
)

// Stages 1 to 4 of a message's way (ARCHITECTURE.md): Send, take, route, push.
//
// All of it runs in the caller's goroutine; the rest is in package codec (codec_out.go), or, for inproc, in the receiving socket's recv.go.
//
//	1  Send    tries once, and parks only where nobody has room
//	2  take    the bytes become Weir's (wire/custody.go)
//	3  route   under the route lock, the pattern picks the pipes; without it, where there is one pipe and no choice
//	4  push    still under it, one try-push into each: the lock is held for one decision, never while anything waits
//	   (who finds no room is parked on a channel until a queue has drained to its low-water mark, a peer comes, or ctx ends, and begins again)
//
// This file is the seam between callers, who may wait, and actors, who may not. Nothing here is called by an actor.

// sending is the face of the sockets that send.
type sending struct{ s *socket }

// Send hands m to the socket, and with it the ownership of its bytes: the caller must not change them afterwards, nor release m, and nothing is
// copied that need not be. A message that was released, or sent, is refused with ErrReleased where that can be told. A nil error says that m was
// accepted, whole; any other that no part of it was. Where there is no room (or no peer), types that block wait until there is, or ctx ends, or
// SendTimeout is over; types that drop count the drop and return nil. On a closed socket it returns ErrClosed.
func (f sending) Send(ctx context.Context, m Message) error {
	if f.s.pushSole(m) {
		return nil
	}
	err := f.s.trySend(m)
	if err == nil || !errors.Is(err, ErrWouldBlock) {
		return err
	}
	return f.s.sendWithin(ctx, m, err)
}

// send is Send without SendTimeout: for those who wait as long as their ctx lasts.
func (s *socket) send(ctx context.Context, m Message) error {
	err := s.trySend(m)
	if err == nil || !errors.Is(err, ErrWouldBlock) {
		return err
	}
	return s.sendWait(ctx, m)
}

// sendInTurn is send that waits for the socket's turn, too, where it has turns.
func (s *socket) sendInTurn(ctx context.Context, m Message) error {
	err := s.send(ctx, m)
	if !errors.Is(err, ErrBadState) {
		return err
	}
	changed := make(chan struct{}, 1)
	s.room.watch(changed)
	defer s.room.unwatch(changed)
	for {
		if err := s.send(ctx, m); !errors.Is(err, ErrBadState) {
			return err
		}
		select {
		case <-changed:
		case <-s.over:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// sendWithin is sendWait for as long as SendTimeout allows, which may be not at all: then the error is full.
func (s *socket) sendWithin(ctx context.Context, m Message, full error) error {
	timeout := s.opts().sendTimeout
	if timeout == 0 {
		return full
	}
	within, cancel := bounded(ctx, timeout)
	defer cancel()
	return timedOut(within, s.sendWait(within, m))
}

// sendWait parks until m was accepted.
func (s *socket) sendWait(ctx context.Context, m Message) error {
	return s.room.await(ctx, func() (bool, error) {
		err := s.trySend(m)
		return err == nil || !errors.Is(err, ErrWouldBlock), err
	})
}

// pushSole is the shortest way: the socket has one pipe, and it has room. Whatever else there is to say is for the long way. It takes no lock: senders meet
// in the queue, which is made for it. A pipe that is detached meanwhile is as if it were detached afterwards: its queue is closed before it is emptied, or
// counted out, so what went in before is sent, left to the other side of inproc, or counted as dropped.
func (s *socket) pushSole(m Message) bool {
	p := s.sole.Load()
	if p == nil {
		return false
	}
	m, err := wire.Take(m)
	if err != nil {
		return false
	}
	if p.out.TryPush(m) != nil {
		wire.Return(m)
		return false
	}
	return true
}

// TrySend is Send that does not wait: where Send would, it returns ErrWouldBlock, or ErrNoPeers (which also is an ErrWouldBlock).
func (f sending) TrySend(m Message) error {
	if f.s.pushSole(m) {
		return nil
	}
	return f.s.trySend(m)
}

// trySend routes m and pushes it, or says why not.
func (s *socket) trySend(m Message) error {
	if s.typ.afresh {
		if err := s.inbox.dropStale(s, s.renew()); err != nil {
			return err
		}
	}
	return s.trySendBy(s.route.router, m)
}

// renew gives up what a send may give up, and says whether it may.
func (s *socket) renew() bool {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return s.route.pattern.(*req).renew()
}

// expects says whether an answer may come that somebody waits for.
func (s *socket) expects() bool {
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return s.route.pattern.(*req).expects()
}

// trySendBy is trySend by a router that may be for this message alone.
func (s *socket) trySendBy(by router, m Message) error {
	m, err := wire.Take(m)
	if err != nil {
		return err
	}
	p, err := s.routeBy(by, m)
	if err != nil {
		wire.Return(m)
	}
	if p != nil {
		p.out.RingHere()
	}
	return err
}

// routeBy routes m, which is Weir's, and pushes it, or says why not. Where it returns a pipe, the caller is to ring for it.
func (s *socket) routeBy(by router, m Message) (*pipe, error) {
	r := &s.route
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.pushDirectLocked(m) {
		return nil, nil
	}
	for {
		if r.closed != nil {
			return nil, r.closed
		}
		dst, out, err := by.route(r.dst[:0], m)
		r.dst = dst[:0]
		if err != nil {
			return nil, err
		}
		if !s.pushLocked(dst, out) {
			continue
		}
		by.routed(dst)
		if s.acceptor != nil {
			s.inbox.waiting.wakeOne() // a send may make it a receiver's turn
		}
		if s.typ.lockstep && len(dst) == 1 {
			return dst[0], nil
		}
		return nil, nil
	}
}

// pushDirectLocked is routeBy's short way: m goes to the pipe whose turn it is, if it has room.
func (s *socket) pushDirectLocked(m Message) bool {
	if s.direct == nil || s.route.closed != nil {
		return false
	}
	p := s.direct.first()
	if p == nil || p.out.TryPush(m) != nil {
		return false
	}
	s.route.router.routed(nil)
	return true
}

// push puts m into p's queue. Whoever has the time to write it rings later, without a lock.
func (s *socket) push(p *pipe, m Message) error {
	if s.typ.lockstep {
		return p.out.TryPushQuietly(m)
	}
	return p.out.TryPush(m)
}

// pushLocked puts m into the queue of each pipe that the pattern chose. A single pipe that turns out to be closed or full since is a reason to
// route again; one of several is dropped, and counted, for that pipe alone.
func (s *socket) pushLocked(dst []*pipe, m Message) bool {
	if len(dst) == 1 {
		p := dst[0]
		err := s.push(p, m)
		if err != nil && !errors.Is(err, mailbox.ErrFull) {
			s.detachLocked(p)
		}
		return err == nil
	}
	for _, p := range dst {
		one := wire.Share(m)
		err := p.out.TryPush(one)
		if err == nil {
			continue
		}
		wire.Drop(one)
		if errors.Is(err, mailbox.ErrFull) {
			p.out.CountDropped(1, mailbox.ReasonFull)
		} else {
			p.out.CountDropped(1, mailbox.ReasonClosed)
		}
	}
	wire.Drop(m)
	return true
}
