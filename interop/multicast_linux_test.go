package interop

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/transport/pgm"
)

// A side is an implementation that plays one end.
type side string

const (
	byWeir   side = "weir"
	byLibzmq side = "libzmq"
)

// A multicaster is a process with a socket over pgm or epgm in it, on one host of a lab.
type multicaster struct {
	t     *testing.T
	name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string // what it says; closed at its end
}

// startMulticaster starts one, and returns when its socket is up.
func (l *lab) startMulticaster(ctx context.Context, host int, by side, role, endpoint string, options ...string) *multicaster {
	l.t.Helper()
	words := append([]string{role, endpoint}, options...)
	if by == byWeir {
		self, err := os.Executable()
		require.NoError(l.t, err)
		return l.startProgram(ctx, host, by, role, "env", multicastEnv+"="+strings.Join(words, " "), self)
	}
	return l.startProgram(ctx, host, by, role, append(castzmq.command[:1:1], words...)...)
}

// startProgram starts one by a command of its own.
func (l *lab) startProgram(ctx context.Context, host int, by side, role string, words ...string) *multicaster {
	l.t.Helper()
	cmd := l.command(host, words...)
	m := &multicaster{t: l.t, name: fmt.Sprintf("%s %s on host %d", by, role, host), cmd: cmd, lines: make(chan string, 100000)}
	out, err := cmd.StdoutPipe()
	require.NoError(l.t, err)
	m.in, err = cmd.StdinPipe()
	require.NoError(l.t, err)
	cmd.Stderr = os.Stderr
	require.NoError(l.t, cmd.Start())
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			m.lines <- s.Text()
		}
		close(m.lines)
	}()
	l.t.Cleanup(m.kill)
	require.Equal(l.t, "up", m.line(ctx), m.name)
	return m
}

// line is what it says next.
func (m *multicaster) line(ctx context.Context) string {
	m.t.Helper()
	select {
	case s, ok := <-m.lines:
		require.True(m.t, ok, "%s has ended", m.name)
		return s
	case <-ctx.Done():
		require.FailNow(m.t, "time is up", m.name)
		return ""
	}
}

// tell gives it an order.
func (m *multicaster) tell(format string, args ...any) {
	m.t.Helper()
	_, err := fmt.Fprintf(m.in, format+"\n", args...)
	require.NoError(m.t, err, m.name)
}

// send has a publisher send messages first to last, and waits until it has.
func (m *multicaster) send(ctx context.Context, first, last, size, parts int) {
	m.t.Helper()
	m.tell("send %d %d %d %d", first, last, size, parts)
	require.Equal(m.t, "sent", m.line(ctx), m.name)
}

// wants has a subscriber receive messages first to last, in order and each once. Of other publishers' messages, which have numbers from 100000 on,
// nothing is asked here.
func (m *multicaster) wants(ctx context.Context, first, last, size, parts int) {
	m.t.Helper()
	for i := first; i <= last; i++ {
		require.Equal(m.t, fmt.Sprintf("m %d %d %d", i, max(size, len(fmt.Sprint(i))+1), parts), m.line(ctx), m.name)
	}
}

// kill ends it.
func (m *multicaster) kill() {
	_ = m.in.Close()
	_ = m.cmd.Process.Kill()
	for range m.lines { // until its output ends
	}
	_ = m.cmd.Wait() // it was killed
}

// meet has a publisher send message 0 again and again until each subscriber has heard it: then they are there. It returns when all that was sent has
// come.
func meet(ctx context.Context, pub *multicaster, subs ...*multicaster) {
	pub.t.Helper()
	pub.send(ctx, 0, 0, 0, 1)
	heard := make(chan struct{}, len(subs))
	var done sync.WaitGroup
	for _, s := range subs {
		done.Go(func() {
			select {
			case <-s.lines:
				heard <- struct{}{}
			case <-ctx.Done():
			}
		})
	}
	for n := 0; n < len(subs); {
		select {
		case <-heard:
			n++
		default:
			pub.send(ctx, 0, 0, 0, 1)
		}
	}
	done.Wait()
	pub.send(ctx, 1, 1, 0, 1) // the last of the zeros are in front of it
	for _, s := range subs {
		for line := ""; line != "m 1 2 1"; line = s.line(ctx) {
			require.Contains(pub.t, []string{"", "m 0 2 1"}, line, s.name)
		}
	}
}

// A multicastCase is one thing that must go well between a publisher on host 0 and a subscriber on host 1.
type multicastCase struct {
	name    string
	options []string
	v6, x   bool // over IPv6; XPUB and XSUB in the place of PUB and SUB
	loss    bool // it has to be asked for something, promised and repaired
	run     func(ctx context.Context, l *lab, pub, sub *multicaster)
}

// onData loses what f says of the data that host 0 sends for the first time.
func onData(f func(n int) bool) func(from, to int, p pgm.Packet) bool {
	seen := map[pgm.Seq]bool{}
	count := 0
	return func(from, to int, p pgm.Packet) bool {
		if from != 0 || p.Type != pgm.ODATA || seen[p.Seq] {
			return false
		}
		seen[p.Seq] = true
		count++
		return f(count)
	}
}

// multicastCases are what is tested, in both modes and both ways.
var multicastCases = []multicastCase{
	{name: "no loss", run: func(ctx context.Context, _ *lab, pub, sub *multicaster) {
		pub.send(ctx, 2, 300, 100, 1)
		sub.wants(ctx, 2, 300, 100, 1)
	}},
	{name: "sizes", run: func(ctx context.Context, _ *lab, pub, sub *multicaster) {
		n := 2
		for _, size := range []int{2, 252, 253, 254, 255, 1425, 1426, 1427, 4000, 20000} {
			for _, parts := range []int{1, 3} {
				pub.send(ctx, n, n, size, parts)
				sub.wants(ctx, n, n, size, parts)
				n++
			}
		}
	}},
	{name: "one packet lost", loss: true, run: func(ctx context.Context, l *lab, pub, sub *multicaster) {
		l.losing(onData(func(n int) bool { return n == 3 }))
		pub.send(ctx, 2, 9, 1400, 1)
		sub.wants(ctx, 2, 9, 1400, 1)
	}},
	{name: "three lost together", loss: true, run: func(ctx context.Context, l *lab, pub, sub *multicaster) {
		lists := 0
		data := onData(func(n int) bool { return n >= 3 && n <= 5 })
		l.losing(func(from, to int, p pgm.Packet) bool {
			if p.Type == pgm.NAK {
				n := 0
				for range p.Numbers() {
					n++
				}
				lists = max(lists, n)
			}
			return data(from, to, p)
		})
		pub.send(ctx, 2, 12, 1400, 1)
		sub.wants(ctx, 2, 12, 1400, 1)
		l.mu.Lock()
		defer l.mu.Unlock()
		require.GreaterOrEqual(l.t, lists, 2, "asked for in a list")
	}},
	{name: "the last packet lost", loss: true, run: func(ctx context.Context, l *lab, pub, sub *multicaster) {
		l.losing(onData(func(n int) bool { return n == 3 }))
		pub.send(ctx, 2, 4, 1400, 1)
		sub.wants(ctx, 2, 4, 1400, 1)
	}},
	{name: "a fifth of everything lost", loss: true, run: func(ctx context.Context, l *lab, pub, sub *multicaster) {
		r := rand.New(rand.NewPCG(1, 2))
		l.losing(func(_, _ int, p pgm.Packet) bool { return r.IntN(5) == 0 })
		pub.send(ctx, 2, 200, 700, 1)
		sub.wants(ctx, 2, 200, 700, 1)
	}},
	{name: "small packets", loss: true, options: []string{"multicast_maxtpdu=600"}, run: func(ctx context.Context, l *lab, pub, sub *multicaster) {
		l.losing(onData(func(n int) bool { return n%7 == 3 }))
		pub.send(ctx, 2, 30, 1200, 2)
		sub.wants(ctx, 2, 30, 1200, 2)
	}},
	{name: "slow", options: []string{"rate=100"}, run: func(ctx context.Context, _ *lab, pub, sub *multicaster) {
		pub.send(ctx, 2, 16, 1400, 1) // 21 kB at 12.5 kB/s, behind a burst of as much
		sub.wants(ctx, 2, 16, 1400, 1)
	}},
	{name: "faster", loss: true, options: []string{"rate=1000"}, run: func(ctx context.Context, l *lab, pub, sub *multicaster) {
		l.losing(onData(func(n int) bool { return n%20 == 7 }))
		pub.send(ctx, 2, 80, 1400, 1) // 110 kB at 125 kB/s, behind a burst of 64 kB
		sub.wants(ctx, 2, 80, 1400, 1)
	}},
	{name: "XPUB and XSUB", loss: true, x: true, run: func(ctx context.Context, l *lab, pub, sub *multicaster) {
		l.losing(onData(func(n int) bool { return n == 3 }))
		pub.send(ctx, 2, 20, 1400, 2) // all of it comes, though nobody has subscribed
		sub.wants(ctx, 2, 20, 1400, 2)
	}},
	{name: "IPv6", loss: true, v6: true, run: func(ctx context.Context, l *lab, pub, sub *multicaster) {
		l.losing(onData(func(n int) bool { return n == 3 }))
		pub.send(ctx, 2, 20, 1400, 1)
		sub.wants(ctx, 2, 20, 1400, 1)
	}},
}

// wantRepair requires that a host has asked for something that host 0 had sent, and that it was promised and repaired.
func (l *lab) wantRepair(host int) {
	l.t.Helper()
	require.Positive(l.t, l.count(host, pgm.NAK))
	require.Positive(l.t, l.count(0, pgm.NCF))
	require.Positive(l.t, l.count(0, pgm.RDATA))
}

// groupOf is the endpoint of a host.
func groupOf(mode string, host int, v6 bool) string {
	if v6 {
		return fmt.Sprintf("%s://fd99::%d;[ff15::99]:5555", mode, host+1)
	}
	return fmt.Sprintf("%s://10.99.0.%d;239.192.1.1:5555", mode, host+1)
}

// forMulticast runs f for both modes and both ways, each with a lab of its own.
func forMulticast(t *testing.T, hosts int, f func(t *testing.T, ctx context.Context, l *lab, mode string, pub, sub side)) {
	t.Helper()
	for _, mode := range []string{"epgm", "pgm"} {
		for _, way := range [][2]side{{byWeir, byLibzmq}, {byLibzmq, byWeir}} {
			t.Run(fmt.Sprintf("%s/%s to %s", mode, way[0], way[1]), func(t *testing.T) {
				ctx := beginMulticast(t)
				f(t, ctx, newLab(t, hosts), mode, way[0], way[1])
			})
		}
	}
}

// beginMulticast opens a case. Where namespaces are not allowed it is skipped, and not counted as one that should have run: that says nothing about
// libzmq, and sayMissing says it loudly.
func beginMulticast(t *testing.T) context.Context {
	t.Helper()
	if why := labs(); why != "" {
		count(t, &without)
		t.Skip(why)
	}
	return begin(t, castzmq)
}

// TestMulticast ranges over the cases.
func TestMulticast(t *testing.T) {
	for _, c := range multicastCases {
		t.Run(c.name, func(t *testing.T) {
			forMulticast(t, 2, func(t *testing.T, ctx context.Context, l *lab, mode string, pubBy, subBy side) {
				options := append([]string{"rate=10000"}, c.options...)
				x := map[bool]string{true: "x"}[c.x]
				sub := l.startMulticaster(ctx, 1, subBy, x+"sub", groupOf(mode, 1, c.v6), options...)
				pub := l.startMulticaster(ctx, 0, pubBy, x+"pub", groupOf(mode, 0, c.v6), options...)
				meet(ctx, pub, sub)
				c.run(ctx, l, pub, sub)
				if c.loss {
					l.wantRepair(1)
				}
			})
		})
	}
}

// TestMulticastLateJoin has a subscriber come while messages flow, who hears data and no SPM: it asks for one, is answered, and gets what is sent from
// then on, repaired too. One of libzmq's looks at its clock only when something comes that it has no use for, such as the same packet again.
func TestMulticastLateJoin(t *testing.T) {
	forMulticast(t, 2, func(t *testing.T, ctx context.Context, l *lab, mode string, pubBy, subBy side) {
		pub := l.startMulticaster(ctx, 0, pubBy, "pub", groupOf(mode, 0, false), "rate=10000")
		pub.send(ctx, 2, 200, 100, 1)
		l.losing(func(from, _ int, p pgm.Packet) bool {
			return from == 0 && p.Type == pgm.SPM && l.seen[seenKey{1, pgm.SPMR}] == 0
		})
		sub := l.startMulticaster(ctx, 1, subBy, "sub", groupOf(mode, 1, false), "rate=10000")
		meet(ctx, pub, sub)
		require.Eventually(t, func() bool {
			if l.count(1, pgm.SPMR) > 0 {
				return true
			}
			l.again(1)
			return false
		}, caseTime, 10*time.Millisecond)
		spms := l.count(0, pgm.SPM)
		require.Eventually(t, func() bool { return l.count(0, pgm.SPM) > spms }, caseTime, time.Millisecond)
		l.losing(onData(func(n int) bool { return n == 2 }))
		pub.send(ctx, 2, 9, 1400, 1)
		sub.wants(ctx, 2, 9, 1400, 1)
		l.wantRepair(1)
	})
}

// TestMulticastTwoSources has two publishers, each of another make, on two hosts: a subscriber gets all of both.
func TestMulticastTwoSources(t *testing.T) {
	forMulticast(t, 3, func(t *testing.T, ctx context.Context, l *lab, mode string, one, two side) {
		sub := l.startMulticaster(ctx, 2, one, "sub", groupOf(mode, 2, false), "rate=10000")
		a := l.startMulticaster(ctx, 0, one, "pub", groupOf(mode, 0, false), "rate=10000")
		meet(ctx, a, sub)
		b := l.startMulticaster(ctx, 1, two, "xpub", groupOf(mode, 1, false), "rate=10000")
		meet(ctx, b, sub)
		r := rand.New(rand.NewPCG(3, 4))
		l.losing(func(_, _ int, p pgm.Packet) bool {
			return (p.Type == pgm.ODATA || p.Type == pgm.RDATA) && r.IntN(10) == 0
		})
		a.send(ctx, 2, 60, 1400, 1)
		b.send(ctx, 100002, 100060, 1400, 1)
		next := map[bool]int{false: 2, true: 100002}
		for range 2 * 59 {
			var n, size, parts int
			_, err := fmt.Sscanf(sub.line(ctx), "m %d %d %d", &n, &size, &parts)
			require.NoError(t, err)
			require.Equal(t, next[n >= 100000], n)
			next[n >= 100000]++
		}
	})
}

// TestMulticastWrap has a source whose numbers pass from 0xffffffff to 0 in the midst of what is lost. libzmq's own begin at 0, so that there is one way
// only.
func TestMulticastWrap(t *testing.T) {
	for _, mode := range []string{"epgm", "pgm"} {
		for _, subBy := range []side{byLibzmq, byWeir} {
			t.Run(fmt.Sprintf("%s/to %s", mode, subBy), func(t *testing.T) {
				ctx := beginMulticast(t)
				l := newLab(t, 2)
				sub := l.startMulticaster(ctx, 1, subBy, "sub", groupOf(mode, 1, false), "rate=10000")
				pub := l.startMulticaster(ctx, 0, byWeir, "source", groupOf(mode, 0, false), "first=4294967000")
				meet(ctx, pub, sub)
				data := onData(func(n int) bool { return n%7 == 3 })
				before, after := 0, 0
				l.losing(func(from, to int, p pgm.Packet) bool {
					switch lost := data(from, to, p); {
					case !lost:
						return false
					case p.Seq < 1<<31:
						after++
					default:
						before++
					}
					return true
				})
				pub.send(ctx, 2, 400, 1400, 1)
				sub.wants(ctx, 2, 400, 1400, 1)
				l.wantRepair(1)
				l.mu.Lock()
				defer l.mu.Unlock()
				require.Greater(t, before, 5)
				require.Greater(t, after, 5)
			})
		}
	}
}

// TestMulticastLinkDown takes a publisher's network away while it sends: its messages wait, and all come when the network is back.
func TestMulticastLinkDown(t *testing.T) {
	for _, subBy := range []side{byLibzmq, byWeir} {
		t.Run(fmt.Sprintf("weir to %s", subBy), func(t *testing.T) {
			ctx := beginMulticast(t)
			l := newLab(t, 2)
			sub := l.startMulticaster(ctx, 1, subBy, "sub", groupOf("epgm", 1, false), "rate=10000")
			pub := l.startMulticaster(ctx, 0, byWeir, "pub", groupOf("epgm", 0, false), "rate=10000")
			meet(ctx, pub, sub)
			pub.send(ctx, 2, 10, 1400, 1)
			sub.wants(ctx, 2, 10, 1400, 1)
			l.in(0, "ip", "link", "set", "e0", "down")
			pub.send(ctx, 11, 30, 1400, 1)
			l.in(0, "ip", "link", "set", "e0", "up")
			sub.wants(ctx, 11, 30, 1400, 1)
		})
	}
}
