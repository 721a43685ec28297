package socket

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/weirmq/weir/transport"
)

// transportOptions are the settings that a socket's connections are made with. Never changed once a socket has them: see options. What is said of tcp
// does nothing to ipc and inproc, as in libzmq. What the system at hand lacks is refused by the constructor, with an error that is
// errors.ErrUnsupported too.
type transportOptions struct {
	net                    transport.Options // but for what other options say: see options.transport
	sendBuffer, recvBuffer int               // -1 for what the system has
}

// defaultTransport are libzmq's.
var defaultTransport = transportOptions{sendBuffer: -1, recvBuffer: -1}

// check finds what only all options together show.
func (o *transportOptions) check() error {
	if k := o.net.KeepAlive; k != (transport.KeepAlive{}) && !k.On {
		return fmt.Errorf("%w: TCPKeepAliveIdle, TCPKeepAliveInterval and TCPKeepAliveCount want TCPKeepAlive(true)", ErrBadOption)
	}
	if p := o.net.Proxy; p.Address == "" && p != (transport.Proxy{}) || p.Username == "" && p.Password != "" {
		return fmt.Errorf("%w: SocksUsername wants a SocksProxy, and SocksPassword both", ErrBadOption)
	}
	if err := o.net.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrBadOption, err)
	}
	return nil
}

// SendBuffer is the size to ask for the kernel's send buffer of each connection, in bytes, over tcp, ipc, pgm and epgm: -1 leaves it to the system,
// which may also round what is asked for (Linux doubles it), and 0 is the least it has. Range -1 to 2147483647. Default -1. All types. (ZMQ_SNDBUF)
func SendBuffer(n int) Option {
	return func(o *options) error {
		if n < -1 || n > math.MaxInt32 {
			return badOption("SendBuffer", n, "-1 to 2147483647 bytes")
		}
		o.sendBuffer = n
		return nil
	}
}

// RecvBuffer is the size to ask for the kernel's receive buffer of each connection, in bytes, over tcp, ipc, pgm and epgm: -1 leaves it to the
// system, which may also round what is asked for (Linux doubles it), and 0 is the least it has. Range -1 to 2147483647. Default -1. All types.
// (ZMQ_RCVBUF)
func RecvBuffer(n int) Option {
	return func(o *options) error {
		if n < -1 || n > math.MaxInt32 {
			return badOption("RecvBuffer", n, "-1 to 2147483647 bytes")
		}
		o.recvBuffer = n
		return nil
	}
}

// bufferSize turns libzmq's count into the transport's, where 0 leaves it to the system: of 1 byte the system makes the least it has.
func bufferSize(n int) int {
	switch n {
	case -1:
		return 0
	case 0:
		return 1
	default:
		return n
	}
}

// TypeOfService is the byte by which routers sort the packets of tcp, 0 to 255: the type of service of IPv4, the traffic class of IPv6. Default 0,
// the system's. Linux keeps the two lowest bits for itself. Windows lacks it; outside Linux, IPv4 peers of a socket bound to both families do
// without. (ZMQ_TOS)
func TypeOfService(b int) Option {
	return func(o *options) error {
		if b < 0 || b > math.MaxUint8 {
			return badOption("TypeOfService", b, "0 to 255")
		}
		o.net.TypeOfService = b
		return nil
	}
}

// TCPKeepAlive makes the system probe tcp connections on which nothing comes, and give up those whose peer does not answer. Default false, where
// libzmq has -1, the system's default, which is false too. Heartbeats find out sooner, and on any transport. (ZMQ_TCP_KEEPALIVE)
func TCPKeepAlive(on bool) Option {
	return func(o *options) error {
		o.net.KeepAlive.On = on
		return nil
	}
}

// maxKeepAlive is the longest time that Linux takes, and maxProbes the most probes.
const (
	maxKeepAlive = 32767 * time.Second
	maxProbes    = 127
)

// TCPKeepAliveIdle is how long nothing has come before the first probe, in whole seconds (what is over is rounded up). Range 1 s to 32767 s, and 0.
// Default 0, the system's: two hours on Linux. It wants TCPKeepAlive(true). (ZMQ_TCP_KEEPALIVE_IDLE, in seconds, where -1 is the default)
func TCPKeepAliveIdle(d time.Duration) Option {
	return func(o *options) error {
		if d != 0 && d < time.Second || d > maxKeepAlive {
			return badOption("TCPKeepAliveIdle", d, "0, or 1 s to 32767 s")
		}
		o.net.KeepAlive.Idle = d
		return nil
	}
}

// TCPKeepAliveInterval is the time from one unanswered probe to the next, in whole seconds (what is over is rounded up). Range 1 s to 32767 s, and 0.
// Default 0, the system's: 75 s on Linux. It wants TCPKeepAlive(true). (ZMQ_TCP_KEEPALIVE_INTVL, in seconds, where -1 is the default)
func TCPKeepAliveInterval(d time.Duration) Option {
	return func(o *options) error {
		if d != 0 && d < time.Second || d > maxKeepAlive {
			return badOption("TCPKeepAliveInterval", d, "0, or 1 s to 32767 s")
		}
		o.net.KeepAlive.Interval = d
		return nil
	}
}

// TCPKeepAliveCount is how many probes go unanswered before the connection is given up. Range 0 to 127. Default 0, the system's: 9 on Linux. It wants
// TCPKeepAlive(true). (ZMQ_TCP_KEEPALIVE_CNT, where -1 is the default)
func TCPKeepAliveCount(n int) Option {
	return func(o *options) error {
		if n < 0 || n > maxProbes {
			return badOption("TCPKeepAliveCount", n, "0 to 127 probes")
		}
		o.net.KeepAlive.Count = n
		return nil
	}
}

// TCPMaxRetransmit is how long what a tcp connection has sent may go unacknowledged before the system gives the connection up: 0 leaves it to the
// system. Range 0 to 2147483647 ms. Default 0. Linux counts in milliseconds and Windows in seconds, both rounded up; macOS lacks it. (ZMQ_TCP_MAXRT;
// libzmq takes whole milliseconds)
func TCPMaxRetransmit(d time.Duration) Option {
	return func(o *options) error {
		if d < 0 || d > math.MaxInt32*time.Millisecond {
			return badOption("TCPMaxRetransmit", d, "0 to 2147483647 ms")
		}
		o.net.MaxRetransmit = d
		return nil
	}
}

// ConnectTimeout bounds each attempt to connect, from the look-up of the name to the last word of a proxy; an attempt that takes longer has failed
// with ErrConnectTimeout, and the next one comes as after any other failure. Range 0 or more. Default 0: no bound but the system's, which for tcp can
// be minutes. The handshake that follows is bounded by HandshakeInterval. (ZMQ_CONNECT_TIMEOUT; libzmq takes whole
// milliseconds)
func ConnectTimeout(d time.Duration) Option {
	return duration("ConnectTimeout", d, func(o *options) *time.Duration { return &o.net.ConnectTimeout })
}

// maxDevice is the most bytes that the name of an interface has on Linux.
const maxDevice = 15

// BindToDevice lets tcp connections go through one network interface alone, whatever the routes say: up to 15 bytes, without spaces, slashes and colons, as
// Linux names them, where libzmq takes any text. Default "", any. Linux only; an
// interface that is not there is ErrNoDevice at Bind, and a failed attempt at Connect, and so is a privilege that is missing. (ZMQ_BINDTODEVICE)
func BindToDevice(name string) Option {
	return func(o *options) error {
		if len(name) > maxDevice || strings.ContainsAny(name, "/: \t\n\v\f\r\x00") {
			return badOption("BindToDevice", name, "up to 15 bytes, without spaces, slashes and colons")
		}
		o.net.Device = name
		return nil
	}
}

// Priority is the place of tcp packets in this system's own queues: 0 leaves it to the system, and more goes first. Range 0 to 2147483647. Default 0.
// Linux only; 7 and more want a privilege, and without it Bind fails, and so does each attempt to connect. (ZMQ_PRIORITY)
func Priority(n int) Option {
	return func(o *options) error {
		if n < 0 || n > math.MaxInt32 {
			return badOption("Priority", n, "0 or more")
		}
		o.net.Priority = n
		return nil
	}
}

// SocksProxy makes tcp connections go through a SOCKS5 server, given as host:port (an IPv6 address in brackets). The proxy resolves the names of
// peers, and reaches them in either family, whatever IPv6 says. Default "", none. It has no effect on Bind. A proxy that is not there, says no or
// does not answer is a failed attempt, ErrProxy, and the next one comes as after any other; only ConnectTimeout bounds the wait for a silent one.
// Events name the proxy as the peer's address. (ZMQ_SOCKS_PROXY)
func SocksProxy(address string) Option {
	return func(o *options) error {
		if err := (transport.Proxy{Address: address}).Check(); err != nil {
			return badOption("SocksProxy", address, "host:port")
		}
		o.net.Proxy.Address = address
		return nil
	}
}

// SocksUsername is the user name for a proxy that asks for one, up to 255 bytes; it wants a SocksProxy. Default "", no authentication. A proxy that
// offers to do without is taken at its word. (ZMQ_SOCKS_USERNAME)
func SocksUsername(name string) Option {
	return func(o *options) error {
		if len(name) > math.MaxUint8 {
			return badOption("SocksUsername", name, "up to 255 bytes")
		}
		o.net.Proxy.Username = name
		return nil
	}
}

// SocksPassword is the password that belongs to SocksUsername, up to 255 bytes. Default "". (ZMQ_SOCKS_PASSWORD)
func SocksPassword(password string) Option {
	return func(o *options) error {
		if len(password) > math.MaxUint8 {
			return fmt.Errorf("%w: SocksPassword: want up to 255 bytes", ErrBadOption)
		}
		o.net.Proxy.Password = password
		return nil
	}
}
