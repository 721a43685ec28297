package rig

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// A hall is a peer whose PUB reaches its SUBs over channels, but for one message, which the first of those does not get.
type hall struct {
	seats []*seat
	sent  int
	loses int // which message that is, counted from 1; 0 for none
}

// Open makes a socket.
func (h *hall) Open(s Spec) (Socket, error) {
	return &seat{hall: h, topic: s.Topic, body: s.Body, in: make(chan string, 10_000), abandoned: make(chan struct{})}, nil
}

// Proxy and Close have nothing to do.
func (*hall) Proxy(_, _ Socket) error { return ErrNotPlayed }
func (*hall) Close() error            { return nil }

// A seat is a socket of a hall.
type seat struct {
	Socket
	hall      *hall
	body      *Body
	topic     string
	in        chan string
	abandoned chan struct{}
	once      sync.Once
}

// Bind, Connect and the rest make an audience.
func (s *seat) Bind(endpoint string) (string, error) { return endpoint, nil }

func (s *seat) Connect(string) error {
	s.hall.seats = append(s.hall.seats, s)
	return nil
}
func (s *seat) WaitSubscribers(int) error { return nil }
func (s *seat) Close() error              { return nil }
func (s *seat) Abandon()                  { s.once.Do(func() { close(s.abandoned) }) }

// Put sends to those who want it.
func (s *seat) Put() error {
	s.hall.sent++
	m := string(s.body.Bytes())
	for i, to := range s.hall.seats {
		if strings.HasPrefix(m, to.topic) && (i > 0 || s.hall.sent != s.hall.loses) {
			to.in <- m
		}
	}
	return nil
}

// Take receives one.
func (s *seat) Take() error {
	select {
	case <-s.in:
		return nil
	case <-s.abandoned:
		return ErrAbandoned
	}
}

// TestFanOut counts what comes after the first round, and what is lost in either.
func TestFanOut(t *testing.T) {
	for _, c := range []struct {
		args        string
		loses       int
		sent, fewer int
	}{
		{args: "links=3 count=1000", sent: firstRound + 1000},
		{args: "links=3 count=100", sent: 100 + 100}, // the first round is no longer than what is counted
		{args: "links=4 count=2000 topics=2", sent: 2*firstRound + 2000},
		{args: "links=3 count=1000", loses: firstRound + 7, sent: firstRound + 1000, fewer: 1},
		{args: "links=3 count=1000", loses: 7, sent: firstRound + 1000, fewer: 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, err := ParseRun("fake", strings.Fields(c.args))
			require.NoError(t, err)
			h := &hall{loses: c.loses}
			line, err := fanOut(r, h)
			require.NoError(t, err)
			require.Equal(t, c.sent, h.sent)
			require.Contains(t, line.String(), (&Line{}).Int(" lost", int64(c.fewer)).String()+" ", c)
		})
	}
}
