package socket

// ZMTP1 allows peers that speak ZMTP 1.0: those of ZeroMQ 2. Default false, unlike libzmq, which always serves them: nearly anything passes for
// ZMTP 1.0, since what does not begin with 0xFF is taken for the length of an identity, so a stray client's bytes become messages. Peers that speak
// ZMTP 2.0 (ZeroMQ 3.2) are served in any case. Neither has security: a socket with a mechanism other than NULL, or with a ZAP domain, refuses both.
//
// What a peer of either kind cannot do: it has no heartbeats and no properties, does not tell its socket type, so that no incompatible one is
// refused, and a subscriber that speaks the first ZMTP 1.0 is sent everything, and filters by itself. All types; inproc has no use for it. (libzmq
// has no such option.)
func ZMTP1(on bool) Option {
	return func(o *options) error {
		o.zmtp1 = on
		return nil
	}
}
