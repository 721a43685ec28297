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
	flag("xpub_manual", socket.XPubManual),
	flag("xpub_nodrop", socket.XPubNoDrop),
	flag("xpub_verbose", socket.XPubVerbose),
	flag("xpub_verboser", socket.XPubVerboser),
	text("xpub_welcome_msg", socket.XPubWelcome),
	flag("xsub_verbose_unsubscribe", socket.XSubVerboseUnsubscribe),
	text("zap_domain", socket.ZapDomain),
	flag("zap_enforce_domain", socket.ZapEnforceDomain),
}

// threads is what to use instead of the options of libzmq's threads.
const threads = "there are no threads of its own: the environment's GOMAXPROCS says how many processors it uses"

// optionsElsewhere are the options of libzmq that --option does not take, each with what to use instead.
var optionsElsewhere = map[string]string{
	"blocky":                     "use -o linger=0",
	"events":                     "the command waits by itself; --timeout bounds that",
	"fd":                         "the command waits by itself; --timeout bounds that",
	"last_endpoint":              `it is read, not set: standard error says "bound EP"`,
	"max_msgsz":                  "nothing limits what is sent; -o maxmsgsize=BYTES limits what is received",
	"mechanism":                  "it follows from -o plain_server, plain_username, curve_server and curve_serverkey",
	"msg_t_size":                 "it is read, not set, and there is no such type",
	"rcvmore":                    "it is read, not set: a line is a whole message",
	"socket_limit":               "it is read, not set: use -o max_sockets=N",
	"thread_safe":                "it is read, not set: every socket is",
	"thread_affinity_cpu_add":    threads,
	"thread_affinity_cpu_remove": threads,
	"thread_name_prefix":         threads,
	"thread_priority":            threads,
	"thread_sched_policy":        threads,
	"type":                       "it is the name of the command",
	"unsubscribe":                "nothing is subscribed to when the program begins but what --subscribe names",
	"use_fd":                     "a program can give a socket of its own to BindListener, ConnectConn or Dialer of package socket; here it is --bind and --connect",
	"zero_copy_recv":             "nothing sets it: a large body is read straight into its place",
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

// addPrefix is --subscribe as an option.
func (s *settings) addPrefix(prefix string) error {
	if s.command != subKind.name && s.command != xsubKind.name {
		return fmt.Errorf("%s does not subscribe", s.command)
	}
	s.subscribe = append(s.subscribe, prefix)
	return nil
}
