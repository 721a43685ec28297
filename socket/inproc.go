package socket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/transport"
)

// inproc joins two sockets of one runtime without codec, connection or handshake: one queue a direction, which is one side's outbound and the other
// side's inbound. Its mark is the sender's SNDHWM plus the receiver's RCVHWM, and none where either is 0. The receiving socket's callers drain it.
//
// The connecting side makes both queues. Before anybody has bound the name it may send already, up to its own mark; what it has sent is there for
// whoever binds, even where it has closed meanwhile. Once parted, two sockets do not find each other again.

// inprocScheme is the scheme that this package serves itself.
const inprocScheme = "inproc"

// An inprocRegistry knows the names of one runtime.
type inprocRegistry struct {
	mu    sync.Mutex
	names map[string]*inprocName // guarded by mu
}

// An inprocName is a name that somebody has bound, or waits for. Guarded by the registry's lock.
type inprocName struct {
	name    string
	bound   *Endpoint // nil while nobody has it
	pending []*pipe   // connecting sides that wait, oldest first
}

// newInprocRegistry makes an empty registry.
func newInprocRegistry() *inprocRegistry { return &inprocRegistry{names: map[string]*inprocName{}} }

type (
	// joinInproc asks a bound socket to become the peer of a connecting pipe.
	joinInproc struct{ pipe *pipe }
	// twinJoined answers it: the connecting pipe has its peer.
	twinJoined struct{ pipe *pipe }
	// twinClosed tells that the other side of pipe is gone.
	twinClosed struct{ pipe *pipe }
)

// discard tells the connecting side that its message met a socket that had just stopped.
func (m *joinInproc) discard() {
	_ = m.pipe.sock.ref.Tell(&twinClosed{m.pipe}) // it has closed too
}

// discard tells the bound side that the connecting socket had just stopped, and only left what it had sent.
func (m *twinJoined) discard() { m.pipe.sock.partTwin(m.pipe) }

func (*joinInproc) socketMessage() {}
func (*twinJoined) socketMessage() {}
func (*twinClosed) socketMessage() {}

// bindInproc takes a name.
func (s *socket) bindInproc(ctx context.Context, addr transport.Endpoint) (*Endpoint, error) {
	e := newEndpoint(s, addr, addr.String(), true)
	if err := s.bind(ctx, e, nil); err != nil {
		if errors.Is(err, ErrAddrInUse) {
			s.emit(Event{Kind: EventBindFailed, Endpoint: e.text, Err: err})
		}
		return nil, fmt.Errorf("bind %s: %w", e.text, err)
	}
	return e, nil
}

// bind gives the name to e and returns the pipes that waited for it.
func (r *inprocRegistry) bind(e *Endpoint) ([]*pipe, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.names[e.text]
	if n == nil {
		n = &inprocName{name: e.text}
		r.names[e.text] = n
	}
	if n.bound != nil {
		return nil, ErrAddrInUse
	}
	n.bound, e.inproc = e, n
	waiting := n.pending
	n.pending = nil
	return waiting, nil
}

// withdraw gives up what an endpoint has of a name: the name itself, or the wait for it. A waiting pipe goes on waiting where the application has
// sent something over it.
func (r *inprocRegistry) withdraw(e *Endpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := e.inproc
	if n.bound == e {
		n.bound = nil
	}
	n.pending = slices.DeleteFunc(n.pending, func(p *pipe) bool { return p.endpoint == e && p.drop() })
	if n.bound == nil && len(n.pending) == 0 && r.names[n.name] == n { // somebody else may have the name by now
		delete(r.names, n.name)
	}
}

// drop ends a waiting pipe that has nothing to say, or no more than the words that are this package's own, and reports whether it is one. Nobody
// reads it yet, and from here on nobody writes to it.
func (p *pipe) drop() bool {
	if p.out == nil {
		return true
	}
	p.out.Close(ErrClosed)
	if p.out.Len() > p.own {
		return false
	}
	p.out.Discard(ReasonUnread)
	return true
}

// discard drops what closed sockets have left for a name that nobody has bound, and nobody will. It returns what of that were messages of applications.
func (r *inprocRegistry) discard() []Unsent {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lost []Unsent
	for _, n := range r.names {
		for _, p := range n.pending {
			if p.out == nil {
				continue
			}
			p.out.Close(ErrClosed)
			if left := p.out.Discard(ReasonUnread) - p.own; left > 0 && p.sock.typ.sends && !p.sock.typ.subscriber && !p.sock.typ.hidden {
				lost = append(lost, p.missed(left))
			}
		}
		n.pending = nil
	}
	return lost
}

// connect makes p a peer of whoever has the name, whose socket is returned, or puts it on the waiting list.
func (r *inprocRegistry) connect(p *pipe) (*socket, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := p.endpoint.text
	n := r.names[name]
	if n == nil {
		n = &inprocName{name: name}
		r.names[name] = n
	}
	p.endpoint.inproc = n
	if n.bound == nil {
		n.pending = append(n.pending, p)
		return nil, nil
	}
	other := n.bound.sock
	if !p.sock.typ.accepts(other.typ.name) {
		return nil, fmt.Errorf("%w: %s and %s", ErrIncompatible, p.sock.typ.name, other.typ.name)
	}
	setMark(p.out, p.sock, other)
	setMark(p.in, other, p.sock)
	return other, nil
}

// setMark gives q, which carries from one socket to another, its mark.
func setMark(q *queue, from, to *socket) {
	if q == nil {
		return
	}
	q.SetMark(sumMark(from, to))
	q.SetBytes(sumBytes(from, to))
}

// sumMark is the mark of the queue from one socket to another: none where either side has none, or where what goes are subscriptions.
func sumMark(from, to *socket) int {
	send, recv := from.opts().sendHWM, to.opts().recvHWM
	if send == 0 || recv == 0 || from.typ.subscriber {
		return 0
	}
	return send + recv
}

// remark gives the queues of p their marks anew.
func (r *inprocRegistry) remark(p *pipe) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.twin == nil {
		if p.out != nil && !p.sock.typ.subscriber {
			p.out.SetMark(p.sock.opts().sendHWM)
			p.out.SetBytes(p.sock.opts().sendHWMBytes)
		}
		return
	}
	setMark(p.out, p.sock, p.twin.sock)
	setMark(p.in, p.twin.sock, p.sock)
}

// newInprocPipe makes a connecting pipe with both queues. The bound side is not known yet: it comes with pair.
func (s *socket) newInprocPipe(e *Endpoint) *pipe {
	p := &pipe{sock: s, endpoint: e, name: s.pipeName(e)}
	if p.out = s.newOut(p); p.out != nil {
		p.out.SetOnReady(p.bell.ring)
	}
	if !s.typ.receives && !s.typ.publisher {
		return p
	}
	// The other side sends into this queue: it is the other side's senders that wait for room.
	policy := e.opts.policy()
	if s.typ.publisher {
		policy = mailbox.Block // what comes are subscriptions
	}
	p.in = newQueue(s.opts().recvHWM, s.opts().recvHWMBytes, policy, p.watchIn, func() {
		if o := p.other.Load(); o != nil {
			o.sock.wakeSenders()
		}
	})
	p.in.SetOnReady(s.reader(p))
	return p
}

// reader is what to call when p's inbound queue gets something after it was idle: the inbox takes note, or, where applications do not receive, the
// pattern is shown what came.
func (s *socket) reader(p *pipe) func() {
	if s.typ.receives && s.hearing == nil {
		return func() { s.inbox.ready(p) }
	}
	return func() { s.drain(p) }
}

// A doorbell rings for the reader of a queue, who may come later than the first message: then it rings once for what has come. The zero value has no
// reader. Safe for concurrent use.
type doorbell struct {
	mu   sync.Mutex
	rung bool   // guarded by mu: something came, and nobody was there
	door func() // guarded by mu: the reader; nil until it comes
}

// ring is the hook of the queue.
func (d *doorbell) ring() {
	d.mu.Lock()
	door := d.door
	d.rung = door == nil
	d.mu.Unlock()
	if door != nil {
		door()
	}
}

// answer gives the bell its reader.
func (d *doorbell) answer(door func()) {
	d.mu.Lock()
	d.door = door
	rung := d.rung
	d.mu.Unlock()
	if rung {
		door()
	}
}

// drain shows the pattern what has arrived. It is called once each time an idle queue gets something, and ends with the queue idle: so there is
// one reader at a time, but for who drops what is left when the pipe ends.
func (s *socket) drain(p *pipe) {
	p.reading.Lock()
	defer p.reading.Unlock()
	for {
		m, ok := p.in.Take()
		if !ok {
			if p.in.Idle() {
				return
			}
			continue
		}
		s.arrive(p, m)
	}
}

// pair makes the bound side's pipe for a connecting one.
func (r *inprocRegistry) pair(s *socket, e *Endpoint, a *pipe) *pipe {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := &pipe{sock: s, endpoint: e, name: s.pipeName(e), out: a.in, in: a.out, outWatch: a.inWatch, inWatch: a.outWatch, twin: a}
	a.twin = b
	a.other.Store(e)
	b.other.Store(a.endpoint)
	setMark(b.out, s, a.sock)
	setMark(b.in, a.sock, s)
	return b
}

// onBindInproc takes the name and joins those who waited for it.
func (s *socketActor) onBindInproc(ctx *actor.Context[socketMessage], m *bindEndpoint) {
	waiting, err := s.rt.inproc.bind(m.endpoint)
	if err != nil {
		m.reply.Fail(err)
		return
	}
	s.control.endpoints = append(s.control.endpoints, m.endpoint)
	s.emit(Event{Kind: EventListening, Endpoint: m.endpoint.text})
	for _, p := range waiting {
		s.join(ctx, m.endpoint, p)
	}
	m.reply.Send(struct{}{})
}

// onConnectInproc makes the pipe and joins it to the bound socket, or leaves it waiting.
func (s *socketActor) onConnectInproc(ctx *actor.Context[socketMessage], m *connectEndpoint) {
	if !s.admits() {
		m.reply.Fail(ErrTaken)
		return
	}
	p := s.newInprocPipe(m.endpoint)
	m.endpoint.hello(p)
	other, err := s.rt.inproc.connect(p)
	if err == nil {
		err = s.addPipe(ctx, p)
	}
	if err != nil {
		m.reply.Fail(err)
		return
	}
	s.control.endpoints = append(s.control.endpoints, m.endpoint)
	if other != nil && other.ref.Tell(&joinInproc{p}) != nil {
		_ = ctx.Self().Tell(&twinClosed{p}) // it closed just now
	}
	m.reply.Send(m.endpoint)
}

// onJoinInproc becomes the peer of a connecting pipe.
func (s *socketActor) onJoinInproc(ctx *actor.Context[socketMessage], m *joinInproc) {
	e := m.pipe.endpoint.inproc.boundTo(s.rt.inproc)
	if s.control.closing || e == nil || e.sock != s.socket {
		_ = m.pipe.sock.ref.Tell(&twinClosed{m.pipe}) // the other side has gone too
		return
	}
	s.join(ctx, e, m.pipe)
}

// boundTo is the endpoint that has the name.
func (n *inprocName) boundTo(r *inprocRegistry) *Endpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	return n.bound
}

// join makes this side's pipe for a connecting one.
func (s *socketActor) join(ctx *actor.Context[socketMessage], e *Endpoint, a *pipe) {
	if !s.typ.accepts(a.sock.typ.name) {
		s.emit(Event{
			Kind: EventHandshakeFailed, Endpoint: e.text, Failure: HandshakeProtocol,
			Err: fmt.Errorf("%w: %s and %s", ErrIncompatible, s.typ.name, a.sock.typ.name),
		})
		_ = a.sock.ref.Tell(&twinClosed{a})
		return
	}
	if !s.admits() {
		s.emit(Event{Kind: EventHandshakeFailed, Endpoint: e.text, Failure: HandshakeNoDetail, Err: ErrTaken})
		_ = a.sock.ref.Tell(&twinClosed{a}) // a stopped socket has closed its pipes
		return
	}
	b := s.rt.inproc.pair(s.socket, e, a)
	e.hello(b)
	if err := s.addPipe(ctx, b); err != nil {
		_ = a.sock.ref.Tell(&twinClosed{a})
		return
	}
	if b.in != nil {
		a.bell.answer(s.reader(b))
	}
	s.rise(b)
	if a.sock.ref.Tell(&twinJoined{a}) != nil {
		s.onTwinClosed(ctx, &twinClosed{b}) // it has closed, and left what it had sent
	}
}

// rise counts a peer and lets the pattern greet it.
func (s *socketActor) rise(p *pipe) {
	p.connected.Store(true)
	s.greet(p)
	s.christen(p)
	s.peers.add(1)
	s.emitInproc(p, EventHandshakeSucceeded)
}

// onTwinJoined counts the peer of a connecting pipe, or tells it that the pipe has closed meanwhile, and only left what it had sent.
func (s *socketActor) onTwinJoined(m *twinJoined) {
	switch {
	case !slices.Contains(s.control.pipes, m.pipe):
		s.partTwin(m.pipe)
	case !m.pipe.connected.Load():
		s.rise(m.pipe)
	}
}

// onTwinClosed ends this side of a pipe whose other side is gone. What it has sent can still be received.
func (s *socketActor) onTwinClosed(ctx *actor.Context[socketMessage], m *twinClosed) {
	p := m.pipe
	if !slices.Contains(s.control.pipes, p) {
		return
	}
	s.fall(p)
	s.detach(p)
	if p.out != nil {
		p.out.Close(ErrClosed)
		if !s.rt.inproc.joined(p) { // nobody has read it, and nobody will
			p.unsent += p.out.Discard(ReasonUnread)
		}
	}
	if p.in != nil {
		p.in.Close(ErrClosed)
	}
	s.removePipe(ctx, p)
}

// joined says whether p has ever had another side.
func (r *inprocRegistry) joined(p *pipe) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return p.twin != nil
}

// endInproc ends this side of a pipe. What it has sent stays for the other side; what it has not received is dropped.
func (s *socketActor) endInproc(ctx *actor.Context[socketMessage], p *pipe) {
	s.fall(p)
	s.detach(p)
	s.inbox.abandon(p)
	s.partTwin(p)
	s.removePipe(ctx, p)
}

// partTwin tells the other side of p, if there is one, that p is gone.
func (s *socket) partTwin(p *pipe) {
	s.rt.inproc.mu.Lock()
	twin := p.twin
	s.rt.inproc.mu.Unlock()
	if twin != nil {
		_ = twin.sock.ref.Tell(&twinClosed{twin}) // a stopped socket has ended its side
	}
}

// fall counts a peer less.
func (s *socketActor) fall(p *pipe) {
	if !p.connected.Swap(false) {
		return
	}
	s.peers.add(-1)
	s.emitInproc(p, EventDisconnected)
}

// emitInproc tells of a peer, where that is an application's socket.
func (s *socketActor) emitInproc(p *pipe, kind EventKind) {
	if o := p.other.Load(); o == nil || !o.sock.typ.hidden {
		s.emit(p.event(kind))
	}
}
