package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Names of the properties that ZMTP defines.
//
// https://rfc.zeromq.org/spec/37/#connection-metadata
const (
	PropertySocketType = "Socket-Type"
	PropertyIdentity   = "Identity"
	PropertyResource   = "Resource"
)

const (
	maxName     = 255           // octets of a property's name
	maxValue    = math.MaxInt32 // octets of a property's value
	maxIdentity = 255           // octets of the Identity property
	valueHeader = 4             // octets of the size before a value
)

// A Property is one thing a peer tells about itself. Both strings may hold any
// octets; being strings, they cannot be changed once they are read.
type Property struct {
	Name  string // 1 to 255 octets; upper and lower case do not matter
	Value string // opaque, 0 to 2^31-1 octets
}

// Metadata is what a peer tells about itself, in the order of the wire. Nil is
// no metadata. It may be shared as long as nobody writes to it.
type Metadata []Property

// Get returns the value of the first property called name, and whether there
// is one.
//
// "Metadata names SHALL be case-insensitive."
// https://rfc.zeromq.org/spec/37/#connection-metadata
func (m Metadata) Get(name string) (value string, ok bool) {
	for _, p := range m {
		if equalFold(p.Name, name) {
			return p.Value, true
		}
	}
	return "", false
}

// equalFold reports whether a and b are equal but for the case of ASCII
// letters, the only letters a property's name may have.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// lower maps A to Z on a to z and leaves every other octet as it is.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// Validate returns an error if a property cannot be sent: its name is empty,
// has more than 255 octets or one outside the set of ZMTP, or its value has
// more than 2^31-1 octets. It is for our own properties; what a peer sends is
// judged by [ParseMetadata].
//
// "name = short-size 1*255name-char"
// "name-char = ALPHA | DIGIT | "-" | "_" | "." | "+""
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
func (m Metadata) Validate() error {
	for _, p := range m {
		switch {
		case p.Name == "":
			return errors.New("property without a name")
		case len(p.Name) > maxName:
			return fmt.Errorf("property name of %d octets, at most %d are allowed", len(p.Name), maxName)
		case strings.ContainsFunc(p.Name, notNameChar):
			return fmt.Errorf("property name %q has a character that is not a letter, a digit or one of -_.+", p.Name)
		case len(p.Value) > maxValue:
			return fmt.Errorf("value of property %q has %d octets, at most %d are allowed", p.Name, len(p.Value), maxValue)
		}
	}
	return nil
}

// notNameChar reports whether r may not stand in the name of a property.
func notNameChar(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("-_.+", r)
}

// AppendTo appends the encoded properties to dst and returns the longer slice.
// A name or a value that is too long for its size field makes it panic, so
// metadata from a user goes through Validate first; parsed metadata never does.
//
// "The value size field SHALL be four octets, in network byte order."
// https://rfc.zeromq.org/spec/37/#the-null-security-mechanism
func (m Metadata) AppendTo(dst []byte) []byte {
	for _, p := range m {
		if len(p.Name) > maxName || len(p.Value) > maxValue {
			panic("BUG: property too long for the wire; Metadata.Validate was not called")
		}
		dst = append(dst, byte(len(p.Name)))
		dst = append(dst, p.Name...)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(p.Value)))
		dst = append(dst, p.Value...)
	}
	return dst
}

// size returns the number of octets that AppendTo appends.
func (m Metadata) size() int {
	n := 0
	for _, p := range m {
		n += 1 + len(p.Name) + valueHeader + len(p.Value)
	}
	return n
}

// ParseMetadata decodes the properties that fill p. The result holds copies. A
// length that reaches beyond p, and so also any octet left over, is a
// *ProtocolError. Like libzmq (mechanism.cpp) it lets empty names, names with
// odd characters and repeated names pass; of the last, Get finds the first.
func ParseMetadata(p []byte) (Metadata, error) {
	var m Metadata
	for len(p) > 0 {
		prop, n, err := parseProperty(p)
		if err != nil {
			return nil, err
		}
		m = append(m, prop)
		p = p[n:]
	}
	return m, nil
}

// parseProperty decodes the property at the beginning of p and returns how
// many octets it takes.
func parseProperty(p []byte) (prop Property, n int, err error) {
	nameEnd := 1 + int(p[0])
	valueStart := nameEnd + valueHeader
	if len(p) < valueStart {
		return Property{}, 0, protocolErrorf("metadata ends within the name or the size of a property").coded(CodeInvalidMetadata)
	}
	size := binary.BigEndian.Uint32(p[nameEnd:])
	if size > maxValue {
		return Property{}, 0, protocolErrorf("metadata value of %d octets, at most %d are allowed", size, maxValue).coded(CodeInvalidMetadata)
	}
	if uint64(len(p)-valueStart) < uint64(size) {
		return Property{}, 0, protocolErrorf("metadata ends within the value of a property").coded(CodeInvalidMetadata)
	}
	n = valueStart + int(size)
	return Property{Name: string(p[1:nameEnd]), Value: string(p[valueStart:n])}, n, nil
}
