//go:build !linux && !darwin

package pgm

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
)

// socket refuses: a socket cannot be bound to a group here, so that it would take what is meant for others.
func (c *Conn) socket(netip.Addr, uint16, int, int) (net.PacketConn, error) {
	return nil, fmt.Errorf("%w: pgm and epgm work on Linux and macOS, not on %s", errors.ErrUnsupported, runtime.GOOS)
}

// explain has nothing to add.
func explain(err error, _ Options) error { return err }

// cutOffs are none.
var cutOffs []error

// cutOff is never.
func cutOff(error) bool { return false }

// tooLarge is never.
func tooLarge(error) bool { return false }
