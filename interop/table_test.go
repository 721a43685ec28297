package interop

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/weirmq/weir/socket"
)

// A weirSocket is what all of Weir's socket types have in common.
type weirSocket interface {
	endpoints
	accounts
}

// A kind is one of Weir's socket types, with the type that libzmq plays beside it: one row of the table.
type kind struct {
	weir, partner string
	// sends and receives say what applications do with Weir's type.
	sends, receives bool
	// open makes the socket on Weir's side. A subscriber gets no subscription yet.
	open opener
	// weirOpts and peerOpts make both sides keep every message: a publisher waits at the mark instead of dropping.
	weirOpts []socket.Option
	peerOpts []string
	// moves is how messages get across.
	moves moves
}

// kinds is the table of socket types, of those whose traffic is the application's alone. The others that speak ZMTP are in wideKinds. A STREAM has no
// handshake, no messages and no partner of its own kind of work: stream_test.go and router_raw_test.go have its scenes.
var kinds = []*kind{
	{weir: "PUSH", partner: "PULL", sends: true, moves: weirSends{}, open: opening(socket.NewPush)},
	{weir: "PULL", partner: "PUSH", receives: true, moves: weirReceives{}, open: opening(socket.NewPull)},
	{
		weir: "PUB", partner: "SUB", sends: true, moves: weirSends{}, open: opening(socket.NewPub),
		weirOpts: []socket.Option{socket.XPubNoDrop(true)},
	},
	{
		weir: "SUB", partner: "PUB", receives: true, moves: weirReceives{}, open: opening(socket.NewSub),
		peerOpts: []string{"nodrop=1"},
	},
	{weir: "REQ", partner: "REP", sends: true, receives: true, moves: weirAsks{}, open: opening(socket.NewReq)},
	{weir: "REP", partner: "REQ", sends: true, receives: true, moves: weirAnswers{}, open: opening(socket.NewRep)},
	{weir: "DEALER", partner: "DEALER", sends: true, receives: true, moves: weirTalks{}, open: opening(socket.NewDealer)},
	{weir: "PAIR", partner: "PAIR", sends: true, receives: true, moves: bothWays{}, open: opening(socket.NewPair)},
}

// wideKinds is the table with ROUTER, which has a name before each message, and XPUB and XSUB, which hear and tell of subscriptions: for cases that move
// messages and do no more with them. What these types do beyond that has scenes of its own, and pairs_test.go has each of them with every partner.
var wideKinds = append(slices.Clip(kinds), []*kind{
	{
		weir: "ROUTER", partner: "DEALER", sends: true, receives: true, moves: weirRoutes{}, open: opening(socket.NewRouter),
		weirOpts: []socket.Option{socket.RouterMandatory(true)}, peerOpts: []string{"id=zmq"},
	},
	{
		weir: "XPUB", partner: "SUB", sends: true, moves: weirSends{}, open: opening(socket.NewXPub),
		weirOpts: []socket.Option{socket.XPubNoDrop(true)},
	},
	{
		weir: "XSUB", partner: "PUB", receives: true, moves: weirReceives{}, open: opening(socket.NewXSub),
		peerOpts: []string{"nodrop=1"},
	},
}...)

// An opener makes a socket of one of Weir's types.
type opener func(*socket.Runtime, ...socket.Option) (weirSocket, error)

// opening makes an opener of a constructor.
func opening[S weirSocket](construct func(*socket.Runtime, ...socket.Option) (S, error)) opener {
	return func(rt *socket.Runtime, opts ...socket.Option) (weirSocket, error) { return construct(rt, opts...) }
}

// kindOf is the row of a type of Weir's.
func kindOf(weir string) *kind {
	return wideKinds[slices.IndexFunc(wideKinds, func(k *kind) bool { return k.weir == weir })]
}

// A place is a transport: one row of the table.
type place struct {
	name string
	// fresh is an endpoint to bind that nobody else has.
	fresh func() string
}

// places is the table of transports.
var places = []*place{
	{name: "tcp", fresh: freshAddress},
	{name: "ipc", fresh: func() string { return fmt.Sprintf("ipc://%s/s%d", scratch, bound.Add(1)) }},
}

// bound numbers the endpoints. Atomic.
var bound atomic.Int64

// freshAddress is an endpoint of tcp with any port. On Linux the address is the case's own, of the 16 million that loop back: a port that is given up
// in the middle of a case, to be bound again, is then nobody else's meanwhile, and nobody's outgoing connection begins there.
func freshAddress() string {
	if runtime.GOOS != "linux" {
		return "tcp://127.0.0.1:*"
	}
	n := bound.Add(1)
	return fmt.Sprintf("tcp://127.%d.%d.%d:*", 1+os.Getpid()%250, n/250%250, 1+n%250)
}

// A pairing is one cell of the table: a type, a transport, and who binds.
type pairing struct {
	*kind
	place     *place
	weirBinds bool
}

// String names the pairing, for the name of a subtest.
func (p pairing) String() string {
	side := p.partner
	if p.weirBinds {
		side = p.weir
	}
	return fmt.Sprintf("%s-%s/%s/%s binds", p.weir, p.partner, p.place.name, side)
}

// A pick chooses the cells of the table that a case makes sense for.
type pick func(p pairing) bool

// every picks the whole table.
var every pick = func(pairing) bool { return true }

// crowds picks the types that have more than one peer.
var crowds pick = func(p pairing) bool { return p.weir != "PAIR" }

// only picks some of Weir's types.
func only(types ...string) pick {
	return func(p pairing) bool { return slices.Contains(types, p.weir) }
}

// binding keeps of a pick what Weir binds.
func (k pick) binding() pick { return func(p pairing) bool { return p.weirBinds && k(p) } }

// dialing keeps of a pick what Weir connects.
func (k pick) dialing() pick { return func(p pairing) bool { return !p.weirBinds && k(p) } }

// tcp keeps of a pick what goes over tcp.
func (k pick) tcp() pick { return func(p pairing) bool { return p.place.name == "tcp" && k(p) } }

// overTable runs a case for each type × transport × bind side that is picked. Cases run beside each other, as many as go test allows.
func overTable(t *testing.T, picked pick, f func(t *testing.T, p pairing)) {
	overKinds(t, kinds, picked, f)
}

// overWide is overTable for the wide table.
func overWide(t *testing.T, picked pick, f func(t *testing.T, p pairing)) {
	overKinds(t, wideKinds, picked, f)
}

// overKinds is overTable for other rows than the table's.
func overKinds(t *testing.T, rows []*kind, picked pick, f func(t *testing.T, p pairing)) {
	for _, p := range cells(rows, picked) {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			f(t, p)
		})
	}
}

// cells are the cells of some rows that are picked.
func cells(rows []*kind, picked pick) []pairing {
	var all []pairing
	for _, k := range rows {
		for _, at := range places {
			for _, weirBinds := range []bool{true, false} {
				if p := (pairing{kind: k, place: at, weirBinds: weirBinds}); picked(p) {
					all = append(all, p)
				}
			}
		}
	}
	return all
}

// patterns are the types of Weir's that have their work in common.
var patterns = []struct {
	name  string
	types []string
}{
	{"request and reply", []string{"REQ", "REP", "DEALER", "ROUTER"}},
	{"publish and subscribe", []string{"PUB", "SUB", "XPUB", "XSUB"}},
	{"pipeline", []string{"PUSH", "PULL"}},
	{"pair", []string{"PAIR"}},
}

// overPatterns is overKinds for cases that wait long: it gives all cells of a pattern to one of them, which waits in all of them at the same time. That
// takes the time of one.
func overPatterns(t *testing.T, rows []*kind, picked pick, f func(t *testing.T, of []pairing)) {
	for _, pattern := range patterns {
		of := cells(rows, func(p pairing) bool { return picked(p) && slices.Contains(pattern.types, p.weir) })
		if len(of) == 0 {
			continue
		}
		t.Run(pattern.name, func(t *testing.T) {
			t.Parallel()
			f(t, of)
		})
	}
}
