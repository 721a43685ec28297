package interop

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// An app is the application's side of one socket, Weir's or libzmq's: the same script is played to both.
type app interface {
	bind() (endpoint string)
	connect(endpoint string)
	subscribe(topic string)
	poke() // lets the socket take notice of a connection, where it has no thread of its own
	says(frames ...string)
	wants(frames ...string)
}

// A weirApp is one with a socket of Weir's.
type weirApp struct {
	*testing.T
	ctx context.Context
	s   weirSocket
}

func (a weirApp) bind() string {
	ep, err := a.s.Bind(a.ctx, "tcp://127.0.0.1:*")
	require.NoError(a, err)
	return ep.String()
}

func (a weirApp) connect(endpoint string) {
	_, err := a.s.Connect(a.ctx, endpoint)
	require.NoError(a, err)
}

func (a weirApp) subscribe(topic string) { require.NoError(a, a.s.(*socket.Sub).Subscribe(topic)) }

func (a weirApp) poke() {}

func (a weirApp) says(frames ...string) {
	a.Helper()
	require.NoError(a, a.s.(socket.Sender).Send(a.ctx, socket.NewMessage(frames...)))
}

func (a weirApp) wants(frames ...string) {
	a.Helper()
	m, err := a.s.(socket.Receiver).Recv(a.ctx)
	require.NoError(a, err)
	require.Equal(a, words(socket.NewMessage(frames...)), words(m))
}

// A libzmqApp is one with a socket of libzmq's.
type libzmqApp struct {
	ctx context.Context
	p   *peer
}

func (a libzmqApp) bind() string            { return a.p.do(a.ctx, "bind", "tcp://127.0.0.1:*") }
func (a libzmqApp) connect(endpoint string) { a.p.do(a.ctx, "connect", endpoint) }
func (a libzmqApp) subscribe(topic string)  { a.p.do(a.ctx, "subscribe", plain(topic)) }

func (a libzmqApp) poke() { a.p.do(a.ctx, "idle", 1) }

func (a libzmqApp) says(frames ...string) {
	a.p.t.Helper()
	a.p.do(a.ctx, "send", waitMS, texts(frames...))
}

func (a libzmqApp) wants(frames ...string) {
	a.p.t.Helper()
	require.Equal(a.p.t, words(socket.NewMessage(frames...)), a.p.do(a.ctx, "recv", waitMS))
}

// oldOpeners make Weir's sockets, by type.
var oldOpeners = map[string]opener{
	"PUSH": opening(socket.NewPush), "PULL": opening(socket.NewPull), "XPUB": opening(socket.NewXPub), "SUB": opening(socket.NewSub),
	"REQ": opening(socket.NewReq), "REP": opening(socket.NewRep), "DEALER": opening(socket.NewDealer), "ROUTER": opening(socket.NewRouter),
	"PUB": opening(socket.NewPub), "XSUB": opening(socket.NewXSub), "PAIR": opening(socket.NewPair),
}

// oldVersions are the ways to speak a ZMTP before 3.0: what a peer with an identity of 4 octets sends, stage by stage, and what it must hear before
// each stage but the first, and at the end. "T" stands for the socket type of the one who speaks to it, "I" for its identity, which is "me".
var oldVersions = map[string]struct {
	one    bool // the framing is that of 1.0
	mute   bool // a subscriber that sends no subscriptions
	stages []string
	hears  []string
}{
	"2.0":            {stages: []string{oldSignature, "\x01", "\x07", "\x00\x04peer"}, hears: []string{"\x03", "T", "\x00\x02I"}},
	"1.0":            {one: true, stages: []string{oldSignature, "\x00", "\x07", "\x05\x00peer"}, hears: []string{"\x03", "T", "\x03\x00I"}},
	"unversioned":    {one: true, mute: true, stages: []string{"\x05\x00peer"}, hears: []string{"I"}},
	"unversioned ff": {one: true, mute: true, stages: []string{"\xff\x00\x00\x00\x00\x00\x00\x00\x05\x00peer"}, hears: []string{"I"}},
}

// oldSignature begins what a peer with an identity of 4 octets says that has a version number.
const oldSignature = "\xff\x00\x00\x00\x00\x00\x00\x00\x05\x7f"

// An oldPeer speaks a ZMTP before 3.0 over a plain connection. Owned by the test's goroutine.
type oldPeer struct {
	*testing.T
	conn net.Conn
	in   *bufio.Reader // of conn
	one  bool          // the framing is that of 1.0
	mute bool
}

// write writes octets.
func (p oldPeer) write(octets string) {
	p.Helper()
	_, err := io.WriteString(p.conn, octets)
	require.NoError(p, err)
}

// hears wants the next octets to be those.
func (p oldPeer) hears(octets string) {
	p.Helper()
	got := make([]byte, len(octets))
	n, err := io.ReadFull(p.in, got)
	require.NoError(p, err, "%q has come of %q", got[:n], octets)
	require.Equal(p, octets, string(got))
}

// awaits waits until something has come. libzmq's socket must be asked for something meanwhile.
func (p oldPeer) awaits(a app) {
	p.Helper()
	deadline, _ := bounded(p.T).Deadline()
	for time.Now().Before(deadline) {
		require.NoError(p, p.conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
		_, err := p.in.Peek(1)
		if err == nil {
			break
		}
		require.ErrorIs(p, err, os.ErrDeadlineExceeded)
		a.poke()
	}
	require.NoError(p, p.conn.SetReadDeadline(deadline))
}

// pulses has the application publish a message until it arrives, and reads as many as were sent from then on: the first that arrives is one of those.
func (p oldPeer) pulses(a app, body string) {
	p.Helper()
	deadline, _ := bounded(p.T).Deadline()
	for time.Now().Before(deadline) {
		a.says(body)
		require.NoError(p, p.conn.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
		_, err := p.in.Peek(1)
		if err == nil {
			break
		}
		require.ErrorIs(p, err, os.ErrDeadlineExceeded)
	}
	require.NoError(p, p.conn.SetReadDeadline(deadline))
	a.says(body + " is over")
	for last := p.encode(body + " is over"); ; {
		want := p.encode(body)
		got, err := p.in.Peek(len(last))
		require.NoError(p, err)
		if string(got) == last {
			p.hears(last)
			return
		}
		p.hears(want)
	}
}

// encode is a message in the peer's framing, written down anew: nothing of Weir's is used.
func (p oldPeer) encode(frames ...string) string {
	var b []byte
	for i, f := range frames {
		more := byte(1)
		if i == len(frames)-1 {
			more = 0
		}
		switch {
		case p.one && len(f) < 254:
			b = append(b, byte(len(f)+1), more)
		case p.one:
			b = append(binary.BigEndian.AppendUint64(append(b, 0xff), uint64(len(f)+1)), more)
		case len(f) < 256:
			b = append(b, more, byte(len(f)))
		default:
			b = binary.BigEndian.AppendUint64(append(b, more|2), uint64(len(f)))
		}
		b = append(b, f...)
	}
	return string(b)
}

// oldScripts are what is said behind the handshake, by the type of the socket that the old peer talks to.
var oldScripts = map[string]func(p oldPeer, a app){
	"PUSH": func(p oldPeer, a app) {
		for _, size := range []int{0, 1, 252, 253, 254, 255, 256, 257, 5000} {
			body := made(size, 1)
			a.says(body, "", body)
			p.hears(p.encode(body, "", body))
		}
	},
	"PULL": func(p oldPeer, a app) {
		for _, size := range []int{0, 1, 252, 253, 254, 255, 256, 257, 5000} {
			body := made(size, 1)
			p.write(p.encode(body, "", body) + p.encode(body))
			a.wants(body, "", body)
			a.wants(body)
		}
	},
	"XPUB": func(p oldPeer, a app) {
		if p.mute {
			a.wants("\x01")
			a.says("B")
			a.says("A", "body")
			p.hears(p.encode("B") + p.encode("A", "body"))
			return
		}
		p.write(p.encode("\x01A") + p.encode("\x01C") + p.encode("\x00C"))
		a.wants("\x01A")
		a.wants("\x01C")
		a.wants("\x00C")
		a.says("B")
		a.says("A", "body")
		a.says("C")
		a.says("A2")
		p.hears(p.encode("A", "body") + p.encode("A2"))
	},
	"SUB": func(p oldPeer, a app) {
		for _, size := range []int{0, 1, 252, 253, 254, 256} { // of 255 octets libzmq makes a frame that nobody can read
			topic := strings.Repeat("t", size)
			a.subscribe(topic)
			p.awaits(a)
			p.hears(p.encode("\x01" + topic))
		}
		p.write(p.encode("topic", "body"))
		a.wants("topic", "body")
	},
	"PUB": func(p oldPeer, a app) {
		if !p.mute {
			p.write(p.encode("\x01A"))
		}
		p.pulses(a, "A1") // nobody is told of a subscription: it is there once something arrives
		if p.mute {
			a.says("B")
			p.hears(p.encode("B"))
		}
		a.says("A2", "body")
		p.hears(p.encode("A2", "body"))
	},
	"XSUB": func(p oldPeer, a app) {
		a.says("\x01topic")
		p.awaits(a)
		p.hears(p.encode("\x01topic"))
		p.write(p.encode("topic", "body"))
		a.wants("topic", "body")
		a.says("\x00topic")
		p.awaits(a)
		p.hears(p.encode("\x00topic"))
	},
	"PAIR": func(p oldPeer, a app) {
		a.says("out", "2")
		p.hears(p.encode("out", "2"))
		p.write(p.encode("in", ""))
		a.wants("in", "")
	},
	"REQ": func(p oldPeer, a app) {
		for range 3 {
			a.says("question", "2")
			p.hears(p.encode("", "question", "2"))
			p.write(p.encode("", "answer"))
			a.wants("answer")
		}
	},
	"REP": func(p oldPeer, a app) {
		for range 3 {
			p.write(p.encode("envelope", "", "question"))
			a.wants("question")
			a.says("answer", "2")
			p.hears(p.encode("envelope", "", "answer", "2"))
		}
	},
	"DEALER": func(p oldPeer, a app) {
		a.says("out")
		p.hears(p.encode("out"))
		p.write(p.encode("in"))
		a.wants("in")
	},
	"ROUTER": func(p oldPeer, a app) {
		p.write(p.encode("in"))
		a.wants("peer", "in")
		a.says("peer", "out")
		p.hears(p.encode("out"))
	},
}

// oldNumbers are the socket types of a greeting of ZMTP 2.0.
var oldNumbers = map[string]string{
	"SUB": "\x02", "REQ": "\x03", "REP": "\x04", "DEALER": "\x05", "ROUTER": "\x06", "PULL": "\x07", "PUSH": "\x08", "XPUB": "\x09",
	"PAIR": "\x00", "PUB": "\x01", "XSUB": "\x0a",
}

// TestOldPeers plays peers of ZMTP 2.0 and 1.0, with and without a version number, to every type, as connector and as binder: the same octets to
// Weir and to libzmq, and both must answer with the same.
func TestOldPeers(t *testing.T) {
	for version := range oldVersions {
		for typ := range oldScripts {
			for _, subject := range []string{"Weir", "libzmq"} {
				for _, binds := range []bool{true, false} {
					side := " connects"
					if binds {
						side = " binds"
					}
					t.Run(version+"/"+typ+"/"+subject+side, func(t *testing.T) {
						t.Parallel()
						playOld(t, version, typ, subject, binds)
					})
				}
			}
		}
	}
}

// openApp makes the socket of one side. one says that peers of ZMTP 1.0 come to it.
func openApp(t *testing.T, typ, subject string, one bool) app {
	t.Helper()
	ctx := begin(t, libzmq)
	if subject == "libzmq" {
		return libzmqApp{ctx, startPeer(ctx, t, libzmq, typ, "id=me")}
	}
	rt, _ := newRuntime(t)
	s, err := oldOpeners[typ](rt, socket.ZMTP1(one), socket.RoutingID("me"))
	require.NoError(t, err)
	return weirApp{t, ctx, s}
}

// meetOld makes the connection.
func meetOld(t *testing.T, a app, binds bool) net.Conn {
	t.Helper()
	var conn net.Conn
	if binds {
		var err error
		conn, err = net.Dial("tcp", strings.TrimPrefix(a.bind(), "tcp://"))
		require.NoError(t, err)
	} else {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer func() { _ = l.Close() }() // one connection is all that is wanted
		a.connect("tcp://" + l.Addr().String())
		conn, err = l.Accept()
		require.NoError(t, err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	deadline, _ := bounded(t).Deadline()
	require.NoError(t, conn.SetDeadline(deadline))
	return conn
}

// playOld plays one script.
func playOld(t *testing.T, version, typ, subject string, binds bool) {
	v := oldVersions[version]
	a := openApp(t, typ, subject, v.one)
	conn := meetOld(t, a, binds)
	p := oldPeer{T: t, conn: conn, in: bufio.NewReader(conn), one: v.one, mute: v.mute}
	p.hears("\xff\x00\x00\x00\x00\x00\x00\x00\x03\x7f")
	for i, stage := range v.stages {
		p.write(stage)
		if i == len(v.stages)-1 || i < len(v.hears)-1 {
			want := v.hears[min(i, len(v.hears)-1)]
			p.hears(strings.NewReplacer("T", oldNumbers[typ], "I", "me").Replace(want))
		}
	}
	oldScripts[typ](p, a)
}

// TestRevision2 plays a version number that no version has: libzmq takes it for one after 3.0, and so does Weir.
func TestRevision2(t *testing.T) {
	for _, subject := range []string{"Weir", "libzmq"} {
		t.Run(subject, func(t *testing.T) {
			a := openApp(t, "PULL", subject, false)
			conn := meetOld(t, a, true)
			p := oldPeer{T: t, conn: conn, in: bufio.NewReader(conn)}
			hello := hello("PUSH")
			hello[10], hello[11] = 2, 0
			p.hears("\xff\x00\x00\x00\x00\x00\x00\x00\x03\x7f")
			p.write(string(hello))
			want := string(greeting("NULL")[10:]) + string(ready("PULL"))
			p.hears(want)
			p.write(p.encode("in"))
			a.wants("in")
		})
	}
}
