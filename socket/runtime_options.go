package socket

import "slices"

// defaultMaxSockets is libzmq's.
const defaultMaxSockets = 1023

// MaxSockets bounds the sockets of the runtime, 1 or more, without an upper bound: past it constructors return ErrTooManySockets. A socket counts
// until it has closed, its linger included. Default 1023. (ZMQ_MAX_SOCKETS)
func MaxSockets(n int) RuntimeOption {
	return func(o *runtimeOptions) error {
		if n < 1 {
			return badOption("MaxSockets", n, "1 or more sockets")
		}
		o.maxSockets = n
		return nil
	}
}

// Defaults are options that each new socket of the runtime begins with; those of its constructor come after them. Only options that every type
// has may be among them: IPv6(true), say, is ZMQ_IPV6 of a context, and Linger(0) is ZMQ_BLOCKY 0. Default none.
func Defaults(opts ...Option) RuntimeOption {
	opts = slices.Clone(opts)
	return func(o *runtimeOptions) error {
		for _, typ := range types {
			if _, err := defaultOptions(typ).with(opts); err != nil {
				return err
			}
		}
		o.defaults = append(o.defaults, opts...)
		return nil
	}
}

// WithProfileLabels labels the goroutines of the runtime's actors, and those of their connections and listeners, with "actor", the actor's path, and
// with "socket" and "endpoint": profiles and goroutine dumps tell them apart. Default: it does not; each actor costs some hundred bytes more with it. libzmq has nothing like it.
func WithProfileLabels() RuntimeOption {
	return func(o *runtimeOptions) error {
		o.labelled = true
		return nil
	}
}
