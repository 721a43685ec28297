package socket

import (
	"fmt"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport/pgm"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// maxUndelivered is how many messages may wait for the inbound queue before no more packets are read.
const maxUndelivered = 256

// A groupSink is the receiving engine of a codec.
type groupSink struct {
	*groupCodec
	receiver *pgm.Receiver
	streams  map[pgm.TSI]*wire.PGMDecoder
	outs     []pgm.Out

	msgs       []Message         // to deliver
	spare      []Message         // the room of those before
	delivering bool              // the loop that delivers has some
	turns      []chan<- struct{} // loops that wait to read on
}

// newGroupSink makes the engine of c.
func newGroupSink(c *groupCodec) *groupSink {
	e := c.link.endpoint
	return &groupSink{
		groupCodec: c, streams: map[pgm.TSI]*wire.PGMDecoder{},
		receiver: pgm.NewReceiver(pgm.ReceiverConfig{Port: e.group.addr.Port, Window: e.opts.window()}),
	}
}

// handle takes packets. Those that mean nothing are dropped: anybody may send to a group.
func (s *groupSink) handle(now time.Time, packets []pgm.Datagram) {
	for _, d := range packets {
		_ = s.receiver.Handle(now, d.Packet, d.From, d.To) // see above
		s.take()
	}
}

// work asks for what is missing, delivers what is there, and forgets the subscriptions that would go upstream.
func (s *groupSink) work(_ *actor.Context[codec.Message], now time.Time) (time.Time, error) {
	for msgs := s.out.Look(maxPacked); len(msgs) > 0; msgs = s.out.Look(maxPacked) {
		s.out.Advance(len(msgs))
		s.out.Done(len(msgs))
	}
	s.outs = s.outs[:0]
	for o, ok := s.receiver.Poll(now); ok; o, ok = s.receiver.Poll(now) {
		s.outs = append(s.outs, o)
	}
	s.take()
	s.pass()
	return s.receiver.Deadline(), s.run.conn.Send(s.outs)
}

// take turns what the engine tells into messages and news.
func (s *groupSink) take() {
	for d, ok := s.receiver.Next(); ok; d, ok = s.receiver.Next() {
		stream := s.streams[d.TSI]
		if stream == nil {
			stream = wire.NewPGMDecoder(s.link.endpoint.opts.maxMsgSize)
			s.streams[d.TSI] = stream
		}
		switch d.Kind {
		case pgm.Data:
			var err error
			if s.msgs, err = stream.Decode(d.TSDU, s.msgs); err != nil {
				s.tell(EventLost, d, 1, err)
			}
		case pgm.Lost:
			stream.Lose()
			s.tell(EventLost, d, d.Count, &PacketLossError{Packets: d.Count})
		case pgm.Joined:
			if d.Late {
				s.tell(EventJoinedLate, d, 0, nil)
			} else {
				s.tell(EventJoined, d, 0, nil)
			}
		case pgm.Left:
			s.tell(EventLeft, d, 0, nil)
		case pgm.Expired:
			delete(s.streams, d.TSI)
			s.tell(EventExpired, d, 0, nil)
		}
	}
}

// tell passes news of a source to the socket.
func (s *groupSink) tell(kind EventKind, d pgm.Delivery, lost int, err error) {
	m := &groupNews{link: s.link, kind: kind, source: fmt.Sprintf("%s %s", d.From, d.TSI), lost: lost, err: err}
	_ = s.link.sock.ref.Tell(m) // a stopped socket wants no news
}

// pass hands messages to the loop that delivers, when it has none, and lets the others read on.
func (s *groupSink) pass() {
	if !s.delivering && len(s.msgs) > 0 {
		s.delivering = true
		s.run.deliverc <- s.msgs
		s.msgs, s.spare = s.spare[:0], s.msgs
	}
	if len(s.msgs) > maxUndelivered {
		return
	}
	for _, turn := range s.turns {
		turn <- struct{}{}
	}
	s.turns = s.turns[:0]
}

// end has nothing to say.
func (s *groupSink) end() {}
