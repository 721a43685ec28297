package interop

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
	"golang.org/x/sync/errgroup"
)

// trioEach is how many messages each of three partners gets or gives.
const trioEach = 2000

// A trio is one socket with three partners: one of the two slices has one element, the other three. It belongs to the test's goroutine.
type trio struct {
	*testing.T
	ctx   context.Context
	weirs []weirSocket
	peers []*peer
}

// newTrio makes and joins the sockets of a pairing, so many of Weir's and so many of libzmq's. The one whose side binds does so once, or each of
// the three does and the one connects to all. Senders have no mark: an exact third is only promised where nobody is ever full.
func newTrio(t *testing.T, p pairing, weirs, peers int) *trio {
	t.Helper()
	x := &trio{T: t, ctx: begin(t, libzmq)}
	rt, _ := newRuntime(t)
	for range weirs {
		w, err := p.open(rt, socket.SendHWM(0))
		require.NoError(t, err)
		switch w := w.(type) {
		case *socket.Sub:
			require.NoError(t, w.Subscribe(""))
		case *socket.XSub:
			require.NoError(t, w.Subscribe(""))
		}
		x.weirs = append(x.weirs, w)
	}
	for range peers {
		c := startPeer(x.ctx, t, libzmq, p.partner, "sndhwm=0")
		if p.partner == "SUB" {
			c.do(x.ctx, "subscribe", "-")
		}
		x.peers = append(x.peers, c)
	}
	x.join(p)
	x.meet()
	return x
}

// join binds and connects.
func (x *trio) join(p pairing) {
	x.Helper()
	if p.weirBinds {
		for _, w := range x.weirs {
			ep, err := w.Bind(x.ctx, p.place.fresh())
			require.NoError(x, err)
			for _, c := range x.peers {
				c.do(x.ctx, "connect", ep.String())
			}
		}
		return
	}
	for _, c := range x.peers {
		endpoint := c.do(x.ctx, "bind", p.place.fresh())
		for _, w := range x.weirs {
			_, err := w.Connect(x.ctx, endpoint)
			require.NoError(x, err)
		}
	}
}

// meet waits until everybody knows all partners, and publishers their subscribers. The peers come first: a bound socket of libzmq's takes note of a
// connection, and tells it its subscriptions, when it is asked for something.
func (x *trio) meet() {
	x.Helper()
	for _, c := range x.peers {
		c.do(x.ctx, "wait", "HANDSHAKE", len(x.weirs), waitMS)
	}
	var subs []socket.Receiver
	for _, w := range x.weirs {
		require.NoError(x, w.WaitPeers(x.ctx, len(x.peers)))
		switch w := w.(type) {
		case *socket.Pub:
			require.NoError(x, w.WaitSubscribers(x.ctx, len(x.peers)))
		case *socket.XPub:
			require.NoError(x, w.WaitSubscribers(x.ctx, len(x.peers)))
		case *socket.Sub:
			subs = append(subs, w)
		case *socket.XSub:
			subs = append(subs, w)
		}
	}
	if len(subs) == 0 {
		return
	}
	for i, c := range x.peers {
		pulse(x.ctx, c, fmt.Sprintf("pulse %d", i), subs...)
	}
}

// sends sends numbered messages from one of Weir's sockets.
func (x *trio) sends(w weirSocket, first, count int) error {
	for n := first; n < first+count; n++ {
		if err := w.(socket.Sender).Send(x.ctx, numbered(n, 20)); err != nil {
			return err
		}
	}
	return nil
}

// rises receives count messages on one of Weir's sockets, each number higher than the one before from the same sender; senders' numbers begin at
// multiples of trioEach times 10. reply answers them, where not nil.
func (x *trio) rises(w weirSocket, count int, reply socket.Sender) error {
	last := map[int]int{}
	for range count {
		m, err := w.(socket.Receiver).Recv(x.ctx)
		if err != nil {
			return err
		}
		body := m
		if _, ok := w.(*socket.Router); ok {
			body = m.Tail(1) // behind the sender's name
		}
		n := numberOf(body)
		from := n / (10 * trioEach)
		if before, ok := last[from]; n < 0 || ok && n <= before {
			return fmt.Errorf("message %d came after %d", n, before)
		}
		last[from] = n
		if reply == nil {
			continue
		}
		if err := reply.Send(x.ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// nothingLeft checks that a socket of Weir's has nothing more to receive.
func (x *trio) nothingLeft(w weirSocket) {
	x.Helper()
	_, err := w.(socket.Receiver).TryRecv()
	require.ErrorIs(x, err, socket.ErrWouldBlock)
}

// TestThreePeers gives one socket of Weir's three partners in libzmq: work goes in exact thirds, publications to all, and what three send arrives.
func TestThreePeers(t *testing.T) {
	overWide(t, crowds, func(t *testing.T, p pairing) {
		x := newTrio(t, p, 1, 3)
		w := x.weirs[0]
		for i, c := range x.peers {
			first := i * 10 * trioEach
			if p.weir == "ROUTER" {
				c.order("sendn", first, trioEach, 20, waitMS)
				continue
			}
			c.order(map[string][]any{
				"PULL": {"rise", trioEach, waitMS},
				"SUB":  {"recvn", 0, trioEach, waitMS},
				"PUSH": {"sendn", first, trioEach, 20, waitMS},
				"PUB":  {"sendn", first, trioEach, 20, waitMS},
				"REP":  {"serve", trioEach, waitMS},
				"REQ":  {"ask", first, trioEach, 20, waitMS},

				"DEALER": {"rise", trioEach, waitMS},
			}[p.partner]...)
		}
		var err error
		switch p.weir {
		case "PUSH", "DEALER":
			err = x.sends(w, 0, 3*trioEach)
		case "PUB", "XPUB":
			err = x.sends(w, 0, trioEach)
		case "PULL", "SUB", "XSUB", "ROUTER":
			err = x.rises(w, 3*trioEach, nil)
		case "REP":
			err = x.rises(w, 3*trioEach, w.(socket.Sender))
		case "REQ":
			err = x.asks(w, 0, 3*trioEach)
		}
		require.NoError(t, err)
		for _, c := range x.peers {
			c.okay(x.ctx)
		}
	})
}

// asks makes round trips of numbered messages with one of Weir's sockets.
func (x *trio) asks(w weirSocket, first, count int) error {
	for n := first; n < first+count; n++ {
		if err := x.sends(w, n, 1); err != nil {
			return err
		}
		m, err := w.(socket.Receiver).Recv(x.ctx)
		if err != nil {
			return err
		}
		if numberOf(m) != n {
			return fmt.Errorf("reply %d to request %d", numberOf(m), n)
		}
	}
	return nil
}

// TestThreeWeirs gives one socket of libzmq's three partners in Weir, with the same to be seen from the other side.
func TestThreeWeirs(t *testing.T) {
	overWide(t, crowds, func(t *testing.T, p pairing) {
		x := newTrio(t, p, 3, 1)
		c := x.peers[0]
		c.order(map[string][]any{
			"PULL": {"collect", 0, 3 * trioEach, waitMS},
			"SUB":  {"collect", 0, 3 * trioEach, waitMS},
			"PUSH": {"sendn", 0, 3 * trioEach, 20, waitMS},
			"PUB":  {"sendn", 0, trioEach, 20, waitMS},
			"REP":  {"serve", 3 * trioEach, waitMS},
			"REQ":  {"ask", 0, 3 * trioEach, 20, waitMS},

			"DEALER": {"sendn", 0, 3 * trioEach, 20, waitMS},
		}[p.partner]...)
		var all errgroup.Group
		for i, w := range x.weirs {
			all.Go(func() error {
				switch p.weir {
				case "PUSH", "PUB", "XPUB":
					return x.sends(w, i*trioEach, trioEach)
				case "REQ":
					return x.asks(w, i*trioEach, trioEach)
				case "REP":
					return x.rises(w, trioEach, w.(socket.Sender))
				default:
					return x.rises(w, trioEach, nil)
				}
			})
		}
		require.NoError(t, all.Wait())
		c.okay(x.ctx)
		if p.receives && p.weir != "REQ" && p.weir != "REP" {
			for _, w := range x.weirs {
				x.nothingLeft(w)
			}
		}
	})
}
