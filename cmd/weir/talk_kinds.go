package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weirmq/weir/socket"
)

// talkLong is what the manuals of all two-way types say.
const talkLong = `

Both go on at the same time, and whatever becomes of the sending, what arrives is
printed. With --count it ends, with 0, after so many messages received; without, with 0
too, once standard input has ended and nothing has arrived for --timeout. The end of
standard input alone never ends it. With both flags, nothing for --timeout ends it with
3, though standard input goes on; so do peers that --wait-peers waits for in vain.

A line that no peer takes waits, and those behind it, as long as standard input may go
on. Once that has ended, and nothing has moved for --timeout, they are given up; so is,
where nothing moves for --timeout, what waits as soon as it is more than 16 MB. With
-o sndtimeo a line waits no longer than that, and then the next one is tried. All that
is given up is reported, and counted as not sent.

Once it has ended with 0, what is still queued goes out; where nothing of it has moved
for a second (--timeout where that is given, --linger or -o linger where one of them
is), the rest is dropped. What was not sent is counted on standard error, and it ends
with 0 all the same: what it heard decides. At a signal that is a failure, status 1.`

// dealerKind is DEALER.
var dealerKind = kind{
	name:  "dealer",
	short: "send each line to one of the peers, in turn; print what arrives",
	long: `dealer sends each line of standard input, as it is read, to one of its peers, in
turn, and prints a line for each message that arrives. There is no envelope: for a
rep at the other end the first frame is to be empty.` + talkLong,
	example: `  weir dealer -c tcp://localhost:5560 < jobs -t 2s
  printf '\tping\n' | weir dealer -c tcp://localhost:5557 -n 1   # asks a rep`,
	unsent: undelivered,
	talks:  true,
	waits:  "finished handshakes",
	open: opening(socket.NewDealer, func(d *socket.Dealer) (duplex, waiter) {
		return d, d.WaitPeers
	}),
}

// routerKind is ROUTER.
var routerKind = kind{
	name:  "router",
	short: "send each line to the peer that its first frame names; print what arrives",
	long: `router prints a line for each message that arrives, with the identity of its peer
as the first frame, and sends each line of standard input to the peer that its
first frame names. A line for an identity that nobody has is dropped; with
-o router_mandatory=1 it is reported, and counted as not sent. Peers without an
identity get one of five bytes, which any format but text shows safely.` + talkLong,
	example: `  weir router -b tcp://*:5560 -f json
  echo '["worker-1","","job"]' | weir router -b tcp://*:5560 -f json --wait-peers 1 -n 1`,
	unsent: leftOver,
	talks:  true,
	waits:  "finished handshakes",
	open: opening(socket.NewRouter, func(r *socket.Router) (duplex, waiter) {
		return r, r.WaitPeers
	}),
}

// pairKind is PAIR.
var pairKind = kind{
	name:  "pair",
	short: "send each line to the one peer; print what arrives",
	long: `pair sends each line of standard input, as it is read, to the one peer it has, and
prints a line for each message that arrives.` + talkLong,
	example: `  weir pair -b tcp://*:5561
  weir pair -c tcp://localhost:5561`,
	unsent: undelivered,
	talks:  true,
	waits:  "finished handshakes",
	open: opening(socket.NewPair, func(p *socket.Pair) (duplex, waiter) {
		return p, p.WaitPeers
	}),
}

// xpubKind is XPUB.
var xpubKind = kind{
	name:  "xpub",
	short: "send each line to all subscribers; print who subscribes to what",
	long: `xpub sends each line of standard input, as it is read, to every peer that
subscribed to a prefix of its first frame, as pub does, and prints what the
subscribers say: a byte 1 and a topic for a subscription, a byte 0 and a topic for
its end.` + talkLong,
	example: `  weir xpub -b tcp://*:5556 -f json
  weir xpub -b tcp://*:5556 -f hex -o xpub_verbose=1 < quotes`,
	unsent: leftOver,
	talks:  true,
	waits:  "peers with at least one subscription",
	open: opening(socket.NewXPub, func(x *socket.XPub) (duplex, waiter) {
		return x, x.WaitSubscribers
	}),
}

// xsubKind is XSUB.
var xsubKind = kind{
	name:  "xsub",
	short: "send each line upstream; print what the peers publish",
	long: `xsub prints a line for each message that its peers publish and whose topic it has
subscribed to, with --subscribe, or with lines of standard input: a byte 1 and a
topic subscribe, a byte 0 and a topic end that. Other lines go upstream as they are.` + talkLong,
	example: `  weir xsub -c tcp://localhost:5556 -s weather.
  echo '["\u0001weather."]' | weir xsub -c tcp://localhost:5556 -f json -n 10`,
	unsent: leftOver,
	talks:  true,
	waits:  "finished handshakes",
	flags: func(cmd *cobra.Command, s *settings) {
		cmd.Flags().StringArrayVarP(&s.subscribe, "subscribe", "s", nil,
			"subscribe to `PREFIX` from the beginning; may be repeated (default: nothing)")
	},
	open: func(s *session) (job, error) {
		xsub, err := socket.NewXSub(s.rt, s.options...)
		if err != nil {
			return job{}, err
		}
		if err := subscribe(xsub, s.set.topics); err != nil {
			return job{}, err
		}
		return s.talking(xsub, xsub.WaitPeers), nil
	},
}

// streamKind is STREAM.
var streamKind = kind{
	name:  "stream",
	short: "talk to programs that do not speak ZeroMQ, over tcp",
	long: `stream sends and receives bytes as they are over tcp connections. It prints a line
for each piece that arrives, with the five bytes that stand for its connection as the
first frame, and an empty second frame where one begins or ends; and it sends the second
frame of each line of standard input to the connection that the first one names: an
empty one closes it. json and hex show identities safely.` + talkLong,
	example: `  weir stream -b tcp://*:8080 -f json
  echo '["web","GET / HTTP/1.0\r\n\r\n"]' | weir stream -c tcp://localhost:80 -o connect_routing_id=web -f json -n 2`,
	unsent: leftOver,
	talks:  true,
	waits:  "connections",
	open: opening(socket.NewStream, func(x *socket.Stream) (duplex, waiter) {
		return x, x.WaitPeers
	}),
}

// A waiter waits for n peers of the kind that --wait-peers is about.
type waiter func(ctx context.Context, n int) error

// opening makes the open of a two-way type.
func opening[S any](construct func(*socket.Runtime, ...socket.Option) (S, error), face func(S) (duplex, waiter)) func(*session) (job, error) {
	return func(s *session) (job, error) {
		made, err := construct(s.rt, s.options...)
		if err != nil {
			return job{}, err
		}
		return s.talking(face(made)), nil
	}
}

// talking is the job of a two-way type: its peers are waited for by the sayer alone.
func (s *session) talking(with duplex, peers waiter) job {
	return job{socket: with, work: func(ctx context.Context) error { return s.talk(ctx, with, peers) }}
}
