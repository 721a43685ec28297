package socket_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// readPlaces notes where connections are asked to read to.
type readPlaces struct {
	mu  sync.Mutex
	all map[*byte]bool // guarded by mu: the beginnings of the slices given to Read
}

// has says whether something was read to the beginning of p.
func (s *readPlaces) has(p []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[&p[0]]
}

// A notingConn notes its reads.
type notingConn struct {
	net.Conn
	*readPlaces
}

// Read notes p and passes it on.
func (c notingConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	c.all[&p[0]] = true
	c.mu.Unlock()
	return c.Conn.Read(p)
}

// A notingListener accepts connections that note their reads.
type notingListener struct {
	net.Listener
	*readPlaces
}

// Accept implements net.Listener.
func (l notingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return notingConn{conn, l.readPlaces}, err
}

// TestSmallBodyIsToTheLetter sends messages of all sizes over tcp to whom has bound and to whom has connected. Each body larger than was set lies where
// it was read to, the very first included; and, since MaxMsgSize says how large one may be, at once. Where the connection is the system's own, the same
// messages come.
func TestSmallBodyIsToTheLetter(t *testing.T) {
	const largest = 1 << 20
	for _, set := range []int{0, 300, 32 << 10} {
		for name, meet := range map[string]func(t *testing.T, push *socket.Push, pull *socket.Pull) *readPlaces{
			"who binds": func(t *testing.T, push *socket.Push, pull *socket.Pull) *readPlaces {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				require.NoError(t, err)
				seen := &readPlaces{all: map[*byte]bool{}}
				ep, err := pull.BindListener(within(t), notingListener{l, seen})
				require.NoError(t, err)
				connect(t, push, ep.String())
				return seen
			},
			"who connects": func(t *testing.T, push *socket.Push, pull *socket.Pull) *readPlaces {
				conn, err := net.Dial("tcp", strings.TrimPrefix(bind(t, push, "tcp://127.0.0.1:*").String(), "tcp://"))
				require.NoError(t, err)
				seen := &readPlaces{all: map[*byte]bool{}}
				_, err = pull.ConnectConn(within(t), notingConn{conn, seen})
				require.NoError(t, err)
				return seen
			},
			"the system's own": func(t *testing.T, push *socket.Push, pull *socket.Pull) *readPlaces {
				join(t, "tcp://127.0.0.1:*", pull, push)
				return nil
			},
		} {
			t.Run(fmt.Sprintf("%s, %d", name, set), func(t *testing.T) {
				t.Parallel()
				rt := newRuntime(t)
				push := newPush(t, rt)
				pull := newPull(t, rt, socket.SmallBody(set), socket.MaxMsgSize(largest))
				seen := meet(t, push, pull)
				sent := sizesAround(rand.New(rand.NewPCG(uint64(set), 9)), set, largest)
				for _, m := range sent {
					require.NoError(t, push.Send(within(t), m))
				}
				for _, want := range sent {
					got, err := pull.Recv(within(t))
					require.NoError(t, err)
					same(t, want, got)
					for _, f := range got.All() {
						if len(f) > set && seen != nil {
							require.True(t, seen.has(f), "%d bytes lie elsewhere than they were read to", len(f))
						}
					}
				}
			})
		}
	}
}

// sizesAround returns messages of one to three frames, of sizes on either side of size, the first of them the largest there may be.
func sizesAround(rnd *rand.Rand, size, largest int) []socket.Message {
	bodies := make([]string, 0, 10)
	for i, n := range []int{largest, 0, 1, 254, 255, 256, 3000, size, size + 1, 70_000} {
		bodies = append(bodies, strings.Repeat(string(rune('a'+i)), n))
	}
	all := []socket.Message{socket.NewMessage(bodies[0])}
	for range 60 {
		frames := make([]string, 0, 3)
		for range 1 + rnd.IntN(3) {
			frames = append(frames, bodies[1+rnd.IntN(len(bodies)-1)])
		}
		all = append(all, socket.NewMessage(frames...))
	}
	return append(all, all[0])
}
