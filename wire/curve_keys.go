package wire

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"

	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/nacl/box"
)

// curveKeySize is the size of every key of CURVE, in octets.
const curveKeySize = 32

// A CurveKey is a public or a secret key of the CURVE mechanism. The zero value
// is no key.
type CurveKey [curveKeySize]byte

// ParseCurveKey reads a key: its 32 octets, or 40 characters of Z85.
func ParseCurveKey(text string) (CurveKey, error) {
	if len(text) == curveKeySize {
		return CurveKey([]byte(text)), nil
	}
	if len(text) != curveKeySize/z85Octets*z85Chars {
		return CurveKey{}, fmt.Errorf("a key has %d octets, or 40 characters of Z85, not %d", curveKeySize, len(text))
	}
	p, err := Z85Decode(text)
	if err != nil {
		return CurveKey{}, err
	}
	return CurveKey(p), nil
}

// String returns the key in Z85: also a secret one, so keep that out of logs.
func (k CurveKey) String() string {
	text, err := Z85Encode(k[:])
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return text
}

// IsZero reports whether k is no key. It takes the same time for all keys.
func (k CurveKey) IsZero() bool {
	var none CurveKey
	return subtle.ConstantTimeCompare(k[:], none[:]) == 1
}

// NewCurveKeypair makes a new pair of keys. (zmq_curve_keypair)
func NewCurveKeypair() (public, secret CurveKey, err error) {
	p, s, err := box.GenerateKey(rand.Reader)
	if err != nil {
		return CurveKey{}, CurveKey{}, err
	}
	return *p, *s, nil
}

// CurvePublic returns the public key that belongs to a secret one.
// (zmq_curve_public)
func CurvePublic(secret CurveKey) CurveKey {
	var public [curveKeySize]byte
	curve25519.ScalarBaseMult(&public, (*[curveKeySize]byte)(&secret))
	return public
}
