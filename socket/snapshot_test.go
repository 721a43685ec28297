package socket_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// find is the first node below nodes of a kind and a socket.
func find(nodes []socket.Node, kind, name string) *socket.Node {
	for i, n := range nodes {
		if n.Kind == kind && n.Socket == name {
			return &nodes[i]
		}
		if below := find(n.Children, kind, name); below != nil {
			return below
		}
	}
	return nil
}

// TestSnapshot has a node for each actor, with its accounts.
func TestSnapshot(t *testing.T) {
	ctx := within(t)
	rt := newRuntime(t, socket.IOWorkers(1))
	router, dealer := newRouter(t, rt), newDealer(t, rt, socket.RoutingID("me"), socket.ReconnectInterval(time.Millisecond))
	ep, _ := join(t, "tcp://127.0.0.1:*", router, dealer)
	source, pull, push, sink := newPush(t, rt), newPull(t, rt), newPush(t, rt), newPull(t, rt)
	join(t, inprocName(t), pull, source)
	join(t, inprocName(t), sink, push)
	proxy := startProxy(t, pull, push)
	require.NoError(t, source.Send(ctx, socket.NewMessage("ab", "c")))
	_, err := sink.Recv(ctx)
	require.NoError(t, err)
	require.NoError(t, proxy.Pause(ctx)) // its books are written
	require.NoError(t, dealer.Send(ctx, socket.NewMessage("hello")))
	_, err = router.Recv(ctx)
	require.NoError(t, err)

	snap := rt.Snapshot()
	worker := find(snap.Actors, socket.KindWorker, "")
	require.Equal(t, &rt.Workers()[0], worker.Worker)
	for kind, s := range map[string]anySocket{socket.KindListener: router, socket.KindDialer: dealer} {
		task := find(worker.Children, kind, s.String())
		require.Equal(t, ep.String(), task.Endpoint)
		require.Len(t, task.Children, 1)
		require.Equal(t, socket.KindCodec, task.Children[0].Kind)
		require.Equal(t, ep.String(), task.Children[0].Endpoint)
	}
	node := find(snap.Actors, socket.KindSocket, router.String())
	require.Equal(t, uint64(1), node.Stats.In.Delivered)
	require.Len(t, node.Children, 1)
	require.Equal(t, "me", node.Children[0].Peer.Identity)
	require.NotNil(t, find(snap.Actors, socket.KindReaper, ""))
	require.Equal(t, &socket.ProxyStatistics{
		Frontend: socket.ProxySide{Received: 1, ReceivedFrames: 2, ReceivedBytes: 3}, Backend: socket.ProxySide{Sent: 1, SentFrames: 2, SentBytes: 3},
	}, find(snap.Actors, socket.KindProxy, "").Proxy)

	lost := watch(t, dealer.Events(ctx))
	require.NoError(t, router.Close(ctx))
	require.NoError(t, proxy.Terminate(ctx))
	lost.until(socket.EventConnectFailed)
	lost.until(socket.EventRetried)
	snap = rt.Snapshot()
	require.Nil(t, find(snap.Actors, socket.KindListener, router.String()))
	require.Nil(t, find(snap.Actors, socket.KindSocket, router.String()))
	codec := find(snap.Actors, socket.KindCodec, dealer.String())
	require.NotEmpty(t, codec.LastError)
	require.Positive(t, codec.Restarts, "one for each attempt after the first")
	require.Contains(t, find(snap.Actors, socket.KindPipe, dealer.String()).Peer.LastError, "refused")
	require.NoError(t, rt.Shutdown(ctx))
	require.Empty(t, rt.Snapshot().Actors)
}

// changing finds what is another each time in the JSON of a snapshot.
var changing = regexp.MustCompile(`("(?:time|waiting|window_ns|sent|received|sent_bytes|received_bytes|dropped)": ?)(?:"[^"]*"|[0-9.e+-]+)|127\.0\.0\.1:\d+`)

// TestSnapshotInJSON is what programs outside read. The names in testdata/snapshot.json are stable.
func TestSnapshotInJSON(t *testing.T) {
	rt := newRuntime(t)
	pull, push := newPull(t, rt), newPush(t, rt, socket.SendHWM(5))
	join(t, "tcp://127.0.0.1:*", pull, push)
	require.NoError(t, pull.Settle(within(t)))
	require.NoError(t, push.Settle(within(t)))
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(rt.Snapshot()))
	got := changing.ReplaceAllStringFunc(b.String(), func(s string) string {
		if m := changing.FindStringSubmatch(s); m[1] != "" {
			return m[1] + "0"
		}
		return "127.0.0.1:0"
	})
	const golden = "testdata/snapshot.json"
	if os.Getenv("WEIR_REWRITE") != "" {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "WEIR_REWRITE=1 writes it anew")
}

// TestProfileLabels finds the goroutines of connections and listeners in a profile by their socket, endpoint and actor.
func TestProfileLabels(t *testing.T) {
	rt := newRuntime(t, socket.WithProfileLabels())
	pull, push := newPull(t, rt), newPush(t, rt)
	ep, _ := join(t, "tcp://127.0.0.1:*", pull, push)
	var profile bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	for kind, s := range map[string]anySocket{"listener": pull, "dialer": push} {
		labels := fmt.Sprintf(`"actor":"io/0/%s/%s/%s#\d+(/codec)?", "endpoint":"%s", "socket":"%s"`,
			kind, s, regexp.QuoteMeta(ep.String()), regexp.QuoteMeta(ep.String()), s)
		require.Regexp(t, labels, profile.String())
	}
	require.Regexp(t, `"actor":"io/0/listener/[^"]*/codec/127[^"]*", "endpoint":"tcp[^"]*", "socket":"`+pull.String(), profile.String())
}

// TestLogAttributes has the socket and the endpoint beside the event.
func TestLogAttributes(t *testing.T) {
	var log bytes.Buffer
	rt := newRuntime(t, socket.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	pull, push := newPull(t, rt), newPush(t, rt)
	ep, _ := join(t, "tcp://127.0.0.1:*", pull, push)
	require.NoError(t, rt.Shutdown(within(t)))
	require.Contains(t, log.String(), fmt.Sprintf(`"msg":"handshake succeeded","socket":%q,"endpoint":%q,"peer":"127`, pull, ep))
}

// ExampleRuntime_Snapshot prints the tree of actors.
func ExampleRuntime_Snapshot() {
	rt, err := socket.NewRuntime()
	if err != nil {
		fmt.Println(err)
		return
	}
	pull, _ := socket.NewPull(rt)
	_, _ = pull.Bind(context.Background(), "inproc://jobs")
	push, _ := socket.NewPush(rt)
	_, _ = push.Connect(context.Background(), "inproc://jobs")
	var show func(nodes []socket.Node, indent string)
	show = func(nodes []socket.Node, indent string) {
		for _, n := range nodes {
			fmt.Println(indent+n.Kind, n.Name)
			show(n.Children, indent+"  ")
		}
	}
	_ = push.WaitPeers(context.Background(), 1)
	show(rt.Snapshot().Actors, "")
	_ = rt.Shutdown(context.Background())
	// Output:
	// reaper reaper
	// worker io/0
	// socket socket/1-pull
	//   pipe pipe/inproc://jobs#1
	// socket socket/2-push
	//   pipe pipe/inproc://jobs#1
}
