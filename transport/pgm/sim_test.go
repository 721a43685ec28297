package pgm

import (
	"container/heap"
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
	rnd  *rand.Rand
	now  time.Time
	due  events
	turn int

	loss, twice   float64
	delay, jitter time.Duration
	perfect       bool // nothing is lost from now on
	hasty         bool // sources close as soon as they have published, while packets are lost as ever

	sources   []*simSource
	receivers []*simReceiver
	fault     error // the first thing that went wrong; nothing happens after it
}

// fail notes that something went wrong.
func (n *network) fail(format string, args ...any) {
	if n.fault == nil {
		n.fault = fmt.Errorf(format, args...)
	}
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
	for end := n.now.Add(d); n.fault == nil && len(n.due) > 0 && !n.due[0].at.After(end); {
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

// newNetwork makes one whose nature comes from its seed.
func newNetwork(seed uint64) *network {
	rnd := rand.New(rand.NewPCG(seed, 7))
	n := &network{
		rnd: rnd, now: time.Unix(1e9, 0),
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
	n.hasty = rnd.IntN(2) == 0
	first := []Seq{0, 0xfffffff8, 12345}[rnd.IntN(3)]
	window := []int{8, 80, 2000}[rnd.IntN(3)]
	rate := []int{12500, 125000, 1250000}[rnd.IntN(3)]
	for k := range 1 + rnd.IntN(2) {
		s := &simSource{n: n, addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(1 + k)}), first: first, limit: 200 + rnd.IntN(1200)}
		s.pack = wire.NewPGMPacker(s.limit)
		s.engine = NewSource(n.now, SourceConfig{
			TSI: TSI{GSI: GSI{1, 2, 3, 4, 5, 6}, Port: uint16(1 + k)}, Port: 5555, NLA: s.addr, Group: group1, Rate: rate, Window: window,
			First: first, UDP: true,
		})
		n.sources = append(n.sources, s)
	}
	receivers := 1 + rnd.IntN(4)
	if seed%20 == 7 {
		receivers += 17
	}
	for k := range receivers {
		r := &simReceiver{n: n, addr: netip.AddrFrom4([4]byte{10, 0, 1, byte(k)}), heard: map[TSI]*simStream{}}
		r.engine = NewReceiver(ReceiverConfig{Port: 5555, Window: window, Rand: rand.New(rand.NewPCG(seed, uint64(k)))})
		n.receivers = append(n.receivers, r)
		if k == 0 || rnd.IntN(2) == 0 {
			r.joined, r.early = true, true
		} else {
			n.after(time.Duration(rnd.Int64N(int64(3*time.Second))), func() { r.joined = true })
		}
	}
	return n
}

// run lets the sources publish, and then waits until all is said.
func (n *network) run() {
	end := n.publish()
	if n.hasty {
		for n.runFor(end); n.fault == nil && n.pending(); {
			n.runFor(n.due[0].at.Sub(n.now))
		}
	} else {
		n.rest()
	}
	for _, s := range n.sources {
		s.engine.Close()
		s.work()
	}
	n.runFor(time.Minute)
}

// publish has every source write some messages, and returns when the last is written.
func (n *network) publish() (end time.Duration) {
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
		end = max(end, at)
	}
	return end
}

// rest lets time pass until everybody knows everything.
func (n *network) rest() {
	n.runFor(10 * time.Minute)
	for n.rnd.IntN(2) == 0 && n.pending() {
		n.runFor(time.Minute)
	}
	n.perfect = true // the last word gets through, so that the end can be judged
	for _, s := range n.sources {
		s.work()
	}
	n.runFor(2 * time.Minute)
}

// pending reports whether a source has not sent everything yet.
func (n *network) pending() bool {
	return slices.ContainsFunc(n.sources, func(s *simSource) bool { return len(s.queue) > 0 || !s.engine.Free() })
}

// An outcome is what has become of the messages of a network, or of many.
type outcome struct {
	delivered int // messages
	lost      int // messages with a packet that was told as lost
	streams   int // what one subscriber hears of one source
	deaf      int // of those, how many a source ended of which a subscriber who was there all the time never heard that it ends
}

// add counts another outcome.
func (o *outcome) add(x outcome) {
	o.delivered, o.lost, o.streams, o.deaf = o.delivered+x.delivered, o.lost+x.lost, o.streams+x.streams, o.deaf+x.deaf
}

// judge looks at the end: of every message is known what has become of it, no gap is open, and every source has left, as far as any packet has told.
func (n *network) judge() (all outcome, err error) {
	if n.fault != nil {
		return outcome{}, n.fault
	}
	for _, r := range n.receivers {
		for _, s := range n.sources {
			o, err := n.judgeStream(r, s)
			if err != nil {
				return outcome{}, fmt.Errorf("%s from source %d: %w", r.addr, s.engine.cfg.TSI.Port, err)
			}
			all.add(o)
		}
	}
	return all, nil
}

// judgeStream looks at what r knows of s.
func (n *network) judgeStream(r *simReceiver, s *simSource) (o outcome, err error) {
	got, p := r.heard[s.engine.cfg.TSI], r.engine.peers[s.engine.cfg.TSI]
	o.streams = 1
	switch {
	case !s.engine.Gone(n.now):
		return o, fmt.Errorf("it stays for ever")
	case got == nil && n.hasty && !r.early:
		return o, nil
	case got == nil:
		return o, fmt.Errorf("nothing is known of it")
	case got.fin && !got.left || !got.fin && !n.hasty:
		return o, fmt.Errorf("nothing is known of its end")
	case len(p.gaps) > 0 || len(p.have) > 0:
		return o, fmt.Errorf("%d gaps are open, up to %d of %d", len(p.gaps), p.lead, s.engine.window.lead)
	}
	if !got.fin && r.early {
		o.deaf = 1
	}
	o.delivered, o.lost, err = got.judge()
	return o, err
}

// TestNetworks simulates as many networks as there are seeds: each message that is sent once a subscriber has joined is delivered once, in order and
// whole, or told as lost.
func TestNetworks(t *testing.T) {
	var all outcome
	receivers := 0
	for seed := range uint64(*seeds) {
		n := newNetwork(seed)
		n.run()
		o, err := n.judge()
		require.NoError(t, err, "seed %d", seed)
		all.add(o)
		receivers = max(receivers, len(n.receivers))
	}
	t.Logf("%d networks of up to %d receivers: %+v", *seeds, receivers, all)
	require.Positive(t, all.delivered)
	require.Positive(t, all.lost)
	require.GreaterOrEqual(t, receivers, 18)
	require.LessOrEqual(t, all.deaf, all.streams/200, "it is said again and again")
}

// TestClosings closes sources as soon as they have published, where every fifth packet is lost: hardly anything of their last is.
func TestClosings(t *testing.T) {
	var all outcome
	closings, hurt := 0, 0
	for seed := range uint64(max(100, *seeds/2)) {
		n := newNetwork(seed)
		n.loss, n.hasty = 0.2, true
		n.sources, n.receivers = n.sources[:1], n.receivers[:1]
		n.sources[0].engine.window.size = 1 << 20
		n.receivers[0].engine.cfg.Window = 1 << 20
		n.run()
		o, err := n.judge()
		require.NoError(t, err, "seed %d", seed)
		all.add(o)
		closings++
		if o.lost+o.deaf > 0 {
			hurt++
		}
	}
	t.Logf("%d closings, %d with a loss: %+v", closings, hurt, all)
	require.LessOrEqual(t, hurt, closings/8, "more than half of them where a source stays for one question only")
}

// bends are ways to tell of losses, and of data, that must not go unseen.
var bends = map[string]func() func(Delivery) []Delivery{
	"a loss that is not told": always(Lost, func(Delivery) []Delivery { return nil }),
	"told as one less": always(Lost, func(d Delivery) []Delivery {
		if d.Count--; d.Count == 0 {
			return nil
		}
		return []Delivery{d}
	}),
	"told as one more": always(Lost, func(d Delivery) []Delivery { d.Count++; return []Delivery{d} }),
	"told twice":       always(Lost, func(d Delivery) []Delivery { return []Delivery{d, d} }),
	"data as lost": func() func(Delivery) []Delivery { // what the count alone would not show
		owed := 0
		return func(d Delivery) []Delivery {
			switch {
			case d.Kind == Lost:
				owed += d.Count
				return nil
			case d.Kind == Data && owed > 0:
				owed--
				return []Delivery{{Kind: Lost, TSI: d.TSI, Count: 1}}
			}
			return []Delivery{d}
		}
	},
	"a packet that is not told": func() func(Delivery) []Delivery {
		count := 0
		return func(d Delivery) []Delivery {
			if d.Kind == Data {
				if count++; count == 10 {
					return nil
				}
			}
			return []Delivery{d}
		}
	},
	"a packet told twice": always(Data, func(d Delivery) []Delivery { return []Delivery{d, d} }),
}

// always bends all that is told of one kind.
func always(kind Kind, bend func(Delivery) []Delivery) func() func(Delivery) []Delivery {
	return func() func(Delivery) []Delivery {
		return func(d Delivery) []Delivery {
			if d.Kind == kind {
				return bend(d)
			}
			return []Delivery{d}
		}
	}
}

// TestJudge bends what one subscriber is told, in networks with losses: each time the judge sees it.
func TestJudge(t *testing.T) {
	networks := 0
	for seed := uint64(0); networks < 3; seed++ {
		straight := newNetwork(seed)
		if straight.hasty {
			continue
		}
		straight.run()
		if len(straight.receivers[0].heard[straight.sources[0].engine.cfg.TSI].lost) == 0 || len(straight.receivers) > 4 {
			continue
		}
		networks++
		for name, bend := range bends {
			n := newNetwork(seed)
			n.receivers[0].bend = bend()
			n.run()
			_, err := n.judge()
			require.Error(t, err, "%s, seed %d", name, seed)
		}
	}
}

// TestPatience wants nothing lost at all where the windows are large enough for it, however bad the network.
func TestPatience(t *testing.T) {
	for seed := range uint64(max(10, *seeds/10)) {
		n := newNetwork(seed)
		n.loss, n.twice, n.hasty = 0.3, 0.1, false
		for _, s := range n.sources {
			s.engine.window.size = 1 << 20
		}
		for _, r := range n.receivers {
			r.engine.cfg.Window = 1 << 20
		}
		n.run()
		o, err := n.judge()
		require.NoError(t, err, "seed %d", seed)
		require.Zero(t, o.lost, "seed %d", seed)
	}
}
