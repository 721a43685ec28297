package socket

import "slices"

// Stage 3 of a message's way (ARCHITECTURE.md): route.

// A pattern is the routing policy of a socket type: a pure state machine without goroutine, clock or I/O. Its methods are called under the
// socket's route lock, for one decision at a time. What only some types do are the small interfaces below.
type pattern interface {
	// attach adds a pipe to the choice; detach removes one that it has.
	attach(p *pipe)
	detach(p *pipe)
}

// A router is a pattern that sends.
type router interface {
	// route appends to dst the pipes that m goes to, and returns m as it goes (in an envelope, say). No pipes and a nil error drop the message.
	// ErrWouldBlock and ErrNoPeers make Send wait for room; any other error is the caller's. Messages are passed by value: they stay off the heap.
	route(dst []*pipe, m Message) ([]*pipe, Message, error)
	// routed tells that m was put into the queues that route chose; dst is nil where it went the direct way.
	routed(dst []*pipe)
}

// An arriver is a pattern that looks at messages as they arrive, before they are queued. It runs in the connection's read loop.
type arriver interface {
	// arrive says whether m goes on to the inbound queue.
	arrive(p *pipe, m Message) bool
}

// An acceptor is a pattern that has a say when the application receives.
type acceptor interface {
	// mayReceive returns ErrBadState where it is not the application's turn to receive.
	mayReceive() error
	// accept says whether m, taken from p, is for the application, and returns m as the application sees it (out of its envelope, say).
	accept(p *pipe, m Message) (Message, bool)
}

// A filter is a pattern whose only say in what the application receives is which messages it does not get.
type filter interface {
	// everything says that there are none of those. It alone is called without the route lock.
	everything() bool
	// wants says whether the application gets m.
	wants(m Message) bool
}

// A holder is an acceptor that leaves the messages of some pipes where they are for the time being: they fill up to their mark, and then are not
// read.
type holder interface {
	// hold says whether p is left alone. A pipe that has been is put on the ready list (inbox.ready) by the pattern once it is left alone no more.
	hold(p *pipe) bool
}

// A greeter is a pattern that has something to say to each peer whose handshake is done, on each new connection.
type greeter interface {
	greet(p *pipe)
	// part tells that the connection is gone; another may follow.
	part(p *pipe)
}

// A configurer is a pattern that has options.
type configurer interface {
	// configure is called before the first attach, and again each time the options have changed. What o points to never changes.
	configure(o *options)
}

// A direct router gives each message to one pipe, as it is.
type direct interface {
	// first is the pipe whose turn it is, with room or without; nil where there is none.
	first() *pipe
	// sole is the only pipe, which has every turn; nil where there are none, or several.
	sole() *pipe
}

// A lockstep pattern sends and receives in turn.
type lockstep interface {
	// sole is the only pipe; nil where there are none, or several.
	sole() *pipe
}

// A chooser is a pattern that does not take every peer.
type chooser interface {
	// admits says whether another pipe may be attached.
	admits() bool
}

// A roundRobin is the load balancing of PUSH, DEALER and REQ: over the pipes in turn, without those that are full. The order in which they have it is
// libzmq's, where pipes come, go and fill up, too. (libzmq: lb.cpp) The zero value has no pipes.
type roundRobin struct {
	pipes  []*pipe // those in the turn, in its order, then those that were full when it came to them
	active int     // how many are in the turn
	next   int     // index in pipes of the one whose turn it is. Invariant: below active, or 0
}

// attach adds p at the end of the turn.
func (r *roundRobin) attach(p *pipe) {
	r.pipes = append(r.pipes, p)
	r.enter(len(r.pipes) - 1)
}

// detach removes p. The last of the turn takes its place.
func (r *roundRobin) detach(p *pipe) {
	i := slices.Index(r.pipes, p)
	if i < 0 {
		return
	}
	if i < r.active {
		i = r.leave(i)
	}
	last := len(r.pipes) - 1
	r.pipes[i], r.pipes[last] = r.pipes[last], nil
	r.pipes = r.pipes[:last]
	if r.next >= r.active {
		r.wrap()
	}
}

// enter puts the pipe at i, which is not in the turn, at its end.
func (r *roundRobin) enter(i int) {
	r.pipes[i], r.pipes[r.active] = r.pipes[r.active], r.pipes[i]
	r.active++
}

// leave takes the pipe at i out of the turn, and says where it is then. The last of the turn takes its place.
func (r *roundRobin) leave(i int) int {
	r.active--
	r.pipes[i], r.pipes[r.active] = r.pipes[r.active], r.pipes[i]
	return r.active
}

// current returns the pipe whose turn it is, with room or without; nil for none.
func (r *roundRobin) current() *pipe {
	if r.active == 0 {
		return nil
	}
	return r.pipes[r.next]
}

// sole returns the only pipe; nil where there are none, or several.
func (r *roundRobin) sole() *pipe {
	if len(r.pipes) != 1 {
		return nil
	}
	return r.pipes[0]
}

// pick returns the next pipe in turn that has room. The turn passes on with routed, and not before.
func (r *roundRobin) pick() (*pipe, error) {
	if len(r.pipes) == 0 {
		return nil, ErrNoPeers
	}
	if r.active == 0 {
		r.wrap()
	}
	for r.active > 0 {
		if p := r.pipes[r.next]; p.out.HasRoom() {
			return p, nil
		}
		if r.leave(r.next); r.next == r.active {
			r.wrap()
		}
	}
	return nil, ErrWouldBlock
}

// routed passes the turn on.
func (r *roundRobin) routed([]*pipe) {
	if r.next++; r.next >= r.active {
		r.wrap()
	}
}

// wrap ends a turn: those that have room again enter it, and where there are none the next begins.
func (r *roundRobin) wrap() {
	for i := r.active; i < len(r.pipes); i++ {
		if r.pipes[i].out.HasRoom() {
			r.enter(i)
		}
	}
	if r.next >= r.active {
		r.next = 0
	}
}
