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
// # Map of the files
//
//	runtime.go, io.go, listener.go, dialer.go, link.go, reaper.go   the tree of actors
//	socket.go, socket_actor.go, socket_close.go, endpoint.go, pipe.go   what all sockets share
//	send.go, recv.go, wait.go, channels.go   the data path, and the seam between callers who wait and actors who do not
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
//
// The package does not speak ZMTP itself: that is package wire, driven by the actor of package wire/codec.
package socket
