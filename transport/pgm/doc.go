// Package pgm is Pragmatic General Multicast (RFC 3208), as far as ZeroMQ needs it: an engine without I/O and without a
// clock, and the datagram sockets that carry its packets, raw (IP protocol 113) or within UDP.
//
// Its one rule: the engine is values in, values out. Packets and the time go into [Source] and [Receiver]; packets to
// send, what has arrived, and the next deadline come out. Nothing in it opens a socket, starts a goroutine or looks at a
// clock, so the same code serves a network, a file of captured packets, a simulation of thousands of lossy networks and
// a fuzzer. Octets from the network are never trusted: a packet that does not parse is dropped, memory is taken for
// octets that came and never for what a header announces, and no input makes this package panic.
//
// conformance.md says what is asked of this package, and which tests hold it.
//
// What it does not do: forward error correction, congestion control by ACKs, polls, designated local repairers and the
// procedures of network elements. Packets of these are dropped; options that are not known are skipped by their length.
package pgm

// Map of the files:
//
//   - packet.go, packet_append.go: Packet, Parse and AppendTo; checksum.go, options.go, nla.go, seq.go: parts of it
//   - source.go: Source, the sending side; source_window.go its transmit window, source_heartbeat.go when SPMs are due,
//     source_rate.go the token bucket, source_end.go how it ends
//   - receiver.go: Receiver, the receiving side, a table of peers; receiver_peer.go one peer's window;
//     receiver_gaps.go what is missing, and the states it goes through; receiver_nak.go what is asked for
//   - address.go: the syntax of endpoints; interface.go: which interface is meant
//   - conn.go: Conn, the sockets of an endpoint; socket_*.go, watch_*.go: what differs between operating systems
