package wire

import (
	"encoding/binary"

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

	// scratchMax is how large a scratch buffer may be to be used again, in octets.
	scratchMax = 64 << 10
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
	key   [curveKeySize]byte
	nonce [24]byte // of the last frame
	next  uint64   // counter of the next one
	plain []byte   // scratch
}

// An Opener decrypts the frames that come in, in their order. It is not safe for
// use by several goroutines.
type Opener struct {
	key   [curveKeySize]byte
	nonce [24]byte
	last  uint64 // counter of the last frame
}

// newCurveTraffic returns both directions of a connection with a shared key.
func newCurveTraffic(shared *[curveKeySize]byte, next, last uint64, ours, theirs byte) (*Sealer, *Opener) {
	s, o := &Sealer{key: *shared, next: next}, &Opener{key: *shared, last: last}
	copy(s.nonce[:], "CurveZMQMESSAGE"+string(rune(ours)))
	copy(o.nonce[:], "CurveZMQMESSAGE"+string(rune(theirs)))
	return s, o
}

// AppendFrame appends a frame whose body is the sealed form of a frame with those
// flags, MORE and COMMAND, and that body. The outer flags have neither, as in
// libzmq, whatever RFC 37 says of commands.
//
// "message = %d7 "MESSAGE" message_nonce message-box"
// https://rfc.zeromq.org/spec/26/#high-level-grammar
func (s *Sealer) AppendFrame(dst []byte, flags Flags, body []byte) []byte {
	s.plain = append(s.plain[:0], sealedFlags(flags))
	s.plain = append(s.plain, body...)
	binary.BigEndian.PutUint64(s.nonce[16:], s.next)
	s.next++
	dst = AppendHeader(dst, 0, len(body)+SealOverhead)
	dst = append(dst, messagePrefix...)
	dst = append(dst, s.nonce[16:]...)
	dst = secretbox.Seal(dst, s.plain, &s.nonce, &s.key)
	if cap(s.plain) > scratchMax {
		s.plain = nil
	}
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

// Open opens the body of a frame that came in. It appends the frame's own body to
// dst and returns it by itself, with its flags.
//
// https://rfc.zeromq.org/spec/26/#the-message-command
func (o *Opener) Open(dst, sealed []byte) (Flags, []byte, error) {
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
	binary.BigEndian.PutUint64(o.nonce[16:], counter)
	plain, ok := secretbox.Open(dst, sealed[messageHeader:], &o.nonce, &o.key)
	if !ok {
		return 0, nil, unopened("MESSAGE")
	}
	plain = plain[len(dst):]
	var flags Flags
	if plain[0]&1 != 0 {
		flags |= More
	}
	if plain[0]&2 != 0 {
		flags |= CommandFrame
	}
	return flags, plain[1:], nil
}
