// Package wire turns ZMTP bytes into values and values into ZMTP bytes. It
// speaks ZMTP 3.1 (https://rfc.zeromq.org/spec/37/) and accepts peers that
// announce 3.0 (https://rfc.zeromq.org/spec/23/) or 2.0
// (https://rfc.zeromq.org/spec/15/), and, where it is asked to, 1.0
// (https://rfc.zeromq.org/spec/13/).
//
// Its one rule: no I/O. Nothing here opens a connection, starts a goroutine or
// reads a clock. Octets come in as slices and go out as slices, so the same
// code serves TCP, a pipe, a file of captured traffic and a fuzzer. A second
// rule follows from the first: octets from a peer are never trusted. A length
// is compared with its limit before anything is allocated, memory grows with
// what has really arrived, and no input makes this package panic.
//
// A connection has two phases. A [Handshake] exchanges greetings, runs the
// security [Mechanism] and learns who the [Peer] is. Then a [Decoder] cuts the
// incoming octets into messages and commands, while [AppendMessage],
// [AppendHeader] and the AppendTo method of each [Command] encode what goes
// out.
//
// What it does not do: it keeps no connection, sends no heartbeat, matches no
// subscription and routes nothing.
package wire

// Map of the files:
//
//	message.go             Message: the frames an application sends and receives
//	properties.go          Properties: what is known of the peer that sent a message
//	hold.go, chunk.go      memory that is used again, and that somebody waits for
//	pool.go                where it lies meanwhile
//	custody.go             who has it: the application, or Weir
//	invariants_on.go, invariants_off.go   what is checked with the tag invariants
//	frame.go               frame headers: Flags, AppendHeader, AppendMessage
//	frame_old.go           frame headers of ZMTP 1.0
//	decoder.go             Decoder: octets to messages and commands
//	decoder_body.go        where the bodies of incoming frames are stored
//	decoder_direct.go      large ones are read straight into their place
//	command.go             Command, ParseCommand and the table of known names
//	command_*.go           one file per command or pair of commands
//	metadata.go            Metadata: the properties peers tell each other
//	greeting.go            the 64 octets that open a connection
//	handshake.go           Handshake: greeting, mechanism, metadata, in that order
//	handshake_old.go       the way that peers before 3.0 take through it
//	handshake_config.go    what a handshake needs to know, and what it finds out
//	mechanism.go           Mechanism and the table of mechanisms
//	mechanism_null.go      the NULL mechanism
//	pgm_framing.go         the packets of pgm and epgm: frames of ZMTP/1.0 behind an offset
//	mechanism_plain.go     the PLAIN mechanism
//	curve_client.go, curve_server.go   the CURVE mechanism
//	curve_message.go       Sealer, Opener: its traffic
//	curve_box.go           NaCl's boxes, made and opened in place
//	curve_keys.go          CurveKey
//	decoder_sealed.go      the decoder's side of that
//	auth.go                Question, Verdict: who may come in
//	handshake_ask.go       the handshake's side of that
//	z85.go                 Z85: keys as text
//	code.go                libzmq's numbers for a peer's faults
//	sockettype.go          the names of the socket types
//	errors.go              ProtocolError
