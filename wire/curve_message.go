package wire

import (
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/nacl/box"
	"golang.org/x/crypto/nacl/secretbox"
)

// Sizes of CURVE's commands, in octets, without the name.
const (
	curvePadding     = 72
	curveHelloSize   = 2 + curvePadding + curveKeySize + 8 + box.Overhead + 64
	curveCookie      = 16 + secretbox.Overhead + 2*curveKeySize
	curveWelcomeSize = 16 + box.Overhead + curveKeySize + curveCookie
	curveVouch       = 16 + box.Overhead + 2*curveKeySize
)

const (
	messagePrefix = "\x07MESSAGE"
	messageHeader = len(messagePrefix) + 8 // octets before the box

	// SealOverhead is by how many octets a sealed frame's body is longer than the
	// frame's own: name, nonce, box, flags.
	SealOverhead = messageHeader + secretbox.Overhead + 1
)

// shortNonce is a nonce of a counter.
func shortNonce(prefix string, n uint64) (nonce [24]byte) {
	copy(nonce[:], prefix)
	binary.BigEndian.PutUint64(nonce[16:], n)
	return nonce
}

// receivedNonce is a nonce whose counter is the first eight octets of data.
func receivedNonce(prefix string, data []byte) [24]byte { return shortNonce(prefix, nonceOf(data)) }

// nonceOf is the counter at the beginning of data.
func nonceOf(data []byte) uint64 { return binary.BigEndian.Uint64(data) }

// longNonce is a nonce of 16 random octets.
func longNonce(prefix string, random []byte) (nonce [24]byte) {
	copy(nonce[:], prefix)
	copy(nonce[8:], random)
	return nonce
}

// unopened is the error for a box that does not open.
func unopened(what string) error {
	return protocolErrorf("%s does not open: it was made with other keys", what).coded(CodeCryptographic)
}

// stale is the error for a short nonce that was used before.
//
// "The server SHALL verify that a client connection does use correctly
// incrementing short nonces, and SHALL disconnect clients that reuse a short
// nonce."
// https://rfc.zeromq.org/spec/26/#the-hello-command
func stale() error {
	return protocolErrorf("a short nonce that is not greater than the one before").coded(CodeInvalidSequence)
}

// A Sealer encrypts the frames of one connection's traffic that go out, in their
// order. It is not safe for use by several goroutines.
type Sealer struct {
	key  boxKey
	next uint64 // counter of the next frame
}

// An Opener decrypts the frames that come in, in their order. It is not safe for
// use by several goroutines.
type Opener struct {
	key  boxKey
	last uint64 // counter of the last frame
}

// newCurveTraffic returns both directions of a connection with a shared key.
func newCurveTraffic(shared *[curveKeySize]byte, next, last uint64, ours, theirs byte) (*Sealer, *Opener) {
	return &Sealer{key: newBoxKey(shared, trafficNonce(ours)), next: next}, &Opener{key: newBoxKey(shared, trafficNonce(theirs)), last: last}
}

// trafficNonce is what the nonces of a side's traffic begin with.
func trafficNonce(side byte) *[16]byte {
	return (*[16]byte)(append([]byte("CurveZMQMESSAGE"), side))
}

// AppendFrame appends a frame whose body is the sealed form of a frame with those
// flags, MORE and COMMAND, and that body. The outer flags have neither, as in
// libzmq, whatever RFC 37 says of commands. The body may lie in dst's room.
//
// "message = %d7 "MESSAGE" message_nonce message-box"
// https://rfc.zeromq.org/spec/26/#high-level-grammar
func (s *Sealer) AppendFrame(dst []byte, flags Flags, body []byte) []byte {
	sealed := len(body) + SealOverhead
	dst = slices.Grow(dst, MaxHeader+sealed)
	var head [MaxHeader]byte
	header := AppendHeader(head[:0], 0, sealed)
	start := len(dst) + len(header)
	dst = dst[:start+sealed]
	box := dst[start:]
	copy(box[boxRoom+1:], body) // before anything else is written to
	copy(dst[start-len(header):], header)
	box[boxRoom] = sealedFlags(flags)
	s.key.seal(box, s.next)
	copy(box, messagePrefix)
	binary.BigEndian.PutUint64(box[len(messagePrefix):], s.next)
	s.next++
	return dst
}

// AppendFrames appends the sealed form of whole frames of ours.
func (s *Sealer) AppendFrames(dst, frames []byte) []byte {
	for len(frames) > 0 {
		hd := parseHeader(frames)
		dst = s.AppendFrame(dst, hd.flags, frames[hd.len:hd.end()])
		frames = frames[hd.end():]
	}
	return dst
}

// sealedFlags are flags as they stand inside a box: MORE is bit 0 and, in libzmq,
// COMMAND bit 1.
func sealedFlags(f Flags) byte {
	flags := byte(f & More)
	if f&CommandFrame != 0 {
		flags |= 2
	}
	return flags
}

// Open opens the body of a frame that came in, and returns the frame's own body,
// with its flags. It appends sealed to dst and opens it there: so that takes room for
// all of sealed, and what it returns is the end of it.
//
// https://rfc.zeromq.org/spec/26/#the-message-command
func (o *Opener) Open(dst, sealed []byte) (Flags, []byte, error) {
	dst = append(dst, sealed...)
	return o.openInPlace(dst[len(dst)-len(sealed):])
}

// openInPlace is Open for octets that are the caller's, who has no use for them
// afterwards. What it returns is the end of sealed.
func (o *Opener) openInPlace(sealed []byte) (Flags, []byte, error) {
	switch {
	case len(sealed) < len(messagePrefix) || string(sealed[:len(messagePrefix)]) != messagePrefix:
		return 0, nil, protocolErrorf("the peer sent something else where MESSAGE is due").coded(CodeUnexpectedCommand)
	case len(sealed) < SealOverhead:
		return 0, nil, protocolErrorf("MESSAGE command of %d octets", len(sealed)).coded(CodeMalformedMessage)
	}
	counter := nonceOf(sealed[len(messagePrefix):])
	if counter <= o.last {
		return 0, nil, stale()
	}
	o.last = counter
	if !o.key.open(sealed, counter) {
		return 0, nil, unopened("MESSAGE")
	}
	plain := sealed[boxRoom:]
	var flags Flags
	if plain[0]&1 != 0 {
		flags |= More
	}
	if plain[0]&2 != 0 {
		flags |= CommandFrame
	}
	return flags, plain[1:], nil
}
