// Package transporttest is the conformance suite of the transports: what every row of transport.Transports must do,
// whatever its scheme.
//
// A new row needs no test code for it: the suite ranges over the table, and only wants a row in addresses.go that lists
// well-formed and malformed addresses of the new scheme. What is special to one scheme is tested beside its file.
//
// Map of the files: addresses.go holds the addresses, suite.go runs everything, connections.go has the checks that open
// sockets, socks.go a proxy to go through.
package transporttest
