package rig

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// An office is a peer whose ROUTER answers each DEALER over channels, but for one request.
type office struct {
	requests chan *clerk
	answered int
	loses    int // which request that is, counted from 1; 0 for none
}

// Open makes a socket.
func (o *office) Open(Spec) (Socket, error) {
	return &clerk{office: o, answers: make(chan struct{}, 1), abandoned: make(chan struct{})}, nil
}

// Proxy and Close have nothing to do.
func (*office) Proxy(_, _ Socket) error { return ErrNotPlayed }
func (*office) Close() error            { return nil }

// A clerk is a socket of an office.
type clerk struct {
	Socket
	office    *office
	answers   chan struct{}
	abandoned chan struct{}
	once      sync.Once
}

// Bind, Connect and the rest have nothing to do.
func (*clerk) Bind(endpoint string) (string, error) { return endpoint, nil }
func (*clerk) Connect(string) error                 { return nil }
func (*clerk) Close() error                         { return nil }
func (c *clerk) Abandon()                           { c.once.Do(func() { close(c.abandoned) }) }

// Put asks.
func (c *clerk) Put() error {
	c.office.requests <- c
	return nil
}

// Take waits for the answer.
func (c *clerk) Take() error {
	select {
	case <-c.answers:
		return nil
	case <-c.abandoned:
		return ErrAbandoned
	}
}

// Answer answers.
func (c *clerk) Answer() error {
	select {
	case from := <-c.office.requests:
		if c.office.answered++; c.office.answered != c.office.loses {
			from.answers <- struct{}{}
		}
		return nil
	case <-c.abandoned:
		return ErrAbandoned
	}
}

// TestRouter counts the answers after the first round, and those that never come.
func TestRouter(t *testing.T) {
	for loses, lost := range map[int]string{0: "0", 2 + 5: "1"} {
		synctest.Test(t, func(t *testing.T) {
			r, err := ParseRun("fake", []string{"mode=router", "links=2", "count=20"})
			require.NoError(t, err)
			line, err := router(r, &office{requests: make(chan *clerk, 2), loses: loses})
			require.NoError(t, err)
			require.Contains(t, line.String(), " lost="+lost+" ")
			require.Contains(t, line.String(), "links=2")
		})
	}
}

// TestUncounted leaves out what nobody has counted.
func TestUncounted(t *testing.T) {
	var m Meter
	m.Start()
	m.Stop()
	l := &Line{}
	m.Cost(l, 1, Uncounted)
	require.NotContains(t, l.String(), "lost")
	m.Cost(l, 1, 0)
	require.Contains(t, l.String(), " lost=0 ")
}
