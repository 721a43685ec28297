package wire

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// "As a test case, a frame containing these 8 bytes [...] SHALL encode as the
// following 10 characters"
// https://rfc.zeromq.org/spec/32/#test-case
func TestRFC32TestCase(t *testing.T) {
	p, err := Z85Decode("HelloWorld")
	require.NoError(t, err)
	require.Equal(t, []byte{0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B}, p)
	text, err := Z85Encode(p)
	require.NoError(t, err)
	require.Equal(t, "HelloWorld", text)
}

// TestZ85Key checks a key of libzmq's own tests.
func TestZ85Key(t *testing.T) {
	const key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
	p, err := Z85Decode(key)
	require.NoError(t, err)
	require.Equal(t, "54fcba24e93249969316fb617c872bb0c1d1ff14800427c594cbfacf1bc2d652", hex.EncodeToString(p))
	text, err := Z85Encode(p)
	require.NoError(t, err)
	require.Equal(t, key, text)
}

// TestZ85Refuses checks lengths, characters and values.
func TestZ85Refuses(t *testing.T) {
	for n := range 12 {
		_, err := Z85Encode(make([]byte, n))
		require.Equal(t, n%4 != 0, err != nil, n)
		_, err = Z85Decode(strings.Repeat("0", n))
		require.Equal(t, n%5 != 0, err != nil, n)
	}
	for text, good := range map[string]bool{
		"00000": true, "%nSc0": true, // 0 and 2^32-1
		"%nSc1": false, "#####": false, "$0000": false, // beyond
		"0000\"": false, "0000 ": false, "0000,": false, "0000;": false, "0000_": false, "0000|": false, "0000\x7f": false, "0000\x80": false,
		"00000\xff0000": false, "\x00\x00\x00\x00\x00": false,
	} {
		_, err := Z85Decode(text)
		require.Equal(t, good, err == nil, "%q: %v", text, err)
	}
}

// FuzzZ85 decodes any text and encodes any octets: both ways lead back.
func FuzzZ85(f *testing.F) {
	f.Add("HelloWorld")
	f.Add("%nSc0")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := Z85Decode(text); err == nil {
			again, err := Z85Encode(p)
			require.NoError(t, err)
			require.Equal(t, text, again)
		}
		p := []byte(text)[:len(text)/4*4]
		encoded, err := Z85Encode(p)
		require.NoError(t, err)
		again, err := Z85Decode(encoded)
		require.NoError(t, err)
		require.Equal(t, string(p), string(again))
	})
}
