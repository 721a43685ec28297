package socket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/transport/pgm"
	"github.com/weirmq/weir/wire"
)

// lastGroup numbers the groups of this process, so that tests do not hear each other.
var lastGroup atomic.Uint32

// newGroup is an endpoint on the loopback interface that no other test has. It skips where this system has no multicast on it.
func newGroup(t testing.TB) string {
	t.Helper()
	n := lastGroup.Add(1)
	address := fmt.Sprintf("127.0.0.1;239.%d.%d.%d:%d", 192+os.Getpid()%60, os.Getpid()/60%250, 1+n%250, 20000+(os.Getpid()*7+int(n))%20000)
	a, err := pgm.ParseAddress(address)
	require.NoError(t, err)
	conn, err := pgm.Open(a, pgm.Options{})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skipf("no multicast here: %v", err)
	}
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	return "epgm://" + address
}

// groupNews collects the events of groups.
type groupNews chan socket.Event

// add is for socket.WithEvents.
func (n groupNews) add(e socket.Event) { n <- e }

// await waits for an event of that kind.
func (n groupNews) await(t testing.TB, kind socket.EventKind) socket.Event {
	t.Helper()
	for end := within(t).Done(); ; {
		select {
		case e := <-n:
			if e.Kind == kind {
				return e
			}
		case <-end:
			require.FailNow(t, "no event "+kind.String())
		}
	}
}

// fast is what tests on the loopback interface run at.
var fast = []socket.Option{socket.Rate(100_000), socket.RecoveryInterval(time.Second), socket.SendHWM(0), socket.RecvHWM(0)}

// TestGroup sends messages of all shapes from a PUB to a SUB, whoever binds or connects, and the SUB filters.
func TestGroup(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	pub, sub := newPub(t, rt, fast...), newSub(t, rt, []string{"a"}, fast...)
	_, err := sub.Bind(within(t), ep)
	require.NoError(t, err)
	_, err = pub.Connect(within(t), ep)
	require.NoError(t, err)
	require.NoError(t, sub.WaitPeers(within(t), 1))
	require.NoError(t, pub.WaitPeers(within(t), 1))
	require.NoError(t, pub.WaitSubscribers(within(t), 1))
	rnd := rand.New(rand.NewPCG(1, 2))
	var want []socket.Message
	for i := range 500 {
		topic := []string{"a", "b"}[i%2]
		m := wire.MessageOf(fmt.Appendf(nil, "%s%d", topic, i))
		for range rnd.IntN(4) {
			m = m.Append(bytes.Repeat([]byte{byte(i)}, rnd.IntN(3000)))
		}
		if topic == "a" {
			want = append(want, m)
		}
		require.NoError(t, pub.Send(within(t), m))
	}
	for i, w := range want {
		m, err := sub.Recv(within(t))
		require.NoError(t, err)
		require.Equal(t, w.Frames(), m.Frames(), "message %d", i)
	}
	require.NoError(t, pub.Close(within(t))) // the last message goes to nobody here, and is counted when it is out
	require.Equal(t, uint64(500), pub.Stats().Out.Delivered)
}

// TestGroupX sends from an XPUB, whose application hears of no subscription, to an XSUB, which filters nothing.
func TestGroupX(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	xpub, err := socket.NewXPub(rt, fast...)
	require.NoError(t, err)
	xsub, err := socket.NewXSub(rt, fast...)
	require.NoError(t, err)
	_, err = xsub.Connect(within(t), ep)
	require.NoError(t, err)
	in, err := xpub.Bind(within(t), ep)
	require.NoError(t, err)
	require.NoError(t, xsub.WaitPeers(within(t), 1))
	require.NoError(t, xsub.Subscribe("nothing that comes"))
	require.NoError(t, xpub.Send(within(t), socket.NewMessage("anything", "more")))
	m, err := xsub.Recv(within(t))
	require.NoError(t, err)
	require.Equal(t, "anything|more", m.String())
	require.NoError(t, in.Close(within(t)))
	_, err = xpub.TryRecv()
	require.ErrorIs(t, err, socket.ErrWouldBlock)
}

// TestGroupNotForAll refuses the types that do not publish or subscribe, and their options.
func TestGroupNotForAll(t *testing.T) {
	rt := newRuntime(t)
	for _, scheme := range []string{"pgm", "epgm"} {
		_, err := newPush(t, rt).Bind(within(t), scheme+"://127.0.0.1;239.192.1.1:5555")
		require.ErrorIs(t, err, socket.ErrIncompatible)
		_, err = newDealer(t, rt).Connect(within(t), scheme+"://127.0.0.1;239.192.1.1:5555")
		require.ErrorIs(t, err, socket.ErrIncompatible)
	}
	for _, o := range []socket.Option{
		socket.Rate(100), socket.RecoveryInterval(time.Second), socket.MulticastHops(1), socket.MulticastMaxTPDU(1500), socket.MulticastLoop(true),
	} {
		_, err := socket.NewPush(rt, o)
		require.ErrorIs(t, err, socket.ErrBadOption)
		_, err = socket.NewXSub(rt, o)
		require.NoError(t, err)
	}
	for _, o := range []socket.Option{
		socket.Rate(0), socket.RecoveryInterval(0), socket.MulticastHops(0), socket.MulticastHops(256), socket.MulticastMaxTPDU(199), socket.MulticastMaxTPDU(1 << 17),
	} {
		_, err := socket.NewPub(rt, o)
		require.ErrorIs(t, err, socket.ErrBadOption)
	}
}

// TestGroupErrors gives an error that says what to do where libzmq ends the process.
func TestGroupErrors(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	pub := newPub(t, rt, socket.Rate(10))
	_, err := pub.Bind(within(t), ep)
	require.ErrorIs(t, err, socket.ErrBadOption)
	require.ErrorContains(t, err, "want at least 12 kbit/s")
	for _, bad := range []string{"", "127.0.0.1;239.192.1.1", "127.0.0.1;10.0.0.1:5555", "a;b;c;d:1", "127.0.0.1;239.192.1.1:0", "lo;239.1.1.1,[ff15::1]:5555"} {
		_, err = newSub(t, rt, nil).Connect(within(t), "epgm://"+bad)
		require.ErrorIs(t, err, socket.ErrBadEndpoint, bad)
	}
	_, err = newSub(t, rt, nil).Connect(within(t), "epgm://no-such-interface;239.192.1.1:5555")
	require.ErrorIs(t, err, transport.ErrNoDevice)
}

// TestGroupTaken says what to do where another program has the port, in the words of whoever was asked, and a Bind that fails is an event.
func TestGroupTaken(t *testing.T) {
	ep := newGroup(t)
	news := make(groupNews, 100)
	rt := newRuntime(t, socket.WithEvents(news.add))
	greedy, err := net.ListenPacket("udp4", ep[strings.LastIndexByte(ep, ':'):])
	require.NoError(t, err)
	pub := newPub(t, rt)
	_, err = pub.Connect(within(t), ep)
	require.ErrorIs(t, err, socket.ErrAddrInUse)
	require.ErrorContains(t, err, "connect "+ep)
	_, err = pub.Bind(within(t), ep)
	require.ErrorIs(t, err, socket.ErrAddrInUse)
	require.ErrorContains(t, err, "bind "+ep)
	require.ErrorContains(t, err, "take another port")
	e := news.await(t, socket.EventBindFailed)
	require.Equal(t, ep, e.Endpoint)
	require.ErrorIs(t, e.Err, socket.ErrAddrInUse)
	require.Equal(t, pub.String(), e.Socket)
	require.NoError(t, greedy.Close())
	_, err = pub.Bind(within(t), ep)
	require.NoError(t, err)
	require.NoError(t, pub.WaitPeers(within(t), 1))
	for len(news) > 0 {
		require.NotEqual(t, socket.EventBindFailed, (<-news).Kind, "one Bind failed")
	}
}

// TestGroupTwice gives a second Connect of a SUB to the same group the first one's endpoint, and closes what it opened: in the end nobody has the port.
func TestGroupTwice(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	sub := newSub(t, rt, []string{""}, fast...)
	first, err := sub.Connect(within(t), ep)
	require.NoError(t, err)
	second, err := sub.Connect(within(t), ep)
	require.NoError(t, err)
	require.Same(t, first, second)
	require.NoError(t, first.Close(within(t)))
	require.NoError(t, sub.WaitAtMost(within(t), 0))
	for _, leave := range []func(context.Context, string) error{sub.Unbind, sub.Disconnect} { // to bind and to connect are one
		_, err = sub.Bind(within(t), ep)
		require.NoError(t, err)
		require.NoError(t, leave(within(t), ep))
		require.NoError(t, sub.WaitAtMost(within(t), 0))
	}
	free, err := net.ListenPacket("udp4", ep[strings.LastIndexByte(ep, ':'):])
	require.NoError(t, err)
	require.NoError(t, free.Close())
}

// A craft is a hand-made member of a group, whose packets the test makes.
type craft struct {
	t    testing.TB
	conn *pgm.Conn
	addr pgm.Address
	in   chan pgm.Datagram
}

// newCraft joins a group, as a source or as a receiver.
func newCraft(t testing.TB, ep string, source bool) *craft {
	t.Helper()
	a, err := pgm.ParseAddress(ep[len("epgm://"):])
	require.NoError(t, err)
	conn, err := pgm.Open(a, pgm.Options{Source: source})
	require.NoError(t, err)
	c := &craft{t: t, conn: conn, addr: a, in: make(chan pgm.Datagram, 10000)}
	done := make(chan struct{}, conn.Inlets())
	for i := range conn.Inlets() {
		go func() {
			defer func() { done <- struct{}{} }()
			for {
				ds, err := conn.Read(i, nil)
				if err != nil {
					return
				}
				for _, d := range ds {
					d.Packet = slices.Clone(d.Packet)
					c.in <- d
				}
			}
		}()
	}
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		for range conn.Inlets() {
			<-done
		}
	})
	return c
}

// send sends a packet to the group, or to a host.
func (c *craft) send(p pgm.Packet, to netip.Addr) {
	p.Port = c.addr.Port
	_, err := c.conn.Send([]pgm.Out{{To: to, Packet: p.AppendTo(nil)}})
	require.NoError(c.t, err)
}

// await waits for a packet that is wanted.
func (c *craft) await(what string, wanted func(pgm.Packet) bool) pgm.Packet {
	c.t.Helper()
	for end := within(c.t).Done(); ; {
		select {
		case d := <-c.in:
			if p, err := pgm.Parse(d.Packet); err == nil && wanted(p) {
				return p
			}
		case <-end:
			require.FailNow(c.t, "no "+what)
		}
	}
}

// source is a TSI for a hand-made source.
func source(n uint16) pgm.TSI { return pgm.TSI{GSI: pgm.GSI{9, 9, 9}, Port: n} }

// local is where tests run.
var local = netip.MustParseAddr("127.0.0.1")

// TestGroupLoss has a hand-made source lose packets: what is repaired arrives, what is not is told, counted, and never delivered in part.
func TestGroupLoss(t *testing.T) {
	ep := newGroup(t)
	news := make(groupNews, 1000)
	rt := newRuntime(t, socket.WithEvents(news.add))
	sub := newSub(t, rt, []string{""}, fast...)
	_, err := sub.Connect(within(t), ep)
	require.NoError(t, err)
	require.NoError(t, sub.WaitPeers(within(t), 1))
	c := newCraft(t, ep, true)
	tsi := source(77)
	spm := func(n, trail, lead pgm.Seq, fin bool) {
		c.send(pgm.Packet{Type: pgm.SPM, TSI: tsi, Seq: n, Trail: trail, Lead: lead, Path: local, Fin: fin}, c.addr.Send)
	}
	data := func(typ pgm.Type, n pgm.Seq, tsdu string) {
		c.send(pgm.Packet{Type: typ, TSI: tsi, Seq: n, Data: []byte(tsdu)}, c.addr.Send)
	}
	recv := func() string {
		m, err := sub.Recv(within(t))
		require.NoError(t, err)
		return m.String()
	}
	spm(0, 0, 0xffffffff, false)
	e := news.await(t, socket.EventJoined)
	require.Equal(t, "127.0.0.1 090909000000.77", e.Peer)
	data(pgm.ODATA, 0, "\x00\x00\x02\x00a")
	data(pgm.ODATA, 2, "\x00\x00\x02\x00c")
	nak := c.await("NAK", func(p pgm.Packet) bool { return p.Type == pgm.NAK && p.TSI == tsi })
	require.Equal(t, []pgm.Seq{1}, slices.Collect(nak.Numbers()))
	data(pgm.RDATA, 1, "\x00\x00\x02\x00b")
	require.Equal(t, []string{"a", "b", "c"}, []string{recv(), recv(), recv()})

	data(pgm.ODATA, 3, "\x00\x00\x02\x01d\x03\x01") // a multipart message whose second frame is cut in the middle of what is lost
	data(pgm.ODATA, 5, "\x00\x01z\x02\x00e")        // the rest of something, and a message
	c.await("NAK", func(p pgm.Packet) bool { return p.Type == pgm.NAK && p.Seq == 4 })
	spm(1, 5, 5, false)
	e = news.await(t, socket.EventLost)
	require.Equal(t, uint64(1), e.Packets)
	require.Equal(t, "127.0.0.1 090909000000.77", e.Peer)
	var loss *socket.PacketLossError
	require.ErrorAs(t, e.Err, &loss)
	require.Equal(t, "e", recv())
	require.Equal(t, uint64(1), sub.Stats().In.Dropped[socket.ReasonPacketsLost])

	data(pgm.ODATA, 6, "\x00\x00\x00\x00") // nonsense
	e = news.await(t, socket.EventLost)
	var wrong *wire.ProtocolError
	require.ErrorAs(t, e.Err, &wrong)
	data(pgm.ODATA, 7, "\x00\x00\x02\x00f")
	require.Equal(t, "f", recv())
	spm(2, 5, 7, true)
	news.await(t, socket.EventLeft)
	ledger := sub.Stats().In
	require.Equal(t, map[mailbox.Reason]uint64{socket.ReasonPacketsLost: 2}, ledger.Dropped)
	require.Equal(t, ledger.Accepted, ledger.Delivered+2)
}

// TestGroupRepairs has a hand-made receiver ask two sources that share address and port: each answers for its own packets, since what comes to the
// wrong one is passed on.
func TestGroupRepairs(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	c := newCraft(t, ep, false)
	var sources []pgm.TSI
	for i := range 3 {
		pub := newPub(t, rt, fast...)
		_, err := pub.Bind(within(t), ep)
		require.NoError(t, err)
		require.NoError(t, pub.Send(within(t), socket.NewMessage(fmt.Sprint(i))))
		p := c.await("data", func(p pgm.Packet) bool { return p.Type == pgm.ODATA && !slices.Contains(sources, p.TSI) })
		sources = append(sources, p.TSI)
	}
	for i, tsi := range sources {
		c.send(pgm.Packet{Type: pgm.NAK, TSI: tsi, Path: local, Group: c.addr.Send}, local)
		c.await("NCF", func(p pgm.Packet) bool { return p.Type == pgm.NCF && p.TSI == tsi })
		p := c.await("RDATA", func(p pgm.Packet) bool { return p.Type == pgm.RDATA && p.TSI == tsi })
		require.Equal(t, fmt.Sprintf("\x00\x00\x02\x00%d", i), string(p.Data))
		c.send(pgm.Packet{Type: pgm.SPMR, TSI: tsi}, local)
		c.await("SPM", func(p pgm.Packet) bool { return p.Type == pgm.SPM && p.TSI == tsi && p.Lead == 0 })
	}
}

// TestGroupStart wants an SPM before the first data even where data waits already, and the end said after the last.
func TestGroupStart(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	c := newCraft(t, ep, false)
	pub := newPub(t, rt, fast...)
	_, err := pub.Bind(within(t), ep)
	require.NoError(t, err)
	require.NoError(t, pub.Send(within(t), socket.NewMessage("at once")))
	p := c.await("packet", func(pgm.Packet) bool { return true })
	require.Equal(t, pgm.SPM, p.Type)
	require.Equal(t, p.Trail, p.Lead+1)
	c.await("data", func(p pgm.Packet) bool { return p.Type == pgm.ODATA })
	require.NoError(t, pub.Close(within(t)))
	p = c.await("FIN", func(p pgm.Packet) bool { return p.Type == pgm.SPM && p.Fin })
	require.Equal(t, pgm.Seq(0), p.Lead)
}

// TestGroupEnd wants the last packet to be repaired while the socket closes. It does not wait long for somebody to ask: who asks too late tries again.
func TestGroupEnd(t *testing.T) {
	for range 10 {
		ep, rt := newGroup(t), newRuntime(t)
		c := newCraft(t, ep, false)
		pub := newPub(t, rt, fast...)
		_, err := pub.Bind(within(t), ep)
		require.NoError(t, err)
		require.NoError(t, pub.Send(within(t), socket.NewMessage("at once")))
		c.await("data", func(p pgm.Packet) bool { return p.Type == pgm.ODATA })
		closed := make(chan error, 1)
		go func() { closed <- pub.Close(context.Background()) }()
		p := c.await("FIN", func(p pgm.Packet) bool { return p.Type == pgm.SPM && p.Fin })
		c.send(pgm.Packet{Type: pgm.NAK, TSI: p.TSI, Path: local, Group: c.addr.Send}, local)
		require.NoError(t, <-closed)
		for len(c.in) > 0 {
			if p, err := pgm.Parse((<-c.in).Packet); err == nil && p.Type == pgm.RDATA && p.Seq == 0 {
				return
			}
		}
	}
	require.Fail(t, "nobody repairs")
}

// TestGroupRate has a PUB that is told to close send all that it has, at its rate, though libzmq would lose what waits.
func TestGroupRate(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	sub := newSub(t, rt, []string{""}, fast...)
	_, err := sub.Connect(within(t), ep)
	require.NoError(t, err)
	require.NoError(t, sub.WaitPeers(within(t), 1))
	pub := newPub(t, rt, socket.Rate(800), socket.SendHWM(0))
	_, err = pub.Bind(within(t), ep)
	require.NoError(t, err)
	body := make([]byte, 1000)
	begin := time.Now()
	for range 150 {
		require.NoError(t, pub.Send(within(t), socket.MessageOf(body)))
	}
	require.NoError(t, pub.Close(within(t)))
	require.Greater(t, time.Since(begin), 500*time.Millisecond, "150 kB at 100 kB/s, behind a burst of 64 kB")
	for range 150 {
		m, err := sub.Recv(within(t))
		require.NoError(t, err)
		require.Equal(t, 1000, m.Size())
	}
}

// TestGroupHastily closes a PUB that may not linger: what is left is told, and the end is said all the same.
func TestGroupHastily(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	c := newCraft(t, ep, false)
	pub := newPub(t, rt, socket.Linger(0), socket.SendHWM(0))
	_, err := pub.Bind(within(t), ep)
	require.NoError(t, err)
	for range 100 {
		require.NoError(t, pub.Send(within(t), socket.MessageOf(make([]byte, 1400))))
	}
	c.await("data", func(p pgm.Packet) bool { return p.Type == pgm.ODATA && p.Seq == 3 })
	var unsent *socket.UnsentError
	require.ErrorAs(t, pub.Close(within(t)), &unsent)
	require.EqualValues(t, 100-pub.Stats().Out.Delivered, unsent.Messages())
	c.await("FIN", func(p pgm.Packet) bool { return p.Type == pgm.SPM && p.Fin })
}

// TestGroupPressure stops a SUB that does not receive: no more is held than its mark and some, what its kernel has no room for is lost, and all comes in
// the end, repaired.
func TestGroupPressure(t *testing.T) {
	ep, rt := newGroup(t), newRuntime(t)
	sub := newSub(t, rt, []string{""}, socket.Rate(100_000), socket.RecvHWM(10), socket.RecvBuffer(20_000))
	_, err := sub.Connect(within(t), ep)
	require.NoError(t, err)
	require.NoError(t, sub.WaitPeers(within(t), 1))
	c := newCraft(t, ep, false)
	pub := newPub(t, rt, fast...)
	_, err = pub.Bind(within(t), ep)
	require.NoError(t, err)
	const messages = 600
	body := make([]byte, 1400)
	for i := range messages {
		require.NoError(t, pub.Send(within(t), socket.MessageOf(fmt.Append(nil, i), body)))
	}
	require.Eventually(t, func() bool { return pub.Stats().Out.Delivered == messages }, patience, time.Millisecond)
	require.Eventually(t, func() bool { return sub.Stats().In.Queued == 10 }, patience, time.Millisecond)
	for i := range messages {
		m, err := sub.Recv(within(t))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(i), string(m.Frame(0)))
	}
	c.await("RDATA", func(p pgm.Packet) bool { return p.Type == pgm.RDATA })
}
