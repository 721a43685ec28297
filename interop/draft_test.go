package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// drafts is libzmq 4.3.5 with what is a draft of it: npm's zeromq has it ready-made, and tools/native-peers.sh fetches that.
var drafts = &program{name: "libzmq 4.3.5 with drafts (npm: zeromq)"}

// findDrafts looks for it, and for a node that can load it.
func findDrafts(ctx context.Context) (missing string) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return err.Error()
	}
	addon := filepath.Join(cache, "weir", "zeromq-6.4.2.node")
	drafts.command = []string{"node", filepath.Join("peer", "draft.js"), addon}
	probe := "process.exit(require(process.argv[1]).capability.draft ? 0 : 1)"
	if out, err := exec.CommandContext(ctx, "node", "-e", probe, addon).CombinedOutput(); err != nil {
		return fmt.Sprintf("node cannot load %s (tools/native-peers.sh puts it there): %v: %s", addon, err, firstLine(out))
	}
	return ""
}

// The numbers of libzmq's types and options, as its header has them.
const (
	typeDealer = "5"
	typeRouter = "6"

	optRoutingID  = "5"
	optNotify     = "97"
	optHello      = "110"
	optDisconnect = "111"
	optHiccup     = "114"
)

// A draftPeer is a process with a socket of drafts. Owned by the test's goroutine.
type draftPeer struct {
	t        *testing.T
	in       io.Writer
	lines    chan []string
	endpoint string
}

// startDraft starts one. It ends with the test. Where it is not to be had the case is skipped, and not counted as one that should have run: sayMissing says it
// loudly.
func startDraft(ctx context.Context, t *testing.T, typ, verb, endpoint string, options ...string) *draftPeer {
	t.Helper()
	args := append(append(drafts.command[1:len(drafts.command):len(drafts.command)], typ, verb, endpoint), options...)
	cmd := exec.CommandContext(ctx, drafts.command[0], args...)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	starting.Lock()
	err = cmd.Start()
	starting.Unlock()
	require.NoError(t, err)
	p := &draftPeer{t: t, in: in, lines: make(chan []string, 64)}
	go p.readLoop(out)
	t.Cleanup(func() {
		_ = in.Close() // the end of its input ends it
		for range p.lines {
		}
		_ = cmd.Wait()
	})
	p.endpoint = p.next(ctx)[0]
	return p
}

// readLoop passes on what the process prints, to its end, which the cleanup awaits.
func (p *draftPeer) readLoop(out io.Reader) {
	defer close(p.lines)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var frames []string
		if json.Unmarshal(lines.Bytes(), &frames) == nil {
			p.lines <- frames
		}
	}
}

// next is the next message that it has received.
func (p *draftPeer) next(ctx context.Context) []string {
	p.t.Helper()
	select {
	case frames, ok := <-p.lines:
		require.True(p.t, ok, "it has ended")
		return frames
	case <-ctx.Done():
		require.FailNow(p.t, "nothing was received")
		return nil
	}
}

// do has it send a message, or close its socket.
func (p *draftPeer) do(order string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, order+"\n")
	require.NoError(p.t, err)
}

// beginDraft opens a case.
func beginDraft(t *testing.T) (context.Context, *socket.Runtime, *eventLog) {
	t.Helper()
	if drafts.missing != "" {
		t.Skip(drafts.missing)
	}
	ran.Add(1)
	rt, events := newRuntime(t)
	return bounded(t), rt, events
}

// A draftCase is what one side sets and what the other, or itself, hears of it. In the one half libzmq's socket has the option, and Weir is beside it; in the
// other Weir's has.
type draftCase struct {
	name string
	// theirs are the options of libzmq's ROUTER, or DEALER, and ours those of Weir's.
	theirs string
	ours   socket.Option
	dealer bool // it is a DEALER's; else a ROUTER's
	first  string
	last   string // what comes at the end of a connection; empty for nothing
	remote bool   // the other side hears it
}

// draftCases are the options that tell of connections.
var draftCases = []draftCase{
	{name: "ROUTER_NOTIFY", theirs: optNotify + "=3", ours: socket.RouterNotify(socket.NotifyConnect | socket.NotifyDisconnect), first: "", last: ""},
	{name: "DISCONNECT_MSG", theirs: optDisconnect + "=bye", ours: socket.DisconnectMsg("bye"), first: "none", last: "bye"},
	{name: "HICCUP_MSG", theirs: optHiccup + "=hiccup", ours: socket.HiccupMsg("hiccup"), dealer: true, first: "none", last: "hiccup"},
	{name: "HELLO_MSG", theirs: optHello + "=hello", ours: socket.HelloMsg("hello"), remote: true, first: "hello", last: "none"},
	{name: "HELLO_MSG of a DEALER", theirs: optHello + "=hello", ours: socket.HelloMsg("hello"), dealer: true, remote: true, first: "hello", last: "none"},
}

// A draftCell is a case, with a transport and who binds.
type draftCell struct {
	draftCase
	place  *place
	turned bool // the DEALER is bound, and the ROUTER connects: nothing is told of the end then, since a pipe that was connected outlives it
}

// String names the cell, for the name of a subtest.
func (c draftCell) String() string {
	if c.turned {
		return c.name + "/" + c.place.name + "/DEALER binds"
	}
	return c.name + "/" + c.place.name + "/ROUTER binds"
}

// TestDrafts has libzmq's socket and then Weir's tell of the beginnings and ends of connections: both tell the same, of each other.
func TestDrafts(t *testing.T) {
	for _, c := range draftCases {
		for _, at := range places {
			for _, turned := range []bool{false, true} {
				if turned && c.first == "none" {
					continue // nothing would be told
				}
				cell := draftCell{c, at, turned}
				t.Run(cell.String()+"/libzmq's", func(t *testing.T) {
					t.Parallel()
					cell.theirsTells(t)
				})
				t.Run(cell.String()+"/Weir's", func(t *testing.T) {
					t.Parallel()
					cell.oursTells(t)
				})
			}
		}
	}
}

// meet brings a socket of Weir's together with one of libzmq's of that type.
func (c draftCell) meet(ctx context.Context, t *testing.T, s weirSocket, typ string, options ...string) (*draftPeer, *socket.Endpoint) {
	t.Helper()
	if (typ == typeDealer) != c.turned {
		at, err := s.Bind(ctx, c.place.fresh())
		require.NoError(t, err)
		return startDraft(ctx, t, typ, "connect", at.String(), options...), at
	}
	p := startDraft(ctx, t, typ, "bind", c.place.fresh(), options...)
	at, err := s.Connect(ctx, p.endpoint)
	require.NoError(t, err)
	return p, at
}

// wantsLast says whether the side that has the option is told of the end of a connection.
func (c draftCell) wantsLast() bool { return c.last != "none" && !c.remote && !c.turned }

// theirsTells has libzmq's socket with the option.
func (c draftCell) theirsTells(t *testing.T) {
	ctx, rt, _ := beginDraft(t)
	if c.dealer {
		router, err := socket.NewRouter(rt)
		require.NoError(t, err)
		p, at := c.meet(ctx, t, router, typeDealer, optRoutingID+"=zmq", c.theirs)
		c.wantWeir(t, ctx, router, c.beginning(true, c.remote, "zmq"), func() { p.do(`send ["x"]`) })
		require.NoError(t, router.SendTo(ctx, []byte("zmq"), socket.NewMessage("x")))
		for _, want := range c.beginning(false, !c.remote, "") {
			require.Equal(t, want, p.next(ctx))
		}
		require.NoError(t, at.Close(ctx))
		if c.wantsLast() {
			require.Equal(t, []string{c.last}, p.next(ctx))
		}
		return
	}
	dealer, err := socket.NewDealer(rt, socket.RoutingID("weir"))
	require.NoError(t, err)
	p, _ := c.meet(ctx, t, dealer, typeRouter, c.theirs)
	require.NoError(t, dealer.Send(ctx, socket.NewMessage("x")))
	for _, want := range c.beginning(true, !c.remote, "weir") {
		require.Equal(t, want, p.next(ctx))
	}
	c.wantWeir(t, ctx, dealer, c.beginning(false, c.remote, ""), func() { p.do(`send ["weir","x"]`) })
	require.NoError(t, dealer.Close(ctx))
	if c.wantsLast() {
		require.Equal(t, []string{"weir", c.last}, p.next(ctx))
	}
}

// beginning is what a side hears until the other's "x" has come: told says that it is the one that is told.
func (c draftCase) beginning(router, told bool, id string) (all [][]string) {
	bodies := []string{"x"}
	if told && c.first != "none" {
		bodies = []string{c.first, "x"}
	}
	for _, body := range bodies {
		if router {
			all = append(all, []string{id, body})
		} else {
			all = append(all, []string{body})
		}
	}
	return all
}

// wantWeir wants a socket of Weir's to receive messages, once the other side has done what makes them come.
func (c draftCase) wantWeir(t *testing.T, ctx context.Context, s socket.Receiver, want [][]string, do func()) {
	t.Helper()
	do()
	for _, frames := range want {
		m, err := s.Recv(ctx)
		require.NoError(t, err)
		require.Equal(t, strings.Join(frames, "|"), m.String())
	}
}

// oursTells has Weir's socket with the option.
func (c draftCell) oursTells(t *testing.T) {
	ctx, rt, _ := beginDraft(t)
	if c.dealer {
		dealer, err := socket.NewDealer(rt, c.ours, socket.RoutingID("weir"))
		require.NoError(t, err)
		p, _ := c.meet(ctx, t, dealer, typeRouter)
		require.NoError(t, dealer.Send(ctx, socket.NewMessage("x")))
		for _, want := range c.beginning(true, c.remote, "weir") {
			require.Equal(t, want, p.next(ctx))
		}
		c.wantWeir(t, ctx, dealer, c.beginning(false, !c.remote, ""), func() { p.do(`send ["weir","x"]`) })
		if c.wantsLast() {
			c.wantWeir(t, ctx, dealer, [][]string{{c.last}}, func() { p.do("close") })
		}
		return
	}
	router, err := socket.NewRouter(rt, c.ours)
	require.NoError(t, err)
	p, _ := c.meet(ctx, t, router, typeDealer, optRoutingID+"=zmq")
	c.wantWeir(t, ctx, router, c.beginning(true, !c.remote, "zmq"), func() { p.do(`send ["x"]`) })
	require.NoError(t, router.SendTo(ctx, []byte("zmq"), socket.NewMessage("x")))
	for _, want := range c.beginning(false, c.remote, "") {
		require.Equal(t, want, p.next(ctx))
	}
	if c.wantsLast() {
		c.wantWeir(t, ctx, router, [][]string{{"zmq", c.last}}, func() { p.do("close") })
	}
}
