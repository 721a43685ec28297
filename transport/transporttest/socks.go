package transporttest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The kinds of address in a request: https://www.rfc-editor.org/rfc/rfc1928#section-5
const (
	SOCKSv4   = 1
	SOCKSName = 3
	SOCKSv6   = 4
)

// SOCKS is what a proxy for tests does. The zero value lets everybody through.
type SOCKS struct {
	User, Password string            // where User is not empty, nobody comes in without them
	Reply          byte              // where not 0, the answer to every request: 5 is "connection refused"
	Silent         bool              // it accepts, and never says a word
	Names          map[string]string // the addresses of names, as host; others do not resolve
}

// A SOCKSRequest is what a proxy was asked for.
type SOCKSRequest struct {
	Kind byte   // SOCKSv4, SOCKSName or SOCKSv6
	Host string // as asked for
	Port int
	User string // who asked; empty without authentication
}

// A SOCKSServer is a SOCKS5 proxy on loopback. https://www.rfc-editor.org/rfc/rfc1928
type SOCKSServer struct {
	// Address is where it listens, as host:port.
	Address string
	// Requests has room for those that were not looked at yet.
	Requests <-chan SOCKSRequest

	does     SOCKS
	requests chan SOCKSRequest
	listener net.Listener
	loops    sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn // guarded by mu: all there were
}

// NewSOCKS starts a proxy that ends with the test.
func NewSOCKS(t testing.TB, does SOCKS) *SOCKSServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	requests := make(chan SOCKSRequest, 100)
	s := &SOCKSServer{Address: l.Addr().String(), Requests: requests, does: does, requests: requests, listener: l}
	s.loops.Go(s.acceptLoop)
	t.Cleanup(func() {
		_ = l.Close()
		s.Cut()
		s.loops.Wait()
	})
	return s
}

// Cut closes all connections through the proxy.
func (s *SOCKSServer) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
}

// keep makes Cut close conn.
func (s *SOCKSServer) keep(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, conn)
}

// acceptLoop serves each connection in a goroutine of its own.
func (s *SOCKSServer) acceptLoop() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.keep(conn)
		s.loops.Go(func() {
			defer func() { _ = conn.Close() }()
			if s.does.Silent {
				_, _ = io.Copy(io.Discard, conn)
				return
			}
			s.serve(conn)
		})
	}
}

// serve is one connection: method, user, request, relay. Whatever is not as it should be ends it.
func (s *SOCKSServer) serve(conn net.Conn) {
	user, err := s.greet(conn)
	if err != nil {
		return
	}
	r, err := request(conn)
	if err != nil {
		return
	}
	r.User = user
	s.requests <- r
	host := r.Host
	if r.Kind == SOCKSName {
		host = s.does.Names[host]
	}
	const ok, unreachable = 0, 4
	reply := s.does.Reply
	var far net.Conn
	if reply == ok {
		if far, err = net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(r.Port))); err != nil {
			reply = unreachable
		}
	}
	_, err = conn.Write([]byte{5, reply, 0, SOCKSv4, 127, 0, 0, 1, 0, 9})
	if err != nil || far == nil {
		return
	}
	s.keep(far)
	defer func() { _ = far.Close() }()
	s.loops.Go(func() {
		_, _ = io.Copy(conn, far)
		_ = conn.Close()
	})
	_, _ = io.Copy(far, conn)
}

// greet agrees on a method, and asks for user and password where it wants them: https://www.rfc-editor.org/rfc/rfc1929
func (s *SOCKSServer) greet(conn net.Conn) (user string, err error) {
	const none, password, noneOfThese = 0, 2, 255
	if _, err := take(conn, 1); err != nil {
		return "", err
	}
	methods, err := counted(conn)
	if err != nil {
		return "", err
	}
	want := byte(none)
	if s.does.User != "" {
		want = password
	}
	if !bytes.Contains(methods, []byte{want}) {
		_, err = conn.Write([]byte{5, noneOfThese})
		return "", errors.Join(err, errors.New("no such method"))
	}
	if _, err = conn.Write([]byte{5, want}); err != nil || want == none {
		return "", err
	}
	if _, err = take(conn, 1); err != nil {
		return "", err
	}
	name, err := counted(conn)
	if err != nil {
		return "", err
	}
	secret, err := counted(conn)
	if err != nil {
		return "", err
	}
	if string(name) != s.does.User || string(secret) != s.does.Password {
		_, err = conn.Write([]byte{1, 1})
		return "", errors.Join(err, errors.New("wrong password"))
	}
	_, err = conn.Write([]byte{1, 0})
	return string(name), err
}

// request reads what to connect to.
func request(conn net.Conn) (r SOCKSRequest, err error) {
	head, err := take(conn, 4)
	if err != nil {
		return r, err
	}
	r.Kind = head[3]
	var host []byte
	switch r.Kind {
	case SOCKSv4:
		host, err = take(conn, net.IPv4len)
		r.Host = net.IP(host).String()
	case SOCKSv6:
		host, err = take(conn, net.IPv6len)
		r.Host = net.IP(host).String()
	default:
		host, err = counted(conn)
		r.Host = string(host)
	}
	if err != nil {
		return r, err
	}
	port, err := take(conn, 2)
	if err == nil {
		r.Port = int(port[0])<<8 | int(port[1])
	}
	return r, err
}

// take reads n bytes.
func take(conn net.Conn, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(conn, b)
	return b, err
}

// counted reads a byte, and as many bytes as it says.
func counted(conn net.Conn) ([]byte, error) {
	n, err := take(conn, 1)
	if err != nil {
		return nil, err
	}
	return take(conn, int(n[0]))
}
