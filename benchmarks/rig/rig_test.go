package rig

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain looks for goroutines that stay.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestParseRun reads arguments, and refuses what is no number, too small, or unknown.
func TestParseRun(t *testing.T) {
	r, err := ParseRun("weir", []string{"mode=thr", "endpoint=tcp://127.0.0.1:*", "size=10", "count=7", "links=3", "curve=yes", "release=no", "role=send", "ctx=yes", "gogc=100"})
	require.NoError(t, err)
	require.Equal(t, &Run{
		Peer: "weir", Mode: "thr", Endpoint: "tcp://127.0.0.1:*", Size: 10, Count: 7, Links: 3, Role: Sending, Curve: true, Ctx: true, GOGC: 100,
	}, r)
	require.Equal(t, "peer=weir mode=thr endpoint=tcp://127.0.0.1:* size=10 count=7 release=no", r.Line().String())
	for _, bad := range []string{"size", "size=x", "size=-1", "links=0", "gogc=0", "colour=red"} {
		_, err := ParseRun("weir", []string{bad})
		require.Error(t, err, bad)
	}
}

// TestShare gives every message to somebody.
func TestShare(t *testing.T) {
	r := &Run{Count: 10, Links: 4}
	require.Equal(t, []int{3, 3, 2, 2}, []int{r.share(0), r.share(1), r.share(2), r.share(3)})
}

// TestTopics has each topic as often as the others, in turn, at the beginning of messages that are long enough.
func TestTopics(t *testing.T) {
	r, err := ParseRun("weir", []string{"topics=3", "count=10", "size=1"})
	require.NoError(t, err)
	require.Equal(t, 12, r.Count)
	require.Equal(t, 4, r.wanted())
	b := r.Body()
	var got []string
	for range 4 {
		got = append(got, string(b.Bytes()))
	}
	require.Equal(t, []string{"00", "01", "02", "00"}, got)
	require.NoError(t, b.Check(2))
	require.Error(t, b.Check(1))
}

// TestFresh makes bodies with the bytes they are to have, that share none, and small ones with few allocations.
func TestFresh(t *testing.T) {
	for _, size := range []int{0, 1, 100, smallBody, smallBody + 1} {
		b := (&Run{Size: size}).Body()
		first, want := b.Fresh(), string(b.Bytes())
		for range 2*slabSize/max(size, 100) + 2 {
			other := b.Fresh()
			require.Equal(t, want, string(other))
			clear(other[:cap(other)])
		}
		require.Equal(t, want, string(first), "%d bytes", size)
	}
	b := (&Run{Size: 100}).Body()
	require.Zero(t, testing.AllocsPerRun(1000, func() { b.Fresh() }), "on average, rounded down")
}

// TestRun ends with the status that the mode deserves, and prints its line.
func TestRun(t *testing.T) {
	modes := map[string]Mode{
		"good":   func(r *Run) (*Line, error) { return r.Line().Float("ratio", 0.5, 2), nil },
		"bad":    func(*Run) (*Line, error) { return nil, errors.New("the reason") },
		"absent": func(*Run) (*Line, error) { return nil, ErrNotPlayed },
	}
	for args, want := range map[string]int{
		"mode=good": StatusDone, "mode=bad": StatusFailed, "mode=absent": StatusNotPlayed, "mode=unknown": StatusNotPlayed, "nonsense": StatusFailed,
	} {
		var out, complaints bytes.Buffer
		require.Equal(t, want, run("fake", modes, []string{args}, &out, &complaints), args)
		require.Equal(t, want == StatusDone, out.Len() > 0, args)
		require.Equal(t, want == StatusFailed, complaints.Len() > 0, args)
	}
	var out bytes.Buffer
	run("fake", modes, []string{"mode=good", "size=5"}, &out, &out)
	require.Equal(t, "peer=fake mode=good endpoint= size=5 count=1000 ratio=0.50\n", out.String())
}

// A trickle is a socket that gives so many messages, one a millisecond, and then nothing.
type trickle struct {
	Socket
	left      int
	abandoned chan struct{}
}

// Take gives the next message.
func (s *trickle) Take() error {
	if s.left == 0 {
		<-s.abandoned
		return ErrAbandoned
	}
	s.left--
	time.Sleep(time.Millisecond)
	return nil
}

// Abandon ends the wait.
func (s *trickle) Abandon() { close(s.abandoned) }

// TestReception counts what came, and times it without the wait for what was lost.
func TestReception(t *testing.T) {
	for _, n := range []int{1001, 2000} { // all of what there is, and more
		synctest.Test(t, func(t *testing.T) {
			in := reception{from: &trickle{left: 1001, abandoned: make(chan struct{})}}
			require.NoError(t, in.all(n))
			require.Equal(t, 1001, in.got)
			require.InDelta(t, 1.0, in.took.Seconds(), 2*glance.Seconds())
		})
	}
}
