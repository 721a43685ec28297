package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestPerf wants one line with the keys of the mode, over every transport.
func TestPerf(t *testing.T) {
	for args, want := range map[string]string{
		"thr tcp://127.0.0.1:* 100 5000":       `^peer=weir mode=thr endpoint=tcp://127\.0\.0\.1:\* size=100 count=5000 msgs_per_s=\d+ mb_per_s=\d+\.\d$`,
		"thr tcp://*:* 0 2":                    `^peer=weir mode=thr endpoint=tcp://\*:\* size=0 count=2 msgs_per_s=\d+ mb_per_s=0\.0$`,
		"thr inproc://a 10000 2000":            `^peer=weir mode=thr endpoint=inproc://a size=10000 count=2000 msgs_per_s=\d+ mb_per_s=\d+\.\d$`,
		"thr inproc://a 600 2000 --no-release": `^peer=weir mode=thr endpoint=inproc://a size=600 count=2000 msgs_per_s=\d+ mb_per_s=\d+\.\d release=no$`,
		"lat inproc://a 600 20 --no-release":   `^peer=weir mode=lat endpoint=inproc://a size=600 count=20 rtt_us=\d+\.\d{3} release=no$`,
		"lat tcp://127.0.0.1:* 10 50":          `^peer=weir mode=lat endpoint=tcp://127\.0\.0\.1:\* size=10 count=50 rtt_us=\d+\.\d{3}$`,
		"lat inproc://a 3000 1":                `^peer=weir mode=lat endpoint=inproc://a size=3000 count=1 rtt_us=\d+\.\d{3}$`,
		"fan tcp://127.0.0.1:* 10 3000":        `^peer=weir mode=fan endpoint=tcp://127\.0\.0\.1:\* size=10 count=3000 msgs_per_s=\d+ mb_per_s=\d+\.\d$`,
		"fan inproc://a 10 3000 3":             `^peer=weir mode=fan endpoint=inproc://a size=10 count=3000 msgs_per_s=\d+ mb_per_s=\d+\.\d$`,
		"fan " + ipcEndpoint(t) + " 1 500 2":   `^peer=weir mode=fan endpoint=ipc://\S+ size=1 count=500 msgs_per_s=\d+ mb_per_s=\d+\.\d$`,
	} {
		out, stderr := start(t, append([]string{"perf"}, strings.Fields(args)...)...).wait(statusDone)
		require.Empty(t, stderr, args)
		require.Len(t, out, 1, args)
		require.Regexp(t, regexp.MustCompile(want), out[0])
	}
}

// TestPerfProfile writes where processor time goes, or says why not.
func TestPerfProfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu")
	start(t, "perf", "thr", "inproc://a", "10", "5000", "--cpuprofile", file).wait(statusDone)
	octets, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, []byte{0x1f, 0x8b}, octets[:2], "a profile is packed by gzip")
	_, stderr := start(t, "perf", "thr", "inproc://a", "10", "5000", "--cpuprofile", filepath.Join(file, "not")).wait(statusFailed)
	require.NotEmpty(t, stderr)
}

// TestPerfSignal ends a measurement that is interrupted, with 1.
func TestPerfSignal(t *testing.T) {
	c := start(t, "perf", "thr", anyPort, "10", "2000000000")
	c.signal()
	out, stderr := c.wait(statusFailed)
	require.Empty(t, out)
	require.NotEmpty(t, stderr)
}

// TestPerfChecks refuses messages of the wrong size or shape.
func TestPerfChecks(t *testing.T) {
	p := &perf{size: 3}
	require.NoError(t, p.check(socket.NewMessage("abc")))
	require.Error(t, p.check(socket.NewMessage("ab")))
	require.Error(t, p.check(socket.NewMessage("abcd")))
	require.Error(t, p.check(socket.NewMessage("ab", "c")))
}

// TestBodies wants the full size each time, and bytes that no other body shares.
func TestBodies(t *testing.T) {
	for _, size := range []int{0, 1, 10, 100, poolBody - 1, poolBody, smallBody, smallBody + 1, 3 * bodyChunk, -poolBody, -smallBody, -smallBody - 1} {
		recycle := size >= 0 // all those below are in flight all the time
		size = max(size, -size)
		fresh := newBodies(size, recycle)
		want := fresh.pattern
		if recycle && size >= poolBody {
			want = make([]byte, size) // whatever was there before
		}
		var all [][]byte
		for i := range 2*bodyChunk/max(size, bodyChunk/100) + 2 {
			body := fresh.next().Bytes()
			require.Len(t, body, size)
			require.True(t, size == 0 || cap(body) == size || size > smallBody)
			require.Equal(t, want, append([]byte{}, body...))
			for j := range body {
				body[j] = byte(i)
			}
			all = append(all, body)
		}
		for i, body := range all {
			require.Equal(t, bytes.Repeat([]byte{byte(i)}, size), append([]byte{}, body...), "body %d of size %d was overwritten", i, size)
		}
	}
}
