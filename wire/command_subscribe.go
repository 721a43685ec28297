package wire

// Subscribe asks a publisher for the messages that begin with Topic. ZMTP 3.0
// has no such command: there a message of the octet 1 and the topic says the
// same.
//
// "subscribe = command-size %d9 "SUBSCRIBE" subscription"
// https://rfc.zeromq.org/spec/37/#the-publish-subscribe-pattern
type Subscribe struct {
	Topic []byte // any octets; empty matches every message
}

// AppendTo appends the frame to dst.
func (c Subscribe) AppendTo(dst []byte) []byte {
	return append(appendCommandHeader(dst, nameSubscribe, len(c.Topic)), c.Topic...)
}

// Cancel takes a subscription back. In ZMTP 3.0 a message of the octet 0 and
// the topic says the same.
//
// "cancel = command-size %d6 "CANCEL" subscription"
// https://rfc.zeromq.org/spec/37/#the-publish-subscribe-pattern
type Cancel struct {
	Topic []byte // as in the Subscribe that it undoes
}

// AppendTo appends the frame to dst.
func (c Cancel) AppendTo(dst []byte) []byte {
	return append(appendCommandHeader(dst, nameCancel, len(c.Topic)), c.Topic...)
}
