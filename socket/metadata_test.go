package socket_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
	"github.com/weirmq/weir/wire"
)

// TestMetadataOnTheWire wants the application's properties in READY, behind ours, in the order of their names, from every type, over a socket that
// binds and one that connects. (libzmq: test_app_meta)
func TestMetadataOnTheWire(t *testing.T) {
	opts := []socket.Option{socket.Metadata("X-mine", "any \x00 octets"), socket.Metadata("X-Hello", "World"), socket.Metadata("X-a.b_c+d", "1")}
	for _, row := range socket.Rows() {
		if row.Name == "STREAM" {
			continue
		}
		want := wire.Metadata{{Name: "Socket-Type", Value: row.Name}}
		if row.Name == "REQ" || row.Name == "DEALER" || row.Name == "ROUTER" {
			want = append(want, wire.Property{Name: "Identity"})
		}
		want = append(want,
			wire.Property{Name: "X-Hello", Value: "World"}, wire.Property{Name: "X-a.b_c+d", Value: "1"},
			wire.Property{Name: "X-mine", Value: "any \x00 octets"})
		ready := wire.Ready{Metadata: want}.AppendTo(nil)
		rt := newRuntime(t)
		s, err := socket.Open(rt, row.Name, opts...)
		require.NoError(t, err)
		l, ep := listenRaw(t)
		connect(t, s, ep)
		out, err := l.Accept()
		require.NoError(t, err)
		b := &besieged{addr: strings.TrimPrefix(bind(t, s, "tcp://127.0.0.1:*").String(), "tcp://")}
		in := b.dial(t)
		for _, conn := range []io.ReadWriteCloser{in, out} {
			_, err = conn.Write(greeting())
			require.NoError(t, err)
			got := make([]byte, 64+len(ready))
			_, err = io.ReadFull(conn, got)
			require.NoError(t, err)
			require.Equal(t, string(ready), string(got[64:]), row.Name)
			require.NoError(t, conn.Close())
		}
	}
}

// TestMetadataRefused wants what has no place in a READY to be refused, and what was given before to stay.
func TestMetadataRefused(t *testing.T) {
	rt := newRuntime(t)
	long := "X-" + strings.Repeat("n", 253)
	for name, c := range map[string]struct {
		name, value string
		good        bool
	}{
		"shortest":           {"X-a", "b", true},
		"longest name":       {long, "value", true},
		"too long a name":    {long + "n", "value", false},
		"large value":        {"X-a", strings.Repeat("v", 64<<10-1000), true},
		"too large a value":  {"X-a", strings.Repeat("v", 64<<10), false},
		"no prefix":          {"Hello", "World", false},
		"small prefix":       {"x-Hello", "World", false},
		"prefix alone":       {"X-", "World", false},
		"no name":            {"", "World", false},
		"no value":           {"X-Hello", "", false},
		"a space":            {"X-Hel lo", "World", false},
		"a colon":            {"X-Hel:lo", "World", false},
		"there already":      {"X-first", "again", false},
		"there in lowercase": {"X-FIRST", "again", false},
	} {
		s, err := socket.NewPush(rt, socket.Metadata("X-first", "1"), socket.Metadata(c.name, c.value))
		if !c.good {
			require.ErrorIs(t, err, socket.ErrBadOption, name)
			require.ErrorContains(t, err, "Metadata", name)
			continue
		}
		require.NoError(t, err, name)
		require.ErrorIs(t, s.Set(within(t), socket.Metadata("X-new", "2"), socket.Metadata("bad", "3")), socket.ErrBadOption)
		require.Equal(t, map[string]string{"X-first": "1", c.name: c.value}, s.Settings().Metadata, name)
	}
}
