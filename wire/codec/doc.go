// Package codec holds the ZMTP codec actor: it drives one connection from greeting to close.
//
// The one rule it keeps: a message leaves the outbound queue when the kernel has its last byte, and not before. A codec looks at a batch,
// writes it, and only then tells the queue that it is done. So a high-water mark bounds all that is held in this process, and a lost connection
// costs nothing that the kernel had not taken.
//
// The package knows neither sockets nor endpoints: who opens the connection, which queues it serves and what a peer's coming and going mean
// is its Host's business. It dials nothing by itself and never reconnects: it fails, and a supervisor decides.
package codec

// Map of the files, in the order a connection meets them:
//
//	codec.go           the actor: its messages, its states, its handlers
//	line.go            the connection as seen by those who may have to cut it
//	codec_handshake.go opening, greeting and mechanism, under a deadline
//	codec_ask.go       the handshake waits to be told who may come in
//	codec_in.go        the life of an incoming batch: read, decode, deliver
//	desk.go, desk_unix.go, desk_other.go
//	                   the room that it is read to, shared by all connections that the system lets ask
//	helm.go            who reads: the connection's loop, or a receiver that would wait for it
//	ferry.go, ferry_linux.go, ferry_other.go
//	                   large bodies over tcp, whose copies take turns: turn.go
//	codec_old.go       what is different with peers before ZMTP 3.0
//	codec_heartbeat.go PINGs, and the timers that end a silent connection
//	codec_out.go       the life of an outgoing batch: look, encode, write, done
//	codec_prompt.go    the same in the goroutine of a sender that has the time
//	codec_raw.go       connections without ZMTP
