// Package socket is the public face of Weir: ZeroMQ sockets in pure Go, built as supervised actors, and wire-compatible with libzmq.
//
// A Runtime is the root; a socket is made in it, bound or connected, and used by any number of goroutines at once:
//
//	rt, err := socket.NewRuntime()
//	defer rt.Shutdown(ctx)
//
//	pull, err := socket.NewPull(rt)
//	ep, err := pull.Bind(ctx, "tcp://127.0.0.1:*")
//	push, err := socket.NewPush(rt)
//	_, err = push.Connect(ctx, ep.String())
//	err = push.Send(ctx, socket.NewMessage("hello"))
//	msg, err := pull.Recv(ctx)
//
// There is a type for each pattern, with the methods that the pattern has: a Push has no Recv. Whatever can wait takes a ctx first, and a call that
// gives up because its ctx ended has done nothing. Exceptions are those that end something, which goes on (Close and
// Shutdown then do it the short way), Set, whose options may come to hold all the same, and Req.Do, whose request may be out. Errors are tested with
// errors.Is and errors.As.
//
// # Types
//
// Push sends to its peers in turn, Pull receives from them in turn; Pub sends to whoever subscribed, Sub receives what it asked for; Req asks and Rep answers, one
// at a time; Dealer and Router are those two without the turns, with names for peers at the Router; Pair has one peer; XPub and XSub are Pub and Sub that show
// their subscriptions to the application; Stream speaks to tcp peers that do not speak ZeroMQ. Each type's doc has its ZMQ type and what it does at the mark.
//
// # Endpoints
//
// An endpoint is a transport and an address, as in libzmq. Endpoint.String and LastEndpoint have it resolved (ZMQ_LAST_ENDPOINT).
//
//	tcp://127.0.0.1:5555            to bind, or to connect to
//	tcp://*:5555, tcp://127.0.0.1:* to bind: every interface; any free port, which 0 asks for as well
//	tcp://eth0:5555                 to bind: the address of that interface
//	tcp://[::1]:5555, tcp://[fe80::1%eth0]:5555   IPv6 in brackets, with a zone where it needs one; see the option IPv6
//	tcp://example.org:5555          a host's name, resolved at each attempt to connect
//	tcp://192.168.1.7:0;10.0.0.1:5555   to connect, from an address and port of this host
//	ipc:///tmp/feeds, ipc://feeds   a socket in the file system, by a path that is absolute or not
//	ipc://*                         to bind: a new file in a directory of its own
//	ipc://@feeds                    a name without a file, on Linux
//	inproc://feeds                  sockets of one Runtime; who connects may come before who binds
//	pgm://eth0;239.192.1.1:5555, epgm://eth0;239.192.1.1:5555   a multicast group, and the interface to reach it by; Pub, XPub, Sub and XSub
//
// # Options
//
// An Option is given to a constructor, to Defaults for all sockets of a Runtime, or to Set later on; its doc names its ZMQ option, its unit, default and range, and the
// types that have it. A value out of range, or an option that the type does not have, is ErrBadOption. Times are Durations where libzmq has milliseconds.
// What takes effect when is at Set.
//
// # Messages in flight
//
// Each peer of a socket is a pipe with an outbound and an inbound queue, each with a high-water mark in whole messages. With nobody draining, a queue
// takes exactly as many as its mark says; once full, it takes nothing until it has drained to its low-water mark. What the kernel has taken is out
// of this package's hands; everything else is accounted for in Stats: accepted = delivered + queued + dropped, by reason.
//
// # Connections
//
// A connection is an actor below a dialer or a listener, below one of the runtime's I/O actors. Its loss is a failure that its supervisor decides
// about: a dialed one comes back after a jittered backoff (ReconnectInterval, or any strategy given with Reconnect), and goes on with the first
// message that the kernel had not taken whole. A peer that breaks the protocol loses its connection. As in libzmq, an endpoint that had connected to it then
// ends for good; what was queued there is dropped, and counted. Nothing else happens.
//
// The package does not speak ZMTP itself: that is package wire, driven by the actor of package wire/codec.
package socket

// Map of the files:
//
//	runtime.go, io.go, listener.go, dialer.go, link.go, reaper.go   the tree of actors
//	socket.go, socket_actor.go, socket_close.go, endpoint.go, pipe.go   what all sockets share
//	send.go, recv.go, read_here.go, wait.go, wait_ctx.go, channels.go   the data path, and the seam between callers who wait and actors who do not
//	types.go, pattern.go   the table of socket types, and what a routing policy is
//	push.go, pull.go, pub.go, xpub.go, sub.go, xsub.go, req.go, rep.go, dealer.go, router.go, pair.go, stream.go   the socket types, a file each
//	topics.go, topic_nodes.go, topic_index.go, topic_search.go, audience.go, pub_sweep.go   who subscribed to what
//	names.go, notices.go, stream_events.go   routing ids; what an application hears of connections
//	req_do.go, req_options.go, req_replies.go   more of REQ: calls of their own, what may be relaxed, what a reply is
//	options_bytes.go, options_conflate.go, options_heartbeat.go, options_metadata.go, options_stop.go, options_zmtp.go   options with a file each
//	options_transport.go, inject.go, admission.go, endpoint_names.go   how connections are made, brought along, let in, and named
//	group.go, group_codec.go, group_source.go, group_sink.go, group_news.go, options_multicast.go   pgm and epgm: a codec with an engine of transport/pgm
//	inproc.go   sockets of one runtime joined without a wire
//	poller.go, poller_wait.go   waiting for many sockets, channels and descriptors at once
//	proxy.go, proxy_actor.go, proxy_pump.go, proxy_control.go   messages passed between two sockets
//	events.go, event_hub.go, event_stream.go, noise.go, noise_drops.go, noise_marks.go, monitor.go, monitor_fd.go, monitor_frames.go, loops.go, trace.go   what happens, and who is told
//	auth.go, auth_ask.go, auth_list.go, certificate.go, zap.go, options_security.go   who may come in
//	options.go, options_timeouts.go, options_pubsub.go, router_options.go, stream_options.go, notices_options.go, runtime_options.go   more options
//	settings.go, ready.go, errors.go, stats.go, stats_rates.go, stats_runtime.go, snapshot.go, message.go, writer.go   what callers set and see
