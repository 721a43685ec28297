package main

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// streamSchemes are the transports whose listeners a command can be started with, each with what package net calls its network.
var streamSchemes = map[string]string{"tcp": "tcp", "ipc": "unix"}

// streamNetwork is the network of an endpoint; "" for one whose listener nobody can hand over.
func streamNetwork(ep string) string {
	scheme, _, _ := strings.Cut(ep, "://")
	return streamSchemes[scheme]
}

// inheritable says whether use_fd is for ep.
func inheritable(ep string) bool { return streamNetwork(ep) != "" }

// inherit makes a listener of a descriptor that the command was started with, by a service manager, say, and takes it over. Of ep only the scheme
// counts, as in libzmq: the socket is bound. What libzmq takes and fails on later, or aborts, is an error here.
func inherit(fd int, ep string) (net.Listener, error) {
	if err := listening(fd); err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "use_fd")
	l, err := net.FileListener(f)
	_ = f.Close() // the listener has one of its own
	if err != nil {
		return nil, err
	}
	if network := l.Addr().Network(); network != streamNetwork(ep) {
		_ = l.Close() // the error says enough
		return nil, fmt.Errorf("it listens at %s of %s, which is no place for %s", l.Addr(), network, ep)
	}
	return l, nil
}
