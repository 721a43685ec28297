package socket

import (
	"context"
	"errors"
	"sync/atomic"
)

// The life of a message in a proxy, all of it in the loop of its direction:
//
//	1  take     the next message of the one side; it still counts towards the mark of the queue it came from
//	2  capture  a reference to it goes to whoever listens in
//	3  pass     it goes to the other side, and waits there for room
//	4  settle   its place in the queue it came from is free
//
// A loop that is halted keeps what it has in hand, and where it was with it: the next run goes on from there, or gives it back.

// A pump moves messages in one direction.
type pump struct {
	// Set by StartProxy, then read-only.
	from, to *socket
	capture  Sender      // nil for nobody
	in, out  *proxyCount // of the side it takes from, and of the one it gives to

	// Owned by pumpLoop while it runs, else by the actor.
	hand     held
	full     bool // there is something in hand
	captured bool // capture has had it
}

// join adds the direction from one socket to another, where there is one.
func (p *proxyState) join(from, to *socket, in, out *proxyCount) {
	if from.typ.receives && to.typ.sends {
		p.pumps = append(p.pumps, &pump{from: from, to: to, capture: p.capture, in: in, out: out})
	}
}

// pumpLoop moves messages until ctx ends or a socket closes.
func (p *pump) pumpLoop(ctx context.Context) error {
	for {
		if err := p.take(ctx); err != nil {
			return err
		}
		if err := p.listenIn(ctx); err != nil {
			return err
		}
		if err := p.pass(ctx); err != nil {
			return err
		}
	}
}

// watchLoop waits until ctx ends or one of the sockets closes: a pump would notice that with the next message only, and one that waits for the one
// socket does not notice what becomes of the other.
func (p *proxyState) watchLoop(ctx context.Context) error {
	select {
	case <-p.frontend.over:
	case <-p.backend.over:
	case <-ctx.Done():
	}
	return ErrClosed
}

// take takes the next message in hand, unless there is one.
func (p *pump) take(ctx context.Context) error {
	if p.full {
		return nil
	}
	h, err := p.from.inbox.take(p.from, true)
	if errors.Is(err, ErrWouldBlock) || errors.Is(err, ErrBadState) {
		h, err = p.from.hold(ctx)
	}
	if err != nil {
		return err
	}
	p.hand, p.full, p.captured = h, true, false
	p.in.received.add(h.msg)
	return nil
}

// listenIn shows the message to whoever listens in. A listener that refuses it is passed by.
func (p *pump) listenIn(ctx context.Context) error {
	if p.capture == nil || p.captured {
		return nil
	}
	send := p.capture.Send
	if ours, ok := p.capture.(Socket); ok {
		send = ours.common().send // whatever its SendTimeout
	}
	copied := p.hand.msg.Copy()
	err := send(ctx, copied)
	if err != nil {
		copied.Release()
	}
	if err != nil && (ctx.Err() != nil || errors.Is(err, ErrClosed)) {
		return err
	}
	p.captured = true
	return nil
}

// pass sends the message on, as soon as the other side has room and it is its turn. What it has no peer for, or no use, is dropped and counted.
func (p *pump) pass(ctx context.Context) error {
	switch err := p.to.sendInTurn(ctx, p.hand.msg); {
	case err == nil:
		p.out.sent.add(p.hand.msg)
		p.from.inbox.settle(p.hand)
	case errors.Is(err, ErrClosed), ctx.Err() != nil:
		return err
	default: // no peer has that name, or it is no message that this type can send
		p.from.inbox.discard(p.hand)
	}
	p.hand, p.full = held{}, false
	return nil
}

// giveBack puts what is in hand back where it came from.
func (p *pump) giveBack() {
	if p.full {
		p.from.inbox.putBack(p.hand)
		p.hand, p.full = held{}, false
	}
}

// discard drops a kept message: the proxy that took it has nobody to pass it to.
func (b *inbox) discard(h held) {
	b.mu.Lock()
	h.drop(ReasonNoPeer)
	b.mu.Unlock()
}

// A proxyCount counts one side of a proxy. The zero value counts from 0. Atomic: written by the loops, read by anybody.
type proxyCount struct{ received, sent frameCount }

// A frameCount counts messages, their frames and the bytes of those.
type frameCount struct{ messages, frames, bytes atomic.Uint64 }

// add counts m.
func (c *frameCount) add(m Message) {
	c.messages.Add(1)
	c.frames.Add(uint64(m.Len()))
	c.bytes.Add(uint64(m.Size()))
}

// read is the count as it is now.
func (c *proxyCount) read() ProxySide {
	return ProxySide{
		Received: c.received.messages.Load(), ReceivedFrames: c.received.frames.Load(), ReceivedBytes: c.received.bytes.Load(),
		Sent: c.sent.messages.Load(), SentFrames: c.sent.frames.Load(), SentBytes: c.sent.bytes.Load(),
	}
}
