package transport

import "golang.org/x/sys/unix"

const hasCredentials = true

// credentialsOf asks the system about the other side of a socket.
func credentialsOf(fd uintptr) (Credentials, error) {
	who, err := unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return Credentials{}, err
	}
	pid, err := unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	c := Credentials{PID: pid, UID: int(who.Uid)}
	if who.Ngroups > 0 {
		c.GID = int(who.Groups[0])
	}
	return c, err
}
