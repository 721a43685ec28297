package interop

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/transport/pgm"
)

// A questionnaire counts how many receivers ask for the same packets, where nothing is repaired until all of them have had the time to.
type questionnaire struct {
	deaf  bool // no NCF gets through: nobody hears that others have asked
	lost  func(pgm.Seq) bool
	first map[pgm.Seq]time.Time
	asked map[string]bool // "host number"
}

// patient is longer than anybody waits before he asks, and shorter than anybody waits before he asks again.
const patient = 150 * time.Millisecond

// lose is for lab.losing.
func (q *questionnaire) lose(from, to int, p pgm.Packet) bool {
	switch p.Type {
	case pgm.ODATA:
		return q.lost(p.Seq)
	case pgm.NCF:
		return q.deaf
	case pgm.RDATA:
		return time.Since(q.first[p.Seq]) < patient
	case pgm.NAK:
		for n := range p.Numbers() {
			if to != 0 || !q.lost(n) {
				continue
			}
			if q.first[n].IsZero() {
				q.first[n] = time.Now()
			}
			if time.Since(q.first[n]) < patient {
				q.asked[fmt.Sprint(from, n)] = true
			}
		}
	case pgm.SPM, pgm.SPMR:
	}
	return false
}

// TestMulticastManyReceivers has four subscribers, of both makes, lose the same packets: one asks, the others hear that the source was asked, and all get
// what was lost. Where they do not hear it, each asks: that is how many questions there would be.
func TestMulticastManyReceivers(t *testing.T) {
	forMulticast(t, 5, func(t *testing.T, ctx context.Context, l *lab, mode string, pubBy, subBy side) {
		var subs []*multicaster
		for i, by := range []side{subBy, pubBy, byWeir, byWeir} {
			subs = append(subs, l.startMulticaster(ctx, 1+i, by, "sub", groupOf(mode, 1+i, false), "rate=10000"))
		}
		pub := l.startMulticaster(ctx, 0, pubBy, "pub", groupOf(mode, 0, false), "rate=10000")
		meet(ctx, pub, subs...)
		from, to := 2, 0
		ask := func(deaf bool) (asked, most int) {
			defer func() { from = to + 1 }()
			to = from + 58
			q := &questionnaire{deaf: deaf, lost: func(n pgm.Seq) bool { return n%5 == 3 }, first: map[pgm.Seq]time.Time{}, asked: map[string]bool{}}
			l.losing(q.lose)
			pub.send(ctx, from, to, 1400, 1)
			for _, s := range subs {
				s.wants(ctx, from, to, 1400, 1)
			}
			l.losing(nil)
			return len(q.asked), len(subs) * len(q.first)
		}
		// Whoever stands still hears too late that others have asked, or asks too late to be counted: the best of a few rounds counts.
		const rounds = 5
		asked, most := ask(false)
		for round := 1; round < rounds && asked >= most*5/8; round++ {
			asked, most = ask(false)
		}
		loud, mostLoud := ask(true)
		for round := 1; round < rounds && loud <= mostLoud/2; round++ {
			loud, mostLoud = ask(true)
		}
		t.Logf("%d of %d questions, and %d of %d where nobody hears the others'", asked, most, loud, mostLoud)
		require.GreaterOrEqual(t, most, 4*11)
		require.Less(t, asked, most*5/8, "three of ours that hear nothing ask for three quarters of it")
		require.Greater(t, loud, mostLoud/2, "else this test would show nothing")
	})
}

// TestMulticastOptions looks at what a publisher's options make of its packets, with lists of groups on both sides: libzmq's are the same.
func TestMulticastOptions(t *testing.T) {
	forMulticast(t, 3, func(t *testing.T, ctx context.Context, l *lab, mode string, pubBy, subBy side) {
		options := []string{"rate=10000", "multicast_hops=5", "multicast_maxtpdu=600"}
		at := func(host int, groups string) string {
			return fmt.Sprintf("%s://10.99.0.%d;%s:5555", mode, host+1, groups)
		}
		sub := l.startMulticaster(ctx, 2, subBy, "sub", at(2, "239.192.1.7,239.192.1.8;239.192.1.9"), options...)
		first := l.startMulticaster(ctx, 1, pubBy, "pub", at(1, "239.192.1.9;239.192.1.7"), options...)
		meet(ctx, first, sub)
		pub := l.startMulticaster(ctx, 0, pubBy, "pub", at(0, "239.192.1.9;239.192.1.8"), options...)
		meet(ctx, pub, sub)
		lost := onData(func(n int) bool { return n%7 == 3 })
		l.losing(func(from, to int, p pgm.Packet) bool { return to == 2 && lost(from, to, p) })
		pub.send(ctx, 2, 30, 1200, 1)
		sub.wants(ctx, 2, 30, 1200, 1)
		l.wantRepair(2)
		group, largest := netip.MustParseAddr("239.192.1.8"), 0
		for h, size := range l.headers(0) {
			require.Equal(t, ipHeader{h.typ, group, 5, 0xb8}, h)
			largest = max(largest, size)
		}
		require.Equal(t, 580, largest, "libzmq leaves 20 octets unused, and so does Weir")
		for h := range l.headers(2) {
			if h.typ == pgm.NAK {
				require.Contains(t, []netip.Addr{netip.MustParseAddr("10.99.0.1"), netip.MustParseAddr("10.99.0.2")}, h.to)
			}
		}
	})
}

// TestMulticastLoop has a publisher that does not loop be heard by others, and not on its own host; one that does is heard there.
func TestMulticastLoop(t *testing.T) {
	for _, mode := range []string{"epgm", "pgm"} {
		for _, v6 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/IPv6 %v", mode, v6), func(t *testing.T) {
				ctx := beginMulticast(t)
				l := newLab(t, 2)
				same := l.startMulticaster(ctx, 0, byWeir, "sub", groupOf(mode, 0, v6), "rate=10000")
				other := l.startMulticaster(ctx, 1, byLibzmq, "sub", groupOf(mode, 1, v6), "rate=10000")
				quiet := l.startMulticaster(ctx, 0, byWeir, "pub", groupOf(mode, 0, v6), "rate=10000")
				meet(ctx, quiet, other)
				quiet.send(ctx, 2, 20, 100, 1)
				other.wants(ctx, 2, 20, 100, 1)
				loud := l.startMulticaster(ctx, 0, byWeir, "pub", groupOf(mode, 0, v6), "rate=10000", "multicast_loop=1")
				meet(ctx, loud, same, other) // which wants nothing but its own
				loud.send(ctx, 100, 120, 100, 1)
				same.wants(ctx, 100, 120, 100, 1)
				other.wants(ctx, 100, 120, 100, 1)
			})
		}
	}
}

// TestMulticastInterfaceGone removes the interfaces of both hosts and makes others by the same names: a subscriber of ours hears again, be it a publisher
// of ours that was there before, or a new one of libzmq's.
func TestMulticastInterfaceGone(t *testing.T) {
	for _, mode := range []string{"epgm", "pgm"} {
		for _, pubBy := range []side{byWeir, byLibzmq} {
			t.Run(fmt.Sprintf("%s/%s to weir", mode, pubBy), func(t *testing.T) {
				ctx := beginMulticast(t)
				l := newPair(t)
				sub := l.startMulticaster(ctx, 1, byWeir, "sub", groupOf(mode, 1, false), "rate=10000")
				pub := l.startMulticaster(ctx, 0, pubBy, "pub", groupOf(mode, 0, false), "rate=10000")
				meet(ctx, pub, sub)
				if pubBy == byLibzmq {
					pub.kill()
				}
				l.in(0, "ip", "link", "del", "e0")
				l.join(0, 1, "e0")
				l.equip(0)
				l.equip(1)
				if pubBy == byLibzmq {
					pub = l.startMulticaster(ctx, 0, pubBy, "pub", groupOf(mode, 0, false), "rate=10000")
				}
				meet(ctx, pub, sub)
				pub.send(ctx, 2, 20, 1400, 1)
				sub.wants(ctx, 2, 20, 1400, 1)
			})
		}
	}
}
