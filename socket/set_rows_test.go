package socket_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/transport/transporttest"
)

// all makes options a list.
func all(opts ...socket.Option) []socket.Option { return opts }

// setRows are the options by name.
func setRows(t *testing.T) map[string]setRow {
	t.Helper()
	rows := map[string]setRow{}
	for _, some := range []map[string]setRow{ownRows(), peerRows(), noticeRows(), securityRows(t), dialRows(t), timeRows(), systemRows()} {
		for name, row := range some {
			require.NotContains(t, rows, name)
			rows[name] = row
		}
	}
	return rows
}

// ownRows are the options that are the socket's own: they take effect at once, but for those that it is made with.
func ownRows() map[string]setRow {
	shown := map[string]string{
		"SendHWM": "TestSetHWMOfNetworkPeers", "RecvHWM": "TestSetHWMOfAllPeers", "SendHWMBytes": "TestSendHWMBytes", "RecvHWMBytes": "TestSetRecvHWMBytes",
		"Linger": "TestSetLinger", "RouterHandover": "TestSetRouter", "ReqCorrelate": "TestSetReq", "ReqRelaxed": "TestSetReq",
		"XPubVerboser": "TestSetXPub", "XPubManual": "TestSetXPub", "XPubNoDrop": "TestSetWakes", "InvertMatching": "TestSetXPub",
		"OnlyFirstSubscribe": "TestSetXSub", "XSubVerboseUnsubscribe": "TestSetXSub",
	}
	rows := map[string]setRow{
		"RouterRaw":       {when: never, test: "TestRouterRaw"},
		"SendTimeout":     {when: atOnce, typ: "PUSH", opts: all(socket.SendTimeout(0)), look: sendError(number(1))},
		"RouterMandatory": {when: atOnce, typ: "ROUTER", opts: all(socket.RouterMandatory(true)), look: sendError(socket.NewMessage("nobody", "x"))},
		"RecvTimeout":     {when: atOnce, typ: "PULL", opts: all(socket.RecvTimeout(0)), look: recvError},
		"ProbeRouter":     {when: atOnce, typ: "DEALER", opts: all(socket.ProbeRouter(true)), look: firstWord("ROUTER")},
		"XPubWelcome":     {when: atOnce, typ: "XPUB", opts: all(socket.XPubWelcome("hello")), look: firstWord("SUB")},
		"XPubVerbose":     {when: atOnce, typ: "XPUB", opts: all(socket.XPubVerbose(true)), look: secondSubscription},
	}
	for name, test := range shown {
		rows[name] = setRow{when: atOnce, test: test}
	}
	return rows
}

// peerRows are the options that say how a socket deals with the peers of an endpoint.
func peerRows() map[string]setRow {
	var traced atomic.Int64
	trace := socket.Trace{Sent: func(socket.Conn, socket.Message) { traced.Add(1) }}
	turnsAway := func(context.Context, socket.Incoming) error { return errors.New("not today") }
	rows := map[string]setRow{
		"Immediate":       {test: "TestSetForLaterEndpoints"},
		"RoutingID":       {typ: "DEALER", base: all(socket.RoutingID("one")), opts: all(socket.RoutingID("two")), look: greets},
		"Metadata":        {typ: "PULL", opts: all(socket.Metadata("X-a", "b")), look: greets},
		"ZMTP1":           {typ: "PULL", opts: all(socket.ZMTP1(true)), look: servesOld},
		"MaxMsgSize":      {typ: "PULL", opts: all(socket.MaxMsgSize(50)), look: takesHundred},
		"Conflate":        {typ: "PULL", opts: all(socket.Conflate(true)), look: keepsOfThree},
		"SmallBody":       {typ: "PUSH", opts: all(socket.SmallBody(0)), open: boundToLines, look: firstWrite, fake: true},
		"WithTrace":       {typ: "PUSH", opts: all(socket.WithTrace(trace)), look: traces(&traced)},
		"Affinity":        {typ: "PULL", base: all(socket.Affinity(1)), opts: all(socket.Affinity(1 << 2)), runtime: []socket.RuntimeOption{socket.IOWorkers(3)}, look: worker},
		"IPv6":            {typ: "PUSH", opts: all(socket.IPv6(true)), base: soon(), open: connectedOverIPv6, look: triesIPv6},
		"AcceptFilter":    {typ: "PULL", opts: all(socket.AcceptFilter(turnsAway)), look: letsIn()},
		"TCPAcceptFilter": {typ: "PULL", opts: all(socket.TCPAcceptFilter("192.0.2.1")), look: letsIn()},
	}
	for name, option := range map[string]socket.Option{
		"IPCFilterPID": socket.IPCFilterPID(os.Getpid() + 1), "IPCFilterUID": socket.IPCFilterUID(os.Getuid() + 1), "IPCFilterGID": socket.IPCFilterGID(1 << 30),
	} {
		rows[name] = setRow{when: later}
		if transport.HasCredentials {
			rows[name] = setRow{typ: "PULL", opts: all(option), open: boundOverIPC, look: letsIn()}
		}
	}
	return allLater(rows)
}

// allLater makes rows those of options for later endpoints.
func allLater(rows map[string]setRow) map[string]setRow {
	for name, row := range maps.Clone(rows) {
		row.when = later
		rows[name] = row
	}
	return rows
}

// noticeRows are the options that make messages of the coming and going of peers.
func noticeRows() map[string]setRow {
	return allLater(map[string]setRow{
		"HelloMsg":      {typ: "DEALER", opts: all(socket.HelloMsg("hello")), look: firstWord("ROUTER")},
		"RouterNotify":  {typ: "ROUTER", opts: all(socket.RouterNotify(socket.NotifyConnect)), look: heardOfVisit},
		"DisconnectMsg": {typ: "ROUTER", opts: all(socket.DisconnectMsg("gone")), look: heardOfVisit},
		"HiccupMsg": {
			typ: "DEALER", base: all(socket.ReconnectInterval(1)), opts: all(socket.HiccupMsg("lost")), open: connectedToRaw, look: heardOfLoss,
		},
		"StreamNotify": {typ: "STREAM", opts: all(socket.StreamNotify(false)), look: heardOfVisit},
	})
}

// securityRows are the options of mechanisms. Of each it is seen whether a peer gets in, or what it is told.
func securityRows(t *testing.T) map[string]setRow {
	t.Helper()
	server, client := curveSides(t)
	other, stranger := curveSides(t)
	asks := []socket.RuntimeOption{socket.WithAuthenticator(socket.AuthenticatorFunc(func(_ context.Context, r socket.AuthRequest) (socket.AuthReply, error) {
		if r.Domain == "closed" {
			return socket.Deny("closed"), nil
		}
		return socket.Allow(""), nil
	}))}
	public, secret, err := socket.NewCurveKeypair()
	require.NoError(t, err)
	pair := all(socket.CurveSecretKey(secret.String()), socket.CurvePublicKey(public.String()))
	third := append(all(socket.CurveServerKey(public.String())), client[0])
	joe := plainClient("joe", "secret")
	return allLater(map[string]setRow{
		"PlainServer":      {typ: "PULL", opts: plainServer, look: letsIn(joe...), runtime: asks},
		"PlainUsername":    {typ: "PULL", base: joe, opts: all(socket.PlainUsername("jim")), look: greets},
		"PlainPassword":    {typ: "PULL", base: joe, opts: all(socket.PlainPassword("other")), look: greets},
		"CurveServer":      {typ: "PULL", opts: server, look: letsIn(client...)},
		"CurveSecretKey":   {typ: "PULL", base: server, opts: other[1:], look: letsIn(stranger...)},
		"CurvePublicKey":   {typ: "PULL", base: server, opts: pair, look: letsIn(third...)},
		"CurveServerKey":   {typ: "PULL", base: client, opts: stranger[1:], look: letsIn(other...)},
		"ZapDomain":        {typ: "PULL", opts: all(socket.ZapDomain("closed")), look: letsIn(), runtime: asks},
		"ZapEnforceDomain": {typ: "PULL", base: all(socket.ZapDomain("d")), opts: all(socket.ZapEnforceDomain(true)), look: letsIn()},
	})
}

// soon is so short a time between attempts that a test need not wait for it.
func soon() []socket.Option { return all(socket.ReconnectInterval(time.Millisecond)) }

// dialRows are the options that say how an endpoint connects.
func dialRows(t *testing.T) map[string]setRow {
	t.Helper()
	proxy := transporttest.NewSOCKS(t, transporttest.SOCKS{User: "someone", Password: "secret"}).Address
	through := func(user, password string) []socket.Option {
		return append(all(socket.SocksProxy(proxy), socket.SocksUsername(user), socket.SocksPassword(password)), soon()...)
	}
	noProxy := strings.TrimPrefix(nobody(t), "tcp://")
	return allLater(map[string]setRow{
		"ReconnectInterval":    {typ: "PUSH", base: soon(), opts: all(socket.ReconnectInterval(-1)), open: connectedToRaw, look: afterLoss},
		"ReconnectIntervalMax": {typ: "PUSH", base: soon(), opts: all(socket.ReconnectIntervalMax(64 * time.Millisecond)), open: connectedToRaw, look: afterLosses},
		"ReconnectStop":        {typ: "PUSH", base: soon(), opts: all(socket.ReconnectStop(socket.StopOnHandshakeFailed)), open: connectedToRaw, look: afterLoss},
		"ConnectTimeout":       {typ: "PUSH", base: soon(), opts: all(socket.ConnectTimeout(time.Hour)), open: connectedByDialer, look: dialsWithin},
		"SocksProxy":           {typ: "PUSH", base: soon(), opts: all(socket.SocksProxy(noProxy)), open: connectedToCutter, look: connects},
		"SocksUsername":        {typ: "PUSH", base: through("jim", "secret"), opts: all(socket.SocksUsername("someone")), open: connectedToCutter, look: connects},
		"SocksPassword":        {typ: "PUSH", base: through("someone", "guess"), opts: all(socket.SocksPassword("secret")), open: connectedToCutter, look: connects},
	})
}

// timeRows are the options that say how long a peer may be silent.
func timeRows() map[string]setRow {
	beats := all(socket.HeartbeatInterval(100 * time.Millisecond))
	rows := map[string]setRow{
		"HandshakeInterval": {opts: all(socket.HandshakeInterval(time.Second)), look: silence(false)},
		"HeartbeatInterval": {opts: all(socket.HeartbeatInterval(time.Second)), look: silence(true)},
		"HeartbeatTTL":      {base: beats, opts: all(socket.HeartbeatTTL(time.Second)), look: pingTTL},
		"HeartbeatTimeout":  {base: beats, opts: all(socket.HeartbeatTimeout(3 * time.Second)), look: silence(true)},
	}
	for name, row := range maps.Clone(rows) {
		row.typ, row.open, row.fake = "PULL", boundToLines, true
		rows[name] = row
	}
	return allLater(rows)
}
