package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// public and secret are a pair of CURVE keys in Z85: those of the RFC's test.
var (
	public = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
	secret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
)

// effects are, for each row of the table that a socket can tell of: a type that has the option, a value, and what Settings says then.
var effects = map[string]struct{ typ, value, field, want string }{
	"affinity":                 {"push", "0x5", "Affinity", "5"},
	"backlog":                  {"push", "7", "Backlog", "7"},
	"bindtodevice":             {"push", "lo", "BindToDevice", "lo"},
	"conflate":                 {"push", "1", "Conflate", "true"},
	"connect_timeout":          {"push", "70", "ConnectTimeout", "70ms"},
	"curve_publickey":          {"push", public, "CurvePublic", public},
	"curve_secretkey":          {"push", secret, "CurveSecret", secret},
	"curve_server":             {"push", "1", "CurveServer", "true"},
	"curve_serverkey":          {"push", public, "CurveServerKey", public},
	"disconnect_msg":           {"router", "bye", "DisconnectMsg", "bye"},
	"handshake_ivl":            {"push", "70", "HandshakeInterval", "70ms"},
	"heartbeat_ivl":            {"push", "70", "HeartbeatInterval", "70ms"},
	"heartbeat_timeout":        {"push", "70", "HeartbeatTimeout", "70ms"},
	"heartbeat_ttl":            {"push", "700", "HeartbeatTTL", "700ms"},
	"hello_msg":                {"dealer", "hi", "HelloMsg", "hi"},
	"hiccup_msg":               {"dealer", "hic", "HiccupMsg", "hic"},
	"identity":                 {"dealer", "me", "RoutingID", "me"},
	"immediate":                {"push", "1", "Immediate", "true"},
	"invert_matching":          {"xpub", "1", "InvertMatching", "true"},
	"ipv4only":                 {"push", "0", "IPv6", "true"},
	"ipv6":                     {"push", "1", "IPv6", "true"},
	"linger":                   {"push", "70", "Linger", "70ms"},
	"maxmsgsize":               {"push", "70", "MaxMsgSize", "70"},
	"metadata":                 {"push", "X-a:b", "Metadata", "map[X-a:b]"},
	"multicast_hops":           {"pub", "7", "MulticastHops", "7"},
	"multicast_loop":           {"pub", "1", "MulticastLoop", "true"},
	"multicast_maxtpdu":        {"pub", "700", "MulticastMaxTPDU", "700"},
	"only_first_subscribe":     {"xpub", "1", "OnlyFirstSubscribe", "true"},
	"plain_password":           {"push", "secret", "PlainPassword", "secret"},
	"plain_server":             {"push", "1", "PlainServer", "true"},
	"plain_username":           {"push", "me", "PlainUsername", "me"},
	"priority":                 {"push", "3", "Priority", "3"},
	"probe_router":             {"dealer", "1", "ProbeRouter", "true"},
	"rate":                     {"pub", "700", "Rate", "700"},
	"rcvbuf":                   {"push", "7000", "RecvBuffer", "7000"},
	"rcvhwm":                   {"push", "7", "RecvHWM", "7"},
	"rcvtimeo":                 {"push", "70", "RecvTimeout", "70ms"},
	"reconnect_ivl":            {"push", "70", "ReconnectInterval", "70ms"},
	"reconnect_ivl_max":        {"push", "700", "ReconnectIntervalMax", "700ms"},
	"reconnect_stop":           {"push", "1", "ReconnectStop", "1"},
	"recovery_ivl":             {"pub", "700", "RecoveryInterval", "700ms"},
	"req_correlate":            {"req", "1", "ReqCorrelate", "true"},
	"req_relaxed":              {"req", "1", "ReqRelaxed", "true"},
	"router_handover":          {"router", "1", "RouterHandover", "true"},
	"router_mandatory":         {"router", "1", "RouterMandatory", "true"},
	"router_notify":            {"router", "3", "RouterNotify", "3"},
	"router_raw":               {"router", "1", "RouterRaw", "true"},
	"routing_id":               {"dealer", "me", "RoutingID", "me"},
	"sndbuf":                   {"push", "7000", "SendBuffer", "7000"},
	"sndhwm":                   {"push", "7", "SendHWM", "7"},
	"sndtimeo":                 {"push", "70", "SendTimeout", "70ms"},
	"socks_proxy":              {"push", "h:1", "SocksProxy", "h:1"},
	"socks_password":           {"push", "secret", "SocksPassword", "secret"},
	"socks_username":           {"push", "me", "SocksUsername", "me"},
	"stream_notify":            {"stream", "0", "StreamNotify", "false"},
	"tcp_keepalive":            {"push", "1", "TCPKeepAlive", "true"},
	"tcp_keepalive_cnt":        {"push", "7", "TCPKeepAliveCount", "7"},
	"tcp_keepalive_idle":       {"push", "7", "TCPKeepAliveIdle", "7s"},
	"tcp_keepalive_intvl":      {"push", "7", "TCPKeepAliveInterval", "7s"},
	"tcp_maxrt":                {"push", "700", "TCPMaxRetransmit", "700ms"},
	"tos":                      {"push", "8", "TypeOfService", "8"},
	"xpub_manual":              {"xpub", "1", "XPubManual", "true"},
	"xpub_nodrop":              {"xpub", "1", "XPubNoDrop", "true"},
	"xpub_verbose":             {"xpub", "1", "XPubVerbose", "true"},
	"xpub_verboser":            {"xpub", "1", "XPubVerboser", "true"},
	"xpub_welcome_msg":         {"xpub", "hi", "XPubWelcome", "hi"},
	"xsub_verbose_unsubscribe": {"xsub", "1", "XSubVerboseUnsubscribe", "true"},
	"zap_domain":               {"push", "global", "ZapDomain", "global"},
	"zap_enforce_domain":       {"push", "1", "ZapEnforceDomain", "true"},
}

// needs are what some of them want beside them.
var needs = map[string]string{
	"curve_server":        "curve_secretkey=" + secret,
	"curve_publickey":     "curve_server=1 curve_secretkey=" + secret,
	"curve_secretkey":     "curve_server=1",
	"curve_serverkey":     "curve_secretkey=" + secret,
	"plain_password":      "plain_username=me",
	"socks_password":      "socks_proxy=h:1 socks_username=me",
	"socks_username":      "socks_proxy=h:1",
	"tcp_keepalive_cnt":   "tcp_keepalive=1",
	"tcp_keepalive_idle":  "tcp_keepalive=1",
	"tcp_keepalive_intvl": "tcp_keepalive=1",
}

// shownElsewhere are the rows that Settings does not tell of, each with the test that sees what they do.
var shownElsewhere = map[string]string{
	"connect_routing_id": "TestStream",
	"subscribe":          "TestOptions",
	"unsubscribe":        "TestUnsubscribe",
	"use_fd":             "TestUseFD",
	"blocky":             "TestBlocky",
	"io_threads":         "TestRuntimeOptions",
	"max_sockets":        "TestRuntimeOptions",
	"ipc_filter_gid":     "TestFilterOptions",
	"ipc_filter_pid":     "TestFilterOptions",
	"ipc_filter_uid":     "TestFilterOptions",
	"tcp_accept_filter":  "TestFilterOptions",
}

// TestOptionEffects sets every option that there is, and wants it to arrive in the socket.
func TestOptionEffects(t *testing.T) {
	rt, err := socket.NewRuntime()
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Shutdown(t.Context())) }()
	for _, row := range optionRows {
		if _, ok := shownElsewhere[row.name]; ok {
			continue
		}
		c, ok := effects[row.name]
		require.True(t, ok, "say what -o %s does", row.name)
		before, after := socketWith(t, rt, c.typ), socketWith(t, rt, c.typ, append(strings.Fields(needs[row.name]), row.name+"="+c.value)...)
		if after == nil {
			continue // this system lacks it, and says so
		}
		require.NotEqual(t, c.want, before[c.field], row.name)
		require.Equal(t, c.want, after[c.field], row.name)
	}
}

// socketWith makes a socket with options as --option takes them, and returns its settings as they are printed, by name; nil where the system lacks one.
func socketWith(t *testing.T, rt *socket.Runtime, typ string, options ...string) map[string]string {
	t.Helper()
	set := newSettings(typ)
	for _, text := range options {
		require.NoError(t, set.setOption(text), text)
	}
	s, err := makers[typ](rt, set.options...)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	require.NoError(t, err, options)
	values := map[string]string{}
	for f, v := range reflect.ValueOf(s.(interface{ Settings() socket.Settings }).Settings()).Fields() {
		values[f.Name] = fmt.Sprint(v.Interface())
	}
	require.NoError(t, s.Close(t.Context()))
	return values
}

// TestRuntimeOptions sets what libzmq has in its context.
func TestRuntimeOptions(t *testing.T) {
	set := newSettings("push")
	require.NoError(t, set.setOption("io_threads=2"))
	require.NoError(t, set.setOption("max_sockets=1"))
	rt, err := socket.NewRuntime(set.runtime...)
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Shutdown(t.Context())) }()
	_, err = socket.NewPush(rt, socket.Affinity(2))
	require.NoError(t, err)
	_, err = socket.NewPush(rt)
	require.ErrorIs(t, err, socket.ErrTooManySockets)
}

// TestBlocky wants blocky=0 to be the default of linger, wherever it stands, and to be taken back.
func TestBlocky(t *testing.T) {
	for given, want := range map[string]time.Duration{
		"blocky=1": -1, "blocky=0": 0, "blocky=0 blocky=1": -1, "blocky=0 linger=70": 70 * time.Millisecond, "linger=-1 blocky=0": -1,
	} {
		set := newSettings("push")
		set.given = strings.Fields(given)
		require.NoError(t, set.checkOptions())
		rt, err := socket.NewRuntime(set.runtime...)
		require.NoError(t, err)
		push, err := socket.NewPush(rt, set.options...)
		require.NoError(t, err)
		require.Equal(t, want, push.Settings().Linger, given)
		require.NoError(t, rt.Shutdown(t.Context()))
	}
}

// changes keeps what it is asked for.
type changes []string

// Subscribe notes a subscription.
func (c *changes) Subscribe(prefix string) error {
	*c = append(*c, "+"+prefix)
	return nil
}

// Unsubscribe notes the end of one.
func (c *changes) Unsubscribe(prefix string) error {
	*c = append(*c, "-"+prefix)
	return nil
}

// TestUnsubscribe takes subscriptions back, one each, in the order given, which is for the two types that subscribe.
func TestUnsubscribe(t *testing.T) {
	for given, want := range map[string]changes{
		"":                            {"+"},
		"unsubscribe=a":               {"+", "-a"}, // a sub prints everything where nothing is asked for
		"unsubscribe=":                {"+", "-"},
		"subscribe=a unsubscribe=a":   {"+a", "-a"},
		"unsubscribe=a subscribe=a":   {"-a", "+a"},
		"subscribe= unsubscribe=a":    {"+", "-a"},
		"subscribe=a=b unsubscribe=b": {"+a=b", "-b"},
	} {
		set, got := newSettings("sub"), changes{}
		set.given = strings.Fields(given)
		require.NoError(t, set.checkOptions())
		require.NoError(t, subscribe(&got, orEverything(set.topics)))
		require.Equal(t, want, got, given)
	}
	for _, typ := range []string{"sub", "xsub"} {
		pub := start(t, "pub", "-b", anyPort, "--wait-peers", "1")
		args := []string{typ, "-c", <-pub.bound, "-n", "2", "-s", "b"}
		for _, o := range []string{"unsubscribe=x", "subscribe=a", "subscribe=a", "unsubscribe=a", "unsubscribe=b", "unsubscribe=b"} {
			args = append(args, "-o", o)
		}
		sub := start(t, args...)
		pub.eof("bee", "apple", "x", "ant").wait(statusDone)
		out, _ := sub.wait(statusDone)
		require.Equal(t, []string{"apple", "ant"}, out, typ)
	}
}

// TestFilterOptions turns away whom an option of the bound side does not name, over tcp and ipc, and lets in whom it names.
func TestFilterOptions(t *testing.T) {
	for _, c := range []struct{ at, allow, refuse string }{
		{anyPort, "tcp_accept_filter=127.0.0.0/8", "tcp_accept_filter=10.0.0.0/8"},
		{"ipc", fmt.Sprint("ipc_filter_pid=", os.Getpid()), "ipc_filter_pid=1"},
		{"ipc", fmt.Sprint("ipc_filter_uid=", os.Getuid()), fmt.Sprint("ipc_filter_uid=", os.Getuid()+1)},
		{"ipc", fmt.Sprint("ipc_filter_gid=", os.Getgid()), fmt.Sprint("ipc_filter_gid=", os.Getgid()+54321)},
	} {
		at := func() string {
			if c.at != "ipc" {
				return c.at
			}
			if runtime.GOOS == "windows" {
				t.Skip("the system does not tell who is there")
			}
			return ipcEndpoint(t)
		}
		pull := start(t, "pull", "-b", at(), "-o", c.allow)
		start(t, "push", "-c", <-pull.bound).eof("a").wait(statusDone)
		require.Equal(t, "a", pull.read(), c.allow)
		pull = start(t, "pull", "-b", at(), "-o", c.refuse)
		_, stderr := start(t, "push", "-c", <-pull.bound, "-o", "reconnect_stop=2").wait(statusFailed)
		require.Contains(t, stderr, "1 of 1 endpoints given up", c.refuse)
	}
}
