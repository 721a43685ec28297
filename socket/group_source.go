package socket

import (
	"errors"
	"slices"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport/pgm"
	"github.com/weirmq/weir/wire"
	"github.com/weirmq/weir/wire/codec"
)

// The life of an outgoing message over pgm, in the order of the functions below. All of it runs in the codec.
//
//	1  fill   the messages at the head of the queue go into one packet, as far as there is room and without waiting for more
//	2  poll   the engine numbers it, and lets it out when the rate allows, behind what is more urgent
//	3  send   up to a batch of packets with one system call
//	4  done   messages whose last byte has gone out leave the queue, and their room returns

// A groupSource is the sending engine of a codec.
type groupSource struct {
	*groupCodec
	source *pgm.Source
	pack   *wire.PGMPacker
	outs   []pgm.Out
	ends   []int // for each of outs, how many messages end in it

	begun   bool      // message is packed in part
	message Message   // in hand
	waiting int       // messages that end in the packet that the engine has
	leaving int       // messages whose last byte is out, and of which the queue does not know
	seen    []Message // those of leaving and waiting, oldest first: their memory is the queue's until they are done
	paused  bool      // the lane is closed: the rate is used up
}

// newGroupSource makes the engine of c.
func newGroupSource(c *groupCodec, now time.Time) *groupSource {
	e, o := c.link.endpoint, c.link.endpoint.opts
	how := o.multicast(e.addr.Scheme)
	return &groupSource{
		groupCodec: c, pack: wire.NewPGMPacker(how.MaxTSDU(e.group.addr.Send)),
		source: pgm.NewSource(now, pgm.SourceConfig{
			TSI: newTSI(e.group.addr.Port), Port: e.group.addr.Port, NLA: c.run.conn.Local(), Group: e.group.addr.Send,
			Rate: o.rate * 1000 / 8, Window: o.window(), UDP: !how.Raw,
		}),
	}
}

// handle takes what receivers say. What is meant for another source on this host is passed on.
func (s *groupSource) handle(now time.Time, packets []pgm.Datagram) {
	for _, d := range packets {
		if err := s.source.Handle(now, d.Packet); errors.Is(err, pgm.ErrForeign) {
			s.run.conn.PassOn(d)
		}
	}
}

// read lets the loop read on: nothing that receivers say waits.
func (s *groupSource) read(turn chan<- struct{}) { turn <- struct{}{} }

// delivered tells a source nothing: no messages come in.
func (s *groupSource) delivered() {}

// work sends until the rate is used up, or a batch is out and others have a turn: the lane calls again at once.
func (s *groupSource) work(ctx *actor.Context[codec.Message], now time.Time) (time.Time, error) {
	s.outs, s.ends = s.outs[:0], s.ends[:0]
	for len(s.outs) < pgm.MaxBatch {
		before := s.source.Sent()
		o, ok := s.source.Poll(now)
		if !ok {
			if s.fill() {
				continue
			}
			break
		}
		s.outs, s.ends = append(s.outs, o), append(s.ends, 0)
		if s.source.Sent() != before {
			s.ends[len(s.ends)-1] = s.waiting
			s.waiting = 0
		}
	}
	n, err := s.run.conn.Send(s.outs)
	for _, ended := range s.ends[:n] {
		s.leaving += ended
	}
	s.done()
	if err != nil {
		return time.Time{}, err // what is not out stays in the queue, for the next incarnation
	}
	s.pace(ctx)
	return s.finish(now), nil
}

// fill gives the engine the next packet, and reports whether there is one.
func (s *groupSource) fill() bool {
	if !s.source.Free() {
		return false
	}
	s.pack.Reset()
	if s.begun {
		s.add(s.message)
	}
	for !s.begun && !s.pack.Full() {
		msgs := s.out.Look(maxPacked)
		if len(msgs) == 0 {
			break
		}
		for i := 0; i < len(msgs) && !s.begun && !s.pack.Full(); i++ {
			m := msgs[i]
			s.out.Advance(1) // it is in hand from its first byte on
			s.add(m)
		}
	}
	if s.pack.Empty() {
		return false
	}
	s.source.Submit(s.pack.Packet())
	return true
}

// maxPacked is how many messages are looked at for one packet at a time.
const maxPacked = 64

// add packs a message, as far as it goes.
func (s *groupSource) add(m Message) {
	if s.begun = !s.pack.Add(m); s.begun {
		s.message = m
		return
	}
	s.message = Message{}
	s.waiting++
	s.seen = append(s.seen, m)
}

// done tells the queue which messages have gone out whole, and gives their memory back: what may have to be sent again lies in the engine's window.
func (s *groupSource) done() {
	n := s.leaving
	if n == 0 {
		return
	}
	s.leaving = 0
	s.sent += uint64(n)
	s.out.Done(n)
	told := s.link.endpoint.opts.trace.Sent
	for _, m := range s.seen[:n] {
		if told != nil {
			told(s.link.conn(codec.Peer{Remote: s.link.endpoint.addr.Address}), m)
		}
		wire.Drop(m)
	}
	s.seen = slices.Delete(s.seen, 0, n)
}

// pace closes the lane while the rate keeps a packet waiting, and opens it again after that.
func (s *groupSource) pace(ctx *actor.Context[codec.Message]) {
	switch wait := !s.source.Free(); {
	case wait && !s.paused:
		s.paused = true
		ctx.CloseData()
	case !wait && s.paused:
		s.paused = false
		ctx.OpenData(s.out)
	}
}

// finish ends the source where its queue is shut and everything is out, stays a while for those who missed the last of it, and then says so. It returns
// when there is something to do.
func (s *groupSource) finish(now time.Time) time.Time {
	if s.out.Closed() == nil || s.out.Len() > 0 {
		return s.source.Deadline(now)
	}
	s.source.Close()
	if s.source.Gone(now) {
		s.link.Flushed()
		return time.Time{}
	}
	return s.source.Deadline(now)
}

// lastWords is how long the farewell of a source that must end at once may wait for the kernel.
const lastWords = 10 * time.Millisecond

// end says that the source ends, whatever was waiting.
func (s *groupSource) end() {
	_, _ = s.run.conn.SendBy(time.Now().Add(lastWords), s.source.Farewell()) // a wish
}
