package socket

import (
	"context"
	"errors"
)

// A channel makes a socket part of a select. Behind it runs a pump, one goroutine, that holds one message at most: the channel has no buffer, and
// the message in the pump's hand still counts towards the mark of the queue it came from. When ctx ends, that message goes back to where it was.

// RecvChan returns a channel of received messages. It is closed when ctx ends or the socket closes; by then what the pump held is back at the head
// of its queue, where the next Recv finds it, and nothing is lost. A closed channel yields the zero Message, which an empty one is as well: take ok with
// it. Several channels, and Recv beside them, share the messages.
func (f receiving) RecvChan(ctx context.Context) <-chan Message {
	c := make(chan Message)
	go f.s.recvLoop(ctx, c)
	return c
}

// recvLoop pumps messages into c until ctx ends or the socket closes.
func (s *socket) recvLoop(ctx context.Context, c chan<- Message) {
	defer close(c)
	for {
		h, err := s.hold(ctx)
		if err != nil {
			return
		}
		select {
		case c <- h.msg:
			s.inbox.settle(h)
		case <-ctx.Done():
			s.inbox.putBack(h)
			return
		case <-s.over:
			s.inbox.putBack(h)
			return
		}
	}
}

// hold takes a message that still counts towards its mark, and waits for one, or for the socket's turn to receive.
func (s *socket) hold(ctx context.Context) (held, error) {
	var h held
	err := s.inbox.waiting.await(ctx, func() (bool, error) {
		var err error
		h, err = s.inbox.take(s, true)
		return err == nil || !errors.Is(err, ErrWouldBlock) && !errors.Is(err, ErrBadState), err
	})
	return h, err
}

// SendChan returns a channel whose messages are sent, and a function that ends it: stop returns the messages that the pump had taken and the socket
// had not accepted, in order (one at most), and the error for which it stopped, if it was not asked to. The pump ends when ctx ends or the socket
// closes; a send on the channel after that is never received, so a sender selects on ctx as well. The caller must call stop, and may do so more than
// once.
func (f sending) SendChan(ctx context.Context) (c chan<- Message, stop func() ([]Message, error)) {
	ctx, cancel := context.WithCancel(ctx)
	p := &sendPump{s: f.s, c: make(chan Message), done: make(chan struct{})}
	go p.sendLoop(ctx)
	return p.c, func() ([]Message, error) {
		cancel()
		<-p.done
		return p.left, p.err
	}
}

// A sendPump is what runs behind a send channel.
type sendPump struct {
	// Set before the loop starts, then read-only.
	s    *socket
	c    chan Message
	done chan struct{} // closed when the loop has ended

	// Owned by the loop until done is closed.
	left []Message
	err  error
}

// sendLoop sends what comes over the channel until ctx ends or the socket closes.
func (p *sendPump) sendLoop(ctx context.Context) {
	defer close(p.done)
	for {
		select {
		case m := <-p.c:
			if err := p.s.send(ctx, m); err != nil {
				p.left = append(p.left, m)
				if ctx.Err() == nil {
					p.err = err
				}
				return
			}
		case <-ctx.Done():
			return
		case <-p.s.over:
			p.err = ErrClosed
			return
		}
	}
}
