//go:build unix

package codec

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSeatDatagrams reads where an empty read is a message and no end.
func TestSeatDatagrams(t *testing.T) {
	address := &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unixgram"}
	ours, err := net.ListenUnixgram(address.Net, address)
	require.NoError(t, err)
	defer func() { require.NoError(t, ours.Close()) }()
	theirs, err := net.DialUnix(address.Net, nil, address)
	require.NoError(t, err)
	defer func() { require.NoError(t, theirs.Close()) }()
	s := newSeat(ours)
	for _, sent := range []string{"", "here"} {
		_, err := theirs.Write([]byte(sent))
		require.NoError(t, err)
		p, err := s.read(fullRead)
		require.NoError(t, err)
		require.Equal(t, sent, string(p))
	}
}
