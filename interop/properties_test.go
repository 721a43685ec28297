package interop

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// coloured is a setup in which each side has a property of its own to tell, and no topics.
func coloured() setup {
	return setup{
		noTopics: true, weir: []socket.Option{socket.Metadata("X-shape", "round")}, peer: []string{"metadata=X-color:red"},
	}
}

// properties are the names of all that a message can tell, and of two that it does not: one that libzmq documents alone, and one in another case.
var properties = []any{"Socket-Type", "Identity", "X-color", "X-shape", "User-Id", "Routing-Id", "x-color", "Peer-Address"}

// tellingOf is what a message tells of whoever sent it, as peers report it: NAME=VALUE, or NAME alone where it does not.
func tellingOf(m socket.Message) string {
	var all []string
	for _, name := range properties {
		if value, ok := m.Property(name.(string)); ok {
			all = append(all, fmt.Sprint(name, "=", value))
		} else {
			all = append(all, name.(string))
		}
	}
	return strings.Join(all, " ")
}

// telling is a pattern of what messages tell of one side: its type, its name where that type tells it, its own property and its address, over ipc with its
// process. Both sides tell an IPv4 address by itself.
func (s *scene) telling(typ, name, own string, pid int) string {
	identity := "Identity"
	if slices.Contains([]string{"REQ", "DEALER", "ROUTER"}, typ) {
		identity += "=" + name
	}
	all := fmt.Sprintf("Socket-Type=%s %s X-color X-shape User-Id Routing-Id x-color Peer-Address=", typ, identity)
	label, _, _ := strings.Cut(own, "=")
	all = strings.Replace(all, " "+label+" ", " "+own+" ", 1)
	if s.pair.place.name == "ipc" {
		return fmt.Sprintf("%slocalhost:%d:%d:%d", all, os.Getuid(), os.Getgid(), pid)
	}
	return all + `127\.\d+\.\d+\.\d+`
}

// wantTold wants a message that Weir's socket has received to tell of libzmq's.
func (s *scene) wantTold(m socket.Message) {
	s.Helper()
	name := ""
	if s.pair.weir == "ROUTER" {
		name = "zmq"
	}
	require.Regexp(s, "^"+s.telling(s.pair.partner, name, "X-color=red", s.peer.cmd.Process.Pid)+"$", tellingOf(m))
}

// peerWantsTold wants libzmq's socket to receive frames in a message that tells of Weir's.
func (s *scene) peerWantsTold(frames ...string) {
	s.Helper()
	name := ""
	if s.pair.partner == "ROUTER" {
		name = "weir"
	}
	report := s.peer.do(s.ctx, append([]any{"recv", waitMS}, properties...)...)
	require.Regexp(s, "^"+texts(frames...)+" "+s.telling(s.pair.weir, name, "X-shape=round", os.Getpid())+"$", report)
}

// pairTells moves one more message in each direction that a pair has, and wants it to tell of its sender; and so with the news of a subscription.
func (s *scene) pairTells() {
	s.Helper()
	if s.pair.weir == "REQ" || s.pair.partner == "REP" {
		s.pairTellsOut()
		s.pairTellsIn()
	} else {
		s.pairTellsIn()
		s.pairTellsOut()
	}
	switch {
	case s.pair.weir == "XPUB":
		s.asks(1, "more")
		s.wantTold(s.recv())
	case s.pair.partner == "XPUB":
		s.tells(s.weir, 1, "more")
		s.peerWantsTold("\x01more")
	}
}

// pairTellsOut is the half with Weir's message.
func (s *scene) pairTellsOut() {
	s.Helper()
	if s.pair.sends {
		s.says(append(pairHead(s.pair.weir, s.pair.partner, "zmq"), "from Weir")...)
		s.peerWantsTold(append(pairHead(s.pair.partner, s.pair.weir, "weir"), "from Weir")...)
	}
}

// pairTellsIn is the half with libzmq's.
func (s *scene) pairTellsIn() {
	s.Helper()
	if s.pair.receives {
		s.peerSays(append(pairHead(s.pair.partner, s.pair.weir, "weir"), "from libzmq")...)
		s.wantTold(s.recv())
	}
}
