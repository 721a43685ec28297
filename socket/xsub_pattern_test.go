package socket

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// TestXSubPattern sends messages through the pattern and wants what goes upstream.
func TestXSubPattern(t *testing.T) {
	for _, c := range []struct {
		name string
		opts pubsubOptions
		sent []string // messages of one frame
		want []string
	}{
		{"each subscription", pubsubOptions{}, []string{"\x01a", "\x01a"}, []string{"\x01a", "\x01a"}},
		{"the last end", pubsubOptions{}, []string{"\x01a", "\x01a", "\x00a", "\x00a"}, []string{"\x01a", "\x01a", "\x00a"}},
		{"an unknown end", pubsubOptions{}, []string{"\x00a"}, nil},
		{"every end", pubsubOptions{verboseUnsubscribe: true}, []string{"\x01a", "\x00a", "\x00a"}, []string{"\x01a", "\x00a", "\x00a"}},
		{"user messages up to the mark", pubsubOptions{}, []string{"u", "v", "w", "\x01a"}, []string{"u", "v", "\x01a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, p := newXSub(), newMarkedPipe(0)
			x.configure(&options{sendHWM: 2, pubsubOptions: c.opts})
			x.attach(p)
			x.greet(p)
			var r router = x
			for _, m := range c.sent {
				dst, _, err := r.route(nil, NewMessage(m))
				require.NoError(t, err)
				require.Empty(t, dst)
			}
			var got []string
			for m, ok := p.out.Take(); ok; m, ok = p.out.Take() {
				got = append(got, m.String())
			}
			require.Equal(t, c.want, got)
		})
	}
}

// TestXSubBytes wants an XSUB to drop what is no subscription where its queue has as many bytes as it may, and never a subscription.
func TestXSubBytes(t *testing.T) {
	rt, err := NewRuntime()
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Shutdown(t.Context())) }()
	x, err := NewXSub(rt, SendHWMBytes(5))
	require.NoError(t, err)
	s := x.base.s
	p := &pipe{sock: s, endpoint: &Endpoint{opts: s.opts()}}
	p.out = s.newOut(p)
	s.route.pattern.(*xsub).greet(p)
	for _, m := range []string{"\x01a", "uuu", "dropped", "\x01b"} {
		require.NoError(t, x.Send(t.Context(), NewMessage(m)))
	}
	var got []string
	for m, ok := p.out.Take(); ok; m, ok = p.out.Take() {
		got = append(got, m.String())
	}
	require.Equal(t, []string{"\x01a", "uuu", "\x01b"}, got)
	require.Equal(t, uint64(1), p.out.Ledger().Dropped[mailbox.ReasonFull])
}
