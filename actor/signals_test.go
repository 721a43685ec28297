package actor

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The system lane keeps the order of each poster, and loses nothing.
func TestSignals(t *testing.T) {
	var s signals
	require.Nil(t, s.take())
	const posters, each = 4, 5000
	var posting sync.WaitGroup
	for p := range posters {
		posting.Go(func() {
			for i := range each {
				s.post([2]int{p, i})
			}
		})
	}
	var next [posters]int
	take := func() bool {
		m, ok := s.take().([2]int)
		if ok {
			require.Equal(t, next[m[0]], m[1])
			next[m[0]]++
		}
		return ok
	}
	for range posters * each / 2 {
		take()
	}
	posting.Wait()
	for take() {
	}
	for p := range posters {
		require.Equal(t, each, next[p])
	}
}

// A number for a name skips what is taken.
func TestFreeNumber(t *testing.T) {
	var f family
	for _, want := range []string{"1", "2"} {
		c := &cell{}
		k, err := f.reserve("", c)
		require.NoError(t, err)
		require.Equal(t, want, c.name)
		f.add(k)
	}
	taken, err := f.reserve("3", &cell{})
	require.NoError(t, err)
	c := &cell{}
	_, err = f.reserve("", c)
	require.NoError(t, err)
	require.Equal(t, "4", c.name)
	_, err = f.reserve("3", &cell{})
	require.ErrorIs(t, err, ErrNameTaken)
	f.forget(taken)
	_, err = f.reserve("3", &cell{})
	require.NoError(t, err)
}

// Protoactor's log lines stay filtered when it adds attributes.
func TestProtoLogFilter(t *testing.T) {
	var buf bytes.Buffer
	h := protoLog{slog.NewTextHandler(&buf, nil)}
	l := slog.New(h).With("k", "v").WithGroup("g")
	l.Info("dropped")
	require.Empty(t, buf.String())
	l.Error("kept", "x", 1)
	require.Contains(t, buf.String(), "kept")
	require.Contains(t, buf.String(), "k=v")
	require.Contains(t, buf.String(), "g.x=1")
}
