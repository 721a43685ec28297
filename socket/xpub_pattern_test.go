package socket

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// newTestXPub is a pattern with options.
func newTestXPub(o pubsubOptions) *xpub {
	s := &socket{typ: xpubType}
	s.hearing = newHearing(s)
	x := newXPub(s)
	x.configure(&options{pubsubOptions: o})
	return x
}

// heardBy is what the application would receive next, all of it.
func heardBy(x *xpub) (all []string) {
	for {
		m, ok := x.hearing.hall.in.Take()
		if !ok {
			return all
		}
		_, _ = x.accept(x.hearing.hall, m)
		all = append(all, m.String())
	}
}

// TestXPubPattern shows peers' messages to the pattern and wants what the application hears.
func TestXPubPattern(t *testing.T) {
	for _, c := range []struct {
		name   string
		opts   pubsubOptions
		frames []string // one message
		want   []string
	}{
		{"subscription", pubsubOptions{}, []string{"\x01a"}, []string{"\x01a"}},
		{"unknown topic", pubsubOptions{}, []string{"\x00a"}, []string{"\x00a"}},
		{"twice", pubsubOptions{}, []string{"\x01a", "\x01a"}, []string{"\x01a"}},
		{"twice, verbose", pubsubOptions{verboseSubs: true}, []string{"\x01a", "\x01a"}, []string{"\x01a", "\x01a"}},
		{"user message", pubsubOptions{}, []string{"\x02", ""}, []string{"\x02|"}},
		{"empty message", pubsubOptions{}, []string{""}, []string{""}},
		{"mixed", pubsubOptions{}, []string{"u", "\x01a", "v"}, []string{"\x01a", "u|v"}},
		{"only first, which is none", pubsubOptions{onlyFirst: true}, []string{"u", "\x01a"}, []string{"u|\x01a"}},
		{"only first, which is one", pubsubOptions{onlyFirst: true}, []string{"\x01a", "u", "\x01b"}, []string{"\x01a", "\x01b", "u"}},
		{"manual tells all", pubsubOptions{manual: true}, []string{"\x01a", "\x01a", "\x00b"}, []string{"\x01a", "\x01a", "\x00b"}},
		{"manual, user message", pubsubOptions{manual: true}, []string{"u"}, []string{"u"}},
		{"manual, longer user message", pubsubOptions{manual: true}, []string{"u", "v"}, []string{"u|v"}},
		{"manual, mixed", pubsubOptions{manual: true}, []string{"u", "\x01a", "v"}, []string{"\x01a", "u|v"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, p := newTestXPub(c.opts), newMarkedPipe(0)
			x.attach(p)
			require.False(t, x.arrive(p, NewMessage(c.frames...)))
			require.Equal(t, c.want, heardBy(x))
			require.Zero(t, p.heard.unread)
		})
	}
}

// TestXPubPatternLast wants the peer of the last notification to stay so, whatever else is received from others.
func TestXPubPatternLast(t *testing.T) {
	x, a, b := newTestXPub(pubsubOptions{manual: true}), newMarkedPipe(0), newMarkedPipe(0)
	x.attach(a)
	x.attach(b)
	for _, user := range [][]string{{"u"}, {"u", "v"}, {""}, {"\x02"}} {
		x.arrive(a, NewMessage("\x01a"))
		x.arrive(b, NewMessage(user...))
		heardBy(x)
		require.Same(t, a, x.last, "%q", user)
	}
	x.arrive(b, NewMessage("\x01a"))
	heardBy(x)
	require.Same(t, b, x.last)
}

// TestXPubPatternOrder wants the end of a topic behind its beginning, whoever they came from.
func TestXPubPatternOrder(t *testing.T) {
	x, a, b := newTestXPub(pubsubOptions{}), newMarkedPipe(0), newMarkedPipe(0)
	x.attach(a)
	x.attach(b)
	x.arrive(a, NewMessage("\x01y", "\x01x"))
	x.arrive(b, NewMessage("\x01x"))
	x.arrive(a, NewMessage("\x00x"))
	x.detach(b)
	x.detach(a)
	require.Equal(t, []string{"\x01y", "\x01x", "\x00x", "\x00y"}, heardBy(x))
}
