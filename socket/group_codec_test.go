package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor/actortest"
	"github.com/weirmq/weir/mailbox"
	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/transport/pgm"
	"github.com/weirmq/weir/wire"
)

// A stubGroup is a groupConn without a network: nothing comes in, and the test says what becomes of what goes out.
type stubGroup struct {
	send   func(s *stubGroup, outs []pgm.Out) (int, error)
	cut    chan struct{} // closed by Cut
	closed chan struct{}
	gone   chan struct{} // closed by a test that takes the interface away; nil in others
	once   sync.Once
}

// newStubGroup makes one.
func newStubGroup(send func(s *stubGroup, outs []pgm.Out) (int, error)) *stubGroup {
	return &stubGroup{send: send, cut: make(chan struct{}), closed: make(chan struct{})}
}

func (s *stubGroup) Local() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }
func (s *stubGroup) Inlets() int       { return 1 }
func (s *stubGroup) Read(int, []pgm.Datagram) ([]pgm.Datagram, error) {
	<-s.closed
	return nil, net.ErrClosed
}
func (s *stubGroup) Send(outs []pgm.Out) (int, error)         { return s.send(s, outs) }
func (s *stubGroup) SendBy(time.Time, []pgm.Out) (int, error) { return 0, os.ErrDeadlineExceeded }
func (s *stubGroup) PassOn(pgm.Datagram)                      {}
func (s *stubGroup) Watch() error {
	select {
	case <-s.gone:
		return transport.ErrNoDevice
	case <-s.closed:
		return net.ErrClosed
	}
}
func (s *stubGroup) Cut() { s.once.Do(func() { close(s.cut) }) }

func (s *stubGroup) Close() error                                     { close(s.closed); return nil }
func (s *stubGroup) open(pgm.Address, pgm.Options) (groupConn, error) { return s, nil }

// A groupRig is a PUB, and a SUB that listens to it, in a runtime that records its events.
type groupRig struct {
	*deathRig
	pub    *Pub
	out    *Endpoint
	sub    *Sub
	in     *Endpoint
	tested string // the endpoint
}

// newGroupRig makes one on the loopback interface.
func newGroupRig(t *testing.T, n byte) *groupRig {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	r := &groupRig{deathRig: &deathRig{t: t, ctx: ctx, eventc: make(chan struct{})}}
	var err error
	r.rt, err = NewRuntime(WithEvents(r.record))
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.rt.Shutdown(ctx) })
	r.tested = fmt.Sprintf("epgm://127.0.0.1;239.194.%d.%d:%d", os.Getpid()%250, n, 20000+(os.Getpid()*13+int(n))%20000)
	opts := []Option{Rate(100_000), RecoveryInterval(time.Second), SendHWM(0), RecvHWM(0), ReconnectInterval(time.Millisecond)}
	r.sub, err = NewSub(r.rt, opts...)
	require.NoError(t, err)
	require.NoError(t, r.sub.Subscribe(""))
	if r.in, err = r.sub.Connect(ctx, r.tested); errors.Is(err, errors.ErrUnsupported) {
		t.Skipf("no multicast here: %v", err)
	}
	require.NoError(t, err)
	r.pub, err = NewPub(r.rt, opts...)
	require.NoError(t, err)
	r.out, err = r.pub.Bind(ctx, r.tested)
	require.NoError(t, err)
	require.NoError(t, r.sub.WaitPeers(ctx, 1))
	require.NoError(t, r.pub.WaitPeers(ctx, 1))
	return r
}

// kill has the codec of an endpoint die.
func (r *groupRig) kill(e *Endpoint) {
	r.t.Helper()
	require.NoError(r.t, actortest.Panic(*e.link.codec.Load(), errInjected))
}

// instead has the next incarnations of an endpoint's codec use others than real sockets, and the present one die.
func (r *groupRig) instead(e *Endpoint, open func(pgm.Address, pgm.Options) (groupConn, error)) {
	r.t.Helper()
	e.group.mu.Lock()
	e.group.opener = open
	e.group.mu.Unlock()
	r.kill(e)
}

// multicast is how many messages the tests of deaths send: few enough for the kernel's buffers.
const multicast = 400

// TestDeathOfGroupSource wants another source in the place of the one that died, and each message once: what was packed in part is sent again, whole.
func TestDeathOfGroupSource(t *testing.T) {
	r := newGroupRig(t, 1)
	go func() {
		for i := range multicast {
			if i == multicast/2 {
				r.kill(r.out)
			}
			if r.pub.Send(r.ctx, NewMessage(fmt.Sprint(i), "and another frame")) != nil {
				return // the end of the test
			}
		}
	}()
	for i := range multicast {
		m, err := r.sub.Recv(r.ctx)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%d|and another frame", i), m.String())
	}
	r.await(r.pub.String(), EventHandshakeSucceeded, 2)
	r.await(r.sub.String(), EventJoined, 2)
	require.Zero(t, r.count(r.sub.String(), EventLost))
	require.Zero(t, r.count(r.sub.String(), EventDisconnected), "who listens hears another source, and no more")
	out := r.pub.Stats().Out
	require.Equal(t, uint64(multicast), out.Accepted)
	require.Eventually(t, func() bool { return r.pub.Stats().Out.Delivered == multicast }, 10*time.Second, time.Millisecond)
	require.Zero(t, dropped(out))
}

// TestDeathOfGroupSink wants the group joined again: what comes from then on is heard, from a source that is joined late, nothing twice, and nothing in
// part.
func TestDeathOfGroupSink(t *testing.T) {
	r := newGroupRig(t, 2)
	send := func(text string) { require.NoError(t, r.pub.Send(r.ctx, NewMessage(text, "more"))) }
	send("before")
	m, err := r.sub.Recv(r.ctx)
	require.NoError(t, err)
	require.Equal(t, "before|more", m.String())
	r.kill(r.in)
	r.await(r.sub.String(), EventHandshakeSucceeded, 2)
	send("after")
	m, err = r.sub.Recv(r.ctx)
	require.NoError(t, err)
	require.Equal(t, "after|more", m.String())
	r.await(r.sub.String(), EventJoinedLate, 1)
	in := r.sub.Stats().In
	require.Equal(t, uint64(2), in.Accepted)
	require.Equal(t, uint64(2), in.Delivered)
}

// TestGroupStuck closes a source whose write waits for a network that takes nothing: linger is kept to, and what did not go out is told.
func TestGroupStuck(t *testing.T) {
	r := newGroupRig(t, 3)
	stuck := make(chan struct{}, 1)
	stub := newStubGroup(func(s *stubGroup, _ []pgm.Out) (int, error) {
		stuck <- struct{}{}
		<-s.cut
		return 0, os.ErrDeadlineExceeded
	})
	r.instead(r.out, stub.open)
	<-stuck
	require.NoError(t, r.pub.Send(r.ctx, NewMessage("never")))
	require.NoError(t, r.pub.Set(r.ctx, Linger(50*time.Millisecond)))
	var unsent *UnsentError
	require.ErrorAs(t, r.pub.Close(r.ctx), &unsent)
	require.Equal(t, 1, unsent.Messages())
	<-stub.closed
}

// TestGroupCutOff takes the network away in the middle of a batch: what did not go out waits for it to come back, goes out once, and is not counted
// before.
func TestGroupCutOff(t *testing.T) {
	r := newGroupRig(t, 4)
	heard := make(chan pgm.Packet, 1000)
	hear := func(outs []pgm.Out) {
		for _, o := range outs {
			p, err := pgm.Parse(append([]byte{}, o.Packet...))
			if err == nil && p.Type == pgm.ODATA {
				heard <- p
			}
		}
	}
	gone := newStubGroup(func(_ *stubGroup, outs []pgm.Out) (int, error) {
		for i, o := range outs {
			if p, _ := pgm.Parse(o.Packet); p.Type == pgm.ODATA && p.Seq == 3 {
				hear(outs[:i])
				return i, syscall.ENETUNREACH
			}
		}
		hear(outs)
		return len(outs), nil
	})
	back := newStubGroup(func(_ *stubGroup, outs []pgm.Out) (int, error) {
		hear(outs)
		return len(outs), nil
	})
	opened, restored := 0, make(chan struct{})
	r.instead(r.out, func(a pgm.Address, o pgm.Options) (groupConn, error) {
		if opened++; opened == 1 {
			return gone.open(a, o)
		}
		<-restored
		return back.open(a, o)
	})
	r.await(r.pub.String(), EventHandshakeSucceeded, 2)
	for i := range 10 {
		require.NoError(t, r.pub.Send(r.ctx, MessageOf(append(fmt.Appendf(nil, "%d ", i), make([]byte, 1000)...))))
	}
	<-gone.closed
	r.await(r.pub.String(), EventDisconnected, 2)
	out := r.pub.Stats().Out
	require.EqualValues(t, 10, out.Accepted)
	require.Less(t, out.Delivered, uint64(5), "three packets went out")
	close(restored)
	decoders, got := map[pgm.TSI]*wire.PGMDecoder{}, 0
	for got < 10 {
		p := <-heard
		if decoders[p.TSI] == nil {
			decoders[p.TSI] = wire.NewPGMDecoder(-1)
		}
		msgs, err := decoders[p.TSI].Decode(p.Data, nil)
		require.NoError(t, err)
		for _, m := range msgs {
			require.Equal(t, fmt.Sprint(got), string(m.Bytes()[0]))
			got++
		}
	}
	require.Len(t, decoders, 2)
	require.Eventually(t, func() bool { return r.pub.Stats().Out.Delivered == 10 }, 10*time.Second, time.Millisecond)
	require.Empty(t, r.pub.Stats().Out.Dropped)
	require.Empty(t, heard)
}

// TestGroupSettings gives the sockets of a group all that the options say, each time that they are made, and the engine its rate and window.
func TestGroupSettings(t *testing.T) {
	r := newGroupRig(t, 6)
	var got pgm.Options
	open := func(a pgm.Address, o pgm.Options) (groupConn, error) {
		got = o
		return openGroup(a, o)
	}
	r.instead(r.out, open)
	r.await(r.pub.String(), EventHandshakeSucceeded, 2)
	require.Equal(t, pgm.Options{Source: true, Hops: 1, MaxTPDU: 1500}, got)
	r.instead(r.in, open)
	r.await(r.sub.String(), EventHandshakeSucceeded, 2)
	require.Equal(t, pgm.Options{Hops: 1, MaxTPDU: 1500}, got)

	pub, err := NewPub(r.rt, MulticastHops(3), MulticastMaxTPDU(600), MulticastLoop(true), SendBuffer(20_000), RecvBuffer(30_000), Rate(1000))
	require.NoError(t, err)
	out, err := pub.Connect(r.ctx, r.tested)
	require.NoError(t, err)
	require.NoError(t, pub.WaitPeers(r.ctx, 1))
	r.instead(out, open)
	r.await(pub.String(), EventHandshakeSucceeded, 2)
	require.Equal(t, pgm.Options{Source: true, Hops: 3, MaxTPDU: 600, Loop: true, SendBuffer: 20_000, RecvBuffer: 30_000}, got)
	require.Equal(t, 10_000*(1000/8)/600, out.opts.window())
}

// TestSetGroup changes the options of groups: the one there is keeps its own when it is joined again, and one made from then on has the new ones. What a
// source can repair is seen in its packets.
func TestSetGroup(t *testing.T) {
	r := newGroupRig(t, 9)
	type seen struct {
		options pgm.Options
		repairs pgm.Seq // packets of ten: itself, and those in the window before it
	}
	look := func(e *Endpoint, handshakes int) (s seen) {
		lead := make(chan pgm.Packet, 1000)
		stub := newStubGroup(func(_ *stubGroup, outs []pgm.Out) (int, error) {
			for _, o := range outs {
				if p, err := pgm.Parse(append([]byte{}, o.Packet...)); err == nil && p.Type == pgm.ODATA {
					lead <- p
				}
			}
			return len(outs), nil
		})
		r.instead(e, func(a pgm.Address, o pgm.Options) (groupConn, error) {
			s.options = o
			return stub.open(a, o)
		})
		r.await(r.pub.String(), EventHandshakeSucceeded, handshakes)
		for range 10 { // each fills a packet
			require.NoError(t, r.pub.Send(r.ctx, MessageOf(make([]byte, 500))))
			p := <-lead
			s.repairs = p.Seq - p.Trail + 1
		}
		require.NoError(t, e.Close(r.ctx))
		return s
	}
	require.NoError(t, r.pub.Set(r.ctx, Rate(1000), RecoveryInterval(16*time.Millisecond), MulticastHops(3), MulticastMaxTPDU(600), MulticastLoop(true)))
	require.Equal(t, seen{pgm.Options{Source: true, Hops: 1, MaxTPDU: 1500}, 10}, look(r.out, 2))
	next, err := r.pub.Connect(r.ctx, r.tested)
	require.NoError(t, err)
	r.await(r.pub.String(), EventHandshakeSucceeded, 3)
	require.Equal(t, seen{pgm.Options{Source: true, Hops: 3, MaxTPDU: 600, Loop: true}, 4}, look(next, 4))
}

// TestGroupInterfaceGone joins a group again where its interface has gone: what reads from it would never tell.
func TestGroupInterfaceGone(t *testing.T) {
	r := newGroupRig(t, 7)
	gone := newStubGroup(func(_ *stubGroup, outs []pgm.Out) (int, error) { return len(outs), nil })
	gone.gone = make(chan struct{})
	opened := 0
	r.instead(r.in, func(a pgm.Address, o pgm.Options) (groupConn, error) {
		if opened++; opened == 1 {
			return gone, nil
		}
		return openGroup(a, o)
	})
	r.await(r.sub.String(), EventHandshakeSucceeded, 2)
	close(gone.gone)
	r.await(r.sub.String(), EventHandshakeSucceeded, 3)
	<-gone.closed
	require.NoError(t, r.pub.Send(r.ctx, NewMessage("again")))
	m, err := r.sub.Recv(r.ctx)
	require.NoError(t, err)
	require.Equal(t, "again", m.String())
}

// TestGroupNews tells a loss that goes on as one, keeps what happens to one source in order, and has a bound: whoever floods a group with sources that
// are none floods nobody's log.
func TestGroupNews(t *testing.T) {
	var n groupNews
	now := time.Unix(1e9, 0)
	a, b := pgm.Delivery{TSI: pgm.TSI{Port: 1}}, pgm.Delivery{TSI: pgm.TSI{Port: 2}}
	require.True(t, n.due().IsZero())
	n.add(EventJoined, a, 0, nil)
	require.False(t, now.Before(n.due()), "the first is told at once")
	require.Len(t, n.take(now), 1)
	require.True(t, n.due().IsZero())

	nonsense := errors.New("nonsense")
	for range 1000 {
		n.add(EventLost, a, 2, nil)
		n.add(EventLost, b, 1, nil)
		n.add(EventLost, a, 1, nonsense)
	}
	n.add(EventExpired, a, 0, nil)
	n.add(EventJoined, a, 0, nil)
	n.add(EventLost, a, 5, nil)
	require.Equal(t, now.Add(newsEvery), n.due())
	var told []string
	for _, x := range n.take(now.Add(newsEvery)) {
		told = append(told, fmt.Sprintf("%s %s %d %v", x.source[len(x.source)-1:], x.kind, x.lost, x.err))
	}
	require.Equal(t, []string{
		"1 lost 2000 <nil>", "2 lost 1000 <nil>", "1 lost 1000 nonsense", "1 expired 0 <nil>", "1 joined 0 <nil>", "1 lost 5 <nil>",
	}, told)

	for i := range 1000 {
		d := pgm.Delivery{TSI: pgm.TSI{Port: uint16(i)}}
		n.add(EventJoined, d, 0, nil)
		n.add(EventLost, d, 1, nil)
	}
	lost, items := 0, n.take(now)
	require.Len(t, items, newsMost+1)
	for _, x := range items {
		lost += x.lost
	}
	require.Equal(t, 1000, lost, "nothing is lost unseen")
}

// TestGroupFlood has one source lose packets without end: events come seldom, and the ledger has every packet.
func TestGroupFlood(t *testing.T) {
	r := newGroupRig(t, 5)
	c, err := pgm.Open(r.in.group.addr, pgm.Options{Source: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	begin := time.Now()
	const packets = 2000
	send := func(i int, tsdu string) {
		p := pgm.Packet{Type: pgm.ODATA, TSI: pgm.TSI{Port: 7}, Port: r.in.group.addr.Port, Seq: pgm.Seq(i), Trail: pgm.Seq(i), Data: []byte(tsdu)}
		_, err := c.Send([]pgm.Out{{To: r.in.group.addr.Send, Packet: p.AppendTo(nil)}})
		require.NoError(t, err)
	}
	send(0, "\x00\x00\x00\x00")
	r.await(r.sub.String(), EventJoined, 1)
	for i := range packets { // those for which the kernel has no room are lost too
		send(i, "\x00\x00\x00\x00")
	}
	send(packets, "\x00\x00\x04\x00end")
	for lost := func() uint64 { return r.sub.Stats().In.Dropped[ReasonPacketsLost] }; lost() < packets; {
		send(packets, "\x00\x00\x04\x00end") // the kernel may have had no room for the first
	}
	m, err := r.sub.Recv(r.ctx)
	require.NoError(t, err)
	require.Equal(t, "end", m.String())
	require.Equal(t, map[mailbox.Reason]uint64{ReasonPacketsLost: packets}, r.sub.Stats().In.Dropped)
	told := func() uint64 { return r.sum(r.sub.String(), EventLost, func(e Event) uint64 { return e.Packets }) }
	require.Eventually(t, func() bool { return told() == packets }, 10*time.Second, time.Millisecond)
	most := 2 + int(time.Since(begin)/newsEvery)
	require.LessOrEqual(t, r.count(r.sub.String(), EventLost), 2*most, "packets that were lost, and packets that made no sense")
}

// TestGroupTurns keeps a loop from reading on while too much waits for an inbound queue that takes nothing, and only then.
func TestGroupTurns(t *testing.T) {
	s := &groupSink{groupCodec: &groupCodec{run: &groupRun{deliverc: make(chan []Message, 1)}}}
	turn := make(chan struct{}, 1)
	s.delivering = true
	s.msgs = make([]Message, maxUndelivered)
	s.read(turn)
	s.pass()
	require.Len(t, turn, 1)
	<-turn
	s.msgs = append(s.msgs, Message{})
	s.read(turn)
	s.pass()
	require.Empty(t, turn)
	s.delivered()
	s.pass()
	require.Len(t, <-s.run.deliverc, maxUndelivered+1)
	require.Len(t, turn, 1)
	require.Empty(t, s.turns)
}

// TestGroupStreams has more sources send than one SUB keeps apart: the first is forgotten, which is told, and what was held for it goes.
func TestGroupStreams(t *testing.T) {
	const most = 256
	s := newGroupSink(&groupCodec{link: newGroupRig(t, 8).in.link})
	now := time.Unix(1e9, 0)
	port := s.link.endpoint.group.addr.Port
	for i := range uint16(most + 1) {
		s.news.take(now)
		p := pgm.Packet{Type: pgm.ODATA, TSI: pgm.TSI{Port: i}, Port: port, Data: []byte("\x00\x00\x02\x00a")}
		now = now.Add(time.Millisecond)
		s.handle(now, []pgm.Datagram{{Packet: p.AppendTo(nil), From: netip.MustParseAddr("10.99.0.1"), To: s.link.endpoint.group.addr.Send}})
	}
	require.Len(t, s.streams, most)
	require.Len(t, s.msgs, most+1)
	var told []string
	for _, n := range s.news.take(now) {
		told = append(told, fmt.Sprintf("%s %s", n.source, n.kind))
	}
	require.Equal(t, []string{"10.99.0.1 000000000000.0 expired", "10.99.0.1 000000000000.256 joined"}, told)
}

// TestGroupExpired has a real SUB hear of more sources than it keeps apart, and tell which it has forgotten.
func TestGroupExpired(t *testing.T) {
	r := newGroupRig(t, 9)
	c, err := pgm.Open(r.in.group.addr, pgm.Options{Source: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	made := func(e Event) uint64 { // beside them the PUB of the rig may be forgotten
		if strings.HasPrefix(e.Peer, "127.0.0.1 000000000000.") {
			return 1
		}
		return 0
	}
	for i := uint16(0); r.sum(r.sub.String(), EventExpired, made) == 0; i++ { // the news have a bound: some are not told
		p := pgm.Packet{Type: pgm.ODATA, TSI: pgm.TSI{Port: i}, Port: r.in.group.addr.Port, Data: []byte("\x00\x00\x02\x00a")}
		_, err := c.Send([]pgm.Out{{To: r.in.group.addr.Send, Packet: p.AppendTo(nil)}})
		require.NoError(t, err)
		_, err = r.sub.Recv(r.ctx)
		require.NoError(t, err)
	}
}
