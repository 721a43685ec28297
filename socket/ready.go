package socket

// A writable is a router that cannot always send. Others never wait.
type writable interface {
	// writable says whether route would find somebody now, were there a message.
	writable() bool
}

// Ready says what would not wait now: in, whether TryRecv has something, and out, whether TrySend has room. It is libzmq's view: PUB, XPUB, XSUB, STREAM, and
// ROUTER without RouterMandatory are always ready to send. They drop, or, as STREAM, and PUB and XPUB with XPubNoDrop, do not know yet whom the message is for,
// and TrySend may return ErrWouldBlock all the same; so it may of a ROUTER with RouterMandatory, which is ready where any peer has room. REQ and REP are ready
// where it is their turn; SUB is ready to receive where something came that it subscribed to. Others may take the message, or the room, before the caller
// does. (ZMQ_EVENTS)
func (b base) Ready() (in, out bool) { return b.s.readable(), b.s.sendable() }

// sendable is Ready's out.
func (s *socket) sendable() bool {
	r := &s.route
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.router == nil || r.closed != nil {
		return false
	}
	w, ok := r.router.(writable)
	return !ok || w.writable()
}

// readable is Ready's in.
func (s *socket) readable() bool {
	if !s.typ.receives {
		return false
	}
	b := &s.inbox
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed != nil || len(b.back) > 0 {
		return b.closed == nil
	}
	return s.mayReceive() == nil && b.peekLocked(s)
}

// peekLocked looks for something to receive. What the pattern says it will not let through is dropped on the way.
func (b *inbox) peekLocked(s *socket) bool {
	b.absorbLocked()
	for len(b.ring) > 0 {
		p := b.ring[b.turn]
		msgs := p.in.Look(1)
		switch {
		case len(msgs) == 0:
			b.restLocked(s, p)
		case s.leaves(p):
			b.leaveLocked(s) // as in nextLocked
		case s.wants(msgs[0]):
			return true
		default:
			p.dropNext(msgs, ReasonFiltered)
		}
	}
	return false
}

// leaves asks the pattern whether p is left alone.
func (s *socket) leaves(p *pipe) bool {
	if s.holder == nil {
		return false
	}
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return s.holder.hold(p)
}

// picky says whether the pattern is a filter that may drop something.
func (s *socket) picky() bool { return s.filter != nil && !s.filter.everything() }

// wants asks the pattern whether the application gets m.
func (s *socket) wants(m Message) bool {
	if !s.picky() {
		return true
	}
	s.route.mu.Lock()
	defer s.route.mu.Unlock()
	return s.filter.wants(m)
}

// writable says whether any pipe has room.
func (r *roundRobin) writable() bool { return anyRoom(r.pipes) }

// writable says whether a request may be sent, and any pipe has room for it.
func (s *req) writable() bool {
	return (s.relaxed || !s.waiting) && len(s.calls) == 0 && s.roundRobin.writable()
}

// writable says whether a reply is owed: that it may have to be dropped is no reason to wait.
func (s *rep) writable() bool { return s.serving }

// writable says whether the peer has room.
func (s *only) writable() bool { return s.peer != nil && s.peer.out.HasRoom() }

// anyRoom says whether one of the pipes has room.
func anyRoom(pipes []*pipe) bool {
	for _, p := range pipes {
		if p.out.HasRoom() {
			return true
		}
	}
	return false
}
