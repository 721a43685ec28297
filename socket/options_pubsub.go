package socket

// pubsubOptions are the settings of the types that publish and subscribe. Never changed once a socket has them: see options.
type pubsubOptions struct {
	verboseSubs, verboseUnsubs bool   // each subscription, or the end of each, is told to the application, not only the first and the last
	manual                     bool   // the application says what a peer is subscribed to
	welcome                    []byte // what each new peer is sent first; nil for nothing
	invert                     bool   // what matches is left out, and what does not match goes
	onlyFirst                  bool   // a message is a subscription where its first frame is one
	verboseUnsubscribe         bool   // of XSUB: an unsubscription of a topic that is not there goes upstream
}

// XPubVerbose makes an XPub hear of every subscription, not only of the first to a topic. Default false. It takes XPubVerboser back. XPUB only.
// (ZMQ_XPUB_VERBOSE)
func XPubVerbose(on bool) Option {
	return func(o *options) error {
		o.verboseSubs, o.verboseUnsubs = on, false
		return o.typ.onlyIf(o.typ.hears, "XPubVerbose")
	}
}

// XPubVerboser makes an XPub hear of every subscription and of the end of every one, not only of the first and the last to a topic. Default false.
// XPUB only. (ZMQ_XPUB_VERBOSER)
func XPubVerboser(on bool) Option {
	return func(o *options) error {
		o.verboseSubs, o.verboseUnsubs = on, on
		return o.typ.onlyIf(o.typ.hears, "XPubVerboser")
	}
}

// XPubManual leaves it to the application what a peer of an XPub is subscribed to: notifications come, all of them, and change nothing by themselves.
// Subscribe and Unsubscribe apply to the peer whose notification was received last; so receive with one goroutine, and without RecvChan, which
// receives ahead. Default false. XPUB only. (ZMQ_XPUB_MANUAL)
func XPubManual(on bool) Option {
	return func(o *options) error {
		o.manual = on
		return o.typ.onlyIf(o.typ.hears, "XPubManual")
	}
}

// XPubWelcome is a message of one frame that each new peer is sent before anything else, whatever it subscribes to: its own filter decides whether it
// receives it. Range: any bytes. Default none; an empty one is none. PUB and XPUB only. (ZMQ_XPUB_WELCOME_MSG)
func XPubWelcome(msg string) Option {
	return func(o *options) error {
		o.welcome = []byte(msg)
		return o.typ.onlyIf(o.typ.publisher, "XPubWelcome")
	}
}

// InvertMatching turns matching around: a publisher sends to the peers without a matching subscription, and a Sub receives what none of its own
// matches. Both sides want to have it set. Default false. PUB, XPUB and SUB only. (ZMQ_INVERT_MATCHING)
func InvertMatching(on bool) Option {
	return func(o *options) error {
		o.invert = on
		return o.typ.onlyIf(o.typ.publisher || o.typ == subType, "InvertMatching")
	}
}

// OnlyFirstSubscribe looks for subscriptions in the later frames of a message only where the first is one. Default false: every frame that begins
// with 0 or 1 is one. XPUB and XSUB only. (ZMQ_ONLY_FIRST_SUBSCRIBE)
func OnlyFirstSubscribe(on bool) Option {
	return func(o *options) error {
		o.onlyFirst = on
		return o.typ.onlyIf(o.typ.hears || o.typ == xsubType, "OnlyFirstSubscribe")
	}
}

// XSubVerboseUnsubscribe makes an XSub send an unsubscription upstream too where it has no such subscription, or others of it are left. Default
// false. XSUB only. (ZMQ_XSUB_VERBOSE_UNSUBSCRIBE)
func XSubVerboseUnsubscribe(on bool) Option {
	return func(o *options) error {
		o.verboseUnsubscribe = on
		return o.typ.onlyFor("XSubVerboseUnsubscribe", xsubType)
	}
}
