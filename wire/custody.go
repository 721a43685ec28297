package wire

// Stage 2 of a message's way (ARCHITECTURE.md): take.
//
// The functions of this file are for those who move messages from one application
// to another: package socket and the codec. An application has no use for them.
// Each costs a message without a reference one comparison, but for Give.

// Take takes m from the application that sends it, with its reference. A message
// that was released, or sent, is refused with ErrReleased. Its properties stay,
// since to take them off could cost an allocation: they do not go over a
// connection, and Give sees to what goes over none.
func Take(m Message) (Message, error) {
	if h, turn := m.held(); h != nil && !h.become(turn, mine, weirs) {
		return m, ErrReleased
	}
	return m, nil
}

// Return gives back to the application what Take took, since it was not sent.
func Return(m Message) {
	if h, turn := m.held(); h != nil {
		h.become(turn, weirs, mine)
	}
}

// Share returns m with another reference, for another of its receivers. Both are
// Weir's.
func Share(m Message) Message {
	if h, _ := m.held(); h != nil {
		return m.with(h.share(nil, weirs))
	}
	return m
}

// Give gives m, which was sent over inproc, to the application that receives it:
// without the properties of its hop before, and in another turn, so that its sender
// can do nothing to it any more. The second Give of a message changes nothing.
func Give(m Message) Message {
	h, turn := m.held()
	switch {
	case h == nil:
		return m.with(nil)
	case !h.state.CompareAndSwap(turn+weirs, turn+nextTurn+mine):
		return m
	}
	if h.props.Load() != nil {
		h.props.Store(nil)
	}
	m.turn += nextTurn
	return m
}

// Drop says that Weir is done with m: it is written, or dropped.
func Drop(m Message) {
	if h, turn := m.held(); h != nil && h.over(turn) {
		h.drop()
	}
}

// Held says whether m has a reference: then its frames may be used again once it is
// released.
func Held(m Message) bool {
	h, _ := m.held()
	return h != nil
}

// Calls says whether a function of the application's is called when m's reference
// ends.
func Calls(m Message) bool {
	h, _ := m.held()
	return h != nil && h.chunk.last != nil
}

// Plain says whether m is one frame and nothing else: no reference, no properties.
func Plain(m Message) bool { return m.rest == nil }

// Reframe returns a message of other frames with m's properties and reference: of
// some of m's own, say, in another order.
func Reframe(m Message, frames ...[]byte) Message {
	return MessageOf(frames...).own(m.beside())
}
