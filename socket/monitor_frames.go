package socket

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/weirmq/weir/wire/codec"
)

// A monitorFrame is an event in libzmq's words.
type monitorFrame struct {
	event         MonitorEvents
	value         uint64
	endpoint      string // of version 1
	local, remote string // of version 2
}

// wants says whether an event may be one of libzmq's. One that stands for others which were not told is none.
func (m *monitor) wants(e Event) bool {
	return !strings.HasPrefix(e.Endpoint, inprocScheme+":") && !e.Kind.noisy() && e.Suppressed == 0
}

// monitorFrames are what libzmq tells of where e happens: none, one, or two.
func monitorFrames(e Event) []monitorFrame {
	frame := func(event MonitorEvents, value int) monitorFrame {
		f := monitorFrame{event: event, value: uint64(value), endpoint: e.Endpoint}
		f.local, f.remote = e.sides()
		return f
	}
	one := func(event MonitorEvents, value int) []monitorFrame { return []monitorFrame{frame(event, value)} }
	switch e.Kind {
	case EventListening:
		return one(MonitorListening, e.fd)
	case EventBindFailed:
		return one(MonitorBindFailed, errnoOf(e.Err))
	case EventAccepted:
		return one(MonitorAccepted, e.fd)
	case EventAcceptFailed, EventRefused:
		return one(MonitorAcceptFailed, errnoOf(e.Err))
	case EventConnectDelayed:
		return one(MonitorConnectDelayed, int(syscall.EINPROGRESS))
	case EventConnected:
		return one(MonitorConnected, e.fd)
	case EventConnectFailed:
		return one(MonitorClosed, 0)
	case EventRetried:
		return one(MonitorConnectRetried, int(e.Delay.Milliseconds()))
	case EventHandshakeSucceeded:
		if e.unshook {
			return nil
		}
		return one(MonitorHandshakeSucceeded, 0)
	case EventHandshakeFailed:
		event, value := e.failed()
		if event == 0 {
			return one(MonitorDisconnected, e.fd)
		}
		return []monitorFrame{frame(event, value), frame(MonitorDisconnected, e.fd)}
	case EventDisconnected:
		if errors.Is(e.Err, ErrClosed) || errors.Is(e.Err, codec.ErrCut) {
			return nil // libzmq says nothing of what it does itself
		}
		return one(MonitorDisconnected, e.fd)
	case EventClosed:
		if !e.bound || e.stuck { // with libzmq CLOSE_FAILED stands in its place
			return nil
		}
		return one(MonitorClosed, e.fd)
	case EventCloseFailed:
		return one(MonitorCloseFailed, errnoOf(e.Err))
	default:
		return nil
	}
}

// failed is libzmq's event of a failed handshake, and its value. It has none for a peer that does not fit, and others that it has no number for.
func (e Event) failed() (MonitorEvents, int) {
	if a, ok := errors.AsType[*AuthError](e.Err); ok {
		return MonitorHandshakeFailedAuth, int(a.Status)
	}
	if p, ok := errors.AsType[*ProtocolError](e.Err); ok {
		if p.Code == 0 {
			return 0, 0
		}
		return MonitorHandshakeFailedProtocol, int(p.Code)
	}
	return MonitorHandshakeFailedNoDetail, errnoOf(e.Err)
}

// sides are the two ends of what e is about, as endpoints; empty where one is not known.
func (e Event) sides() (local, remote string) {
	scheme, _, _ := strings.Cut(e.Endpoint, "://")
	word := func(address string) string {
		switch {
		case address == "":
			return ""
		case scheme == ipcScheme && (address == "@" || address == "unnamed" || strings.HasPrefix(address, ":")):
			return "ipc://" // a client has no name there; what is known of its process is no address
		}
		return scheme + "://" + address
	}
	if e.bound {
		if e.Local == "" {
			return e.Endpoint, word(e.Peer)
		}
		return word(e.Local), word(e.Peer)
	}
	return word(e.Local), e.Endpoint
}

// message is the event on the wire.
func (f monitorFrame) message(version int) Message {
	if version == 1 {
		head := binary.NativeEndian.AppendUint16(nil, uint16(f.event))
		return MessageOf(binary.NativeEndian.AppendUint32(head, uint32(f.value)), []byte(f.endpoint))
	}
	number := func(n uint64) []byte { return binary.NativeEndian.AppendUint64(nil, n) }
	return MessageOf(number(uint64(f.event)), number(1), number(f.value), []byte(f.local), []byte(f.remote))
}

// errnos are the system's numbers for errors that have words of their own here.
var errnos = []struct {
	err    error
	number syscall.Errno
}{
	{ErrAddrInUse, syscall.EADDRINUSE},
	{ErrAddrNotAvailable, syscall.EADDRNOTAVAIL},
	{ErrNoDevice, syscall.ENODEV},
	{ErrConnRefused, syscall.ECONNREFUSED},
	{ErrConnectTimeout, syscall.ETIMEDOUT},
	{ErrHandshakeTimeout, syscall.ETIMEDOUT},
	{os.ErrDeadlineExceeded, syscall.ETIMEDOUT},
	{io.EOF, syscall.ECONNRESET},
	{io.ErrUnexpectedEOF, syscall.ECONNRESET},
	{ErrNotAdmitted, syscall.EPERM},
	{ErrNameTooLong, syscall.ENAMETOOLONG},
}

// errnoOf is the system's number for an error; EINVAL where it has none.
func errnoOf(err error) int {
	if n, ok := errors.AsType[syscall.Errno](err); ok {
		return int(n)
	}
	for _, e := range errnos {
		if errors.Is(err, e.err) {
			return int(e.number)
		}
	}
	return int(syscall.EINVAL)
}
