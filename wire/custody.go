package wire

// The functions of this file are for those who move messages from one application
// to another: package socket and the codec. An application has no use for them.
// Each costs a message without a reference one comparison, but for Give.

// Take takes m from the application that sends it, with its reference. A message
// that was released, or sent, is refused with ErrReleased. Its properties stay,
// since to take them off could cost an allocation: they do not go over a
// connection, and Give sees to what goes over none.
func Take(m Message) (Message, error) {
	if h := m.hold(); h.held() && !h.state.CompareAndSwap(mine, weirs) {
		return m, ErrReleased
	}
	return m, nil
}

// Return gives back to the application what Take took, since it was not sent.
func Return(m Message) {
	if h := m.hold(); h.held() {
		h.state.CompareAndSwap(weirs, mine)
	}
}

// Share returns m with another reference, for another of its receivers. Both are
// Weir's.
func Share(m Message) Message {
	if h := m.hold(); h.held() {
		return m.with(h.share(nil, weirs))
	}
	return m
}

// Give gives m, which was sent over inproc, to the application that receives it:
// without the properties of its hop before, and with a hold of its own, so that
// its sender can do nothing to it any more. The second Give of a message changes
// nothing.
func Give(m Message) Message {
	h := m.hold()
	switch {
	case !h.held():
		return m.with(nil)
	case !h.state.CompareAndSwap(weirs, gone):
		return m
	}
	if h.more == nil && h.chunk.refs.Load() == 1 { // it is m's, and so nobody else has one
		return m.with(h.chunk.hold())
	}
	return m.with((&hold{chunk: h.chunk, more: h.more}).init())
}

// Drop says that Weir is done with m: it is written, or dropped.
func Drop(m Message) {
	if h := m.hold(); h.held() && h.state.Swap(gone) != gone {
		h.drop()
	}
}

// Held says whether m has a reference: then its frames may be used again once it is
// released.
func Held(m Message) bool { return m.hold().held() }

// Plain says whether m is one frame and nothing else: no reference, no properties.
func Plain(m Message) bool { return m.rest == nil }

// Reframe returns a message of other frames with m's properties and reference: of
// some of m's own, say, in another order.
func Reframe(m Message, frames ...[]byte) Message {
	return MessageOf(frames...).own(m.hold())
}
