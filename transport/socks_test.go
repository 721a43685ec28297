package transport_test

import (
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport"
	"github.com/weirmq/weir/transport/transporttest"
)

// through are options to dial through a proxy.
func through(s *transporttest.SOCKSServer) transport.Options {
	return transport.Options{Proxy: transport.Proxy{Address: s.Address}}
}

// portOf is the port of a listener, with the colon.
func portOf(ln transport.Listener) string {
	return ln.Endpoint()[strings.LastIndexByte(ln.Endpoint(), ':'):]
}

// TestSOCKS reaches a name, an IPv4 and an IPv6 address, and wants the proxy to be asked for just those: the name is not
// looked up here, and IPv6 is off. (libzmq: test_socks)
func TestSOCKS(t *testing.T) {
	needIPv6(t)
	ln := transporttest.ListenAt(t, "tcp://*:*", transport.Options{IPv6: true})
	server := transporttest.NewSOCKS(t, transporttest.SOCKS{Names: map[string]string{"some-host.invalid": "127.0.0.1"}})
	for host, kind := range map[string]byte{
		"127.0.0.1": transporttest.SOCKSv4, "[::1]": transporttest.SOCKSv6, "some-host.invalid": transporttest.SOCKSName,
		"*:*;127.0.0.1": transporttest.SOCKSv4,
	} {
		conn, err := transporttest.Dial(t, "tcp://"+host+portOf(ln), through(server))
		require.NoError(t, err, host)
		require.IsType(t, (*net.TCPConn)(nil), conn, "net.Buffers would not reach writev")
		require.Equal(t, server.Address, conn.RemoteAddr().String())
		accepted, err := ln.Accept()
		require.NoError(t, err)
		_, err = io.WriteString(conn, "through")
		require.NoError(t, err)
		got := make([]byte, 7)
		_, err = io.ReadFull(accepted, got)
		require.NoError(t, err)
		require.Equal(t, "through", string(got))
		require.NoError(t, accepted.Close())
		r := <-server.Requests
		require.Equal(t, kind, r.Kind)
		bare := host[strings.LastIndexByte(host, ';')+1:]
		require.Equal(t, strings.Trim(bare, "[]"), r.Host)
		require.Equal(t, portOf(ln), ":"+strconv.Itoa(r.Port))
	}
}

// TestSOCKSAuthentication tells a proxy a user and a password, also an empty one. (libzmq: test_socks)
func TestSOCKSAuthentication(t *testing.T) {
	ln := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	for _, password := range []string{"secret", ""} {
		server := transporttest.NewSOCKS(t, transporttest.SOCKS{User: "someone", Password: password})
		opts := through(server)
		_, err := transporttest.Dial(t, ln.Endpoint(), opts)
		require.ErrorIs(t, err, transport.ErrProxy, "nobody")
		opts.Proxy.Username, opts.Proxy.Password = "someone", "wrong"
		_, err = transporttest.Dial(t, ln.Endpoint(), opts)
		require.ErrorIs(t, err, transport.ErrProxy, "wrong password")
		opts.Proxy.Password = password
		transporttest.PairOn(t, ln, opts)
		require.Equal(t, "someone", (<-server.Requests).User)
		require.Empty(t, server.Requests)
	}
}

// TestSOCKSErrors wants what goes wrong at a proxy to be its fault, in words that name it.
func TestSOCKSErrors(t *testing.T) {
	ln := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	gone := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	require.NoError(t, gone.Close())
	no := transporttest.NewSOCKS(t, transporttest.SOCKS{Reply: 5})
	for address, words := range map[string]string{
		no.Address:               "refused",
		gone.Addr().String():     "refused",
		"some-host.invalid:1080": "some-host.invalid",
	} {
		_, err := transporttest.Dial(t, ln.Endpoint(), transport.Options{Proxy: transport.Proxy{Address: address}})
		require.ErrorIs(t, err, transport.ErrProxy)
		require.NotErrorIs(t, err, transport.ErrRefused)
		require.ErrorContains(t, err, "transport: dial "+ln.Endpoint()+": proxy "+address+": ")
		require.ErrorContains(t, err, words)
	}
	for _, p := range []transport.Proxy{
		{Address: "nowhere"},
		{Address: "h:0"},
		{Address: "h:*"},
		{Address: "*:1"},
		{Address: "h:1;h:2"},
		{Username: "u"},
		{Address: "h:1", Password: "p"},
		{Address: "h:1", Username: strings.Repeat("u", 256)},
	} {
		require.ErrorIs(t, p.Check(), transport.ErrSyntax, "%+v", p)
	}
	_, err := transporttest.Dial(t, ln.Endpoint(), transport.Options{Proxy: transport.Proxy{Address: "nowhere"}})
	require.ErrorIs(t, err, transport.ErrSyntax)
}

// TestSOCKSSilent wants the timeout, and the caller's ctx, to end the wait for a proxy that says nothing.
func TestSOCKSSilent(t *testing.T) {
	ln := transporttest.ListenAt(t, "tcp://127.0.0.1:*", transport.Options{})
	opts := through(transporttest.NewSOCKS(t, transporttest.SOCKS{Silent: true}))
	opts.ConnectTimeout = 20 * time.Millisecond
	_, err := transporttest.Dial(t, ln.Endpoint(), opts)
	require.ErrorIs(t, err, transport.ErrConnectTimeout)

	opts.ConnectTimeout = time.Hour
	ep, err := transport.Parse(ln.Endpoint())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = transport.Dial(ctx, ep, opts)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	ctx, cancel = context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := transport.Dial(ctx, ep, opts)
		done <- err
	}()
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

// TestSOCKSLeavesOthersAlone wants ipc to take no notice of a proxy, and a bind neither.
func TestSOCKSLeavesOthersAlone(t *testing.T) {
	opts := transport.Options{Proxy: transport.Proxy{Address: "127.0.0.1:1"}}
	transporttest.PairOn(t, transporttest.ListenAt(t, "ipc://*", opts), opts)
	transporttest.PairOn(t, transporttest.ListenAt(t, "tcp://127.0.0.1:*", opts), transport.Options{})
}
