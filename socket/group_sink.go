package socket

import (
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
	news     groupNews

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
		receiver: pgm.NewReceiver(pgm.ReceiverConfig{
			Port: e.group.addr.Port, Window: e.opts.window(), Budget: max(pgm.DefaultBudget, 2*e.opts.window()*e.opts.multicastMaxTPDU),
		}),
	}
}

// handle takes packets. Those that mean nothing are dropped: anybody may send to a group.
func (s *groupSink) handle(now time.Time, packets []pgm.Datagram) {
	for _, d := range packets {
		_ = s.receiver.Handle(now, d.Packet, d.From, d.To) // see above
		s.take()
	}
}

// read keeps the turn for pass to take.
func (s *groupSink) read(turn chan<- struct{}) { s.turns = append(s.turns, turn) }

// delivered lets pass hand over more.
func (s *groupSink) delivered() { s.delivering = false }

// work asks for what is missing, delivers what is there, and forgets what would go upstream.
func (s *groupSink) work(_ *actor.Context[codec.Message], now time.Time) (time.Time, error) {
	s.forget()
	s.outs = s.outs[:0]
	for o, ok := s.receiver.Poll(now); ok; o, ok = s.receiver.Poll(now) {
		s.outs = append(s.outs, o)
	}
	s.take()
	s.pass()
	_, err := s.run.conn.Send(s.outs)
	return s.inform(now), err
}

// forget takes what is to go upstream, where nobody is: subscriptions, which each side of a group sees to by itself, and an XSUB's messages, which are lost.
func (s *groupSink) forget() {
	for msgs := s.out.Look(1); len(msgs) > 0; msgs = s.out.Look(1) {
		ours := isSubscription(msgs[0].Bytes())
		wire.Drop(msgs[0])
		s.out.Advance(1)
		if ours {
			s.out.Done(1)
		} else {
			s.out.Drop(1, ReasonNoPeer)
		}
	}
}

// inform tells the socket the news, where there are any and it is time, and returns when there is something to do.
func (s *groupSink) inform(now time.Time) time.Time {
	at, news := s.receiver.Deadline(), s.news.due()
	if !news.IsZero() && !now.Before(news) {
		_ = s.link.sock.ref.Tell(&groupTold{link: s.link, news: s.news.take(now)}) // a stopped socket wants no news
		return at
	}
	if at.IsZero() || !news.IsZero() && news.Before(at) {
		return news
	}
	return at
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
				s.news.add(EventLost, d, 1, err)
			}
		case pgm.Lost:
			stream.Lose()
			s.news.add(EventLost, d, d.Count, nil)
		case pgm.Joined:
			if d.Late {
				s.news.add(EventJoinedLate, d, 0, nil)
			} else {
				s.news.add(EventJoined, d, 0, nil)
			}
		case pgm.Left:
			s.news.add(EventLeft, d, 0, nil)
		case pgm.Expired:
			delete(s.streams, d.TSI)
			s.news.add(EventExpired, d, 0, nil)
		}
	}
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

// end tells the news that have not been told, and says nothing to anybody else.
func (s *groupSink) end() { s.inform(s.news.due()) }
