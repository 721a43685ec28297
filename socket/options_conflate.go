package socket

import "github.com/weirmq/weir/mailbox"

// Conflate makes each queue of the socket hold one message, the newest: another replaces it, and the one replaced is counted as dropped. Marks have
// no effect then, and nothing waits for room. A message is kept whole, with all its frames, and subscriptions are not conflated. Over inproc, where
// two sockets share a queue, the setting of the one that connects decides. Default false. PUSH, PULL, PUB, SUB and DEALER only. (ZMQ_CONFLATE)
func Conflate(on bool) Option {
	return func(o *options) error {
		o.conflate = on
		return o.typ.onlyIf(o.typ.conflates, "Conflate")
	}
}

// policy is what the socket's queues of messages do at their mark.
func (o *options) policy() mailbox.Policy {
	if o.conflate {
		return mailbox.Conflate
	}
	return mailbox.Block
}
