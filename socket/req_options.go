package socket

// ReqCorrelate puts a number before the delimiter of each request, 4 bytes that the peer sends back with the reply: replies to other requests are
// skipped. Default false. REQ only; Do has its numbers in any case. (ZMQ_REQ_CORRELATE)
func ReqCorrelate(on bool) Option {
	return func(o *options) error {
		o.correlate = on
		return o.typ.onlyFor("ReqCorrelate", reqType)
	}
}

// ReqRelaxed lets Send send a new request while the reply to the one before is awaited: that one is given up, even where the new one then finds no
// room, and its peer stays a peer. Without ReqCorrelate a late reply of the same peer can be taken for the new one. Default false: Send then returns
// ErrBadState. REQ only. (ZMQ_REQ_RELAXED)
func ReqRelaxed(on bool) Option {
	return func(o *options) error {
		o.relaxed = on
		return o.typ.onlyFor("ReqRelaxed", reqType)
	}
}
