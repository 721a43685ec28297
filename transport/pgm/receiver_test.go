package pgm

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A receiverRig is a receiver with a clock that the test turns.
type receiverRig struct {
	t     *testing.T
	r     *Receiver
	start time.Time
	now   time.Time
	spms  Seq
}

// newReceiverRig makes one.
func newReceiverRig(t *testing.T, window int) *receiverRig {
	now := time.Unix(1e9, 0)
	r := NewReceiver(ReceiverConfig{Port: 5555, Window: window, Rand: rand.New(rand.NewPCG(3, 4))})
	return &receiverRig{t: t, r: r, start: now, now: now}
}

// hears gives the receiver a packet of the source and says what it tells.
func (r *receiverRig) hears(p Packet) string {
	p.TSI, p.Port = tsiA, 5555
	require.NoError(r.t, r.r.Handle(r.now, p.AppendTo(nil), hostA, group1))
	return r.told()
}

// told says what the receiver has to tell.
func (r *receiverRig) told() string {
	var words []string
	for d, ok := r.r.Next(); ok; d, ok = r.r.Next() {
		switch d.Kind {
		case Data:
			words = append(words, string(d.TSDU))
		case Lost:
			words = append(words, fmt.Sprintf("lost %d", d.Count))
		case Joined:
			words = append(words, map[bool]string{false: "joined", true: "joined late"}[d.Late])
		case Left:
			words = append(words, "left")
		case Expired:
			words = append(words, "expired")
		}
	}
	return strings.Join(words, ", ")
}

// spm makes the source say where it is.
func (r *receiverRig) spm(trail, lead Seq) string {
	r.spms++
	return r.hears(Packet{Type: SPM, Seq: r.spms, Trail: trail, Lead: lead, Path: hostA})
}

// odata is a packet whose payload is its number.
func odata(n, trail Seq) Packet {
	return Packet{Type: ODATA, Seq: n, Trail: trail, Data: fmt.Append(nil, n)}
}

// until lets time pass and says what is sent, and to whom.
func (r *receiverRig) until(d time.Duration) (lines []string) {
	for {
		for o, ok := r.r.Poll(r.now); ok; o, ok = r.r.Poll(r.now) {
			lines = append(lines, fmt.Sprintf("%s to %s", describe(r.t, o.Packet), o.To))
		}
		at := r.r.Deadline()
		if at.IsZero() || at.After(r.start.Add(d)) {
			r.now = r.start.Add(d)
			return lines
		}
		require.False(r.t, at.Before(r.now))
		r.now = at
	}
}

// TestInOrder delivers what comes in order, across the wrap, and nothing twice.
func TestInOrder(t *testing.T) {
	r := newReceiverRig(t, 80)
	require.Equal(t, "joined", r.spm(0xfffffffe, 0xfffffffd))
	require.Equal(t, "4294967294", r.hears(odata(0xfffffffe, 0xfffffffe)))
	require.Empty(t, r.hears(odata(0xfffffffe, 0xfffffffe)), "twice")
	require.Empty(t, r.hears(odata(1, 0xfffffffe)))
	require.Empty(t, r.hears(odata(0, 0xfffffffe)))
	require.Empty(t, r.hears(odata(0, 0xfffffffe)), "twice, and not delivered yet")
	require.Equal(t, "4294967295, 0, 1", r.hears(odata(0xffffffff, 0xfffffffe)))
	require.Empty(t, r.until(time.Second), "nothing is missing")
}

// TestLateJoin begins with the first data, or behind the first SPM, and asks for nothing before that.
func TestLateJoin(t *testing.T) {
	r := newReceiverRig(t, 80)
	require.Equal(t, "joined late, 7", r.hears(odata(7, 2)))
	require.Empty(t, r.hears(odata(5, 2)))
	require.Empty(t, r.spm(2, 7))
	require.Empty(t, r.until(time.Second))

	r = newReceiverRig(t, 80)
	require.Equal(t, "joined late", r.spm(2, 7))
	require.Empty(t, r.hears(odata(7, 2)))
	require.Equal(t, "8", r.hears(odata(8, 2)))

	r = newReceiverRig(t, 80)
	require.Equal(t, "joined late, 7", r.hears(Packet{Type: RDATA, Seq: 7, Trail: 7, Data: []byte("7")}), "somebody else missed it")
}

// TestNak asks for all that was found missing together in one NAK, again in time, and not for what has come.
func TestNak(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	require.Empty(t, r.hears(odata(4, 0)))
	require.Equal(t, []string{"NAK [1 2 3] to 10.99.0.1"}, r.until(DefaultBackoff))
	require.Empty(t, r.hears(odata(2, 0)))
	lines := r.until(DefaultBackoff + DefaultRepeat + DefaultBackoff)
	require.ElementsMatch(t, []string{"NAK [1] to 10.99.0.1", "NAK [3] to 10.99.0.1"}, lines, "numbers that went apart are asked for apart")
	require.Equal(t, "1, 2", r.hears(odata(1, 0)))
	require.Equal(t, "3, 4", r.hears(odata(3, 0)))
	require.Empty(t, r.until(2*time.Second))
}

// TestNCF keeps quiet where the source has heard it from another, and asks again when the data does not come.
func TestNCF(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	r.hears(odata(5, 0))
	ncf := Packet{Type: NCF, Path: hostA, Group: group1}
	ncf.SetNumbers([]Seq{1, 2, 4})
	r.hears(ncf)
	require.Equal(t, []string{"NAK [3] to 10.99.0.1"}, r.until(DefaultBackoff))
	r.hears(Packet{Type: RDATA, Seq: 3, Data: []byte("3")})
	lines := r.until(DefaultRepeat + DefaultBackoff)
	require.Len(t, lines, 2)
	require.ElementsMatch(t, []string{"NAK [1 2] to 10.99.0.1", "NAK [4] to 10.99.0.1"}, lines)
}

// TestNCFAhead takes an NCF for more than is known as news.
func TestNCFAhead(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	r.hears(Packet{Type: NCF, Seq: 2, Path: hostA, Group: group1})
	require.Equal(t, []string{"NAK [1] to 10.99.0.1"}, r.until(DefaultBackoff))
	require.Empty(t, r.hears(Packet{Type: RDATA, Seq: 2, Data: []byte("2")}))
	require.Equal(t, "1, 2", r.hears(Packet{Type: RDATA, Seq: 1, Data: []byte("1")}))
	r.hears(Packet{Type: NCF, Seq: 100000, Path: hostA, Group: group1})
	require.Empty(t, r.until(time.Second), "too far ahead to be true")
}

// TestTailLoss finds by an SPM that the last packet is missing.
func TestTailLoss(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	require.Empty(t, r.until(time.Second))
	r.spm(0, 1)
	require.Equal(t, []string{"NAK [1] to 10.99.0.1"}, r.until(time.Second+DefaultBackoff))
}

// TestSPMRWanted asks for an SPM where none comes, later and later, and for nothing else until then.
func TestSPMRWanted(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.hears(odata(0, 0))
	r.hears(odata(2, 0))
	lines := r.until(40 * time.Millisecond)
	require.Equal(t, []string{"SPMR to 239.192.1.1", "SPMR to 10.99.0.1"}, lines)
	require.Len(t, r.until(time.Second), 2*(maxSPMRs-1), "no more than so many: who knows whether it comes from there")
	r.spm(0, 2)
	require.Equal(t, []string{"NAK [1] to 10.99.0.1"}, r.until(time.Second+DefaultRepeat+DefaultBackoff))

	near := newReceiverRig(t, 80)
	near.hears(odata(0, 0))
	near.now = near.start.Add(40 * time.Millisecond)
	for _, want := range []Out{{To: group1, Near: true}, {To: hostA}} {
		o, ok := near.r.Poll(near.now)
		require.True(t, ok)
		require.Equal(t, want, Out{To: o.To, Near: o.Near}, "other networks' receivers need not hear it")
	}

	quiet := newReceiverRig(t, 80)
	quiet.hears(odata(0, 0))
	require.NoError(t, quiet.r.Handle(quiet.now, (&Packet{Type: SPMR, TSI: tsiA, Port: 5555}).AppendTo(nil), netip.MustParseAddr("10.99.0.3"), group1))
	require.Empty(t, quiet.until(40*time.Millisecond), "another receiver has asked")
}

// TestSPMRsApart has many receivers want an SPM that does not come: each asks again after about twice the time of the last, and no two at the same times,
// the first time or later; who hears another ask waits as long as if he had asked himself.
func TestSPMRsApart(t *testing.T) {
	spmr := (&Packet{Type: SPMR, TSI: tsiA, Port: 5555}).AppendTo(nil)
	var asked [maxSPMRs]map[time.Duration]bool
	for i := range uint64(50) {
		r := newReceiverRig(t, 80)
		r.r.cfg.Rand = rand.New(rand.NewPCG(i, 1))
		r.hears(odata(0, 0))
		mean := DefaultSPMR
		for n := range asked {
			if i%5 == 4 && n == 2 {
				require.NoError(t, r.r.Handle(r.now, spmr, netip.MustParseAddr("10.99.0.3"), group1))
				mean *= 2
			}
			before := r.now
			at := r.r.peers[tsiA].spmr.at
			require.NotEmpty(t, r.until(at.Sub(r.start)))
			wait := r.now.Sub(before)
			require.GreaterOrEqual(t, wait, mean/2)
			require.Less(t, wait, mean*3/2)
			if asked[n] == nil {
				asked[n] = map[time.Duration]bool{}
			}
			require.False(t, asked[n][r.now.Sub(r.start)], "two at once")
			asked[n][r.now.Sub(r.start)] = true
			mean = min(2*mean, spmrBackoffLimit)
		}
		require.Empty(t, r.until(time.Minute), "no more than so many")
	}
}

// TestGivingUp tells a loss after as many tries as libzmq has, and goes on behind it.
func TestGivingUp(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	r.hears(odata(3, 0))
	r.hears(odata(5, 0))
	naks := r.until(20 * time.Second)
	require.Equal(t, "lost 2, 3, lost 1, 5", r.told())
	require.Len(t, naks, 2*(DefaultRetries+1))
	require.Equal(t, "6", r.hears(odata(6, 0)))

	promised := newReceiverRig(t, 80)
	promised.spm(0, 0xffffffff)
	promised.hears(odata(0, 0))
	promised.hears(odata(2, 0))
	asked, told := 0, ""
	for d := time.Duration(0); d < 20*time.Second && told == ""; d += time.Millisecond {
		for range promised.until(d) {
			asked++
			promised.hears(Packet{Type: NCF, Seq: 1, Path: hostA, Group: group1})
		}
		told = promised.told()
	}
	require.Equal(t, "lost 1, 2", told, "each question confirmed, and none answered")
	require.Equal(t, DefaultRetries+1, asked)

	unknown := newReceiverRig(t, 80)
	require.Equal(t, "joined, 0", unknown.hears(odata(0, 0)))
	unknown.hears(odata(2, 0))
	require.Len(t, unknown.until(20*time.Second), 2*maxSPMRs, "nobody to ask")
	require.Equal(t, "lost 1, 2", unknown.told())
}

// TestTrailPasses tells a loss when the source can repair no more.
func TestTrailPasses(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	r.hears(odata(2, 0))
	r.hears(odata(5, 0))
	require.Equal(t, "lost 1, 2, lost 1", r.spm(4, 5))
	require.Equal(t, "4, 5", r.hears(odata(4, 4)))
	require.Equal(t, "lost 4, 10", r.hears(odata(10, 10)))
}

// TestOwnWindow gives up what data has run too far ahead of.
func TestOwnWindow(t *testing.T) {
	r := newReceiverRig(t, 4)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	require.Empty(t, r.hears(odata(2, 0)))
	require.Empty(t, r.hears(odata(4, 0)))
	require.Equal(t, "lost 1, 2", r.hears(odata(5, 0)))
	require.Equal(t, "lost 1, 4, 5", r.hears(odata(7, 0)))
}

// TestFarAhead takes no memory, and no time, on a packet's word about what came before it.
func TestFarAhead(t *testing.T) {
	r := newReceiverRig(t, 1000)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	require.Equal(t, "lost 1073740808", r.hears(odata(0x3ffffff0, 0))[:15])
	require.Empty(t, r.hears(odata(0x7fffff00, 0)), "nonsense")
	require.Empty(t, r.spm(0x7fffff00, 0x7fffff00), "nonsense")
	p := r.r.peers[tsiA]
	require.LessOrEqual(t, len(p.gaps), 2)
	require.LessOrEqual(t, len(p.have), 1)
	require.Len(t, r.until(DefaultBackoff), 4, "no more is asked for at once than goes into four NAKs")
}

// TestFinReceived tells when the source has ended and nothing is missing; what comes after that is still delivered, and nothing
// that came before is delivered again.
func TestFinReceived(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	fin := Packet{Type: SPM, Seq: 9, Lead: 2, Path: hostA, Fin: true}
	require.Empty(t, r.hears(fin))
	require.Empty(t, r.hears(odata(2, 0)))
	require.Equal(t, "1, 2, left", r.hears(odata(1, 0)))
	require.Empty(t, r.hears(fin))
	require.Empty(t, r.hears(odata(1, 0)))
	require.Equal(t, "3", r.hears(odata(3, 0)))

	gone := newReceiverRig(t, 80)
	gone.spm(0, 0xffffffff)
	gone.hears(fin)
	gone.until(3 * time.Second)
	require.Equal(t, "lost 3, left", gone.told(), "soon after a source has gone there is no hope")
}

// TestExpiry forgets a source that is not heard any more: neither an SPM nor data. OpenPGM's receivers forget one that sends data alone.
func TestExpiry(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	r.until(DefaultExpiry - time.Second)
	require.Empty(t, r.told())
	r.until(DefaultExpiry + time.Second)
	require.Equal(t, "expired", r.told())
	require.Zero(t, r.r.Sources())
	require.True(t, r.r.Deadline().IsZero())

	r = newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	for n := range Seq(3) {
		r.until(time.Duration(2*n+1) * (DefaultExpiry - time.Second))
		require.Equal(t, fmt.Sprint(n), r.hears(odata(n, 0)))
		r.until(time.Duration(2*n+2) * (DefaultExpiry - time.Second))
		require.Empty(t, r.spm(0, n))
	}
}

// TestStaleSPM ignores an SPM that was overtaken by a newer one.
func TestStaleSPM(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.hears(Packet{Type: SPM, Seq: 100, Lead: 0xffffffff, Path: hostA})
	require.Empty(t, r.hears(Packet{Type: SPM, Seq: 99, Trail: 5, Lead: 9, Path: netip.MustParseAddr("10.99.0.3")}))
	require.Equal(t, "0", r.hears(odata(0, 0)))
}

// TestHighSPM takes a first SPM of whatever number: OpenPGM's receivers hear none from 0x80000000 on.
func TestHighSPM(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spms = 0x8fffffff
	require.Equal(t, "joined", r.spm(0, 0xffffffff))
	r.hears(odata(1, 0))
	require.Equal(t, []string{"NAK [0] to 10.99.0.1"}, r.until(DefaultBackoff))
	r.spms = 0xffffffff
	require.Empty(t, r.spm(0, 2), "0 is later than 0x90000000")
	require.Len(t, r.until(2*DefaultBackoff), 1)
}

// TestReset takes OPT_RST as the loss of what is missing.
func TestReset(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	r.hears(odata(1, 0))
	require.Equal(t, "lost 1, 1", r.hears(Packet{Type: SPM, Seq: 9, Lead: 1, Path: hostA, Rst: true}))
}

// TestFragment accounts for a piece of something larger, and tells it as lost.
func TestFragment(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	piece := odata(0, 0)
	piece.TSI, piece.Port = tsiA, 5555
	b := withOptions(piece, 1, 0, 4, 0, 20, 0x81, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20)
	require.NoError(t, r.r.Handle(r.now, b, hostA, group1))
	require.Equal(t, "lost 1", r.told())
	require.Equal(t, "1", r.hears(odata(1, 0)))
}

// TestManySources keeps no more than so many apart: the one that was silent the longest goes, and what is missing of it is lost before that.
func TestManySources(t *testing.T) {
	r := newReceiverRig(t, 80)
	for i := range uint16(maxSources + 10) {
		r.now = r.now.Add(time.Millisecond)
		p := odata(0, 0)
		p.TSI, p.Port = TSI{Port: i}, 5555
		require.NoError(t, r.r.Handle(r.now, p.AppendTo(nil), hostA, group1))
		if p.Seq, p.Data = 2, []byte("2"); i == 0 {
			require.NoError(t, r.r.Handle(r.now, p.AppendTo(nil), hostA, group1))
		}
	}
	require.Equal(t, maxSources, r.r.Sources())
	told := r.told()
	require.Equal(t, 10, strings.Count(told, "expired"))
	require.Equal(t, 1, strings.Count(told, "lost"))
	require.Contains(t, told, "lost 1, 2, expired")
	require.Len(t, r.r.order, maxSources)
}

// TestBudget holds what all sources together may keep here to a bound, however many somebody makes up: the one of which
// most is held gives up first, and tells it, so that another that is missing one packet keeps its share.
func TestBudget(t *testing.T) {
	now := time.Unix(1e9, 0)
	r := &receiverRig{t: t, r: NewReceiver(ReceiverConfig{Port: 5555, Window: 30000, Budget: 1 << 20}), start: now, now: now}
	r.spm(0, 0xffffffff)
	for n := range Seq(5) {
		require.Empty(t, r.hears(odata(n+1, 0)))
	}
	lost := 0
	for i := range 20000 {
		p := Packet{Type: ODATA, TSI: TSI{Port: uint16(i % 100)}, Port: 5555, Seq: Seq(2 * i / 100), Data: make([]byte, 1000)}
		require.NoError(t, r.r.Handle(r.now, p.AppendTo(nil), hostA, group1))
		require.LessOrEqual(t, r.r.held, 1<<20)
		lost += strings.Count(r.told(), "lost 1")
	}
	require.Greater(t, lost, 10000)
	require.Equal(t, "0, 1, 2, 3, 4, 5", r.hears(odata(0, 0)))

	ncf := Packet{Type: NCF, Path: hostA, Group: group1}
	require.Empty(t, r.spm(0, 29000))
	for n := Seq(6); n < 29000; n += 2 * MaxNakList {
		var numbers []Seq
		for i := range Seq(MaxNakList) {
			numbers = append(numbers, n+2*i)
		}
		ncf.SetNumbers(numbers)
		r.hears(ncf)
		require.LessOrEqual(t, r.r.held, 1<<20, "what is missing costs too, where it lies apart")
	}
}

// TestPromises gives up what a source, or whoever speaks in its name, only promises.
func TestPromises(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	r.hears(odata(0, 0))
	r.hears(odata(2, 0))
	told := ""
	for range 60 * 4 {
		told += r.hears(Packet{Type: NCF, Seq: 1, Path: hostA, Group: group1})
		require.Empty(t, r.until(r.now.Sub(r.start)+50*time.Millisecond), "it was promised")
	}
	require.Equal(t, "lost 1, 2", told)
}

// TestHeldApart wants what is held to lie apart from the packet that brought it, and from what came beside it.
func TestHeldApart(t *testing.T) {
	r := newReceiverRig(t, 80)
	r.spm(0, 0xffffffff)
	p := odata(1, 0)
	p.TSI, p.Port = tsiA, 5555
	b := p.AppendTo(make([]byte, 0, 64<<10))
	require.NoError(t, r.r.Handle(r.now, b, hostA, group1))
	clear(b)
	held := r.r.peers[tsiA].have[1]
	require.Less(t, cap(held), 64)
	require.Equal(t, "0, 1", r.hears(odata(0, 0)))
}

// TestNoHost ignores a source that wants to be asked where there is no one host to ask.
func TestNoHost(t *testing.T) {
	r := newReceiverRig(t, 80)
	for _, path := range []string{"0.0.0.0", "239.192.1.1", "255.255.255.255", "::", "ff02::1"} {
		p := Packet{Type: SPM, TSI: tsiA, Port: 5555, Lead: 0xffffffff, Path: netip.MustParseAddr(path)}
		require.ErrorIs(t, r.r.Handle(r.now, p.AppendTo(nil), hostA, group1), ErrMalformed)
	}
	require.Zero(t, r.r.Sources())
}

// TestNotForUs drops what is for another port, and what receivers send.
func TestNotForUs(t *testing.T) {
	r := newReceiverRig(t, 80)
	other := odata(0, 0)
	other.TSI, other.Port = tsiA, 5556
	require.ErrorIs(t, r.r.Handle(r.now, other.AppendTo(nil), hostA, group1), ErrForeign)
	for _, typ := range []Type{NAK, NCF, SPMR} {
		p := Packet{Type: typ, TSI: tsiA, Port: 5555, Path: hostA, Group: group1}
		require.NoError(t, r.r.Handle(r.now, p.AppendTo(nil), hostA, group1))
	}
	require.Zero(t, r.r.Sources(), "none of them defines a source")
	require.Empty(t, r.told())
}
