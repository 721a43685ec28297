package socket

import (
	"slices"
	"strings"

	"github.com/weirmq/weir/wire"
)

// Metadata adds a property to what each peer is told about this socket in the handshake; a peer's application finds it among the properties of a
// message. The name begins with "X-", has 3 to 255 letters, digits and characters of "-_.+", and must not be there already; the value is any text but
// none. Name, value and all other properties together have at most 64 kB. May be given several times; default none. ZMTP 3.0 and later; inproc tells
// nothing. All types. (ZMQ_METADATA, a draft: "X-name:value")
func Metadata(name, value string) Option {
	return func(o *options) error {
		own := wire.Property{Name: name, Value: value}
		switch _, double := o.metadata.Get(name); {
		case !strings.HasPrefix(name, "X-") || len(name) == len("X-"):
			return badOption("Metadata", name, `a name that begins with "X-"`)
		case value == "":
			return badOption("Metadata", name, "a value")
		case double:
			return badOption("Metadata", name, "a name that is not there already")
		}
		// In the order of their names, as libzmq sends them.
		i, _ := slices.BinarySearchFunc(o.metadata, own, func(a, b wire.Property) int { return strings.Compare(a.Name, b.Name) })
		next := slices.Insert(slices.Clone(o.metadata), i, own)
		if err := (wire.HandshakeConfig{SocketType: o.typ.name, Identity: make([]byte, 255), Properties: next}).Validate(); err != nil {
			return badOption("Metadata", name, err.Error())
		}
		o.metadata = next
		return nil
	}
}

// properties are the application's own as a map; nil where there are none.
func (o *options) properties() map[string]string {
	if len(o.metadata) == 0 {
		return nil
	}
	m := make(map[string]string, len(o.metadata))
	for _, p := range o.metadata {
		m[p.Name] = p.Value
	}
	return m
}
