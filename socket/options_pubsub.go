package socket

import "fmt"

// pubsubOptions are the settings of the types that publish and subscribe. Owned by the socket's constructor, then read-only.
type pubsubOptions struct {
	verboseSubs, verboseUnsubs bool   // each subscription, or the end of each, is told to the application, not only the first and the last
	manual                     bool   // the application says what a peer is subscribed to
	welcome                    []byte // what each new peer is sent first; nil for nothing
	invert                     bool   // what matches is left out, and what does not match goes
	onlyFirst                  bool   // a message is a subscription where its first frame is one
	verboseUnsubscribe         bool   // of XSUB: an unsubscription of a topic that is not there goes upstream
}

// refused is the error of an option that a socket's type does not have.
func (o *options) refused(name string) error {
	return fmt.Errorf("%w: %s: a %s does not have it", ErrBadOption, name, o.typ.name)
}

// XPubVerbose makes an XPub hear of every subscription, not only of the first to a topic. Default false. It takes XPubVerboser back. XPUB only.
// (ZMQ_XPUB_VERBOSE)
func XPubVerbose(on bool) Option {
	return func(o *options) error {
		if !o.typ.hears {
			return o.refused("XPubVerbose")
		}
		o.verboseSubs, o.verboseUnsubs = on, false
		return nil
	}
}

// XPubVerboser makes an XPub hear of every subscription and of the end of every one, not only of the first and the last to a topic. Default false.
// XPUB only. (ZMQ_XPUB_VERBOSER)
func XPubVerboser(on bool) Option {
	return func(o *options) error {
		if !o.typ.hears {
			return o.refused("XPubVerboser")
		}
		o.verboseSubs, o.verboseUnsubs = on, on
		return nil
	}
}

// XPubManual leaves it to the application what a peer of an XPub is subscribed to: notifications come, all of them, and change nothing by themselves.
// Subscribe and Unsubscribe apply to the peer whose notification was received last; so receive with one goroutine, and without RecvChan, which
// receives ahead. Default false. XPUB only. (ZMQ_XPUB_MANUAL)
func XPubManual(on bool) Option {
	return func(o *options) error {
		if !o.typ.hears {
			return o.refused("XPubManual")
		}
		o.manual = on
		return nil
	}
}

// XPubWelcome is a message of one frame that each new peer is sent before anything else, whatever it subscribes to: its own filter decides whether it
// receives it. Default none; an empty one is none. PUB and XPUB only. (ZMQ_XPUB_WELCOME_MSG)
func XPubWelcome(msg string) Option {
	return func(o *options) error {
		if !o.typ.publisher {
			return o.refused("XPubWelcome")
		}
		o.welcome = []byte(msg)
		return nil
	}
}

// InvertMatching turns matching around: a publisher sends to the peers without a matching subscription, and a Sub receives what none of its own
// matches. Both sides want to have it set. Default false. PUB, XPUB and SUB only. (ZMQ_INVERT_MATCHING)
func InvertMatching(on bool) Option {
	return func(o *options) error {
		if !o.typ.publisher && o.typ != subType {
			return o.refused("InvertMatching")
		}
		o.invert = on
		return nil
	}
}

// OnlyFirstSubscribe looks for subscriptions in the later frames of a message only where the first is one. Default false: every frame that begins with
// 0 or 1 is one. XPUB and XSUB only. (ZMQ_ONLY_FIRST_SUBSCRIBE)
func OnlyFirstSubscribe(on bool) Option {
	return func(o *options) error {
		if !o.typ.hears && o.typ != xsubType {
			return o.refused("OnlyFirstSubscribe")
		}
		o.onlyFirst = on
		return nil
	}
}

// XSubVerboseUnsubscribe makes an XSub send an unsubscription upstream too where it has no such subscription, or others of it are left. Default
// false. XSUB only. (ZMQ_XSUB_VERBOSE_UNSUBSCRIBE)
func XSubVerboseUnsubscribe(on bool) Option {
	return func(o *options) error {
		if o.typ != xsubType {
			return o.refused("XSubVerboseUnsubscribe")
		}
		o.verboseUnsubscribe = on
		return nil
	}
}
