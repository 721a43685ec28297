package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/nacl/secretbox"
)

// boxSizes are the sizes around which something is different: of NaCl's room, of a block of the stream, of the most that is done at once.
var boxSizes = []int{0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 95, 96, 97, 223, 224, 225, 1000, 4095, 5000, 16351, 16352, 16353, 65_537, 300_001, 1 << 20}

// TestBoxesAreThoseOfSecretbox makes boxes in place, and with x/crypto's secretbox: they are the same, and each opens the other's.
func TestBoxesAreThoseOfSecretbox(t *testing.T) {
	rnd := rand.NewChaCha8([32]byte{1})
	for _, size := range boxSizes {
		for _, counter := range []uint64{1, 2, 255, 256, 1 << 40, 1<<64 - 1} {
			var key [curveKeySize]byte
			_, _ = rnd.Read(key[:])
			nonce := shortNonce("CurveZMQMESSAGEC", counter)
			k := newBoxKey(&key, (*[16]byte)(nonce[:]))
			plain := make([]byte, size)
			_, _ = rnd.Read(plain)
			what := fmt.Sprintf("%d octets, nonce %d", size, counter)

			box := append(bytes.Repeat([]byte{0xA5}, boxRoom), plain...)
			k.seal(box, counter)
			theirs := secretbox.Seal(make([]byte, boxRoom-secretbox.Overhead), plain, &nonce, &key)
			require.True(t, bytes.Equal(theirs, box), what)
			opened, ok := secretbox.Open(nil, box[boxRoom-secretbox.Overhead:], &nonce, &key)
			require.True(t, ok && bytes.Equal(plain, opened), what)
			require.True(t, k.open(theirs, counter), what)
			require.True(t, bytes.Equal(plain, theirs[boxRoom:]), what)
		}
	}
}

// TestForgedBoxesStayAsTheyAre flips bits of boxes: they do not open, and nothing of what is inside shows.
func TestForgedBoxesStayAsTheyAre(t *testing.T) {
	k := newBoxKey(new([curveKeySize]byte), new([16]byte))
	for _, size := range boxSizes {
		box := make([]byte, boxRoom+size)
		k.seal(box, 7)
		for _, at := range []int{boxRoom - secretbox.Overhead, boxRoom - 1, (2*boxRoom + size - 1) / 2, boxRoom + size - 1} {
			forged := bytes.Clone(box)
			forged[at] ^= 0x10
			was := bytes.Clone(forged)
			require.False(t, k.open(forged, 7), "%d octets, octet %d", size, at)
			require.True(t, bytes.Equal(was, forged))
		}
		require.False(t, k.open(box, 8), "another nonce")
		require.True(t, k.open(box, 7))
	}
}

// TestSealWhatLiesInTheRoom seals a frame whose body lies where the sealed one goes, as subscriptions are sealed: of any size, at any distance.
func TestSealWhatLiesInTheRoom(t *testing.T) {
	for _, size := range boxSizes {
		for _, at := range []int{0, 2, 9, 40, 100} {
			cs, so, _, _ := curveTraffic0(t)
			buf := make([]byte, 4, 4+at+MaxHeader+size+SealOverhead)
			body := buf[4+at : 4+at+size]
			for i := range body {
				body[i] = byte(i * 7)
			}
			want := bytes.Clone(body)
			frame := cs.AppendFrame(buf, CommandFrame, body)
			_, got, err := so.Open(nil, body1(t, frame[4:]))
			require.NoError(t, err)
			require.True(t, bytes.Equal(want, got), "%d octets at %d", size, at)
		}
	}
}
