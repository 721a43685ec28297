package pgm

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/weirmq/weir/wire"
)

// A simSource is a publisher. It keeps what it has published, so that what becomes of it can be judged.
type simSource struct {
	n      *network
	addr   netip.Addr
	first  Seq // the number of its first packet
	engine *Source
	limit  int // octets of a payload
	pack   *wire.PGMPacker
	spms   Seq // how many were sent
	queue  []wire.Message
	timer  time.Time

	packets  [][]byte  // all payloads, in order
	messages []simSpan // all messages, in order
	packed   int       // of which so many are packed whole
}

// A simSpan is which packets a message lies in.
type simSpan struct {
	begun       bool
	first, last int
}

// simMessage is message i of source k: frames whose octets all follow from their place.
func simMessage(k, i int) wire.Message {
	r := rand.New(rand.NewPCG(uint64(k), uint64(i)))
	frames := [][]byte{binary.BigEndian.AppendUint32([]byte{byte(k)}, uint32(i))}
	for r.IntN(3) == 0 {
		from := r.IntN(256)
		f := simOctets[from : from+r.IntN([]int{3, 300, 1500, 6000}[r.IntN(4)])]
		frames = append(frames, f)
	}
	return wire.MessageOf(frames...)
}

// simOctets are what bodies are cut from: no piece of it is like one that begins elsewhere.
var simOctets = func() []byte {
	r, b := rand.New(rand.NewPCG(8, 9)), make([]byte, 7000)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}()

// write queues the next message.
func (s *simSource) write() {
	s.queue = append(s.queue, simMessage(int(s.engine.cfg.TSI.Port), len(s.messages)))
	s.messages = append(s.messages, simSpan{})
	s.work()
}

// arrive takes a packet, unless the source has gone.
func (s *simSource) arrive(p []byte) {
	if s.engine.Gone(s.n.now) {
		return
	}
	_ = s.engine.Handle(s.n.now, p)
	s.work()
}

// work does what the actor of a source does.
func (s *simSource) work() {
	for {
		for o, ok := s.engine.Poll(s.n.now); ok; o, ok = s.engine.Poll(s.n.now) {
			if err := s.harmless(o); err != nil {
				s.n.fail("source %d: %w", s.engine.cfg.TSI.Port, err)
			}
			s.n.send(o, s.addr)
		}
		if !s.engine.Free() || !s.fill() {
			break
		}
		s.packets = append(s.packets, slices.Clone(s.pack.Packet()))
		s.engine.Submit(s.pack.Packet())
	}
	at := s.engine.Deadline(s.n.now)
	if at.IsZero() || at.Equal(s.timer) && s.timer.After(s.n.now) {
		return
	}
	s.timer = at
	s.n.after(max(0, at.Sub(s.n.now)), func() {
		if s.timer.Equal(at) {
			s.timer = time.Time{}
			s.work()
		}
	})
}

// harmless reports what ends a libzmq subscriber, or wedges him, in a packet.
func (s *simSource) harmless(o Out) error {
	p, err := Parse(o.Packet)
	if err != nil || o.Packet[checksumAt] == 0 && o.Packet[checksumAt+1] == 0 {
		return fmt.Errorf("no checksum, or %w", err)
	}
	switch p.Type {
	case SPM:
		if p.Seq != s.spms || p.Seq > 1<<31-1 {
			return fmt.Errorf("SPM %d instead of %d", p.Seq, s.spms)
		}
		s.spms++
	case ODATA, RDATA:
		if o.Packet[5] != 0 || len(p.Data) < 3 || len(p.Data) > s.limit {
			return fmt.Errorf("data with options %#x, %d octets of %d", o.Packet[5], len(p.Data), s.limit)
		}
		if at := int(binary.BigEndian.Uint16(p.Data)); at != 0xffff && at > len(p.Data)-2 {
			return fmt.Errorf("message at %d of %d", at, len(p.Data)-2)
		}
	case NCF:
	case NAK, SPMR:
		return fmt.Errorf("%s from a source", p.Type)
	}
	return nil
}

// fill makes the next packet, notes what lies in it, and reports whether there is one.
func (s *simSource) fill() bool {
	s.pack.Reset()
	for len(s.queue) > 0 && !s.pack.Full() {
		m := &s.messages[s.packed]
		if !m.begun {
			m.begun, m.first = true, len(s.packets)
		}
		m.last = len(s.packets)
		if !s.pack.Add(s.queue[0]) {
			break
		}
		s.queue = s.queue[1:]
		s.packed++
	}
	return !s.pack.Empty()
}

// index is the place of a packet of data among those of its source.
func (s *simSource) index(n Seq) int { return s.first.to(n) }

// A simReceiver is a subscriber.
type simReceiver struct {
	n      *network
	addr   netip.Addr
	joined bool
	early  bool // from the beginning
	engine *Receiver
	heard  map[TSI]*simStream
	timer  time.Time
	bend   func(Delivery) []Delivery // what is made of what the engine tells; nil leaves it as it is
}

// A simStream is what a subscriber got of one source.
type simStream struct {
	source  *simSource
	decoder *wire.PGMDecoder
	join    int   // the packet that was the first one for this subscriber
	next    int   // the packet that is to be told of next
	named   int   // up to which packet the subscriber has heard that there are any
	fin     bool  // and that the source ends
	lost    []int // packets that were told as lost
	got     []int // messages, in the order in which they came
	left    bool
}

// arrive takes a packet. Where the source is new to the engine, the packet says where the subscriber joins.
func (r *simReceiver) arrive(b []byte, from netip.Addr) {
	if p, err := Parse(b); err == nil {
		r.note(&p)
	}
	if err := r.engine.Handle(r.n.now, b, from, group1); err != nil {
		r.n.fail("%v", err)
	}
	r.work()
}

// note keeps what a packet says, by which the engine is judged: the first says where the subscriber joins, and each how far the source has come.
func (r *simReceiver) note(p *Packet) {
	join := map[Type]Seq{SPM: p.Lead + 1, ODATA: p.Seq, RDATA: p.Seq}
	n, ok := join[p.Type]
	for _, s := range r.n.sources {
		if ok && s.engine.cfg.TSI == p.TSI && r.heard[p.TSI] == nil {
			r.heard[p.TSI] = &simStream{source: s, decoder: wire.NewPGMDecoder(-1), join: s.index(n), next: -1}
		}
	}
	got := r.heard[p.TSI]
	if got == nil {
		return
	}
	got.fin = got.fin || p.Fin
	if p.Type == ODATA || p.Type == RDATA {
		n++
	}
	if p.Type == NCF {
		for x := range p.Numbers() {
			got.named = max(got.named, got.source.index(x+1))
		}
		return
	}
	got.named = max(got.named, got.source.index(n))
}

// work does what the loop of a receiver does.
func (r *simReceiver) work() {
	r.tell()
	for o, ok := r.engine.Poll(r.n.now); ok; o, ok = r.engine.Poll(r.n.now) {
		r.n.send(o, r.addr)
	}
	r.tell()
	at := r.engine.Deadline()
	if at.IsZero() || at.Equal(r.timer) && r.timer.After(r.n.now) {
		return
	}
	r.timer = at
	r.n.after(max(0, at.Sub(r.n.now)), func() {
		if r.timer.Equal(at) {
			r.timer = time.Time{}
			r.work()
		}
	})
}

// tell takes what the engine tells.
func (r *simReceiver) tell() {
	for d, ok := r.engine.Next(); ok && r.n.fault == nil; d, ok = r.engine.Next() {
		all := []Delivery{d}
		if r.bend != nil {
			all = r.bend(d)
		}
		for _, d := range all {
			if s := r.heard[d.TSI]; s == nil {
				r.n.fail("told of a source that was not heard")
			} else if err := s.take(d); err != nil {
				r.n.fail("%s from source %d: %w", r.addr, d.TSI.Port, err)
			}
		}
	}
}

// take holds the engine to its word: each packet of the source, from the join on, is told once and in order, as data or as lost.
func (s *simStream) take(d Delivery) error {
	if d.Kind == Joined {
		if s.next >= 0 {
			return fmt.Errorf("met twice")
		}
		s.next = s.join
		if !d.Late && s.join != 0 {
			return fmt.Errorf("joined at packet %d, and nobody said that this is late", s.join)
		}
		return nil
	}
	switch d.Kind {
	case Lost:
		for range d.Count {
			s.lost = append(s.lost, s.next)
			s.next++
		}
		s.decoder.Lose()
		if d.Count <= 0 || s.next > len(s.source.packets) {
			return fmt.Errorf("%d packets lost, up to %d of %d", d.Count, s.next, len(s.source.packets))
		}
	case Left:
		s.left = true
	case Data:
		return s.data(d.TSDU)
	case Joined, Expired:
		return fmt.Errorf("expired")
	}
	return nil
}

// data takes the next packet, and the messages that are whole with it.
func (s *simStream) data(tsdu []byte) error {
	if s.next < 0 || s.next >= len(s.source.packets) || !slices.Equal(tsdu, s.source.packets[s.next]) {
		return fmt.Errorf("told of another packet than %d", s.next)
	}
	s.next++
	msgs, err := s.decoder.Decode(tsdu, nil)
	for _, m := range msgs {
		if m.Size() < 5 {
			return fmt.Errorf("message of %d octets", m.Size())
		}
		i := int(binary.BigEndian.Uint32(m.Bytes()[1:]))
		want := simMessage(int(s.source.engine.cfg.TSI.Port), i)
		if !slices.EqualFunc(want.Frames(), m.Frames(), slices.Equal[[]byte]) {
			return fmt.Errorf("message %d is mixed or cut", i)
		}
		s.got = append(s.got, i)
	}
	return err
}

// judge looks at the end: each message that the source began at the join or later was delivered, once and in order, or one of its packets at least was
// told as lost; none of both is none of them. It returns how many there are of each.
func (s *simStream) judge() (delivered, lost int, err error) {
	if s.next != max(s.join, s.named) || s.fin && s.next != len(s.source.packets) {
		return 0, 0, fmt.Errorf("told of %d packets, having heard that there are %d of %d", s.next, s.named, len(s.source.packets))
	}
	var want []int
	for i, m := range s.source.messages {
		if m.first < s.join || m.last >= s.next {
			continue // before his time, or in packets of which no word has come
		}
		if at, _ := slices.BinarySearch(s.lost, m.first); at < len(s.lost) && s.lost[at] <= m.last {
			lost++
		} else {
			want = append(want, i)
		}
	}
	if !slices.Equal(want, s.got) {
		return 0, 0, fmt.Errorf("%d messages are lost for want of packets told as lost, and of the others came %v instead of %v", lost, s.got, want)
	}
	return len(want), lost, nil
}
