package interop

import (
	"strings"
	"testing"

	"github.com/weirmq/weir/socket"
)

// huge is the size of the largest frame in these tests, in bytes: 10 MB.
const huge = 10_000_000

// A shape is a form that a message can have: one row of the table.
type shape struct {
	name    string
	command string         // in the words of a command
	message socket.Message // the same for Weir; it is only read
}

// shapes is the table of forms.
var shapes = []shape{
	{"one frame", plain("hello"), socket.NewMessage("hello")},
	{"one empty frame", "-", socket.NewMessage("")},
	{"three frames", texts("one", "two", "three"), socket.NewMessage("one", "two", "three")},
	{"empty frames around", texts("", "body", ""), socket.NewMessage("", "body", "")},
	{"empty frames only", texts("", "", ""), socket.NewMessage("", "", "")},
	{"bytes of all values", "@256:7", socket.NewMessage(made(256, 7))},
	{"longest short frame", "@255:1", socket.NewMessage(made(255, 1))},
	{"frames either side of the short form", "@255:1 @256:2 @257:3", socket.NewMessage(made(255, 1), made(256, 2), made(257, 3))},
	{"frames of many sizes", "@8191:1 @8192:2 @8193:3 @65535:4 @65536:5 @1000000:6", socket.NewMessage(
		made(8191, 1), made(8192, 2), made(8193, 3), made(65535, 4), made(65536, 5), made(1_000_000, 6))},
	{"sixty frames", strings.TrimSpace(strings.Repeat("x61 ", 60)), socket.NewMessage(strings.Split(strings.Repeat("a", 60), "")...)},
	{"10 MB in one frame", "@10000000:11", socket.NewMessage(made(huge, 11))},
	{"10 MB between others", "x61 @10000000:12 - x62", socket.NewMessage("a", made(huge, 12), "", "b")},
}

// texts are text frames in the words of a command.
func texts(frames ...string) string {
	var all []string
	for _, f := range frames {
		all = append(all, plain(f))
	}
	return strings.Join(all, " ")
}

// TestShapes sends a message of each form across, one after the other over one connection: each arrives whole, with the same frames.
func TestShapes(t *testing.T) {
	overWide(t, every, func(t *testing.T, p pairing) {
		var s scene
		if libzmq.missing == "" {
			s = *newScene(bounded(t), t, p, setup{})
			s.join()
		}
		for _, form := range shapes {
			t.Run(form.name, func(t *testing.T) {
				in := s // the same sockets, for this case's own T
				in.ctx, in.T = begin(t, libzmq), t
				p.moves.one(&in, form.command, form.message)
			})
		}
	})
}
