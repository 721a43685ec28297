// Package interop holds the tests of Weir against libzmq itself: processes with a libzmq socket in them on one side, Weir's sockets on the other,
// over real transports, both ways.
//
// It is a module of its own, so that the main one never asks for a native library. The peers are peer/peer.c, a remote-controlled libzmq socket that
// the tests compile, peer/peer.py, the same in pyzmq, and peer/draft.js, for what is a draft of libzmq. What is missing on a machine is said, and its cases are skipped and counted: the last line
// of the test binary's output is
//
//	interop: N ran, M skipped
//
// which go test shows with -v, or when something fails. Cases for which network namespaces are not allowed are counted behind that: they say
// nothing about libzmq.
//
// # Map of the files
//
//	main_test.go, build_test.go   the count of cases; what is installed, and how the peer is built
//	table_test.go                 the tables: socket type × transport × who binds. Most tests range over them
//	scene_test.go, weir_test.go, peer_test.go, frames_test.go   what a case works with: both sides, their events, their words for frames
//	weirpeer_test.go, relay_test.go   a socket of Weir's in a process of its own; what stands between two peers and counts
//	pairs_test.go                 the longer table: every two types that work together, and that no others do
//	exchange_test.go              how each type moves a message, or a stream of them, from one side to the other
//	shapes_test.go, volume_test.go, small_body_test.go, trio_test.go, subscriptions_test.go, pressure_test.go, conflate_test.go   traffic
//	restart_test.go, killed_test.go, flow_test.go, requests_test.go, endpoint_test.go, parting_test.go, linger_test.go, unbind_test.go, reconnect_off_test.go   peers that are killed or closed, and come back, late or never
//	req_test.go, router_test.go, names_test.go, router_raw_test.go, pair_test.go   what single types have of their own
//	stream_test.go, xpub_test.go, xpub_verbose_test.go, xpub_leaving_test.go, xsub_test.go, invert_test.go   the same
//	immediate_test.go, handshake_test.go, handed_test.go   connections that are not there yet, do not finish, or were made by others
//	refuse_test.go, hostile_test.go, hostile_dial_test.go, commands_test.go, crowd_test.go, raw_test.go, old_test.go   peers that do not fit, mean ill, or are old
//	properties_test.go, security_test.go, curve_test.go, certificate_test.go   what messages say of their peers; who may come in
//	heartbeat_test.go, heartbeat_own_test.go   libzmq's heartbeats, and Weir's; lines and peers that freeze
//	turns_test.go                 whose turn it is, to get a message and to be received from
//	pipeline_test.go              examples/pipeline with libzmq programs in its stages
//	guide_test.go, guide_casts_test.go   each program of examples/guide among twins in pyzmq: peer/guide.py
//	proxies_test.go, proxied_test.go   libzmq's sockets through Weir's proxies, Weir's through libzmq's: peer/proxy.py
//	multicast_linux_test.go, multicast_lab_linux_test.go, multicast_other_test.go, multicast_weir_test.go, multicast_source_test.go, multicast_wire_linux_test.go   pgm and epgm, between network namespaces with a wire that loses packets
//	multicast_figures_linux_test.go, multicast_fast_test.go   their figures, on request: go test -run MulticastFigures -v -figures 5
//	transport_test.go, admission_test.go   forms of endpoints, proxies, filters
//	python_test.go, draft_test.go, draft_stop_test.go   pyzmq; drafts of libzmq 4.3.5, from npm's zeromq
//	monitor_test.go, monitor_v2_test.go   what monitors tell, here and in libzmq; the octets of both versions of their frames
//
// # What has no cell
//
// A behaviour has a test for each type × transport × bind side that can show it. Left out are, beside what single tests say of themselves:
//
//	a PAIR of libzmq's that comes back  where its process or its line stood still, or its limit was passed (TestFrozenPeer, TestSilentLine where it has bound,
//	                                   TestWeirTooLarge): it turns away who comes before its application has taken note of the end
//	messages that are too large        PUSH, PUB and XPUB get none, PULL, SUB and XSUB send none
//	silence of a STREAM over ipc       STREAM has tcp alone; TestSilentLine has ipc, and whichever side is silent
//	a process that stands still before a handshake   PUSH, SUB and DEALER, and the other side dials: TestSilentLine has every type, both ways
//	libzmq's REQ with a ZAP handler that lets its peer in   closes, beside a REP of its own kind too: overGuards
//	lingering for who is not there     a socket that bound, a PUB, XPUB, REP or ROUTER has no queue for him (but under a name: TestConnectRoutingID), a
//	                                   subscription is told anew at each connect, and what else an XSUB says is dropped (README.md)
//	lingering for who does not read    REQ and REP have one message on the way at most
//	RECONNECT_IVL 0, forms of endpoints, SOCKS, filters   a few types: what is below a socket does not know whose it is
//	SOCKS and filters by address over ipc, filters by process over tcp   there are none
//	RECONNECT_STOP                     DEALER and ROUTER, of libzmq 4.3.5 from npm, which alone has all of it; AFTER_DISCONNECT holds in any case (TestEndpointClosed)
//	INVERT_MATCHING on an XSUB         it filters nothing, and Weir's refuses the option
//	REQ_RELAXED and REQ_CORRELATE      REQ beside REP and ROUTER: nobody else sees them
//	User-Id on a message               with a handler that gives one: security_test.go
//
// No test waits by the clock: each wait is for an event, and has a deadline through its context.
package interop
