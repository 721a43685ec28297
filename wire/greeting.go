package wire

import (
	"bytes"
	"encoding/binary"
)

// The greeting is 64 octets:
//
//	 0      signature: FF
//	 1- 8   signature: padding; see appendSignature
//	 9      signature: 7F, of which only the lowest bit counts
//	10      major version
//	11      minor version
//	12-31   mechanism, padded with zeros
//	32      as-server
//	33-63   filler, zeros
//
// https://rfc.zeromq.org/spec/37/#formal-grammar
const (
	signatureEnd  = 10 // octets up to the end of the signature
	majorEnd      = 11 // ... of the major version
	minorEnd      = 12 // ... of the minor version
	mechanismEnd  = 32 // ... of the mechanism
	asServerEnd   = 33 // ... of the as-server octet
	greetingSize  = 64 // ... of the whole
	mechanismSize = mechanismEnd - minorEnd

	signatureFirst = 0xFF
	signatureLast  = 0x7F
	versionedBit   = 0x01 // of the signature's last octet: set by every version that has a version number
)

// Version is a version of ZMTP. The zero value is no version.
type Version struct {
	Major, Minor uint8
}

// ourVersion is what we announce.
//
// "version-major = %x03"
// "version-minor = %x01"
// https://rfc.zeromq.org/spec/37/#formal-grammar
var ourVersion = Version{Major: 3, Minor: 1}

// AtLeast reports whether v is the version major.minor or a later one. A peer
// at least at 3.1 understands the SUBSCRIBE and CANCEL commands.
func (v Version) AtLeast(major, minor uint8) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// appendSignature appends our ten octets of signature. The padding holds the
// length of our identity plus one, as in libzmq: so a peer of ZMTP 1.0, which
// has no greeting, takes the signature for the header of an identity frame.
//
// "Send a 10-octet pseudo-signature consisting of "%xFF size %x7F" where 'size'
// is the number of octets in the sender's identity (0 or greater) plus 1."
// https://rfc.zeromq.org/spec/37/#detecting-zmtp-10-and-20-peers
func appendSignature(dst []byte, identity int) []byte {
	dst = append(dst, signatureFirst)
	dst = binary.BigEndian.AppendUint64(dst, uint64(identity)+1)
	return append(dst, signatureLast)
}

// appendRest appends what follows the major version in our greeting.
//
// "The security mechanism is an ASCII string, null-padded as needed to fit 20
// octets."
// https://rfc.zeromq.org/spec/37/#authentication-and-confidentiality
func appendRest(dst []byte, m Mechanism) []byte {
	var rest [greetingSize - majorEnd]byte
	rest[0] = ourVersion.Minor
	copy(rest[minorEnd-majorEnd:mechanismEnd-majorEnd], m.Name())
	if m.AsServer() {
		rest[asServerEnd-1-majorEnd] = 1
	}
	return append(dst, rest[:]...)
}

// checkFirst judges the first octet of a peer.
//
// "If this first octet is not %FF, then the other peer is using ZMTP 1.0, and
// has sent us a short frame length for its identity."
// https://rfc.zeromq.org/spec/37/#detecting-zmtp-10-and-20-peers
func checkFirst(octet byte) error {
	if octet != signatureFirst {
		return protocolErrorf("the peer speaks ZMTP 1.0 or no ZMTP at all: its first octet is %#02x", octet)
	}
	return nil
}

// checkSignature judges the signature of a peer, whose first octet is already
// known to be right. The padding is not looked at.
//
// "A peer SHALL NOT assign any significance to the padding field and MUST NOT
// validate this nor interpret it in any way whatsoever."
// https://rfc.zeromq.org/spec/37/#version-negotiation
//
// "If the least significant bit is 0, then the other peer is using ZMTP 1.0 and
// has sent us a long length for its identity."
// https://rfc.zeromq.org/spec/37/#detecting-zmtp-10-and-20-peers
func checkSignature(signature []byte) error {
	last := signature[signatureEnd-1]
	if last&versionedBit == 0 {
		return protocolErrorf("the peer speaks ZMTP 1.0: its signature ends in %#02x", last)
	}
	return nil
}

// checkMajor judges the major version of a peer.
//
// "If the peer version number is 1 or 2, the peer is using ZMTP 2.0" (libzmq
// counts 2 among the later ones, but nothing announces it.)
// https://rfc.zeromq.org/spec/37/#detecting-zmtp-20-peers
//
// "A peer MUST accept higher protocol versions as valid."
// "If a peer cannot downgrade its protocol to match its peer, it MUST close the
// connection."
// https://rfc.zeromq.org/spec/37/#version-negotiation
func checkMajor(major byte) error {
	switch {
	case major >= ourVersion.Major:
		return nil
	case major == 0:
		return protocolErrorf("the peer speaks ZMTP 1.0, at least 3.0 is needed")
	default:
		return protocolErrorf("the peer speaks ZMTP 2.0, at least 3.0 is needed")
	}
}

// checkMechanism judges the mechanism of a peer, given its whole greeting.
//
// "If the mechanism that the peer received does not exactly match the mechanism
// it sent, it MUST close the connection."
// https://rfc.zeromq.org/spec/37/#authentication-and-confidentiality
func checkMechanism(greeting []byte, ours string) error {
	var want [mechanismSize]byte
	copy(want[:], ours)
	got := greeting[minorEnd:mechanismEnd]
	if !bytes.Equal(got, want[:]) {
		return protocolErrorf("the peer's mechanism is %q, ours is %q", bytes.TrimRight(got, "\x00"), ours).coded(CodeMechanismMismatch)
	}
	return nil
}
