package wire

import (
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/nacl/secretbox"
	"golang.org/x/crypto/poly1305"      //nolint:staticcheck // not for general use, says its note: this is NaCl's own
	"golang.org/x/crypto/salsa20/salsa" //nolint:staticcheck // the same
)

// boxRoom is how many octets stand before the plain octets where a box is made in
// place, and before the encrypted ones: NaCl's crypto_box_ZEROBYTES. A MESSAGE's name,
// nonce and authenticator are just as long.
const boxRoom = 32

// A boxKey makes and opens the boxes of one direction of a connection, in place: the
// same boxes as secretbox, which has to have two places for each. For a large one that
// would be a second body, and its octets would go through the caches twice. The first
// 16 octets of all nonces are the same, so the subkey that XSalsa20 makes of them and
// the key is made once.
type boxKey struct {
	sub [32]byte
}

// newBoxKey returns the key for the nonces that begin with prefix.
func newBoxKey(key *[curveKeySize]byte, prefix *[16]byte) boxKey {
	var k boxKey
	salsa.HSalsa20(&k.sub, prefix, key, &salsa.Sigma)
	return k
}

// block is the first block of Salsa20's stream for the nonce with that counter.
func block(counter uint64) (first [16]byte) {
	binary.BigEndian.PutUint64(first[:], counter)
	return first
}

// seal encrypts in place what stands behind the first boxRoom octets of box, and
// leaves its authenticator before it. The octets before that are left as zeros.
func (k *boxKey) seal(box []byte, counter uint64) {
	clear(box[:boxRoom])
	first := block(counter)
	salsa.XORKeyStream(box, box, &first, &k.sub)
	var tag [poly1305.TagSize]byte
	poly1305.Sum(&tag, box[boxRoom:], (*[32]byte)(box))
	clear(box[:boxRoom-secretbox.Overhead])
	copy(box[boxRoom-secretbox.Overhead:], tag[:])
}

// open decrypts in place what stands behind the first boxRoom octets of box, if it is
// what the authenticator before it vouches for, and reports whether it is. Otherwise
// nothing is changed. The octets before stay.
func (k *boxKey) open(box []byte, counter uint64) bool {
	var key [64]byte // as long as a block
	first := block(counter)
	salsa.XORKeyStream(key[:], key[:], &first, &k.sub)
	if !poly1305.Verify((*[poly1305.TagSize]byte)(box[boxRoom-secretbox.Overhead:]), box[boxRoom:], (*[32]byte)(key[:])) {
		return false
	}
	n := subtle.XORBytes(box[boxRoom:], box[boxRoom:], key[boxRoom:])
	first[8] = 1 // the next block's number
	salsa.XORKeyStream(box[boxRoom+n:], box[boxRoom+n:], &first, &k.sub)
	return true
}
