package wire

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// parseFrame decodes the one command frame that b is.
func parseFrame(t *testing.T, b []byte) Command {
	t.Helper()
	n, msgs, body, err := NewDecoder(-1).Decode(b, nil)
	require.NoError(t, err)
	require.Equal(t, len(b), n)
	require.Empty(t, msgs)
	require.NotNil(t, body)
	c, err := ParseCommand(body)
	require.NoError(t, err)
	return c
}

// TestCommandRoundTrip encodes commands of all types and decodes them.
func TestCommandRoundTrip(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 1000)
	for _, c := range []Command{
		Ready{},
		Ready{Metadata: Metadata{{"Socket-Type", "PUSH"}, {"Identity", ""}, {"X-Long", string(long)}}},
		Error{},
		Error{Reason: "400"},
		Error{Reason: strings.Repeat("r", 255)},
		Subscribe{Topic: []byte{}},
		Subscribe{Topic: []byte("a\x00b")},
		Subscribe{Topic: long},
		Cancel{Topic: []byte{}},
		Cancel{Topic: long},
		Ping{Context: []byte{}},
		Ping{TTL: 1500 * time.Millisecond, Context: []byte("0123456789abcdef")},
		Ping{TTL: MaxTTL, Context: []byte{}},
		Pong{Context: []byte{}},
		Pong{Context: []byte("0123456789abcdef")},
		Unknown{Name: "JOIN", Body: []byte("group")},
		Unknown{Body: []byte{}},
		Unknown{Name: "ready", Body: long},
	} {
		frame := c.AppendTo([]byte("before"))
		require.Equal(t, "before", string(frame[:6]))
		require.Equal(t, c, parseFrame(t, frame[6:]))
	}
}

// TestCommandCutsWhatDoesNotFit checks values that have no place on the wire.
func TestCommandCutsWhatDoesNotFit(t *testing.T) {
	long := strings.Repeat("x", 300)
	context := []byte("0123456789abcdef")
	for _, c := range []struct{ sent, received Command }{
		{Ping{TTL: -time.Second}, Ping{Context: []byte{}}},
		{Ping{TTL: 99 * time.Millisecond}, Ping{Context: []byte{}}},
		{Ping{TTL: 199 * time.Millisecond}, Ping{TTL: 100 * time.Millisecond, Context: []byte{}}},
		{Ping{TTL: 24 * time.Hour}, Ping{TTL: MaxTTL, Context: []byte{}}},
		{Ping{Context: append(context, "more"...)}, Ping{Context: context}},
		{Pong{Context: append(context, "more"...)}, Pong{Context: context}},
		{Error{Reason: long}, Error{Reason: long[:255]}},
		{Unknown{Name: long}, Unknown{Name: long[:255], Body: []byte{}}},
	} {
		require.Equal(t, c.received, parseFrame(t, c.sent.AppendTo(nil)))
	}
	require.Equal(t, 6553500*time.Millisecond, MaxTTL)
}

// TestCommandFromPeer decodes bodies that we would not send but a peer may.
func TestCommandFromPeer(t *testing.T) {
	for body, want := range map[string]Command{
		"\x00":                                 Unknown{Name: "", Body: []byte{}},
		"\x00READY":                            Unknown{Name: "", Body: []byte("READY")},
		"\x05ready":                            Unknown{Name: "ready", Body: []byte{}},
		"\x05ERROR\x03400trailing":             Error{Reason: "400"},
		"\x04PING\x00\x0a0123456789abcdefghij": Ping{TTL: time.Second, Context: []byte("0123456789abcdef")},
		"\x04PONG0123456789abcdefghij":         Pong{Context: []byte("0123456789abcdef")},
	} {
		got, err := ParseCommand([]byte(body))
		require.NoError(t, err, "%q", body)
		require.Equal(t, want, got, "%q", body)
	}
}

// TestCommandMalformed decodes bodies that are no commands.
func TestCommandMalformed(t *testing.T) {
	for _, body := range []string{
		"", "\x01", "\x05READ", "\xff",
		"\x05ERROR", "\x05ERROR\x01", "\x05ERROR\xffshort",
		"\x04PING", "\x04PING\x00",
		"\x05READY\x01", "\x05READY\x01A\x00\x00\x00\x01",
	} {
		c, err := ParseCommand([]byte(body))
		require.ErrorAs(t, err, new(*ProtocolError), "%q", body)
		require.Nil(t, c, "%q", body)
	}
}

// TestCommandTruncated cuts the bodies of commands at every octet. A body that is cut within a length, or within what a length tells of, is no command. Cut
// behind the last of these, it is the command with less in it: how long the rest is only the frame says.
func TestCommandTruncated(t *testing.T) {
	metadata := Metadata{{"Socket-Type", "PUSH"}, {"Identity", ""}, {"X-Long", strings.Repeat("x", 300)}}
	borders := map[int]bool{} // of a READY: where a property ends
	for i := range len(metadata) + 1 {
		borders[len("\x05READY")+metadata[:i].size()] = true
	}
	from := func(least int) func(int) bool { return func(end int) bool { return end >= least } }
	for _, c := range []struct {
		command Command
		whole   func(end int) bool // says whether the first octets of the body are a command
	}{
		{Ready{}, from(len("\x05READY"))},
		{Ready{Metadata: metadata}, func(end int) bool { return borders[end] }},
		{Error{Reason: strings.Repeat("r", 255)}, from(len("\x05ERROR\xff") + 255)},
		{Error{}, from(len("\x05ERROR\x00"))},
		{Subscribe{Topic: bytes.Repeat([]byte("t"), 300)}, from(len("\x09SUBSCRIBE"))},
		{Cancel{Topic: []byte("topic")}, from(len("\x06CANCEL"))},
		{Ping{TTL: 1500 * time.Millisecond, Context: []byte("0123456789abcdef")}, from(len("\x04PING\x00\x0f"))},
		{Pong{Context: []byte("0123456789abcdef")}, from(len("\x04PONG"))},
		{Unknown{Name: "JOIN", Body: []byte("group")}, from(len("\x04JOIN"))},
	} {
		body := bodyOf(c.command.AppendTo(nil))
		for end := range len(body) + 1 {
			got, err := ParseCommand(body[:end])
			if !c.whole(end) {
				require.ErrorAs(t, err, new(*ProtocolError), "%T cut at %d", c.command, end)
				require.Nil(t, got, "%T cut at %d", c.command, end)
				continue
			}
			require.NoError(t, err, "%T cut at %d", c.command, end)
			require.IsType(t, c.command, got)
			require.Equal(t, string(body[:end]), string(bodyOf(got.AppendTo(nil))), "%T cut at %d", c.command, end)
		}
	}
}

// bodyOf is the body of one frame.
func bodyOf(frame []byte) []byte { return frame[parseHeader(frame).len:] }
