package transport

import "golang.org/x/sys/unix"

const hasCredentials = true

// credentialsOf asks the system about the other side of a socket.
func credentialsOf(fd uintptr) (Credentials, error) {
	who, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{PID: int(who.Pid), UID: int(who.Uid), GID: int(who.Gid)}, nil
}
