package wire

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// z85Alphabet has the 85 characters of Z85, in the order of their values.
//
// https://rfc.zeromq.org/spec/32/#formal-specification
const z85Alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

const (
	z85Chars  = 5 // characters for
	z85Octets = 4 // octets
)

// Z85Encode returns p as text: five printable characters for four octets.
// (zmq_z85_encode)
//
// "The binary frame SHALL have a length that is divisible by 4 with no
// remainder."
// https://rfc.zeromq.org/spec/32/#formal-specification
func Z85Encode(p []byte) (string, error) {
	if len(p)%z85Octets != 0 {
		return "", fmt.Errorf("Z85 takes a multiple of %d octets, not %d", z85Octets, len(p))
	}
	text := make([]byte, 0, len(p)/z85Octets*z85Chars)
	for ; len(p) > 0; p = p[z85Octets:] {
		value := binary.BigEndian.Uint32(p)
		for divisor := uint32(85 * 85 * 85 * 85); divisor > 0; divisor /= 85 {
			text = append(text, z85Alphabet[value/divisor%85])
		}
	}
	return string(text), nil
}

// Z85Decode returns the octets that text stands for. Text of another length
// than a multiple of five, with a character that Z85 does not have, or with
// five characters that stand for more than 2^32-1, is an error.
// (zmq_z85_decode)
//
// "The string frame SHALL have a length that is divisible by 5 with no
// remainder."
// https://rfc.zeromq.org/spec/32/#formal-specification
func Z85Decode(text string) ([]byte, error) {
	if len(text)%z85Chars != 0 {
		return nil, fmt.Errorf("Z85 has a multiple of %d characters, not %d", z85Chars, len(text))
	}
	p := make([]byte, 0, len(text)/z85Chars*z85Octets)
	for i := 0; i < len(text); i += z85Chars {
		var value uint64
		for _, c := range []byte(text[i : i+z85Chars]) {
			digit := strings.IndexByte(z85Alphabet, c)
			if digit < 0 {
				return nil, fmt.Errorf("Z85 has no character %q", c)
			}
			value = value*85 + uint64(digit)
		}
		if value > 1<<32-1 {
			return nil, fmt.Errorf("the characters of Z85 from %d on stand for more than four octets hold", i)
		}
		p = binary.BigEndian.AppendUint32(p, uint32(value))
	}
	return p, nil
}
