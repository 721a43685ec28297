package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weirmq/weir/socket"
)

// optionRows are the options that --option takes, in alphabetical order.
var optionRows = []optionRow{
	option("affinity", socket.Affinity, "MASK", parseMask),
	whole("backlog", socket.Backlog),
	text("bindtodevice", socket.BindToDevice),
	{name: "blocky", value: "0|1", set: (*settings).setBlocky},
	flag("conflate", socket.Conflate),
	connectOption("connect_routing_id", socket.ConnectRoutingID),
	millis("connect_timeout", socket.ConnectTimeout),
	text("curve_publickey", socket.CurvePublicKey),
	text("curve_secretkey", socket.CurveSecretKey),
	flag("curve_server", socket.CurveServer),
	text("curve_serverkey", socket.CurveServerKey),
	text("disconnect_msg", socket.DisconnectMsg),
	millis("handshake_ivl", socket.HandshakeInterval),
	millis("heartbeat_ivl", socket.HeartbeatInterval),
	millis("heartbeat_timeout", socket.HeartbeatTimeout),
	millis("heartbeat_ttl", socket.HeartbeatTTL),
	text("hello_msg", socket.HelloMsg),
	text("hiccup_msg", socket.HiccupMsg),
	text("identity", socket.RoutingID),
	flag("immediate", socket.Immediate),
	flag("invert_matching", socket.InvertMatching),
	runtimeOption("io_threads", socket.IOWorkers),
	each("ipc_filter_gid", socket.IPCFilterGID, "N", parseInt),
	each("ipc_filter_pid", socket.IPCFilterPID, "N", parseInt),
	each("ipc_filter_uid", socket.IPCFilterUID, "N", parseInt),
	flag("ipv4only", func(on bool) socket.Option { return socket.IPv6(!on) }),
	flag("ipv6", socket.IPv6),
	timed(millis("linger", socket.Linger), func(s *settings, _ time.Duration) { s.lingers = true }),
	runtimeOption("max_sockets", socket.MaxSockets),
	option("maxmsgsize", socket.MaxMsgSize, "BYTES", parseInt64),
	text("metadata", metadata),
	whole("multicast_hops", socket.MulticastHops),
	flag("multicast_loop", socket.MulticastLoop),
	whole("multicast_maxtpdu", socket.MulticastMaxTPDU),
	flag("only_first_subscribe", socket.OnlyFirstSubscribe),
	text("plain_password", socket.PlainPassword),
	flag("plain_server", socket.PlainServer),
	text("plain_username", socket.PlainUsername),
	whole("priority", socket.Priority),
	flag("probe_router", socket.ProbeRouter),
	whole("rate", socket.Rate),
	whole("rcvbuf", socket.RecvBuffer),
	whole("rcvhwm", socket.RecvHWM),
	timed(millis("rcvtimeo", socket.RecvTimeout), func(s *settings, d time.Duration) { s.recvTimeout = max(d, -1) }),
	millis("reconnect_ivl", socket.ReconnectInterval),
	millis("reconnect_ivl_max", socket.ReconnectIntervalMax),
	small("reconnect_stop", func(bits uint8) socket.Option { return socket.ReconnectStop(socket.StopReasons(bits)) }, "N"),
	millis("recovery_ivl", socket.RecoveryInterval),
	flag("req_correlate", socket.ReqCorrelate),
	flag("req_relaxed", socket.ReqRelaxed),
	flag("router_handover", socket.RouterHandover),
	flag("router_mandatory", socket.RouterMandatory),
	small("router_notify", func(bits uint8) socket.Option { return socket.RouterNotify(socket.Notify(bits)) }, "0..3"),
	flag("router_raw", socket.RouterRaw),
	text("routing_id", socket.RoutingID),
	whole("sndbuf", socket.SendBuffer),
	whole("sndhwm", socket.SendHWM),
	millis("sndtimeo", socket.SendTimeout),
	text("socks_password", socket.SocksPassword),
	text("socks_proxy", socket.SocksProxy),
	text("socks_username", socket.SocksUsername),
	flag("stream_notify", socket.StreamNotify),
	{name: "subscribe", value: "PREFIX", set: (*settings).addPrefix},
	each("tcp_accept_filter", socket.TCPAcceptFilter, "NETWORK", func(v string) (string, error) { return v, nil }),
	option("tcp_keepalive", socket.TCPKeepAlive, "-1|0|1", parseKeepAlive),
	systems("tcp_keepalive_cnt", socket.TCPKeepAliveCount, "N", 1),
	systems("tcp_keepalive_idle", socket.TCPKeepAliveIdle, "S", time.Second),
	systems("tcp_keepalive_intvl", socket.TCPKeepAliveInterval, "S", time.Second),
	millis("tcp_maxrt", socket.TCPMaxRetransmit),
	whole("tos", socket.TypeOfService),
	{name: "unsubscribe", value: "PREFIX", set: (*settings).dropPrefix},
	{name: "use_fd", value: "-1|N", set: (*settings).setUseFD},
	flag("xpub_manual", socket.XPubManual),
	flag("xpub_nodrop", socket.XPubNoDrop),
	flag("xpub_verbose", socket.XPubVerbose),
	flag("xpub_verboser", socket.XPubVerboser),
	text("xpub_welcome_msg", socket.XPubWelcome),
	flag("xsub_verbose_unsubscribe", socket.XSubVerboseUnsubscribe),
	text("zap_domain", socket.ZapDomain),
	flag("zap_enforce_domain", socket.ZapEnforceDomain),
}

// What to use instead of the options of libzmq's threads.
const (
	affinity = "there are no threads of its own: taskset(1) says which processors the whole command uses, the environment's GOMAXPROCS how many"
	schedule = "there are no threads of its own: nice(1) and chrt(1) say how the whole command is scheduled"
)

// optionsElsewhere are the options of libzmq that --option does not take, each with what to use instead. A name that ends in _ stands for all that begin
// with it.
var optionsElsewhere = map[string]string{
	"busy_poll":                  "the system has that for all its sockets: net.core.busy_read of Linux",
	"events":                     "the command waits by itself; --timeout bounds that",
	"fd":                         "the command waits by itself; --timeout bounds that",
	"gssapi_":                    "there is no GSSAPI; -o curve_server and curve_serverkey encrypt, plain_server and plain_username ask for a password",
	"in_batch_size":              "nothing sets it: a read takes what there is, up to its room",
	"last_endpoint":              `it is read, not set: standard error says "bound EP"`,
	"loopback_fastpath":          "there is none: over ipc a message does not pass through the network",
	"max_msgsz":                  "nothing limits what is sent, in libzmq neither; -o maxmsgsize=BYTES limits what is received",
	"mechanism":                  "it follows from -o plain_server, plain_username, curve_server and curve_serverkey",
	"msg_t_size":                 "it is read, not set, and there is no such type",
	"norm_":                      "there is no norm://; pgm:// and epgm:// are for groups",
	"out_batch_size":             "nothing sets it: a write takes what is queued, up to a bound",
	"rcvmore":                    "it is read, not set: a line is a whole message",
	"socket_limit":               "it is read, not set: use -o max_sockets=N",
	"thread_safe":                "it is read, not set: every socket is",
	"thread_affinity_cpu_add":    affinity,
	"thread_affinity_cpu_remove": affinity,
	"thread_name_prefix":         "there are no threads of its own to name",
	"thread_priority":            schedule,
	"thread_sched_policy":        schedule,
	"topics_count":               "it is read, not set",
	"type":                       "it is the name of the command",
	"vmci_":                      "there is no vmci://; use tcp:// or ipc://",
	"wss_":                       "there is no wss://; -o curve_server and curve_serverkey encrypt",
	"xpub_manual_last_value":     "there is no such mode: a new subscriber gets what is published from then on",
	"zero_copy_recv":             "nothing sets it: the beginning of a body may be copied, and the rest of a large one is read straight into its place",
}

// parseKeepAlive reads 0 or 1, or -1 for the system's default, which is off.
func parseKeepAlive(text string) (bool, error) {
	switch on, err := parseBool(text); {
	case err == nil:
		return on, nil
	case text == "-1":
		return false, nil
	}
	return false, errors.New("want -1, 0 or 1")
}

// metadata is the option that libzmq takes as one text: a name, a colon and a value.
func metadata(text string) socket.Option {
	name, value, _ := strings.Cut(text, ":")
	return socket.Metadata(name, value)
}

// connectOption makes a row of an option that is one of Connect.
func connectOption(name string, of func(string) socket.EndpointOption) optionRow {
	return optionRow{name: name, value: "TEXT", set: func(s *settings, value string) error {
		s.connects = append(s.connects, of(value))
		return nil
	}}
}

// runtimeOption makes a row of an option that libzmq has for its context.
func runtimeOption(name string, of func(int) socket.RuntimeOption) optionRow {
	return optionRow{name: name, value: "N", set: func(s *settings, value string) error {
		n, err := parseInt(value)
		s.runtime = append(slices.Clone(s.runtime), of(n))
		return err
	}}
}

// setBlocky takes what libzmq has for its context: 0 makes the linger of a socket 0 that is given no other.
func (s *settings) setBlocky(text string) error {
	on, err := parseBool(text)
	s.blocky = on
	return err
}

// setUseFD takes the number of a descriptor that the command was started with: see inherit.
func (s *settings) setUseFD(text string) error {
	n, err := parseInt(text)
	if err != nil || n < -1 {
		return errors.New("want the number of a descriptor, or -1")
	}
	s.useFD = n
	return nil
}

// addPrefix is --subscribe as an option.
func (s *settings) addPrefix(prefix string) error { return s.changeTopics(topicChange{prefix: prefix}) }

// dropPrefix takes back one subscription to prefix that was asked for before.
func (s *settings) dropPrefix(prefix string) error {
	return s.changeTopics(topicChange{prefix: prefix, end: true})
}

// changeTopics notes a change for the types that subscribe.
func (s *settings) changeTopics(c topicChange) error {
	if s.command != subKind.name && s.command != xsubKind.name {
		return fmt.Errorf("%s does not subscribe", s.command)
	}
	s.topics = append(s.topics, c)
	return nil
}
