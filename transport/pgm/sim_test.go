package pgm

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/wire"
)

// seeds is how many networks TestNetworks simulates: go test ./transport/pgm -run Networks -seeds 5000
var seeds = flag.Int("seeds", 200, "simulated networks")

// A network is a simulated one: sources and receivers, and packets that are lost, doubled, delayed and overtaken. Its
// clock jumps from event to event; everything in it comes from its seed.
type network struct {
	t    testing.TB
	rnd  *rand.Rand
	now  time.Time
	due  events
	turn int

	loss, twice   float64
	delay, jitter time.Duration
	perfect       bool // nothing is lost from now on

	sources   []*simSource
	receivers []*simReceiver
}

// An event is something that happens at a time.
type event struct {
	at   time.Time
	turn int // keeps events of one time in order
	do   func()
}

// events is a heap.
type events []event

func (e *events) Len() int { return len(*e) }
func (e *events) Less(i, j int) bool {
	a, b := (*e)[i], (*e)[j]
	return a.at.Before(b.at) || a.at.Equal(b.at) && a.turn < b.turn
}
func (e *events) Swap(i, j int) { (*e)[i], (*e)[j] = (*e)[j], (*e)[i] }
func (e *events) Push(x any)    { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// after makes something happen.
func (n *network) after(d time.Duration, do func()) {
	n.turn++
	heap.Push(&n.due, event{n.now.Add(d), n.turn, do})
}

// runFor lets time pass.
func (n *network) runFor(d time.Duration) {
	for end := n.now.Add(d); len(n.due) > 0 && !n.due[0].at.After(end); {
		e := heap.Pop(&n.due).(event)
		n.now = e.at
		e.do()
	}
}

// carry takes a packet to one place: not at all, once or twice, some time later.
func (n *network) carry(packet []byte, arrive func([]byte)) {
	copies := 1
	switch x := n.rnd.Float64(); {
	case n.perfect:
	case x < n.loss:
		copies = 0
	case x < n.loss+n.twice:
		copies = 2
	}
	for range copies {
		p := slices.Clone(packet)
		n.after(n.delay+time.Duration(n.rnd.Int64N(int64(n.jitter)+1)), func() { arrive(p) })
	}
}

// send takes a packet where it goes: to all of the group, or to the host of a source.
func (n *network) send(o Out, from netip.Addr) {
	for _, s := range n.sources {
		if o.To == s.addr {
			n.carry(o.Packet, s.arrive)
		}
	}
	if o.To != group1 {
		return
	}
	for _, r := range n.receivers {
		if r.joined && r.addr != from {
			n.carry(o.Packet, func(p []byte) { r.arrive(p, from) })
		}
	}
}

// A simSource is a publisher.
type simSource struct {
	n       *network
	addr    netip.Addr
	engine  *Source
	pack    *wire.PGMPacker
	queue   []wire.Message
	written int // messages written so far
	timer   time.Time
	dead    bool
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
	s.queue = append(s.queue, simMessage(int(s.engine.cfg.TSI.Port), s.written))
	s.written++
	s.work()
}

// arrive takes a packet.
func (s *simSource) arrive(p []byte) {
	if s.dead {
		return
	}
	_ = s.engine.Handle(s.n.now, p)
	s.work()
}

// work does what the actor of a source does.
func (s *simSource) work() {
	for {
		for o, ok := s.engine.Poll(s.n.now); ok; o, ok = s.engine.Poll(s.n.now) {
			s.n.send(o, s.addr)
		}
		if !s.engine.Free() {
			break
		}
		s.pack.Reset()
		for len(s.queue) > 0 && s.pack.Add(s.queue[0]) {
			s.queue = s.queue[1:]
		}
		if s.pack.Empty() {
			break
		}
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

// A simReceiver is a subscriber.
type simReceiver struct {
	n      *network
	addr   netip.Addr
	joined bool
	engine *Receiver
	heard  map[TSI]*simStream
	timer  time.Time
}

// A simStream is what a subscriber got of one source.
type simStream struct {
	decoder *wire.PGMDecoder
	next    int  // the message that comes next
	begun   bool // something has come
	late    bool // it had sent before we came
	lost    int  // packets, in all
	excuse  bool // packets were lost since the last message, or we came late
	left    bool
}

// arrive takes a packet.
func (r *simReceiver) arrive(p []byte, from netip.Addr) {
	require.NoError(r.n.t, r.engine.Handle(r.n.now, p, from, group1))
	r.work()
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

// tell takes what the engine tells, and holds it to its word: messages come whole, once and in order, and none is missing
// without a loss having been told.
func (r *simReceiver) tell() {
	t := r.n.t
	for d, ok := r.engine.Next(); ok; d, ok = r.engine.Next() {
		s := r.heard[d.TSI]
		switch d.Kind {
		case Joined:
			require.Nil(t, s, "a source that was met twice")
			r.heard[d.TSI] = &simStream{decoder: wire.NewPGMDecoder(-1), late: d.Late, excuse: d.Late}
		case Lost:
			require.Positive(t, d.Count)
			s.lost += d.Count
			s.excuse = true
			s.decoder.Lose()
		case Left:
			s.left = true
		case Expired:
			t.Fatal("expired")
		case Data:
			msgs, err := s.decoder.Decode(d.TSDU, nil)
			require.NoError(t, err)
			for _, m := range msgs {
				s.take(t, int(d.TSI.Port), m)
			}
		}
	}
}

// take takes one message.
func (s *simStream) take(t testing.TB, k int, m wire.Message) {
	require.Len(t, m.Bytes(), 5)
	require.Equal(t, byte(k), m.Bytes()[0])
	i := int(binary.BigEndian.Uint32(m.Bytes()[1:]))
	want := simMessage(k, i)
	require.Equal(t, want.Len(), m.Len(), "message %d is mixed or cut", i)
	for j := range want.Len() {
		require.True(t, bytes.Equal(want.Frame(j), m.Frame(j)), "message %d is mixed or cut in frame %d", i, j)
	}
	require.GreaterOrEqual(t, i, s.next, "message twice, or out of order")
	if i > s.next {
		require.True(t, s.excuse, "messages %d to %d are missing, and nobody said so", s.next, i-1)
	}
	s.begun, s.excuse, s.next = true, false, i+1
}

// newNetwork makes one whose nature comes from its seed.
func newNetwork(t testing.TB, seed uint64) *network {
	rnd := rand.New(rand.NewPCG(seed, 7))
	n := &network{
		t: t, rnd: rnd, now: time.Unix(1e9, 0),
		delay: time.Duration(rnd.Int64N(int64(20 * time.Millisecond))), jitter: time.Duration(rnd.Int64N(int64(30 * time.Millisecond))),
	}
	if rnd.IntN(4) > 0 {
		n.loss = rnd.Float64() * 0.35
	}
	if rnd.IntN(2) > 0 {
		n.twice = rnd.Float64() * 0.2
	}
	if rnd.IntN(3) == 0 {
		n.jitter = 0
	}
	first := []Seq{0, 0xfffffff8, 12345}[rnd.IntN(3)]
	window := []int{8, 80, 2000}[rnd.IntN(3)]
	rate := []int{12500, 125000, 1250000}[rnd.IntN(3)]
	for k := range 1 + rnd.IntN(2) {
		s := &simSource{n: n, addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(1 + k)}), pack: wire.NewPGMPacker(200 + rnd.IntN(1200))}
		s.engine = NewSource(n.now, SourceConfig{
			TSI: TSI{GSI: GSI{1, 2, 3, 4, 5, 6}, Port: uint16(1 + k)}, Port: 5555, NLA: s.addr, Group: group1, Rate: rate, Window: window,
			First: first, UDP: true,
		})
		n.sources = append(n.sources, s)
	}
	for k := range 1 + rnd.IntN(4) {
		r := &simReceiver{n: n, addr: netip.AddrFrom4([4]byte{10, 0, 1, byte(k)}), heard: map[TSI]*simStream{}}
		r.engine = NewReceiver(ReceiverConfig{Port: 5555, Window: window, Rand: rand.New(rand.NewPCG(seed, uint64(k)))})
		n.receivers = append(n.receivers, r)
		if k == 0 || rnd.IntN(2) == 0 {
			r.joined = true
		} else {
			n.after(time.Duration(rnd.Int64N(int64(3*time.Second))), func() { r.joined = true })
		}
	}
	return n
}

// run lets the sources publish, and then waits until all is said.
func (n *network) run() {
	total := 50 + n.rnd.IntN(200)
	for _, s := range n.sources {
		s.work()
		at := time.Duration(0)
		for range total {
			n.after(at, s.write)
			if n.rnd.IntN(5) == 0 {
				at += time.Duration(n.rnd.Int64N(int64(100 * time.Millisecond)))
			}
		}
	}
	n.runFor(10 * time.Minute)
	for n.rnd.IntN(2) == 0 && n.pending() {
		n.runFor(time.Minute)
	}
	n.perfect = true // the last word gets through, so that the end can be judged
	for _, s := range n.sources {
		s.work()
	}
	n.runFor(2 * time.Minute)
	for _, s := range n.sources {
		s.engine.Close()
		s.work()
	}
	n.runFor(5 * time.Second)
}

// pending reports whether a source has not sent everything yet.
func (n *network) pending() bool {
	return slices.ContainsFunc(n.sources, func(s *simSource) bool { return len(s.queue) > 0 || !s.engine.Free() })
}

// judge looks at the end: every message is there or its loss is known, no gap is open, and every source has left.
func (n *network) judge() (delivered, lost int) {
	t := n.t
	for i, r := range n.receivers {
		for _, s := range n.sources {
			at := fmt.Sprintf("receiver %d, source %d", i, s.engine.cfg.TSI.Port)
			require.True(t, s.engine.Done(), at)
			got := r.heard[s.engine.cfg.TSI]
			require.NotNil(t, got, at)
			if got.next != s.written {
				require.True(t, got.excuse, "%s: messages from %d of %d are missing at the end", at, got.next, s.written)
			}
			require.True(t, got.left, at)
			p := r.engine.peers[s.engine.cfg.TSI]
			require.Empty(t, p.gaps, at)
			require.Empty(t, p.have, at)
			require.Equal(t, s.engine.window.lead, p.lead, at)
			delivered += got.next
			lost += got.lost
		}
	}
	return delivered, lost
}

// TestNetworks simulates as many networks as there are seeds.
func TestNetworks(t *testing.T) {
	var delivered, lost int
	for seed := range uint64(*seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			n := newNetwork(t, seed)
			n.run()
			d, l := n.judge()
			delivered, lost = delivered+d, lost+l
		})
	}
	t.Logf("%d networks, %d messages delivered, %d packets told as lost", *seeds, delivered, lost)
	require.Positive(t, delivered)
}

// TestPatience wants nothing lost at all where the windows are large enough for it, however bad the network.
func TestPatience(t *testing.T) {
	for seed := range uint64(max(10, *seeds/10)) {
		n := newNetwork(t, seed)
		n.loss, n.twice = 0.3, 0.1
		for _, s := range n.sources {
			s.engine.window.size = 1 << 20
		}
		for _, r := range n.receivers {
			r.engine.cfg.Window = 1 << 20
		}
		n.run()
		_, lost := n.judge()
		require.Zero(t, lost, "seed %d", seed)
	}
}
