package main

import (
	"fmt"
	"slices"

	"github.com/weirmq/weir/socket"
)

// optionRows are the options that --option takes, in alphabetical order.
var optionRows = []optionRow{
	option("affinity", socket.Affinity, "MASK", parseMask),
	whole("backlog", socket.Backlog),
	flag("conflate", socket.Conflate),
	connectOption("connect_routing_id", socket.ConnectRoutingID),
	millis("handshake_ivl", socket.HandshakeInterval),
	text("identity", socket.RoutingID),
	flag("immediate", socket.Immediate),
	flag("invert_matching", socket.InvertMatching),
	runtimeOption("io_threads", socket.IOWorkers),
	flag("ipv6", socket.IPv6),
	millis("linger", socket.Linger),
	option("maxmsgsize", socket.MaxMsgSize, "BYTES", parseInt64),
	flag("only_first_subscribe", socket.OnlyFirstSubscribe),
	flag("probe_router", socket.ProbeRouter),
	whole("rcvhwm", socket.RecvHWM),
	millis("reconnect_ivl", socket.ReconnectInterval),
	millis("reconnect_ivl_max", socket.ReconnectIntervalMax),
	flag("req_correlate", socket.ReqCorrelate),
	flag("req_relaxed", socket.ReqRelaxed),
	flag("router_handover", socket.RouterHandover),
	flag("router_mandatory", socket.RouterMandatory),
	text("routing_id", socket.RoutingID),
	whole("sndhwm", socket.SendHWM),
	{name: "subscribe", value: "PREFIX", set: (*settings).addPrefix},
	flag("xpub_manual", socket.XPubManual),
	flag("xpub_nodrop", socket.XPubNoDrop),
	flag("xpub_verbose", socket.XPubVerbose),
	flag("xpub_verboser", socket.XPubVerboser),
	text("xpub_welcome_msg", socket.XPubWelcome),
	flag("xsub_verbose_unsubscribe", socket.XSubVerboseUnsubscribe),
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
