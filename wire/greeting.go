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

// hasSignature reports whether the first octet of a peer may begin a signature.
//
// "If this first octet is not %FF, then the other peer is using ZMTP 1.0, and
// has sent us a short frame length for its identity."
// https://rfc.zeromq.org/spec/37/#detecting-zmtp-10-and-20-peers
func hasSignature(octet byte) bool { return octet == signatureFirst }

// hasVersion reports whether a version number follows the signature of a peer,
// whose first octet is already known to be right. The padding is not looked at.
//
// "A peer SHALL NOT assign any significance to the padding field and MUST NOT
// validate this nor interpret it in any way whatsoever."
// https://rfc.zeromq.org/spec/37/#version-negotiation
//
// "If the least significant bit is 0, then the other peer is using ZMTP 1.0 and
// has sent us a long length for its identity."
// https://rfc.zeromq.org/spec/37/#detecting-zmtp-10-and-20-peers
func hasVersion(signature []byte) bool { return signature[signatureEnd-1]&versionedBit != 0 }

// oldVersion tells which version before 3.0 a major version stands for, and
// whether it stands for one. As in libzmq 2 counts among the later ones, where
// RFC 37 has it for 2.0: nothing announces it.
//
// "If the peer version number is 1 or 2, the peer is using ZMTP 2.0"
// https://rfc.zeromq.org/spec/37/#detecting-zmtp-20-peers
//
// "A peer MUST accept higher protocol versions as valid."
// https://rfc.zeromq.org/spec/37/#version-negotiation
func oldVersion(major byte) (v Version, ok bool) {
	switch major {
	case 0:
		return version10, true
	case 1:
		return version20, true
	}
	return Version{}, false
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
