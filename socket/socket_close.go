package socket

import (
	"errors"
	"net"
	"slices"
	"time"

	"github.com/weirmq/weir/actor"
)

// The end of a socket, in order: refuse new calls and wake those that wait (socket.close); stop accepting; flush each pipe within linger; close its
// connection; stop the tasks on the I/O actors and all below them; stop the pipe actors; answer those who wait for the end; stop. An endpoint ends
// in the same way, alone.

// onCloseEndpoint ends an endpoint and its pipes.
func (s *socketActor) onCloseEndpoint(ctx *actor.Context[socketMessage], m *closeEndpoint) {
	e := m.endpoint
	if !slices.Contains(s.control.endpoints, e) {
		m.reply.Send(struct{}{})
		return
	}
	if e.inproc != nil && e.bound { // those who are connected stay so, as in libzmq
		s.rt.inproc.withdraw(e)
		m.reply.Send(struct{}{})
		return
	}
	e.done = append(e.done, m.reply)
	s.closeEndpoint(ctx, e, s.opts().linger)
}

// closeEndpoint shuts the endpoint's door and tells its pipes to end.
func (s *socketActor) closeEndpoint(ctx *actor.Context[socketMessage], e *Endpoint, linger time.Duration) {
	if !e.closed {
		e.closed = true
		if e.listener != nil {
			if err := e.listener.close(); err != nil && !errors.Is(err, net.ErrClosed) {
				e.stuck = true
				s.emit(Event{Kind: EventCloseFailed, Endpoint: e.text, bound: true, Err: err})
			}
		}
		if e.inproc != nil {
			s.rt.inproc.withdraw(e)
		}
	}
	for _, p := range slices.Clone(s.control.pipes) {
		if p.endpoint != e {
			continue
		}
		if !e.bound { // as libzmq: an unbind leaves what was received, a disconnect does not
			s.inbox.abandon(p)
		}
		s.closePipe(p, linger)
	}
	s.stopIfDone(ctx, e)
}

// closePipe tells p to end, and takes it out of the choice.
func (s *socketActor) closePipe(p *pipe, linger time.Duration) {
	s.detach(p)
	s.goodbye(p)
	p.closing, p.linger = true, linger
	_ = p.ref.Tell(&closePipe{linger: linger}) // a pipe that has stopped was removed
}

// onCloseSocket begins the end, or hastens it.
func (s *socketActor) onCloseSocket(ctx *actor.Context[socketMessage], m *closeSocket) {
	c := &s.control
	if m.reply != (actor.Reply[error]{}) {
		c.closers = append(c.closers, m.reply)
	}
	if !c.closing || m.now {
		c.linger = m.linger
		if m.linger > 0 { // the reaper keeps the time
			c.linger = -1
			_ = s.rt.reaper.ref.Tell(&reap{s.socket, m.linger}) // it outlives the sockets
		}
		c.closing = true
		pipes := slices.Clone(c.pipes)
		if s.hearing != nil {
			pipes = append(pipes, s.hearing.hall)
		}
		s.inbox.close(ErrClosed, pipes)
		for _, e := range slices.Clone(c.endpoints) {
			s.closeEndpoint(ctx, e, c.linger)
		}
	}
	s.endIfDone(ctx)
}

// onPipeClosed takes the connection from a pipe that has nothing left to send, or no time.
func (s *socketActor) onPipeClosed(ctx *actor.Context[socketMessage], m *pipeClosed) {
	p := m.pipe
	if !slices.Contains(s.control.pipes, p) {
		return
	}
	if p.link == nil {
		s.endInproc(ctx, p)
		return
	}
	if !m.over && p.link.up && p.out.Ledger().Delivered > 0 && p.link.line.Part(ErrClosed) {
		p.ending = true // the peer reads to the end and closes: onPeerDown goes on
		if p.in != nil {
			p.in.Close(ErrClosed) // what still comes is counted and dropped, so that the end is seen
		}
		return
	}
	p.link.line.Shut(ErrClosed)
	if p.link.up {
		p.ending = true // the codec gives the queue back first: onPeerDown goes on
		return
	}
	p.link.pipe = nil
	s.endPipe(ctx, p, ReasonLinger)
}

// stopIfDone stops the task of a closed endpoint that has no pipes left.
func (s *socketActor) stopIfDone(ctx *actor.Context[socketMessage], e *Endpoint) {
	if !e.closed || slices.ContainsFunc(s.control.pipes, func(p *pipe) bool { return p.endpoint == e }) {
		return
	}
	if e.task == nil {
		s.forget(ctx, e)
		return
	}
	if e.link != nil {
		e.link.line.Shut(ErrClosed)
	}
	e.worker.stop(e)
}

// onTaskStopped forgets an endpoint whose task is gone with all below it.
func (s *socketActor) onTaskStopped(ctx *actor.Context[socketMessage], m *taskStopped) {
	s.forget(ctx, m.endpoint)
}

// forget ends the story of an endpoint and answers those who wait for it.
func (s *socketActor) forget(ctx *actor.Context[socketMessage], e *Endpoint) {
	i := slices.Index(s.control.endpoints, e)
	if i < 0 {
		return
	}
	s.control.endpoints = slices.Delete(s.control.endpoints, i, i+1)
	if e.handed != nil {
		_ = e.handed.Close() // its codec has, where there was one
	}
	s.emit(Event{Kind: EventClosed, Endpoint: e.text, bound: e.bound, fd: e.fd, stuck: e.stuck})
	for _, r := range e.done {
		if len(e.unsent) > 0 {
			r.Fail(&UnsentError{Peers: e.unsent})
		} else {
			r.Send(struct{}{})
		}
	}
	e.done = nil
	s.endIfDone(ctx)
}

// endIfDone answers the closers and stops, once nothing is left. Whoever is answered finds it done: the socket is on nobody's books any more.
func (s *socketActor) endIfDone(ctx *actor.Context[socketMessage]) {
	c := &s.control
	if !c.closing || len(c.endpoints) > 0 || len(c.pipes) > 0 {
		return
	}
	var err error
	if len(c.unsent) > 0 {
		err = &UnsentError{Peers: c.unsent}
	}
	s.flushNoise()
	s.rt.disown(s.socket)
	for _, r := range c.closers {
		r.Send(err)
	}
	c.closers = nil
	ctx.Stop()
}
