package wire

// The functions of this file are for those who move messages from one application
// to another: package socket and the codec. An application has no use for them.
// Each costs a message without a reference one comparison.

// Take takes m from the application that sends it: without its properties, and
// with its reference. A message that was released, or sent, is refused with
// ErrReleased.
func Take(m Message) (Message, error) {
	h := m.hold()
	switch {
	case h == nil:
	case h.chunk == nil:
		return m.with(nil), nil
	case !h.state.CompareAndSwap(mine, weirs):
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

// Give gives m to the application that receives it. What was sent over inproc
// gets a hold of its own, so that its sender can do nothing to it any more.
func Give(m Message) Message {
	h := m.hold()
	if !h.held() || !h.state.CompareAndSwap(weirs, gone) {
		return m
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

// Reframe returns a message of other frames with m's properties and reference: of
// some of m's own, say, in another order.
func Reframe(m Message, frames ...[]byte) Message {
	return MessageOf(frames...).own(m.hold())
}
