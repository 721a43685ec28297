package codec

import (
	"bytes"
	"errors"
	"io"
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A wrapped connection is one of package net with something around it, which reads by its own Read.
type wrapped struct{ net.Conn }

// lines are the ways to make both ends of a connection, with whether its reader waits without a desk.
var lines = []struct {
	name   string
	shared bool
	make   func(t *testing.T) (ours, theirs net.Conn)
}{
	{"tcp", asks, func(t *testing.T) (ours, theirs net.Conn) { return joined(t, "tcp", "127.0.0.1:0") }},
	{"unix", asks, func(t *testing.T) (ours, theirs net.Conn) {
		return joined(t, "unix", filepath.Join(t.TempDir(), "s"))
	}},
	{"wrapped", false, func(t *testing.T) (ours, theirs net.Conn) {
		ours, theirs = joined(t, "tcp", "127.0.0.1:0")
		return wrapped{ours}, theirs
	}},
}

// joined are the ends of a connection.
func joined(t *testing.T, network, address string) (ours, theirs net.Conn) {
	ln, err := net.Listen(network, address)
	require.NoError(t, err)
	theirs, err = net.Dial(network, ln.Addr().String())
	require.NoError(t, err)
	ours, err = ln.Accept()
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	t.Cleanup(func() {
		_ = ours.Close() // a test may have closed either
		_ = theirs.Close()
	})
	return ours, theirs
}

// eachLine runs a test with each kind of connection.
func eachLine(t *testing.T, test func(t *testing.T, s *seat, theirs net.Conn)) {
	for _, l := range lines {
		t.Run(l.name, func(t *testing.T) {
			ours, theirs := l.make(t)
			s := newSeat(ours)
			require.NotNil(t, s.desk, "one for what the handshake has read")
			require.Equal(t, l.shared, s.raw != nil)
			test(t, s, theirs)
		})
	}
}

// TestSeatReads wants all that comes, in order, in reads that are as large as the desk has become, and no larger than asked for.
func TestSeatReads(t *testing.T) {
	eachLine(t, func(t *testing.T, s *seat, theirs net.Conn) {
		sent := make([]byte, 300_000)
		for i := range sent {
			sent[i] = byte(i * i >> 8)
		}
		failed := make(chan error, 1)
		go func() {
			_, err := theirs.Write(sent)
			failed <- errors.Join(err, theirs.Close())
		}()
		var got []byte
		for turn := 0; ; turn++ {
			most := []int{fullRead, 9, 5000}[turn%3]
			p, err := s.read(most)
			require.LessOrEqual(t, len(p), most)
			got = append(got, p...)
			if err != nil {
				require.Equal(t, io.EOF, err)
				break
			}
			require.NotEmpty(t, p)
		}
		require.True(t, bytes.Equal(sent, got), "what came is what was sent")
		require.NoError(t, <-failed)
	})
}

// TestSeatGrows wants a desk that a read has filled to be followed by a larger one, up to the most that a read may bring.
func TestSeatGrows(t *testing.T) {
	eachLine(t, func(t *testing.T, s *seat, _ net.Conn) {
		s.desk = newDesk()
		for _, size := range []int{2 << 10, 8 << 10, 32 << 10, 64 << 10, 64 << 10} {
			d := s.desk
			require.Len(t, d.buf, size)
			s.n = size - 1
			s.rise()
			require.Len(t, d.buf, size, "it was not full")
			s.desk, s.n = d, size
			s.rise()
			s.desk = d
		}
	})
}

// TestSeatWaitsWithoutDesk looks at a loop when it has found nothing to read.
func TestSeatWaitsWithoutDesk(t *testing.T) {
	eachLine(t, func(t *testing.T, s *seat, theirs net.Conn) {
		if s.raw == nil {
			s.rise()
			require.NotNil(t, s.desk, "its own")
			return
		}
		waits := make(chan bool, 1)
		s.try = func(fd uintptr) bool {
			ok := s.attempt(fd)
			if !ok {
				select {
				case waits <- s.desk == nil:
				default: // it was woken for nothing before
				}
			}
			return ok
		}
		failed := make(chan error, 1)
		go func() {
			if !<-waits {
				failed <- errors.New("it holds a desk while it waits")
			}
			_, err := theirs.Write([]byte("here"))
			failed <- err
		}()
		p, err := s.read(fullRead)
		require.NoError(t, err)
		require.Equal(t, "here", string(p))
		require.NoError(t, <-failed)
	})
}

// TestSeatErrors wants the errors of package net, word for word.
func TestSeatErrors(t *testing.T) {
	eachLine(t, func(t *testing.T, s *seat, theirs net.Conn) {
		if tcp, ok := theirs.(*net.TCPConn); ok {
			twin, theirTwin := joined(t, "tcp", "127.0.0.1:0")
			for _, conn := range []*net.TCPConn{tcp, theirTwin.(*net.TCPConn)} {
				require.NoError(t, conn.SetLinger(0))
				require.NoError(t, conn.Close())
			}
			_, want := twin.Read(make([]byte, 1))
			require.ErrorAs(t, want, new(*net.OpError))
			_, err := s.read(fullRead)
			require.Equal(t, &net.OpError{
				Op: "read", Net: "tcp", Source: s.conn.LocalAddr(), Addr: s.conn.RemoteAddr(), Err: errors.Unwrap(want),
			}, err, "the system's words are its own")
		}
		require.NoError(t, s.conn.Close())
		_, want := s.conn.Read(make([]byte, 1))
		_, err := s.read(fullRead)
		require.ErrorIs(t, err, net.ErrClosed)
		require.EqualError(t, err, want.Error())
		require.NotNil(t, s.desk, "for whoever decodes what came before")
	})
}

// TestSeatErrorNowhere words an error of a connection whose addresses the system does not tell: some forget them when the peer resets it.
func TestSeatErrorNowhere(t *testing.T) {
	s := &seat{conn: new(net.TCPConn), network: "tcp"}
	require.Nil(t, s.conn.LocalAddr())
	require.EqualError(t, s.failure(io.ErrNoProgress), "read tcp: "+io.ErrNoProgress.Error())
}
