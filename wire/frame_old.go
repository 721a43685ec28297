package wire

import (
	"encoding/binary"
)

// The framing of ZMTP 1.0: a length, which counts the flags and the body, then
// the flags, of which only MORE exists, then the body. A length of 255 and more
// takes nine octets, of which the first is FF. ZMTP 2.0 has the framing of 3.x.
//
// "length = OCTET | escape 8OCTET" "flags = %x00 | %x01"
// https://rfc.zeromq.org/spec/13/
const (
	oldEscape      = 0xFF          // instead of a length: eight octets of it follow
	oldShortHeader = 2             // octets before the body: length, flags
	oldLargeHeader = 10            // octets before the body: escape, length, flags
	oldNoRoom      = ^uint64(0)    // size of a frame whose length does not even cover its flags
	maxOldShort    = oldEscape - 2 // the largest body that a short header can announce
)

// AppendOldHeader is [AppendHeader] for a peer that speaks ZMTP 1.0. Of the flags
// only More can be sent.
func AppendOldHeader(dst []byte, flags Flags, size int) []byte {
	if size <= maxOldShort {
		return append(dst, byte(size+1), byte(flags&More))
	}
	dst = append(dst, oldEscape)
	dst = binary.BigEndian.AppendUint64(dst, uint64(size)+1)
	return append(dst, byte(flags&More))
}

// parseOldHeader decodes the header at the beginning of p. It returns the zero
// header if p ends before the header does. Like libzmq (v1_decoder.cpp) it
// ignores all flags but MORE, and takes a short frame in the large form.
func parseOldHeader(p []byte) header {
	if len(p) < oldShortHeader {
		return header{}
	}
	if p[0] != oldEscape {
		return header{flags: Flags(p[1]) & More, size: uint64(p[0]) - 1, len: oldShortHeader}
	}
	if len(p) < oldLargeHeader {
		return header{}
	}
	size := binary.BigEndian.Uint64(p[1:]) - 1
	return header{flags: Flags(p[oldLargeHeader-1]) & More, size: size, len: oldLargeHeader}
}

// NewOldDecoder is [NewDecoder] for a peer that speaks ZMTP 1.0. It never
// returns a command: there are none.
func NewOldDecoder(maxFrame int64) *Decoder {
	d := NewDecoder(maxFrame)
	d.old = true
	return d
}

// header decodes the header at the beginning of p, in the framing of the peer.
func (d *Decoder) header(p []byte) header {
	if d.old {
		return parseOldHeader(p)
	}
	return parseHeader(p)
}

// checkOldSize is checkSize for a size that parseOldHeader has returned.
func checkOldSize(size, limit uint64) error {
	if size == oldNoRoom {
		return protocolErrorf("frame of length 0, which has no room for its flags")
	}
	return checkSize(size, limit)
}
