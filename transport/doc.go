// Package transport turns endpoint strings such as "tcp://127.0.0.1:5555" into byte streams.
//
// It knows schemes, addresses and sockets of the operating system, and nothing about what travels in them: what it
// hands out are ordinary net.Conn and [Listener] values. The one rule it keeps is that every scheme is one file and
// one row in the table behind [Transports]; nothing outside that row asks which scheme it has.
//
// Limits of time come from the caller's context. Nothing here retries, logs, or leaves a goroutine behind. The scheme
// inproc is only named here: it joins two sockets of one process without a connection, so Parse and the checks accept
// it, while Dial and Listen answer [ErrScheme].
//
// Where libzmq is lenient or careless with addresses, this package is strict: ports are 1 to 65535, an address has
// nothing after its port, and a bind to an ipc path takes over a file that a dead process left, but never one that
// somebody listens on, nor one that is no socket.
package transport

// Map of the files:
//
//   - endpoint.go: Endpoint, Parse
//   - transport.go: the table, and Dial, Listen, CheckBind, CheckConnect, which look a row up and call it
//   - options.go, system.go: Options, and what is asked of every socket
//   - system_linux.go, system_darwin.go, system_windows.go, system_other.go, device_other.go: where each system keeps that
//   - listener.go, listener_deadline.go: the listener that all rows share
//   - errors.go: the sentinels, and how an error of the operating system is sorted under one
//   - tcp.go, tcp_address.go, tcp_host.go: the tcp row, its syntax, its names
//   - socks.go: connecting through a proxy
//   - ipc.go, ipc_path.go, ipc_claim.go: the ipc row, its syntax, stale socket files
//   - peer.go: what the other side of a connection is called
//   - credentials.go, credentials_linux.go, credentials_darwin.go, credentials_other.go: who it is, over ipc
//   - adopt.go: listeners made elsewhere; canonical.go: spellings of one address
//   - ready.go, ready_unix.go, ready_other.go: what descriptors are ready for
//   - os_unix.go, os_windows.go: what differs between operating systems
