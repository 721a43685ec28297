package interop

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// turnsOut are scenes of a PUSH that has bound: "+a" is a PULL that joins, "-a" one that goes, "a" is who gets the next message.
var turnsOut = []string{
	"+a +b a b +c a b c a b c", // who joins behind a whole turn is the last of the next
	"+a +b +c a b c +d a b c d a b",
	"+a a +b a b a +c b c a",
	"+a +b +c +d a b -b c a d c a d", // who goes gives his place to the last
	"+a +b +c +d a b c -b a d c a d c",
	"+a +b +c +d a -a b c d +e b c e d",
	"+a +b +c a b -c a b -a b +d b d -b d",
}

// turnsIn are scenes of a PULL that has bound: "+a2" is a PUSH that joins, or was there, and has two messages arrive, "a" is whose is received next.
var turnsIn = []string{
	"+a2 +b2 a b +c2 a b c c", // who comes behind a whole turn is the last of the next
	"+a1 +b5 +c3 a b c c b c b b b",
	"+a1 +b2 +c3 +d3 a b c d d b c d c", // who has no more gives his place to the last
	"+a3 +b1 +c1 +d3 a b c d a d a d",
	"+b2 +a2 b a b a +a1 +b2 a b b",
	"+a1 +b2 +c2 a b c +a2 a b c a",
}

// A turned is the socket whose turns are looked at, Weir's or libzmq's: it has bound. Its methods are called by the test's goroutine.
type turned interface {
	app
	// joined waits until it has so many peers in all, those that have gone counted too.
	joined(n int)
	// left waits until so many have gone.
	left(n int)
	// next receives a message.
	next() string
}

// A weirTurned is one of Weir's.
type weirTurned struct {
	weirApp
	events *eventLog
}

func (w weirTurned) joined(n int) {
	w.events.waitKind(w.ctx, w.T, n, socket.EventHandshakeSucceeded)
	if in, ok := w.s.(*socket.Pull); ok {
		in.Ready() // as the peer does
	}
}

func (w weirTurned) left(n int) { w.events.waitKind(w.ctx, w.T, n, socket.EventDisconnected) }

func (w weirTurned) next() string {
	m, err := w.s.(socket.Receiver).Recv(w.ctx)
	require.NoError(w, err)
	return m.String()
}

// A libzmqTurned is one of libzmq's.
type libzmqTurned struct {
	libzmqApp
	at      string
	knocked *int
}

func (z libzmqTurned) joined(n int) { z.p.do(z.ctx, "wait", "HANDSHAKE", n, waitMS) }

// left waits for the event, and then until the pipe has gone, which is behind two talks between libzmq's threads: the I/O thread tells the socket, which
// agrees, and is told once more. What the I/O thread has been told, or tells itself, is done by the second connection that it accepts from then on; the
// socket hears of things in each wait.
func (z libzmqTurned) left(n int) {
	z.p.do(z.ctx, "wait", "DISCONNECTED", n, waitMS)
	for range 2 * 2 {
		*z.knocked++
		knock(z.ctx, z.p.t, z.at)
		z.p.do(z.ctx, "wait", "ACCEPTED", *z.knocked, waitMS)
	}
}

func (z libzmqTurned) next() string { return unword(z.p.t, z.p.do(z.ctx, "recv", waitMS)) }

// knock opens a connection that says nothing. It is closed when the test ends.
func knock(ctx context.Context, t *testing.T, endpoint string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(endpoint, "tcp://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() }) // may be closed by now
	return conn
}

// openTurned makes the socket and binds it. knocked counts the connections to it.
func openTurned(ctx context.Context, t *testing.T, subject, typ string, knocked *int) (s turned, at string) {
	t.Helper()
	if subject == "libzmq" {
		a := libzmqApp{ctx, startPeer(ctx, t, libzmq, typ)}
		at = a.bind()
		return libzmqTurned{a, at, knocked}, at
	}
	rt, events := newRuntime(t)
	opened, err := oldOpeners[typ](rt)
	require.NoError(t, err)
	a := weirApp{t, ctx, opened}
	return weirTurned{a, events}, a.bind()
}

// bodies reads frames behind a greeting until the connection ends, and tells of each message that name has it.
func bodies(conn io.Reader, name string, got chan<- string) {
	in := bufio.NewReader(conn)
	if _, err := io.CopyN(io.Discard, in, int64(len(greeting("NULL")))); err != nil {
		return
	}
	for {
		header := make([]byte, 2)
		if _, err := io.ReadFull(in, header); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, in, int64(header[1])); err != nil {
			return
		}
		if header[0]&flagCommand == 0 {
			got <- name
		}
	}
}

// pulls is a PULL of bare octets that tells of each message that name has it. It ends with the test.
func pulls(ctx context.Context, t *testing.T, endpoint, name string, got chan<- string) net.Conn {
	t.Helper()
	conn, ended := knock(ctx, t, endpoint), make(chan struct{})
	go func() {
		defer close(ended)
		bodies(conn, name, got)
	}()
	t.Cleanup(func() {
		_ = conn.Close() // twice does no harm
		<-ended
	})
	_, err := conn.Write(hello("PULL"))
	require.NoError(t, err)
	return conn
}

// overTurns plays the scenes with a socket of either library.
func overTurns(t *testing.T, scenes []string, play func(t *testing.T, subject, scene string)) {
	for _, subject := range []string{"Weir", "libzmq"} {
		for _, scene := range scenes {
			t.Run(subject+"/"+scene, func(t *testing.T) {
				t.Parallel()
				play(t, subject, scene)
			})
		}
	}
}

// TestTurnsOfPush has PULLs of bare octets join and leave a PUSH of Weir's and one of libzmq's: they get messages in the same order.
func TestTurnsOfPush(t *testing.T) { overTurns(t, turnsOut, playTurnsOut) }

// playTurnsOut plays one scene.
func playTurnsOut(t *testing.T, subject, scene string) {
	ctx := begin(t, libzmq)
	knocked, joined, left := 0, 0, 0
	s, at := openTurned(ctx, t, subject, "PUSH", &knocked)
	conns, got := map[string]net.Conn{}, make(chan string, len(scene))
	var heard []string
	for word := range strings.FieldsSeq(scene) {
		switch name := word[1:]; word[0] {
		case '+':
			conns[name] = pulls(ctx, t, at, name, got)
			knocked++
			joined++
			s.joined(joined)
		case '-':
			require.NoError(t, conns[name].Close())
			left++
			s.left(left)
		default:
			s.says("x")
			select {
			case word = <-got:
			case <-ctx.Done():
				require.NoError(t, ctx.Err(), "nobody gets a message after %q", heard)
			}
		}
		heard = append(heard, word)
	}
	require.Equal(t, scene, strings.Join(heard, " "))
}

// TestTurnsOfPull has PUSHes of bare octets send to a PULL of Weir's and to one of libzmq's, which receive only when all is there: in the same order.
func TestTurnsOfPull(t *testing.T) { overTurns(t, turnsIn, playTurnsIn) }

// playTurnsIn plays one scene.
func playTurnsIn(t *testing.T, subject, scene string) {
	ctx := begin(t, libzmq)
	knocked := 0
	s, at := openTurned(ctx, t, subject, "PULL", &knocked)
	peers := map[string]*rawPeer{}
	var heard []string
	for word := range strings.FieldsSeq(scene) {
		if word[0] == '+' {
			name, count := word[1:2], int(word[2]-'0')
			if peers[name] == nil {
				peers[name] = dialRaw(ctx, t, at)
				peers[name].write(hello("PUSH"))
				s.joined(len(peers)) // before there is more: see README.md, "messages right behind a peer's READY"
			}
			peers[name].write(append([]byte(strings.Repeat(string(frame(0, name)), count)), ping()...))
			require.True(t, peers[name].ponged())
			peers[name].write(ping()) // it is read once what came with the first is in the queue
			require.True(t, peers[name].ponged())
			s.joined(len(peers))
		} else {
			word = s.next()
		}
		heard = append(heard, word)
	}
	require.Equal(t, scene, strings.Join(heard, " "))
}
