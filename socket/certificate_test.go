package socket_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// czmqCertificate is a certificate as czmq's zcert writes it, with the keys of libzmq's tests.
const czmqCertificate = `#   ****  Generated on 2026-01-01 12:00:00 by CZMQ  ****
#   ZeroMQ CURVE **Secret** Certificate
#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.

metadata
    name = "Joe = Bloggs"
    email = 'joe@example.com'

    plain = word
curve
    public-key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
    secret-key = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
other
    public-key = "no key at all"
`

// writeCertificate writes a file and returns its path.
func writeCertificate(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.key")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestCertificateOfCzmq reads what czmq writes.
func TestCertificateOfCzmq(t *testing.T) {
	c, err := socket.LoadCertificate(writeCertificate(t, czmqCertificate))
	require.NoError(t, err)
	require.Equal(t, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", c.Public.String())
	require.Equal(t, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs", c.Secret.String())
	require.Equal(t, map[string]string{"name": "Joe = Bloggs", "email": "joe@example.com", "plain": "word"}, c.Metadata)
}

// TestCertificateRoundTrip writes certificates and reads them back: the secret half lies apart, for its owner alone, also where a file was there before that
// anybody could read.
func TestCertificateRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "joe.key")
	require.NoError(t, os.WriteFile(path+"_secret", nil, 0o644))
	c, err := socket.NewCertificate(map[string]string{"name": "Joe = Bloggs", "X-Role": "it's admin"})
	require.NoError(t, err)
	require.NoError(t, c.Save(path))
	secret, err := socket.LoadCertificate(path + "_secret")
	require.NoError(t, err)
	require.Equal(t, c, secret)
	public, err := socket.LoadCertificate(path)
	require.NoError(t, err)
	require.True(t, public.Secret.IsZero())
	require.Equal(t, c.Public, public.Public)
	require.Equal(t, c.Metadata, public.Metadata)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path + "_secret")
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	require.NoError(t, public.Save(path+"2"))
	require.NoFileExists(t, path+"2_secret")
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 3, "nothing else is left behind")
}

// TestCertificateRefused wants what is no certificate to be refused, without a word of a key.
func TestCertificateRefused(t *testing.T) {
	const public = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
	for text, want := range map[string]string{
		"":                                    "no public key",
		"metadata\n":                          "no public key",
		"curve\n    public-key = \"short\"\n": "line 2: public-key",
		"curve\n    public-key\n":             "line 2",
		"curve\n    secret-key = \"" + public + "\"\n":                          "no public key",
		"public-key = \"" + public + "\"\n":                                     "no public key",
		"curve\n\tpublic-key = " + public + "\n\tsecret-key = " + public + "\n": "does not belong",
	} {
		_, err := socket.LoadCertificate(writeCertificate(t, text))
		require.ErrorContains(t, err, want, "%q", text)
		require.NotContains(t, err.Error(), public)
	}
	_, err := socket.LoadCertificate(filepath.Join(t.TempDir(), "nothing"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.Error(t, socket.Certificate{}.Save(filepath.Join(t.TempDir(), "none")))
	c, err := socket.NewCertificate(map[string]string{"name": "two\nlines"})
	require.NoError(t, err)
	require.Error(t, c.Save(filepath.Join(t.TempDir(), "lines")))
}
