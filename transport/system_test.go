package transport

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCheck wants what this system lacks to be refused by name, by Check and by Listen and Dial alike, and nothing else.
func TestCheck(t *testing.T) {
	require.NoError(t, Options{}.Check())
	for field, c := range map[string]struct {
		opts  Options
		lacks bool
	}{
		"TypeOfService":      {Options{IPv6: true, TypeOfService: 8}, sysTrafficClass == sysOption{}},
		"KeepAlive.Idle":     {Options{KeepAlive: KeepAlive{On: true, Idle: time.Second}}, sysKeepAliveIdle == sysOption{}},
		"KeepAlive.Interval": {Options{KeepAlive: KeepAlive{On: true, Interval: time.Second}}, sysKeepAliveInterval == sysOption{}},
		"KeepAlive.Count":    {Options{KeepAlive: KeepAlive{On: true, Count: 1}}, sysKeepAliveCount == sysOption{}},
		"MaxRetransmit":      {Options{MaxRetransmit: time.Second}, sysMaxRetransmit == sysOption{}},
		"Priority":           {Options{Priority: 1}, sysPriority == sysOption{}},
		"Device":             {Options{Device: "lo"}, !hasDevice},
	} {
		err := c.opts.Check()
		if !c.lacks {
			require.NoError(t, err, field)
			continue
		}
		require.ErrorIs(t, err, errors.ErrUnsupported)
		require.ErrorContains(t, err, field)
		_, err = Listen(t.Context(), Endpoint{"tcp", "127.0.0.1:*"}, c.opts)
		require.ErrorIs(t, err, errors.ErrUnsupported)
		_, err = Dial(t.Context(), Endpoint{"tcp", "127.0.0.1:1"}, c.opts)
		require.ErrorIs(t, err, errors.ErrUnsupported)
	}
}

// TestLacking wants a setting without a place in the system to be refused when it is set, whatever the system.
func TestLacking(t *testing.T) {
	err := setting{field: "Anything", value: 1}.set(nil)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorContains(t, err, "Anything")
}

// TestUnits wants what is over to make one more.
func TestUnits(t *testing.T) {
	for d, want := range map[time.Duration]int{0: 0, 1: 1, time.Second: 1, time.Second + 1: 2, 2 * time.Second: 2} {
		require.Equal(t, want, units(d, time.Second))
	}
}
