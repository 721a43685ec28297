package transport

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// A sysOption is where the system keeps one integer option of a socket. The zero value stands for one that it lacks.
type sysOption struct{ level, name int }

// A setting is one thing to tell a socket of the system.
type setting struct {
	field string // of Options, for errors
	at    sysOption
	value int
}

// apply tells a socket all that o asks for, but for the device. Network is "tcp4", "tcp6" or "unix", as package net has
// it.
func (o Options) apply(network string, raw syscall.RawConn) error {
	for _, s := range o.settings(network) {
		if err := s.set(raw); err != nil {
			return err
		}
	}
	return nil
}

// Check reports what of o this system does not have, with an error that wraps errors.ErrUnsupported, or nil. Dial and
// Listen would fail with the same error. It asks nothing of the system, so it never waits.
func (o Options) Check() error {
	for _, s := range o.settings("tcp6") {
		if s.at == (sysOption{}) {
			return unsupported(s.field)
		}
	}
	if o.Device != "" && !hasDevice {
		return unsupported("Device")
	}
	return nil
}

// unsupported says which field of Options this system cannot do.
func unsupported(field string) error {
	return fmt.Errorf("%w on this system: %s", errors.ErrUnsupported, field)
}

// settings lists what o asks of a socket. The priority comes last: on Linux the type of service sets one too.
func (o Options) settings(network string) (all []setting) {
	add := func(field string, at sysOption, value int) {
		if value > 0 {
			all = append(all, setting{field, at, value})
		}
	}
	add("SendBuffer", sysSendBuffer, o.SendBuffer)
	add("RecvBuffer", sysRecvBuffer, o.RecvBuffer)
	if !isTCP(network) {
		return all
	}
	if network == "tcp6" {
		add("TypeOfService", sysTrafficClass, o.TypeOfService)
	}
	if network == "tcp4" || hasBothClasses {
		add("TypeOfService", sysTypeOfService, o.TypeOfService)
	}
	if k := o.KeepAlive; k.On {
		add("KeepAlive", sysKeepAlive, 1)
		add("KeepAlive.Idle", sysKeepAliveIdle, units(k.Idle, time.Second))
		add("KeepAlive.Interval", sysKeepAliveInterval, units(k.Interval, time.Second))
		add("KeepAlive.Count", sysKeepAliveCount, k.Count)
	}
	add("MaxRetransmit", sysMaxRetransmit, units(o.MaxRetransmit, maxRetransmitUnit))
	add("Priority", sysPriority, o.Priority)
	return all
}

// units counts the units in d; what is over makes one more.
func units(d, unit time.Duration) int {
	return int((d + unit - 1) / unit)
}

// isTCP reports whether package net means tcp by a network.
func isTCP(network string) bool {
	return strings.HasPrefix(network, "tcp")
}

// set tells it to a socket.
func (s setting) set(raw syscall.RawConn) error {
	if s.at == (sysOption{}) {
		return unsupported(s.field)
	}
	return onSocket(raw, func(fd uintptr) error { return setsockoptInt(fd, s.at, s.value) })
}

// onSocket runs f on a socket's descriptor.
func onSocket(raw syscall.RawConn, f func(fd uintptr) error) error {
	var done error
	if err := raw.Control(func(fd uintptr) { done = f(fd) }); err != nil {
		return err
	}
	return done
}
