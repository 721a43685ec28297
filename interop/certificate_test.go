package interop

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// TestCertificates reads the certificates that pyzmq writes, and has pyzmq read those that Weir writes.
func TestCertificates(t *testing.T) {
	ctx := begin(t, pyzmq)
	dir := t.TempDir()
	python := func(code string, args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(ctx, pyzmq.command[0], append([]string{"-c", code}, args...)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	python(`import sys, zmq.auth; zmq.auth.create_certificates(sys.argv[1], "theirs", {"name": "Joe"})`, dir)
	c, err := socket.LoadCertificate(filepath.Join(dir, "theirs.key_secret"))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"name": "Joe"}, c.Metadata)
	require.False(t, c.Secret.IsZero())

	ours, err := socket.NewCertificate(map[string]string{"name": "Ann"})
	require.NoError(t, err)
	require.NoError(t, ours.Save(filepath.Join(dir, "ours.key")))
	got := python(`import sys, zmq.auth; p, s = zmq.auth.load_certificate(sys.argv[1]); print(p.decode(), s.decode())`, filepath.Join(dir, "ours.key_secret"))
	require.Equal(t, ours.Public.String()+" "+ours.Secret.String(), got)
	got = python(`import sys, zmq.auth; print(sorted(zmq.auth.load_certificates(sys.argv[1])) == sorted(k.encode() for k in sys.argv[2:]))`,
		dir, ours.Public.String(), c.Public.String())
	require.Equal(t, "True", got)

	var l socket.AccessList
	require.NoError(t, l.LoadCertificates(socket.AnyDomain, dir))
	for _, key := range []socket.CurveKey{ours.Public, c.Public} {
		reply, err := l.Authenticate(ctx, socket.AuthRequest{Mechanism: "CURVE", Credentials: [][]byte{key[:]}})
		require.NoError(t, err)
		require.Equal(t, socket.AuthOK, reply.Status)
	}
}
