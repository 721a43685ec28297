package interop

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/transport/pgm"
)

// figures is how many rounds TestMulticastFigures has: go test -run MulticastFigures -v -figures 5. Without it there is none.
var figures = flag.Int("figures", 0, "rounds of TestMulticastFigures; 0 is not to measure")

// sides are measured in turns.
var sides = []side{byWeir, byLibzmq}

// TestMulticastFigures prints figures of Weir and libzmq, in turns and between the same namespaces. It measures only where it is told to.
func TestMulticastFigures(t *testing.T) {
	if *figures == 0 {
		return
	}
	beginMulticast(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(*figures)*5*time.Minute)
	defer cancel()
	fmt.Printf("\n| medians of %d | Weir | libzmq | ratio |\n|---|---|---|---|\n", *figures)
	for _, mode := range []string{"epgm", "pgm"} {
		for _, size := range []int{100, 1000} {
			printFigures(fmt.Sprintf("%s, messages of %d B, a second", mode, size), func(by side) float64 {
				return climb(ctx, t, by, mode, size)
			})
		}
	}
	for _, percent := range []int{1, 5, 20} {
		var all [2][]time.Duration
		for range *figures {
			for i, by := range sides {
				all[i] = append(all[i], repairs(ctx, t, by, percent)...)
			}
		}
		for _, at := range []int{50, 95} {
			var ms [2]float64
			for i := range all {
				slices.Sort(all[i])
				ms[i] = float64(all[i][len(all[i])*at/100].Microseconds()) / 1000
			}
			fmt.Printf("| epgm, %d %% of all packets lost: from a loss to its repair, %d of 100, ms | %.1f | %.1f | %.2f |\n", percent, at, ms[0], ms[1], ms[1]/ms[0])
		}
	}
}

// printFigures measures both sides in turns, and prints one row.
func printFigures(name string, measure func(side) float64) {
	var all [2][]float64
	for range *figures {
		for i, by := range sides {
			all[i] = append(all[i], measure(by))
		}
	}
	for i := range all {
		slices.Sort(all[i])
	}
	weir, libzmq := all[0][len(all[0])/2], all[1][len(all[1])/2]
	fmt.Printf("| %s | %.0f | %.0f | %.2f |\n", name, weir, libzmq, weir/libzmq)
}

// fastRates are those of climb, in kbit/s.
var fastRates = []int{20_000, 50_000, 100_000, 200_000, 400_000, 1_000_000}

// climb raises the rate until not all messages come through any more, and is how many came in a second at the best of those where all did.
func climb(ctx context.Context, t *testing.T, by side, mode string, size int) (best float64) {
	t.Helper()
	for _, rate := range fastRates {
		speed, whole := throughput(ctx, t, by, mode, size, rate)
		if !whole {
			break
		}
		best = max(best, speed)
	}
	return best
}

// throughput is how many messages a second come through at a rate, between two hosts without anything between them, and whether all came.
func throughput(ctx context.Context, t *testing.T, by side, mode string, size, rate int) (speed float64, whole bool) {
	t.Helper()
	l := newPair(t)
	defer l.end()
	at := fmt.Sprintf("rate=%d", rate)
	sub := l.startMulticaster(ctx, 1, by, "fastsub", groupOf(mode, 1, false), at)
	pub := l.startMulticaster(ctx, 0, by, "xpub", groupOf(mode, 0, false), at, "sndhwm=10000", "xpub_nodrop=1") // which waits where its queue is full
	defer sub.kill()
	defer pub.kill()
	sub.tell("0 0 60000")
	for met := false; !met; {
		pub.tell("fast 0 1 %d", size)
		require.Equal(t, "sent", pub.line(ctx))
		select {
		case <-sub.lines:
			met = true
		case <-time.After(10 * time.Millisecond): // and once more
		}
	}
	count := rate * 125 / (size + 50) // a second's worth, or so
	sub.tell("1 %d 3000", count)
	pub.tell("fast 1 %d %d", count, size)
	var came, ns int
	_, err := fmt.Sscan(sub.line(ctx), &came, &ns)
	require.NoError(t, err)
	return float64(came) / time.Duration(max(ns, 1)).Seconds(), came == count
}

// repairs are the times from the loss of a packet of data to the repair that got through.
func repairs(ctx context.Context, t *testing.T, by side, percent int) (took []time.Duration) {
	t.Helper()
	l := newLab(t, 2)
	defer l.end()
	sub := l.startMulticaster(ctx, 1, by, "sub", groupOf("epgm", 1, false), "rate=10000")
	pub := l.startMulticaster(ctx, 0, by, "pub", groupOf("epgm", 0, false), "rate=10000")
	defer sub.kill()
	defer pub.kill()
	meet(ctx, pub, sub)
	missing := map[pgm.Seq]time.Time{}
	r := rand.New(rand.NewPCG(uint64(percent), 2))
	l.losing(func(from, _ int, p pgm.Packet) bool {
		lost := r.IntN(100) < percent
		if from != 0 || p.Type != pgm.ODATA && p.Type != pgm.RDATA {
			return lost
		}
		at, ok := missing[p.Seq]
		switch {
		case lost && p.Type == pgm.ODATA && !ok:
			missing[p.Seq] = time.Now()
		case !lost && ok:
			took = append(took, time.Since(at))
			delete(missing, p.Seq)
		}
		return lost
	})
	const last = 1500
	pub.send(ctx, 2, last, 1400, 1)
	for line := ""; line != fmt.Sprintf("m %d 1400 1", last); {
		line = sub.line(ctx)
	}
	l.losing(nil)
	return took
}
