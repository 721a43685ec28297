package socket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// What the rows of TestSetTakesEffect look at. Each look comes to a place, sees something, and leaves it as it was.

// bound makes a place that is bound.
func bound(c *setScene, s *socket.Any, at string) *setPlace {
	return &setPlace{s: s, ep: bind(c.t, s, at)}
}

// boundOverTCP and boundOverIPC are where the system's sockets are.
func boundOverTCP(c *setScene, s *socket.Any) *setPlace { return bound(c, s, loopback) }
func boundOverIPC(c *setScene, s *socket.Any) *setPlace { return bound(c, s, "ipc://*") }

// boundToLines is bound to lines, which work in fake time.
func boundToLines(c *setScene, s *socket.Any) *setPlace {
	l := &lineListener{lines: make(chan net.Conn, 1), closed: make(chan struct{})}
	ep, err := s.BindListener(c.ctx, l)
	require.NoError(c.t, err)
	return &setPlace{s: s, ep: ep, via: l}
}

// line comes to a place that is bound to lines.
func (c *setScene) line(p *setPlace) *rawPeer {
	ours, theirs := net.Pipe()
	p.via.(*lineListener).lines <- line{ours}
	return &rawPeer{t: c.t, conn: theirs, dec: wire.NewDecoder(-1)}
}

// connectedToRaw is connected to a listener that the looks accept from.
func connectedToRaw(c *setScene, s *socket.Any) *setPlace {
	l, ep := listenRaw(c.t)
	return &setPlace{s: s, ep: connect(c.t, s, ep), via: l}
}

// connectedToCutter is connected to a listener that closes what it accepts: it is tried again and again.
func connectedToCutter(c *setScene, s *socket.Any) *setPlace {
	l, ep := listenRaw(c.t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			_ = conn.Close()
		}
	}()
	c.t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return &setPlace{s: s, ep: connect(c.t, s, ep)}
}

// portOfNobody numbers ports where nobody listens.
var portOfNobody atomic.Int64

// connectedOverIPv6 is connected to nobody.
func connectedOverIPv6(c *setScene, s *socket.Any) *setPlace {
	return &setPlace{s: s, ep: connect(c.t, s, fmt.Sprintf("tcp://[::1]:%d", portOfNobody.Add(1)))}
}

// connectedByDialer has a Dialer that says whether it is given a time, and fails.
func connectedByDialer(c *setScene, s *socket.Any) *setPlace {
	bounded := make(chan bool)
	ep, err := s.Connect(c.ctx, "tcp://127.0.0.1:1", socket.Dialer(func(ctx context.Context, _ string) (net.Conn, error) {
		_, ok := ctx.Deadline()
		select {
		case bounded <- ok:
		case <-ctx.Done():
		}
		return nil, errors.New("not now")
	}))
	require.NoError(c.t, err)
	return &setPlace{s: s, ep: ep, via: bounded}
}

// ended is a context that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// sendError sends what cannot go anywhere.
func sendError(m socket.Message) func(*setScene, *setPlace) string {
	return func(_ *setScene, p *setPlace) string { return fmt.Sprint(p.s.Send(ended(), m)) }
}

// recvError receives where nothing is.
func recvError(_ *setScene, p *setPlace) string {
	_, err := p.s.Recv(ended())
	return fmt.Sprint(err)
}

// shaken is a peer of a type that has come to a place, and that the socket there knows of.
func (c *setScene) shaken(p *setPlace, typ string) *rawPeer {
	raw := dialRaw(c.t, p.ep.String(), typ)
	require.NoError(c.t, p.s.WaitPeers(c.ctx, 1))
	return raw
}

// leaves ends a peer's connection, and waits for the socket to know of it, and for all that it has sent.
func (c *setScene) leaves(raw *rawPeer, p *setPlace) {
	require.NoError(c.t, raw.conn.Close())
	gone(c.t, p.s)
}

// received is what there is to receive at a place, without the ids before it.
func received(p *setPlace) string {
	var all []string
	for m, err := p.s.TryRecv(); err == nil; m, err = p.s.TryRecv() {
		all = append(all, fmt.Sprintf("%q", m.Frame(m.Len()-1)))
	}
	return strings.Join(all, " ")
}

// firstWord is what a peer of a type that comes is told first: what is sent to it then, or something before that.
func firstWord(typ string) func(*setScene, *setPlace) string {
	return func(c *setScene, p *setPlace) string {
		raw := c.shaken(p, typ)
		if typ == "SUB" {
			raw.send("\x01")
			require.NoError(c.t, p.s.WaitSubscribers(c.ctx, 1))
		}
		require.NoError(c.t, p.s.Send(c.ctx, socket.NewMessage("word")))
		first := raw.recv()
		c.leaves(raw, p)
		return first[0]
	}
}

// secondSubscription is what is heard where a second peer subscribes to what a first one has, and then to something else.
func secondSubscription(c *setScene, p *setPlace) string {
	heard := func() string {
		for {
			m, err := p.s.Recv(c.ctx)
			require.NoError(c.t, err)
			if text := m.String(); text[0] == 1 {
				return text
			}
		}
	}
	first, second := dialRaw(c.t, p.ep.String(), "SUB"), dialRaw(c.t, p.ep.String(), "SUB")
	first.send("\x01t")
	require.Equal(c.t, "\x01t", heard())
	second.send("\x01t")
	second.send("\x01u")
	next := heard()
	for last := next; last != "\x01u"; last = heard() {
	}
	require.NoError(c.t, first.conn.Close())
	c.leaves(second, p)
	return next
}

// heardOfVisit is what is received of a peer that comes, says something and goes.
func heardOfVisit(c *setScene, p *setPlace) string {
	if p.s.Settings().Type != "STREAM" {
		raw := c.shaken(p, "DEALER")
		raw.send("x")
		c.leaves(raw, p)
		return received(p)
	}
	conn := dialTCP(c.t, p.ep.String())
	require.NoError(c.t, p.s.WaitPeers(c.ctx, 1))
	c.leaves(&rawPeer{conn: conn, t: c.t}, p)
	return received(p)
}

// heardOfLoss is what is received where a connection is lost and comes back.
func heardOfLoss(c *setScene, p *setPlace) string {
	first := acceptRaw(c.t, p.via.(net.Listener), "ROUTER")
	require.NoError(c.t, p.s.WaitPeers(c.ctx, 1))
	require.NoError(c.t, first.conn.Close())
	again := acceptRaw(c.t, p.via.(net.Listener), "ROUTER")
	require.NoError(c.t, p.s.Settle(c.ctx))
	heard := received(p)
	require.NoError(c.t, again.conn.Close())
	return heard
}

// greets is the greeting, and the command behind it, which a server of PLAIN or CURVE does not have.
func greets(c *setScene, p *setPlace) string {
	mine := greeting()
	for {
		conn := dialTCP(c.t, p.ep.String())
		_, err := conn.Write(mine)
		require.NoError(c.t, err)
		theirs := wantBytes(c.t, conn, len(mine))
		if string(theirs[12:32]) == string(mine[12:32]) {
			said := wantBytes(c.t, conn, int(wantBytes(c.t, conn, 2)[1]))
			return fmt.Sprintf("%q", said)
		}
		copy(mine[12:32], theirs[12:32]) // come again, in its language
		mine[32] = 1
	}
}

// servesOld says whether a peer that speaks ZMTP 1.0 is answered.
func servesOld(c *setScene, p *setPlace) string {
	old := dialects[3]
	conn := dialTCP(c.t, p.ep.String())
	_, err := conn.Write(old.hello("PUSH"))
	require.NoError(c.t, err)
	_, err = io.ReadFull(conn, make([]byte, old.answer("PULL")))
	return strconv.FormatBool(err == nil)
}

// takesHundred says whether a frame of 100 bytes costs its sender the connection: what comes behind it is answered or not.
func takesHundred(c *setScene, p *setPlace) string {
	raw := c.shaken(p, "PUSH")
	raw.write(append(wire.AppendMessage(nil, hundred()), wire.Ping{}.AppendTo(nil)...))
	_, err := raw.conn.Read(make([]byte, 1))
	_ = raw.conn.Close()
	return strconv.FormatBool(err == nil)
}

// keepsOfThree is what is received of three messages.
func keepsOfThree(c *setScene, p *setPlace) string {
	raw := c.shaken(p, "PUSH")
	for i := range 3 {
		raw.send(strconv.Itoa(i))
	}
	c.leaves(raw, p)
	return received(p)
}

// firstWrite is how much of a message of one frame of 2000 bytes is written at once. A line carries one write at a time.
func firstWrite(c *setScene, p *setPlace) string {
	raw := c.line(p)
	raw.shakeLine("PULL", "")
	require.NoError(c.t, p.s.WaitPeers(c.ctx, 1))
	require.NoError(c.t, p.s.Send(c.ctx, socket.MessageOf(make([]byte, 2000))))
	n, err := raw.conn.Read(make([]byte, 4096))
	require.NoError(c.t, err)
	c.leaves(raw, p)
	return strconv.Itoa(n)
}

// traces is how many messages are counted of one that is sent.
func traces(count *atomic.Int64) func(*setScene, *setPlace) string {
	return func(c *setScene, p *setPlace) string {
		raw, before := c.shaken(p, "PULL"), count.Load()
		require.NoError(c.t, p.s.Send(c.ctx, number(1)))
		raw.recv()
		c.leaves(raw, p)
		return strconv.FormatInt(count.Load()-before, 10)
	}
}

// worker is the number of the I/O actor that serves a peer of an endpoint.
func worker(c *setScene, p *setPlace) string {
	raw := c.shaken(p, "PUSH")
	serving := slices.IndexFunc(c.rt.Workers(), func(w socket.WorkerStats) bool { return w.Connections > 0 })
	c.leaves(raw, p)
	return strconv.Itoa(serving)
}

// letsIn says whether a PUSH with these options gets in.
func letsIn(opts ...socket.Option) func(*setScene, *setPlace) string {
	return func(c *setScene, p *setPlace) string {
		push := c.socket("PUSH", append(all(socket.ReconnectInterval(-1)), opts...)...)
		end := c.next(&setPlace{s: push, ep: connect(c.t, push, p.ep.String())}, socket.EventHandshakeSucceeded, socket.EventHandshakeFailed)
		require.NoError(c.t, push.Close(c.ctx))
		return end.Kind.String()
	}
}

// afterLoss is what follows a connection that is lost in its handshake.
func afterLoss(c *setScene, p *setPlace) string {
	conn, err := p.via.(net.Listener).Accept()
	require.NoError(c.t, err)
	wantBytes(c.t, conn, 10)
	require.NoError(c.t, conn.Close())
	return c.next(p, socket.EventRetried, socket.EventEnded).Kind.String()
}

// afterLosses says whether the time to the next attempt grows, from 1 ms, and at random 1 ms more, to 8.
func afterLosses(c *setScene, p *setPlace) string {
	var last socket.Event
	for range 4 {
		conn, err := p.via.(net.Listener).Accept()
		require.NoError(c.t, err)
		wantBytes(c.t, conn, 10)
		require.NoError(c.t, conn.Close())
		last = c.next(p, socket.EventRetried)
	}
	return strconv.FormatBool(last.Delay > 5*time.Millisecond)
}

// connects is how the next attempt that begins from now on ends.
func connects(c *setScene, p *setPlace) string {
	c.next(p, socket.EventConnectDelayed)
	return c.next(p, socket.EventConnected, socket.EventConnectFailed).Kind.String()
}

// triesIPv6 is whether an attempt that begins from now on fails because IPv6 is off.
func triesIPv6(c *setScene, p *setPlace) string {
	c.next(p, socket.EventConnectDelayed)
	return strconv.FormatBool(strings.Contains(c.next(p, socket.EventConnectFailed).Err.Error(), "IPv6 is off"))
}

// dialsWithin says whether an attempt that begins from now on is bounded.
func dialsWithin(_ *setScene, p *setPlace) string {
	bounded := p.via.(chan bool)
	<-bounded // it may have begun before
	return strconv.FormatBool(<-bounded)
}

// silence is how long a peer lasts that says nothing, be it from the beginning or behind its handshake: 10 s are the most.
func silence(shaken bool) func(*setScene, *setPlace) string {
	return func(c *setScene, p *setPlace) string {
		raw := c.line(p)
		if shaken {
			raw.shakeLine("PUSH", "")
		}
		start := time.Now()
		require.NoError(c.t, raw.conn.SetReadDeadline(start.Add(10*time.Second)))
		_, _ = io.Copy(io.Discard, raw.conn)
		lasted := time.Since(start).String()
		require.NoError(c.t, raw.conn.Close())
		return lasted
	}
}

// pingTTL is the time to live in a PING.
func pingTTL(c *setScene, p *setPlace) string {
	raw := c.line(p)
	raw.shakeLine("PUSH", "")
	ping := raw.octets(17)
	require.NoError(c.t, raw.conn.Close())
	return fmt.Sprintf("%x", ping[7:9])
}
