// Package rig has the scenarios of the benchmarks, written once for all implementations in Go that are measured: each of them brings only its sockets
// (see Peer), and its program is a call of Main. libzmq/ has the same scenarios in C.
//
// # A peer's program
//
// It takes the measurement as key=value arguments (see Run), makes it, and prints one line of key=value pairs, with the keys of `weir perf` and more:
//
//	peer mode endpoint size count   what was measured
//	msgs_per_s mb_per_s             speed; the clock starts at the first message received
//	rtt_us p50_us p99_us p999_us    round trips, or the way of one message in mode crowd: the mean, and quantiles
//	seconds                         how long the clock ran
//	lost                            messages that never came; left out where that is not counted: in modes lat, stalled and queue a loss is a run without end
//	cpu_s_per_m                     processor seconds of this process for a million messages
//	allocs_per_msg bytes_per_msg    of Go's memory, at all ends in this process; programs in C have none of it, and the table a dash
//	peak_mb                         the most memory this process ever had
//
// With role=receive it first prints "ready endpoint=…", and the other process may connect. In both roles it keeps its sockets open until its standard
// input ends: what was accepted last may still have to be sent, and a libzmq peer may lose what it has not yet read when an ipc connection is hung up
// on. The status is 0, 1 after an error, and 3 where there is no such thing as was asked for.
//
// # The rules
//
// Fresh bytes for each message, its size checked at the other end, the public API, defaults otherwise; and both ends in one process unless the role
// says something else. (libzmq's listeners let as many connections wait as Go's do: with its own 100, the kernel turns most of a thousand away that come at once, and
// tries again seconds later. No clock runs then.) Bytes are written once: memory that was used before is set, as libzmq's programs in C do with theirs, and memory that is made for a message is
// copied into; small bodies are cut from slabs, by all peers alike (see Body.Fresh). What a connection takes once, its queues and first buffers, is no part of what a message costs: in modes fan and router a first round is not counted. The peers in Go have GOGC=400, unless the environment says otherwise or
// their arguments (gogc=100), as those of the peer weir-gogc100 do (see gcPercent).
package rig

// Map of the files:
//
//	run.go         Run, what the arguments ask for; Line, what is printed
//	main.go        Main: a peer's program, and the modes there are
//	peer.go        Peer and Socket: what an implementation brings
//	body.go        what messages are filled with
//	meter.go       Meter: time, processor, allocations, memory
//	receive.go     taking messages until all have come, or none comes any more
//	throughput.go  mode thr: PUSHes to a PULL
//	latency.go     mode lat: REQ to REP and back
//	fanout.go      mode fan: a PUB to SUBs
//	stalled.go     mode stalled: the same, with one that never receives
//	router.go      mode router: DEALERs to a ROUTER and back
//	proxy.go       mode proxy: through a proxy
//	crowd.go       mode crowd: very many connections
//	queue.go       mode queue: goroutines, without sockets
