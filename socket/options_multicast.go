package socket

import (
	"fmt"
	"math"
	"time"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/transport/pgm"
)

// multicastOptions are those of endpoints over pgm and epgm, which PUB, XPUB, SUB and XSUB have.
type multicastOptions struct {
	rate             int           // kbit in a second
	recoveryInterval time.Duration // how long what was sent can be repaired, at the rate
	multicastHops    int
	multicastMaxTPDU int // bytes
	multicastLoop    bool
}

// defaultMulticast are libzmq's, but for the loop, which pgm there does not have.
var defaultMulticast = multicastOptions{
	rate: 100, recoveryInterval: 10 * time.Second, multicastHops: pgm.DefaultHops, multicastMaxTPDU: pgm.DefaultMaxTPDU,
}

// multicasts refuses an option to the types that do not multicast.
func (o *options) multicasts(name string) error {
	return o.typ.onlyIf(o.typ.publisher || o.typ.subscriber, name)
}

// Rate bounds all that a source sends over pgm and epgm, repairs included, in kilobits of 1000 a second, headers of IP and UDP included. Together
// with RecoveryInterval it says how much can be repaired, on both sides. Default 100, which is slow: raise it on every side to what the network can
// carry. Range 1 to 2147483647, and enough for a packet of MulticastMaxTPDU each second: where it is not, Bind and Connect return ErrBadOption. PUB, XPUB,
// SUB and XSUB only. (ZMQ_RATE)
func Rate(kbit int) Option {
	return func(o *options) error {
		if kbit < 1 || kbit > math.MaxInt32 {
			return badOption("Rate", kbit, "1 to 2147483647 kbit/s")
		}
		o.rate = kbit
		return o.multicasts("Rate")
	}
}

// RecoveryInterval is how long a source keeps what it has sent over pgm and epgm, and how far a receiver waits for what is missing, at full Rate; it
// costs memory accordingly. Range 1 ms to 2147483647 ms. Default 10 s. PUB, XPUB, SUB and XSUB only. (ZMQ_RECOVERY_IVL; libzmq takes whole
// milliseconds)
func RecoveryInterval(d time.Duration) Option {
	return func(o *options) error {
		if d < time.Millisecond || d.Milliseconds() > math.MaxInt32 {
			return badOption("RecoveryInterval", d, "1 ms to 2147483647 ms")
		}
		o.recoveryInterval = d
		return o.multicasts("RecoveryInterval")
	}
}

// MulticastHops is how many networks a packet over pgm and epgm may cross: 1 is the local one alone. Range 1 to 255. Default 1. PUB, XPUB, SUB and
// XSUB only. (ZMQ_MULTICAST_HOPS)
func MulticastHops(n int) Option {
	return func(o *options) error {
		if n < 1 || n > 255 {
			return badOption("MulticastHops", n, "1 to 255")
		}
		o.multicastHops = n
		return o.multicasts("MulticastHops")
	}
}

// MulticastMaxTPDU is the largest packet over pgm and epgm, in bytes, headers of IP and UDP included: no more than the network's. A receiver with
// less than its sources gets nothing. Range 200 to 65000. Default 1500. PUB, XPUB, SUB and XSUB only. (ZMQ_MULTICAST_MAXTPDU)
func MulticastMaxTPDU(n int) Option {
	return func(o *options) error {
		if n < 200 || n > 65000 {
			return badOption("MulticastMaxTPDU", n, "200 to 65000 bytes")
		}
		o.multicastMaxTPDU = n
		return o.multicasts("MulticastMaxTPDU")
	}
}

// MulticastLoop lets receivers on this host hear a source on it over pgm and epgm. Default false, as in libzmq, where it cannot be had. PUB, XPUB,
// SUB and XSUB only. (ZMQ_MULTICAST_LOOP, which in libzmq is for udp alone)
func MulticastLoop(on bool) Option {
	return func(o *options) error {
		o.multicastLoop = on
		return o.multicasts("MulticastLoop")
	}
}

// window is how many packets can be repaired. (libzmq: pgm_socket_t::compute_sqns)
func (o *multicastOptions) window() int {
	return max(1, int(o.recoveryInterval.Milliseconds())*(o.rate/8)/o.multicastMaxTPDU)
}

// checkRate finds what only all options together show. libzmq aborts here.
func (o *multicastOptions) checkRate() error {
	if least := (o.multicastMaxTPDU*8 + 999) / 1000; o.rate < least {
		return fmt.Errorf("%w: Rate(%d): want at least %d kbit/s for packets of %d bytes (MulticastMaxTPDU)", ErrBadOption, o.rate, least, o.multicastMaxTPDU)
	}
	return nil
}

// multicast are the settings that a group's sockets are made with.
func (o *options) multicast(scheme string) pgm.Options {
	t := o.transport()
	return pgm.Options{
		Raw: scheme == transport.PGM, Source: o.typ.publisher, Hops: o.multicastHops, MaxTPDU: o.multicastMaxTPDU, Loop: o.multicastLoop,
		SendBuffer: t.SendBuffer, RecvBuffer: t.RecvBuffer,
	}
}
