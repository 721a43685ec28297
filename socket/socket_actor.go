package socket

import (
	"errors"
	"slices"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/wire/codec"
)

// socketMessage is what a socket actor receives.
type socketMessage interface{ socketMessage() }

type (
	// bindEndpoint asks for a listener's connections to become peers.
	bindEndpoint struct {
		endpoint *Endpoint
		listener transport.Listener
		reply    actor.Reply[struct{}]
	}
	// connectEndpoint asks for a dialed endpoint.
	connectEndpoint struct {
		endpoint *Endpoint
		strategy actor.Strategy
		reply    actor.Reply[*Endpoint]
	}
	// closeEndpoint asks for the end of an endpoint and its pipes.
	closeEndpoint struct {
		endpoint *Endpoint
		reply    actor.Reply[struct{}]
	}
	// closeSocket asks for the end of the socket. now drops what is left at once.
	closeSocket struct {
		linger time.Duration
		now    bool
		reply  actor.Reply[error]
	}
	// setOptions changes options.
	setOptions struct {
		opts  []Option
		reply actor.Reply[struct{}]
	}
	// peerUp reports a finished handshake; codec waits for its answer.
	peerUp struct {
		link    *link
		attempt uint64
		codec   actor.Ref[codec.Message]
		peer    codec.Peer
	}
	// peerDown reports the end of a connection or of an attempt at one.
	peerDown struct {
		link    *link
		attempt uint64
		loss    codec.Loss
	}
	// linkNews has an event of a link to tell of, in its turn.
	linkNews struct{ event Event }
	// linkEnded reports that a dialed link will not be tried again.
	linkEnded struct {
		link *link
		err  error
	}
	// pipeClosed reports that a pipe has nothing left to do, or, where over is set, no time left to do it in.
	pipeClosed struct {
		pipe *pipe
		over bool
	}
	// taskStopped reports that a dialer or listener and all below it are gone.
	taskStopped struct{ endpoint *Endpoint }
)

func (*bindEndpoint) socketMessage()    {}
func (*connectEndpoint) socketMessage() {}
func (*closeEndpoint) socketMessage()   {}
func (*closeSocket) socketMessage()     {}
func (*setOptions) socketMessage()      {}
func (*peerUp) socketMessage()          {}
func (*peerDown) socketMessage()        {}
func (*linkNews) socketMessage()        {}
func (*linkEnded) socketMessage()       {}
func (*pipeClosed) socketMessage()      {}
func (*taskStopped) socketMessage()     {}

// A socketActor is a socket's control path: endpoints and pipes come and go through it.
//
//	Owns      socket.control: endpoints, pipes, the state of closing. It outlives the actor's incarnations.
//	Receives  bindEndpoint, connectEndpoint, findEndpoints, closeEndpoint, closeSocket, setOptions of callers; peerUp, peerDown, linkNews, linkEnded,
//	          groupTold of links; joinInproc, twinJoined, twinClosed of other sockets; evictPipe, hangUpPipe, sweepTopics of its own pattern;
//	          pipeClosed of pipes; taskStopped of I/O actors; closeSocket of the reaper.
//	Sends     Attach, Refuse to codecs; closePipe to pipes; startTask, stopTask to I/O actors; joinInproc, twinJoined, twinClosed to other sockets; reap,
//	          reaped to the reaper.
//	Starts    a pipe actor for each pipe.
//	Blocks    nowhere.
//	On error  restarted by the runtime; pipe actors are respawned. The data path does not notice.
type socketActor struct{ *socket }

// Receive only dispatches.
func (s *socketActor) Receive(ctx *actor.Context[socketMessage]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		return s.onStarted(ctx)
	case *bindEndpoint:
		s.onBind(ctx, m)
	case *connectEndpoint:
		s.onConnect(ctx, m)
	case *joinInproc:
		s.onJoinInproc(ctx, m)
	case *twinJoined:
		s.onTwinJoined(m)
	case *groupTold:
		s.onGroupTold(m)
	case *peerUp:
		s.onPeerUp(ctx, m)
	case *peerDown:
		s.onPeerDown(ctx, m)
	case *linkNews:
		s.emit(m.event)
	case *linkEnded:
		s.onLinkEnded(ctx, m)
	case *twinClosed:
		s.onTwinClosed(ctx, m)
	case *setOptions:
		s.onSetOptions(m)
	case *evictPipe:
		s.onEvictPipe(ctx, m)
	case *hangUpPipe:
		s.onHangUpPipe(ctx, m)
	case *findEndpoints:
		s.onFindEndpoints(m)
	case *closeEndpoint:
		s.onCloseEndpoint(ctx, m)
	case *closeSocket:
		s.onCloseSocket(ctx, m)
	case *heedNoise:
		s.onHeedNoise(ctx, m)
	case *sweepTopics:
		s.onSweepTopics()
	case *pipeClosed:
		s.onPipeClosed(ctx, m)
	case *taskStopped:
		s.onTaskStopped(ctx, m)
	case actor.Restarting:
		s.stats.restarts.Add(1)
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// onStarted respawns the pipe actors of an incarnation before, and tells those to close again that were closing.
func (s *socketActor) onStarted(ctx *actor.Context[socketMessage]) error {
	for _, p := range s.control.pipes {
		if err := s.spawnPipe(ctx, p); err != nil {
			return err
		}
		if p.closing {
			_ = p.ref.Tell(&closePipe{linger: p.linger}) // it was spawned just now
		}
	}
	for _, e := range slices.Clone(s.control.endpoints) {
		s.stopIfDone(ctx, e)
	}
	s.route.mu.Lock()
	s.route.toSweep = false // the word to go on may be lost
	s.sweepLocked()
	s.route.mu.Unlock()
	if s.noise.ticking {
		s.onHeedNoise(ctx, &heedNoise{due: true}) // so is its timer
	}
	if s.noise.rung.Swap(false) {
		s.noise.ring() // and so is a ring
	}
	return nil
}

// spawnPipe starts the actor of p.
func (s *socketActor) spawnPipe(ctx *actor.Context[socketMessage], p *pipe) error {
	ref, err := actor.Spawn(ctx, "pipe/"+p.name, func() actor.Actor[pipeMessage] { return &pipeActor{pipe: p} }, p.endpoint.labels())
	p.ref = ref
	return err
}

// addPipe makes p part of the socket: from now on messages are routed to it.
func (s *socketActor) addPipe(ctx *actor.Context[socketMessage], p *pipe) error {
	if err := s.spawnPipe(ctx, p); err != nil {
		return err
	}
	s.control.pipes = append(s.control.pipes, p)
	s.stats.add(p)
	s.attach(p)
	if p.multicast() && s.typ.publisher {
		s.subscribeAll(p)
	}
	return nil
}

// onBind gives the listener to an I/O actor.
func (s *socketActor) onBind(ctx *actor.Context[socketMessage], m *bindEndpoint) {
	e := m.endpoint
	if s.control.closing {
		m.reply.Fail(ErrClosed)
		return
	}
	if m.listener == nil {
		s.onBindInproc(ctx, m)
		return
	}
	worker, err := s.rt.pickWorker(e.opts.affinity)
	if err != nil {
		m.reply.Fail(err)
		return
	}
	e.worker, e.listener = worker, newListenerTask(e, m.listener, worker)
	e.task = e.listener
	s.control.endpoints = append(s.control.endpoints, e)
	e.fd = fdOf(m.listener)
	s.emit(Event{Kind: EventListening, Endpoint: e.text, bound: true, fd: e.fd})
	worker.start(e.task)
	m.reply.Send(struct{}{})
}

// onConnect makes the pipe, unless it is to come with the connection, and gives the dialing to an I/O actor.
func (s *socketActor) onConnect(ctx *actor.Context[socketMessage], m *connectEndpoint) {
	e := m.endpoint
	if s.control.closing {
		m.reply.Fail(ErrClosed)
		return
	}
	if e.peer != "" && s.named(e.peer) {
		m.reply.Fail(badOption("ConnectRoutingID", e.peer, "an id that no other peer has"))
		return
	}
	if e.addr.Scheme == inprocScheme {
		s.onConnectInproc(ctx, m)
		return
	}
	if s.typ.once {
		if i := slices.IndexFunc(s.control.endpoints, e.doubles); i >= 0 {
			m.reply.Send(s.control.endpoints[i])
			return
		}
	}
	worker, err := s.rt.pickWorker(e.opts.affinity)
	if err != nil {
		m.reply.Fail(err)
		return
	}
	e.worker = worker
	e.link = &link{sock: s.socket, endpoint: e, worker: worker, line: new(codec.Line)}
	worker.load[idling].Add(1)
	if !e.opts.immediate && s.admits() {
		e.link.pipe = s.newPipe(e, e.link)
		if err := s.addPipe(ctx, e.link.pipe); err != nil {
			m.reply.Fail(err)
			return
		}
		if e.opts.raw {
			e.peer = s.idOf(e.link.pipe)
		}
	}
	strategy := m.strategy
	if strategy == nil {
		strategy = e.opts.reconnect()
	}
	e.task = newDialerTask(e.link, strategy)
	s.control.endpoints = append(s.control.endpoints, e)
	worker.start(e.task)
	m.reply.Send(e)
}

// onPeerUp lends the pipe's queues to the codec: the pipe of the endpoint, or a new one that comes with the connection.
func (s *socketActor) onPeerUp(ctx *actor.Context[socketMessage], m *peerUp) {
	l := m.link
	if l.endpoint.closed && l.pipe == nil || s.control.closing && l.pipe == nil {
		_ = m.codec.Tell(&codec.Refuse{Reason: ErrClosed}) // a codec that is gone needs no answer
		return
	}
	if l.pipe == nil && !s.admits() {
		_ = m.codec.Tell(&codec.Refuse{Reason: ErrTaken}) // as above
		return
	}
	if l.pipe == nil {
		p := s.newPipe(l.endpoint, l)
		l.pipe = p
		if err := s.addPipe(ctx, p); err != nil {
			l.pipe = nil
			_ = m.codec.Tell(&codec.Refuse{Reason: err})
			return
		}
	}
	p := l.pipe
	if p.peer.Swap(&m.peer) != nil {
		p.reconnects.Add(1)
	}
	l.up = true
	p.connected.Store(true)
	s.greet(p)
	s.christen(p)
	s.noticeUp(p)
	_ = m.codec.Tell(&codec.Attach{Out: p.out, In: s.inlet(p)}) // where the codec is gone, peerDown is on its way
	s.peers.add(1)
	e := p.event(EventHandshakeSucceeded)
	e.Attempt = m.attempt
	s.emit(e)
}

// inlet is where what p's peer sends goes.
func (s *socket) inlet(p *pipe) codec.Inlet {
	var in codec.Inlet
	if p.in != nil {
		in = queueInlet{p}
	}
	if p.endpoint.hasNotices() {
		in = noticedInlet{p, in}
	}
	if s.typ == reqType {
		in = replyInlet{in}
	}
	switch {
	case s.typ.lockstep && !p.endpoint.hasNotices():
		return lendingInlet{in, p}
	case s.arriver != nil:
		return patternInlet{pipe: p, next: in}
	case in == nil:
		return noInlet{p}
	default:
		return in
	}
}

// onPeerDown takes note of a loss. A pipe that came with its connection ends; one that belongs to its endpoint waits for the next connection.
func (s *socketActor) onPeerDown(ctx *actor.Context[socketMessage], m *peerDown) {
	l := m.link
	p := l.pipe
	s.noteFailure(p, l.endpoint, m.loss)
	defer s.emitLoss(m, p.calledNow()) // whoever hears of it finds it done
	if p == nil {
		return
	}
	if l.up {
		l.up = false
		p.connected.Store(false)
		s.peers.add(-1)
		s.noticeDown(p)
	}
	switch {
	case p.ending, p.closing && p.multicast() && p.out.Len() == 0:
		l.pipe = nil
		s.endPipe(ctx, p, ReasonLinger)
	case l.accepted != nil || l.endpoint.opts.immediate, l.endpoint.opts.raw && p.closing && m.loss.Shaken:
		// What is left of a stream is not for another one.
		l.pipe = nil
		s.endPipe(ctx, p, codec.LostConnection)
	default:
		s.part(p)
	}
}

// noteFailure remembers why a connection ended, unless that was this side's wish.
func (s *socketActor) noteFailure(p *pipe, e *Endpoint, loss codec.Loss) {
	if errors.Is(loss.Reason, ErrClosed) || errors.Is(loss.Reason, codec.ErrCut) {
		return
	}
	why := (&PeerError{Endpoint: e.text, Peer: loss.Peer.Remote, Err: loss.Reason}).Error()
	s.stats.failed.Store(&why)
	s.rt.books.failed.Store(&why)
	if p != nil {
		p.failed.Store(&why)
	}
}

// emitLoss says what ended, and why. called is what the socket has called the peer, empty where that is not known.
func (s *socketActor) emitLoss(m *peerDown, called string) {
	e := Event{
		Kind: EventDisconnected, Endpoint: m.link.endpoint.text, Attempt: m.attempt, Err: m.loss.Reason, Sent: m.loss.Sent, Received: m.loss.Received,
		bound: m.link.accepted != nil, fd: int(m.link.fd.Load()), unshook: m.link.endpoint.opts.raw || !m.loss.Peer.Version.AtLeast(3, 0),
	}.of(m.loss.Peer)
	if called != "" {
		e.Identity = called
	}
	if !m.loss.Shaken {
		e.Kind = EventConnectFailed
		if e.bound && !errors.Is(e.Err, ErrClosed) && !errors.Is(e.Err, codec.ErrCut) {
			e.Kind, e.Failure = EventHandshakeFailed, HandshakeNoDetail // it was gone before a word was said
		}
		if re, ok := errors.AsType[*refusedError](m.loss.Reason); ok {
			e.Kind, e.Peer = EventRefused, re.peer
		}
		if he, ok := errors.AsType[*codec.HandshakeError](m.loss.Reason); ok {
			e.Kind, e.Peer, e.Failure = EventHandshakeFailed, he.Remote, failureOf(he.Err)
		}
	}
	s.emit(e)
}

// onLinkEnded ends an endpoint whose strategy said stop. What was queued for it is dropped and counted.
func (s *socketActor) onLinkEnded(ctx *actor.Context[socketMessage], m *linkEnded) {
	e := m.link.endpoint
	if e.closed {
		return
	}
	e.closed = true
	if p := m.link.pipe; p != nil {
		m.link.pipe = nil
		s.endPipe(ctx, p, ReasonProtocol)
	}
	s.emit(Event{Kind: EventEnded, Endpoint: e.text, Attempt: m.link.attempts.Load(), Err: m.err})
	s.stopIfDone(ctx, e)
}

// endPipe ends p now: what is left in its outbound queue is dropped and counted; what was received stays until somebody takes it.
func (s *socketActor) endPipe(ctx *actor.Context[socketMessage], p *pipe, why mailboxReason) {
	s.detach(p)
	if p.out != nil {
		p.out.Close(ErrClosed)
		p.unsent += p.out.Discard(why)
	}
	if p.in != nil && p.twin == nil {
		p.flushNotices()
		p.in.Close(ErrClosed)
	}
	s.removePipe(ctx, p)
}

// removePipe forgets p.
func (s *socketActor) removePipe(ctx *actor.Context[socketMessage], p *pipe) {
	i := slices.Index(s.control.pipes, p)
	if i < 0 {
		return
	}
	s.control.pipes = slices.Delete(s.control.pipes, i, i+1)
	s.stats.retire(p)
	if p.unsent > 0 && s.typ.sends && !s.typ.subscriber { // subscriptions are state, not messages
		u := p.missed(p.unsent)
		if s.control.closing {
			s.control.unsent = append(s.control.unsent, u)
		}
		if len(p.endpoint.done) > 0 {
			p.endpoint.unsent = append(p.endpoint.unsent, u)
		}
	}
	p.ref.Stop()
	s.stopIfDone(ctx, p.endpoint)
}
