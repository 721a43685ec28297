package pgm

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A sourceRig is a source with a clock that the test turns.
type sourceRig struct {
	t     *testing.T
	s     *Source
	start time.Time
	now   time.Time
}

// newSourceRig makes one, with what the test wants different.
func newSourceRig(t *testing.T, change func(*SourceConfig)) *sourceRig {
	cfg := SourceConfig{TSI: tsiA, Port: 5555, NLA: hostA, Group: group1, Rate: 1 << 20, Window: 8, UDP: true}
	if change != nil {
		change(&cfg)
	}
	now := time.Unix(1e9, 0)
	return &sourceRig{t: t, s: NewSource(now, cfg), start: now, now: now}
}

// until lets time pass up to d after the start and says what is sent when: "100ms SPM 3 0..1".
func (r *sourceRig) until(d time.Duration) (lines []string) {
	for {
		for o, ok := r.s.Poll(r.now); ok; o, ok = r.s.Poll(r.now) {
			require.Equal(r.t, group1, o.To)
			lines = append(lines, fmt.Sprintf("%v %s", r.now.Sub(r.start), describe(r.t, o.Packet)))
		}
		at := r.s.Deadline(r.now)
		if at.IsZero() || at.After(r.start.Add(d)) {
			r.now = r.start.Add(d)
			return lines
		}
		require.False(r.t, at.Before(r.now))
		r.now = at
	}
}

// describe words a packet.
func describe(t *testing.T, b []byte) string {
	p, err := Parse(b)
	require.NoError(t, err)
	switch p.Type {
	case SPM:
		fin := ""
		if p.Fin {
			fin = " FIN"
		}
		return fmt.Sprintf("SPM %d %d..%d%s", p.Seq, p.Trail, int32(p.Lead), fin)
	case ODATA, RDATA:
		return fmt.Sprintf("%s %d trail %d %q", p.Type, p.Seq, p.Trail, p.Data)
	case SPMR:
		return "SPMR"
	case NAK, NCF:
	}
	return fmt.Sprintf("%s %d", p.Type, slices.Collect(p.Numbers()))
}

// data submits a packet.
func (r *sourceRig) data(text string) {
	require.True(r.t, r.s.Free())
	r.s.Submit([]byte(text))
}

// ask makes a receiver send a NAK.
func (r *sourceRig) ask(numbers ...Seq) error {
	p := Packet{Type: NAK, TSI: tsiA, Port: 5555, Path: hostA, Group: group1}
	p.SetNumbers(numbers)
	return r.s.Handle(r.now, p.AppendTo(nil))
}

// TestSPMsBeforeData wants SPMs first even where data waits already.
func TestSPMsBeforeData(t *testing.T) {
	r := newSourceRig(t, nil)
	r.data("first")
	require.Equal(t, []string{"0s SPM 0 0..-1", "0s SPM 1 0..-1", "0s SPM 2 0..-1", `0s ODATA 0 trail 0 "first"`}, r.until(0))
}

// TestHeartbeats wants SPMs that thin out after data, and ambient ones for ever.
func TestHeartbeats(t *testing.T) {
	r := newSourceRig(t, nil)
	r.data("x")
	r.until(0)
	require.Equal(t, []string{
		"100ms SPM 3 0..0", "300ms SPM 4 0..0", "700ms SPM 5 0..0", "1.5s SPM 6 0..0", "3.1s SPM 7 0..0", "6.3s SPM 8 0..0",
		"12.7s SPM 9 0..0", "25.5s SPM 10 0..0", "55.5s SPM 11 0..0", "1m25.5s SPM 12 0..0",
	}, r.until(100*time.Second))

	idle := newSourceRig(t, nil)
	idle.until(0)
	require.Equal(t, []string{"30s SPM 3 0..-1", "1m0s SPM 4 0..-1"}, idle.until(61*time.Second))
}

// TestNoHeartbeatsAmongData wants none while data flows, but for the ambient ones: who joins then must learn where to ask.
func TestNoHeartbeatsAmongData(t *testing.T) {
	r := newSourceRig(t, nil)
	r.until(0)
	var spms []string
	for i := range 400 {
		r.data("x")
		for _, line := range r.until(time.Duration(i) * 90 * time.Millisecond) {
			if strings.Contains(line, "SPM") {
				spms = append(spms, line)
			}
		}
	}
	require.Len(t, spms, 1)
	require.Contains(t, spms[0], "30s SPM 3 ")
}

// TestRepair wants each NAK confirmed at once and what is in the window repaired, once for all that ask meanwhile.
func TestRepair(t *testing.T) {
	r := newSourceRig(t, func(c *SourceConfig) { c.First = 0xfffffffe })
	for i := range 4 {
		r.data(fmt.Sprint(i))
		r.until(0)
	}
	r.now = r.now.Add(time.Millisecond)
	require.NoError(t, r.ask(0xffffffff))
	require.NoError(t, r.ask(0xffffffff))
	require.NoError(t, r.ask(0, 0xffffffff, 1, 77))
	require.Equal(t, []string{
		"1ms NCF [4294967295]", "1ms NCF [0 4294967295 1 77]",
		`1ms RDATA 4294967295 trail 4294967294 "1"`, `1ms RDATA 0 trail 4294967294 "2"`, `1ms RDATA 1 trail 4294967294 "3"`,
	}, r.until(time.Millisecond))
}

// TestOrder has everything wait at once: what keeps receivers from asking again goes first, and repairs before new data.
// https://www.rfc-editor.org/rfc/rfc3208#section-5.1.3
func TestOrder(t *testing.T) {
	r := newSourceRig(t, nil)
	r.data("old")
	r.until(0)
	r.now = r.start.Add(heartbeatMin)
	r.data("new")
	require.NoError(t, r.ask(0))
	require.Equal(t, []string{
		"100ms NCF [0]", "100ms SPM 3 0..0", `100ms RDATA 0 trail 0 "old"`, `100ms ODATA 1 trail 0 "new"`,
	}, r.until(heartbeatMin))
}

// TestNotMine drops NAKs that are not for this source.
func TestNotMine(t *testing.T) {
	r := newSourceRig(t, nil)
	r.data("x")
	r.until(0)
	good := Packet{Type: NAK, TSI: tsiA, Port: 5555, Path: hostA, Group: group1}
	for name, change := range map[string]func(*Packet){
		"GSI": func(p *Packet) { p.TSI.GSI[0]++ }, "source port": func(p *Packet) { p.TSI.Port++ }, "port": func(p *Packet) { p.Port++ },
		"NLA": func(p *Packet) { p.Path = netip.MustParseAddr("10.99.0.2") }, "group": func(p *Packet) { p.Group = hostA },
	} {
		p := good
		change(&p)
		require.ErrorIs(t, r.s.Handle(r.now, p.AppendTo(nil)), ErrForeign, name)
	}
	for _, own := range []Packet{
		{Type: SPM, Path: hostA, Lead: 0}, {Type: ODATA, Data: []byte("x")}, {Type: RDATA, Data: []byte("x")}, {Type: NCF, Path: hostA, Group: group1},
	} {
		own.TSI, own.Port = tsiA, 5555
		require.ErrorIs(t, r.s.Handle(r.now, own.AppendTo(nil)), ErrForeign, "its own, looped back: nobody asks")
	}
	require.Empty(t, r.until(0))
	require.True(t, r.s.asked.IsZero())
	require.NoError(t, r.s.Handle(r.now, good.AppendTo(nil)))
	require.Len(t, r.until(0), 2)
}

// TestWindow lets the trail follow, and tells who asks for what has gone.
func TestWindow(t *testing.T) {
	r := newSourceRig(t, func(c *SourceConfig) { c.Window, c.Rate = 3, 1<<24 })
	for i := range 8 {
		r.data(fmt.Sprint(i))
		r.until(0)
	}
	r.now = r.start.Add(10 * time.Millisecond)
	require.NoError(t, r.ask(4, 5))
	require.Equal(t, []string{"10ms NCF [4 5]", `10ms RDATA 5 trail 5 "5"`}, r.until(10*time.Millisecond))
	require.Equal(t, []string{"100ms SPM 3 5..7"}, r.until(150*time.Millisecond), "at the first time that an SPM may follow the last")
}

// TestLongWindow goes round the window many times and finds what it holds.
func TestLongWindow(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 64} {
		w := newTxWindow(size, 0xffffff00)
		for i := range 1000 {
			w.add([]byte{byte(i), byte(i >> 8)})
			for n := range Seq(1010) {
				got := w.get(0xffffff00 + n)
				if int(n) <= i && int(n) > i-size {
					require.Equal(t, []byte{byte(n), byte(n >> 8)}, got)
				} else {
					require.Nil(t, got)
				}
			}
		}
	}
}

// TestSPMR answers at once, and no more often than heartbeats may come.
func TestSPMR(t *testing.T) {
	r := newSourceRig(t, nil)
	r.until(time.Second)
	b := (&Packet{Type: SPMR, TSI: tsiA, Port: 5555}).AppendTo(nil)
	for range 5 {
		require.NoError(t, r.s.Handle(r.now, b))
	}
	require.Equal(t, []string{"1s SPM 3 0..-1"}, r.until(time.Second))
	require.NoError(t, r.s.Handle(r.now, b))
	require.Equal(t, []string{"1.1s SPM 4 0..-1"}, r.until(2*time.Second))
}

// TestFin says the end three times at once, behind what was waiting, and again and again while the source stays: not long where nobody has asked
// anything, longer after each question, and not for ever.
func TestFin(t *testing.T) {
	r := newSourceRig(t, func(c *SourceConfig) { c.Rate = 100 })
	r.data("last")
	r.s.Close()
	require.False(t, r.s.Free())
	lines := r.until(20 * time.Second)
	require.Contains(t, lines[3], "ODATA 0")
	fins := 0
	for _, l := range lines[4:] {
		if strings.Contains(l, "0..0 FIN") {
			fins++
		}
	}
	require.Equal(t, 3, fins, "the rate does not allow more in the time")
	require.Contains(t, lines[len(lines)-1], "FIN", "nothing comes after the end")
	require.True(t, r.s.Gone(r.now))

	r.now = r.start.Add(25 * time.Second)
	require.NoError(t, r.ask(0))
	require.Equal(t, []string{"25s NCF [0]", `25.200000001s RDATA 0 trail 0 "last"`}, r.until(60*time.Second), "what is missed is still repaired")
	require.Empty(t, r.s.Farewell(), "it is said")

	r = newSourceRig(t, nil)
	r.data("last")
	r.s.Close()
	r.until(0)
	require.True(t, r.s.Done())
	require.Equal(t, []string{"100ms SPM 6 0..0 FIN"}, r.until(150*time.Millisecond))
	require.NoError(t, r.ask(0))
	require.Equal(t, []string{
		"150ms NCF [0]", `150ms RDATA 0 trail 0 "last"`, "200ms SPM 7 0..0 FIN", "300ms SPM 8 0..0 FIN", "400ms SPM 9 0..0 FIN",
		"500ms SPM 10 0..0 FIN", "600ms SPM 11 0..0 FIN", "700ms SPM 12 0..0 FIN",
	}, r.until(749*time.Millisecond))
	require.False(t, r.s.Gone(r.now))
	require.NoError(t, r.s.Handle(r.now, (&Packet{Type: SPMR, TSI: tsiA, Port: 5555}).AppendTo(nil)))
	require.Equal(t, []string{"800ms SPM 13 0..0 FIN"}, r.until(850*time.Millisecond), "not sooner after the last")
	for d := time.Second; d < 10*time.Second; d += 500 * time.Millisecond {
		require.Equal(t, d >= finLimit, r.s.Gone(r.start.Add(d)))
		r.until(d)
		require.NoError(t, r.ask(0))
	}

	stale := newSourceRig(t, nil)
	stale.data("long since")
	stale.until(finFresh + time.Millisecond)
	stale.s.Close()
	stale.until(finFresh + time.Millisecond)
	require.True(t, stale.s.Gone(stale.now))
	require.True(t, stale.s.Deadline(stale.now).IsZero())

	late := newSourceRig(t, nil)
	late.data("long since")
	late.until(finFresh)
	require.NoError(t, late.ask(0))
	late.until(finFresh + time.Millisecond)
	late.s.Close()
	late.until(finFresh + finGrace - time.Millisecond)
	require.False(t, late.s.Gone(late.now), "somebody misses it all the same")
	late.until(finFresh + finGrace + time.Millisecond)
	require.True(t, late.s.Gone(late.now))

	hasty := newSourceRig(t, nil)
	hasty.data("x")
	require.Len(t, hasty.s.Farewell(), startSPMs)
	require.True(t, hasty.s.Done())
}

// TestRate holds everything that is sent to the rate: a burst of a second's worth, and then one packet at a time.
func TestRate(t *testing.T) {
	r := newSourceRig(t, func(c *SourceConfig) { c.Rate, c.Window = 12500, 80 })
	sent, total := 0, 0
	count := func(d time.Duration) {
		for {
			for o, ok := r.s.Poll(r.now); ok; o, ok = r.s.Poll(r.now) {
				total += len(o.Packet) + 28
				sent++
			}
			if r.s.Free() {
				r.s.Submit(make([]byte, 1428))
				continue
			}
			at := r.s.Deadline(r.now)
			if at.After(r.start.Add(d)) {
				return
			}
			r.now = at
		}
	}
	count(0)
	require.Equal(t, 3+8, sent, "three SPMs and eight full packets at once, as libzmq")
	for range 3 { // repairs count too
		require.NoError(t, r.ask(0, 1, 2, 3, 4, 5))
	}
	count(10 * time.Second)
	require.InDelta(t, 11*12500, total, 1500)

	six := NewSource(r.now, SourceConfig{
		TSI: tsiA, Port: 5555, NLA: netip.MustParseAddr("fd00::1"), Group: netip.MustParseAddr("ff15::1"), Rate: 1000, Window: 8, UDP: true,
	})
	o, ok := six.Poll(r.now)
	require.True(t, ok)
	require.InDelta(t, 1000-40-8-len(o.Packet), six.rate.tokens, 0.1, "the headers of IPv6 are larger")

	fast := newBucket(r.now, 125_000_000)
	require.InDelta(t, 250_000, fast.size, 1, "a fast one has two milliseconds' worth")
	fast.take(r.now, 250_000)
	require.Equal(t, 8*time.Microsecond, fast.when(1000).Sub(r.now).Round(time.Microsecond))
}

// TestFloodOfNAKs holds what is remembered of askers to a bound.
func TestFloodOfNAKs(t *testing.T) {
	r := newSourceRig(t, func(c *SourceConfig) { c.Rate = 1 })
	for i := range 10000 {
		require.NoError(t, r.ask(Seq(i)))
	}
	require.LessOrEqual(t, len(r.s.ncfs), maxNCFs)
	require.Empty(t, r.s.repairs)
}
