package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// A flooded is a two-way command that sends more than anybody takes, to a peer that talks and never listens.
type flooded struct {
	flags  string                                                 // of the command
	line   string                                                 // a line of its input, and where its text goes: %
	prints string                                                 // what it prints of a text: %
	deaf   func(t *testing.T, rt *socket.Runtime) (string, talks) // makes the peer, and says where it is
	waits  bool                                                   // the command waits where the peer's queue is full; else it drops
}

// talks says a text to the command, once it is there.
type talks func(text string)

// overflowing are the two-way commands, by name.
var overflowing = map[string]flooded{
	"dealer": {line: "%", prints: "%", waits: true, deaf: deafOf(socket.NewDealer)},
	"router": {
		flags: "-o router_mandatory=1 -o connect_routing_id=me", line: "me\t%", prints: "me\t%", waits: true, deaf: deafOf(socket.NewDealer),
	},
	"pair": {line: "%", prints: "%", waits: true, deaf: deafOf(socket.NewPair)},
	"xpub": {flags: "-o xpub_nodrop=1 --wait-peers 1", line: "%", prints: "%", waits: true, deaf: deafOf(socket.NewXSub)},
	"xsub": {flags: "--subscribe=", line: "%", prints: "%", deaf: deafOf(socket.NewXPub)},
	"stream": {
		flags: "-f json -o connect_routing_id=me", line: `["me","%"]`, prints: `["me","%"]`, waits: true, deaf: deafStranger,
	},
}

// deafOf makes a peer that receives nothing, with a mark of one message.
func deafOf[S socket.Socket](construct func(*socket.Runtime, ...socket.Option) (S, error)) func(*testing.T, *socket.Runtime) (string, talks) {
	return func(t *testing.T, rt *socket.Runtime) (string, talks) {
		deaf, err := construct(rt, socket.RecvHWM(1))
		require.NoError(t, err)
		ep, err := deaf.Bind(t.Context(), anyPort)
		require.NoError(t, err)
		if x, ok := any(deaf).(*socket.XSub); ok {
			require.NoError(t, x.Subscribe(""))
		}
		return ep.String(), func(text string) {
			switch x := any(deaf).(type) { // both drop what there is nobody for
			case *socket.XPub:
				require.NoError(t, x.WaitSubscribers(t.Context(), 1))
			case *socket.XSub:
				require.NoError(t, x.WaitPeers(t.Context(), 1))
			}
			require.NoError(t, any(deaf).(socket.Sender).Send(t.Context(), socket.NewMessage(text)))
		}
	}
}

// deafStranger makes a peer that does not speak ZeroMQ, and reads nothing.
func deafStranger(t *testing.T, _ *socket.Runtime) (string, talks) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var conn net.Conn
	t.Cleanup(func() {
		_ = l.Close()
		if conn != nil {
			_ = conn.Close()
		}
	})
	return "tcp://" + l.Addr().String(), func(text string) {
		if conn == nil {
			conn, err = l.Accept()
			require.NoError(t, err)
		}
		_, err = io.WriteString(conn, text)
		require.NoError(t, err)
	}
}

// TestTalkFull prints what arrives though nothing can be sent, for every type: the other side talks and never listens. Lines that nobody takes wait, or are
// given up one by one with sndtimeo.
func TestTalkFull(t *testing.T) {
	for _, k := range twoWay {
		t.Run(k.name, func(t *testing.T) {
			full, wrote := talkFull(t, k, "")
			select {
			case <-wrote:
				require.False(t, overflowing[k.name].waits, "nobody received, and all of it was sent")
			default:
			}
			require.NoError(t, full.stdin.Close())
			<-wrote
		})
		if !overflowing[k.name].waits {
			continue
		}
		t.Run(k.name+", sndtimeo", func(t *testing.T) {
			full, wrote := talkFull(t, k, "sndtimeo=1")
			<-wrote
			require.NoError(t, full.stdin.Close())
			full.signal()
			_, stderr := full.wait(statusFailed)
			require.Contains(t, stderr, "that no peer had room for")
		})
	}
}

// talkFull floods a command of kind k, with an option that there may be, and has it print. It returns the command, and a channel that is closed once all of
// the flood was read.
func talkFull(t *testing.T, k kind, option string) (*command, <-chan struct{}) {
	t.Helper()
	c, ok := overflowing[k.name]
	require.True(t, ok, "give it a row")
	rt, err := socket.NewRuntime()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, rt.Shutdown(context.WithoutCancel(t.Context()))) })
	ep, say := c.deaf(t, rt)
	flags := strings.Fields(c.flags)
	if option != "" {
		flags = append(flags, "-o", option)
	}
	full := start(t, append([]string{k.name, "-c", ep, "--hwm", "1", "--linger", "0"}, flags...)...)
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		big := bufio.NewWriter(full.stdin)
		for range 64 { // more than the kernel takes
			_, _ = big.WriteString(strings.Replace(c.line, "%", strings.Repeat("x", 1<<20), 1) + "\n")
		}
		_ = big.Flush()
	}()
	if option != "" {
		full.hear("not sent: timed out")
	}
	for _, line := range numbers(500) { // long enough for all that fits to be under way
		say("n" + line)
		want := strings.Replace(c.prints, "%", "n"+line, 1)
		for got := full.read(); got != want; got = full.read() {
			require.Equal(t, "n1", "n"+line, "%s, and before it %s", want, got) // a notice, or a subscription, at the beginning
		}
	}
	return full, wrote
}
