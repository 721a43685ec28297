package socket

import (
	"context"
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/wire"
)

// Set changes options of a socket in use: all of opts, or none where one is refused, with ErrBadOption, as the constructor would. (zmq_setsockopt)
//
// SendHWM and RecvHWM hold at once, for the queues there are and for all to come: one that holds more than its new mark loses nothing, and takes nothing until it has
// drained; so do SendHWMBytes and RecvHWMBytes, for queues that count bytes. At once, too, holds what is the socket's own: Linger, for whatever is
// closed from then on; SendTimeout and RecvTimeout; RouterMandatory, RouterHandover, ProbeRouter; ReqCorrelate, ReqRelaxed; InvertMatching,
// OnlyFirstSubscribe, XSubVerboseUnsubscribe and all that begin with XPub. RouterRaw is for new sockets alone. Everything else belongs to endpoints:
// it holds for those that are bound or connected from then on, and peers that come later to an endpoint find what it was made with.
func (b base) Set(ctx context.Context, opts ...Option) error {
	return b.s.ask(ctx, func(r actor.Reply[struct{}]) socketMessage { return &setOptions{opts: opts, reply: r} })
}

// opts are the options as they are now. An endpoint has its own: see Endpoint.opts.
func (s *socket) opts() *options { return s.current.Load() }

// onSetOptions puts new options in the place of the old ones, and makes those hold that hold at once.
func (s *socketActor) onSetOptions(m *setOptions) {
	if s.control.closing {
		m.reply.Fail(ErrClosed)
		return
	}
	next, err := s.opts().with(m.opts)
	if err != nil {
		m.reply.Fail(err)
		return
	}
	if next.raw != s.opts().raw {
		m.reply.Fail(badOption("RouterRaw", next.raw, "what the socket was made with"))
		return
	}
	s.route.mu.Lock()
	s.current.Store(next)
	if s.configurer != nil {
		s.configurer.configure(next)
	}
	s.route.mu.Unlock()
	s.remark()
	s.room.wakeAll() // what they wait for may be nothing to wait for now
	s.inbox.waiting.wakeAll()
	m.reply.Send(struct{}{})
}

// remark gives the queues of all pipes the marks that the options say. One that has it already does not notice.
func (s *socketActor) remark() {
	o := s.opts()
	for _, p := range s.control.pipes {
		if p.heard != nil {
			p.heard.room.wakeAll()
		}
		if p.endpoint.inproc != nil {
			s.rt.inproc.remark(p)
			continue
		}
		if s.typ.sends && !s.typ.subscriber {
			p.out.SetMark(o.sendHWM)
			p.out.SetBytes(o.sendHWMBytes)
		}
		if p.in != nil {
			p.in.SetMark(o.recvHWM)
			p.in.SetBytes(o.recvHWMBytes)
		}
	}
}

// Settings are the options of a socket as they are. Each field has the name of the option that sets it, and its unit. (zmq_getsockopt)
type Settings struct {
	// Type is the socket's ZeroMQ type: "PUSH", say. (ZMQ_TYPE)
	Type string

	SendHWM, RecvHWM     int
	SendHWMBytes         int64
	RecvHWMBytes         int64
	Linger               time.Duration
	SendTimeout          time.Duration
	RecvTimeout          time.Duration
	ReconnectInterval    time.Duration
	ReconnectIntervalMax time.Duration
	ReconnectStop        StopReasons
	HandshakeInterval    time.Duration
	HeartbeatInterval    time.Duration
	HeartbeatTTL         time.Duration
	HeartbeatTimeout     time.Duration
	MaxMsgSize           int64
	SmallBody            int
	Immediate            bool
	Affinity             uint64
	Backlog              int
	IPv6                 bool
	ZMTP1                bool
	RoutingID            string
	Metadata             map[string]string // by name; nil where there is none
	Conflate             bool

	SendBuffer, RecvBuffer                   int
	TypeOfService, Priority                  int
	TCPKeepAlive                             bool
	TCPKeepAliveIdle, TCPKeepAliveInterval   time.Duration
	TCPKeepAliveCount                        int
	TCPMaxRetransmit, ConnectTimeout         time.Duration
	BindToDevice                             string
	SocksProxy, SocksUsername, SocksPassword string

	// Mechanism is "NULL", "PLAIN" or "CURVE". (ZMQ_MECHANISM)
	Mechanism                    string
	PlainServer                  bool
	PlainUsername, PlainPassword string
	CurveServer                  bool
	CurvePublic, CurveSecret     CurveKey // this side's own keys; zero where there are none
	CurveServerKey               CurveKey
	ZapDomain                    string
	ZapEnforceDomain             bool

	// Of REQ, DEALER and ROUTER; false for other types.
	ProbeRouter                     bool
	RouterMandatory, RouterHandover bool
	RouterRaw                       bool

	// Of DEALER and ROUTER; empty for none.
	RouterNotify                       Notify
	HelloMsg, DisconnectMsg, HiccupMsg string

	// Of REQ; false for others.
	ReqCorrelate, ReqRelaxed bool

	// Of STREAM, and of ROUTER with RouterRaw; false for others.
	StreamNotify bool

	// Of types that publish and subscribe; zero for others.
	XPubNoDrop, XPubVerbose, XPubVerboser, XPubManual bool
	XPubWelcome                                       string
	InvertMatching                                    bool
	OnlyFirstSubscribe                                bool
	XSubVerboseUnsubscribe                            bool
	Rate                                              int // kbit/s
	RecoveryInterval                                  time.Duration
	MulticastHops, MulticastMaxTPDU                   int
	MulticastLoop                                     bool
}

// Settings returns the socket's options as they are. Endpoints keep those that they were bound or connected with.
func (b base) Settings() Settings {
	o := b.s.opts()
	return Settings{
		Type:    o.typ.name,
		SendHWM: o.sendHWM, RecvHWM: o.recvHWM, SendHWMBytes: o.sendHWMBytes, RecvHWMBytes: o.recvHWMBytes,
		Linger: o.linger, SendTimeout: o.sendTimeout, RecvTimeout: o.recvTimeout,
		ReconnectInterval: o.reconnectInterval, ReconnectIntervalMax: o.reconnectMax, ReconnectStop: o.reconnectStop, HandshakeInterval: o.handshakeInterval,
		HeartbeatInterval: o.heartbeatInterval, HeartbeatTTL: o.heartbeatTTL, HeartbeatTimeout: o.heartbeat().Timeout,
		MaxMsgSize: o.maxMsgSize, SmallBody: o.smallBody, Immediate: o.immediate, Affinity: o.affinity, Backlog: o.backlog, IPv6: o.ipv6, ZMTP1: o.zmtp1,
		RoutingID: string(o.routingID), Metadata: o.properties(), Conflate: o.conflate,
		SendBuffer: o.sendBuffer, RecvBuffer: o.recvBuffer, TypeOfService: o.net.TypeOfService, Priority: o.net.Priority,
		TCPKeepAlive: o.net.KeepAlive.On, TCPKeepAliveIdle: o.net.KeepAlive.Idle, TCPKeepAliveInterval: o.net.KeepAlive.Interval,
		TCPKeepAliveCount: o.net.KeepAlive.Count, TCPMaxRetransmit: o.net.MaxRetransmit, ConnectTimeout: o.net.ConnectTimeout,
		BindToDevice: o.net.Device,
		SocksProxy:   o.net.Proxy.Address, SocksUsername: o.net.Proxy.Username, SocksPassword: o.net.Proxy.Password,
		Mechanism: o.secured.Name(), PlainServer: o.mechanism == wire.MechanismPlain && o.server, PlainUsername: o.username, PlainPassword: o.password,
		CurveServer: o.mechanism == wire.MechanismCurve && o.server, CurvePublic: o.ownCurvePublic(), CurveSecret: o.curveSecret,
		CurveServerKey: o.curveServer,
		ZapDomain:      o.zapDomain, ZapEnforceDomain: o.zapEnforce,
		ProbeRouter: o.probe, RouterMandatory: o.mandatory, RouterHandover: o.handover, ReqCorrelate: o.correlate, ReqRelaxed: o.relaxed,
		RouterRaw: o.raw && !o.typ.raw, StreamNotify: o.raw && o.streamNotify,
		RouterNotify: o.routerNotify, HelloMsg: string(o.helloMsg), DisconnectMsg: string(o.disconnectMsg), HiccupMsg: string(o.hiccupMsg),
		XPubNoDrop: o.nodrop, XPubVerbose: o.verboseSubs && !o.verboseUnsubs, XPubVerboser: o.verboseUnsubs, XPubManual: o.manual,
		XPubWelcome: string(o.welcome), InvertMatching: o.invert, OnlyFirstSubscribe: o.onlyFirst, XSubVerboseUnsubscribe: o.verboseUnsubscribe,
		Rate: o.rate, RecoveryInterval: o.recoveryInterval, MulticastHops: o.multicastHops, MulticastMaxTPDU: o.multicastMaxTPDU,
		MulticastLoop: o.multicastLoop,
	}
}
