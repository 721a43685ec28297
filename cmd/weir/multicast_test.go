package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/transport/pgm"
)

// TestMulticast publishes over epgm: to bind and to connect are the same there, on both sides.
func TestMulticast(t *testing.T) {
	for i, sides := range [][2]string{{"-c", "-c"}, {"-b", "-c"}, {"-c", "-b"}, {"-b", "-b"}} {
		lo, err := net.InterfaceByIndex(1)
		require.NoError(t, err)
		address := fmt.Sprintf("%s;239.195.%d.%d:%d", lo.Name, os.Getpid()%250, i, 20000+(os.Getpid()*17+i)%20000)
		a, err := pgm.ParseAddress(address)
		require.NoError(t, err)
		conn, err := pgm.Open(a, pgm.Options{})
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skipf("no multicast here: %v", err)
		}
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		sub := start(t, "sub", sides[0], "epgm://"+address, "-o", "rate=10000", "-n", "1")
		pub := start(t, "pub", sides[1], "epgm://"+address, "-o", "rate=10000")
		for came := false; !came; {
			pub.write("hello")
			select {
			case line := <-sub.stdout:
				require.Equal(t, "hello", line)
				came = true
			case <-time.After(10 * time.Millisecond): // and again, until the other is there
			}
		}
		sub.wait(statusDone)
		pub.eof().wait(statusDone)
	}
}
