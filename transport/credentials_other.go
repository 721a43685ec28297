//go:build !linux && !darwin

package transport

import "net"

const hasCredentials = false

// PeerCredentials tells nothing: this system is not asked.
func PeerCredentials(net.Conn) (Credentials, bool) { return Credentials{}, false }
