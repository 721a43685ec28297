package socket

import (
	"context"
	"errors"
)

// A call is one request of Req.Do and the wait for its reply. It is the router of its own request: it is what the request's number is bound to.
type call struct {
	req    *req
	number uint32       // guarded by the route lock: once it is routed
	reply  chan Message // room for one: put by accept, under the route lock
}

// route puts the number and the delimiter before the request and picks a pipe.
func (c *call) route(dst []*pipe, m Message) ([]*pipe, Message, error) {
	if c.req.waiting {
		return dst, m, ErrBadState
	}
	p, err := c.req.pick()
	if err != nil {
		return dst, m, err
	}
	return append(dst, p), m.Prepend(requestID(c.req.number+1), nil), nil
}

// routed begins the wait for the reply.
func (c *call) routed(dst []*pipe) {
	c.req.roundRobin.routed(dst)
	c.req.number++
	c.number = c.req.number
	if c.req.calls == nil {
		c.req.calls = map[uint32]*call{}
	}
	c.req.calls[c.number] = c
}

// Do sends a request and returns its reply. Any number of goroutines may do so at once: their requests go to the peers in turn, each with a number
// before its delimiter that the peer sends back with the reply (as with ZMQ_REQ_CORRELATE), so that each gets its own, in whatever order they come. A
// Rep answers them one after the other; a Router may take its time with each.
//
// Do waits for a peer with room and then for the reply, until ctx ends; a reply that comes later is dropped and counted. A request whose peer dies
// with it is not sent again: give ctx a deadline. While a request of Send is out Do returns ErrBadState, and while calls are out Send does. It is
// safe for concurrent use.
func (r *Req) Do(ctx context.Context, m Message) (Message, error) {
	s := r.base.s
	c := &call{req: s.route.pattern.(*req), reply: make(chan Message, 1)}
	err := s.room.await(ctx, func() (bool, error) {
		err := s.trySendBy(c, m)
		return err == nil || !errors.Is(err, ErrWouldBlock), err
	})
	if err != nil {
		return Message{}, err
	}
	for {
		select {
		case reply := <-c.reply:
			return reply, nil
		case s.calling <- struct{}{}:
			err = s.receiveCalls(ctx, c)
			<-s.calling
		case <-ctx.Done():
			err = ctx.Err()
		case <-s.over:
			err = ErrClosed
		}
		if err != nil {
			return c.forget(s, err)
		}
	}
}

// forget ends a call that has failed with err, unless its reply is there after all.
func (c *call) forget(s *socket, err error) (Message, error) {
	s.route.mu.Lock()
	delete(c.req.calls, c.number)
	s.route.mu.Unlock()
	s.room.tell() // it may be the turn of Send
	select {
	case reply := <-c.reply:
		return reply, nil
	default:
		return Message{}, err
	}
}

// receiveCalls receives for all calls, until c has its reply or ctx ends. One call does so at a time: the one that has put something into calling.
func (s *socket) receiveCalls(ctx context.Context, c *call) error {
	return s.inbox.waiting.await(ctx, func() (bool, error) {
		for len(c.reply) == 0 {
			if err := s.inbox.takeReply(s); err != nil {
				return !errors.Is(err, ErrWouldBlock), err
			}
		}
		return true, nil
	})
}

// takeReply takes one message, which accept hands to its call.
func (b *inbox) takeReply(s *socket) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed != nil {
		return b.closed
	}
	_, err := b.nextLocked(s, false)
	return err
}
