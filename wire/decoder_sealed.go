package wire

import (
	"math"
	"slices"
)

// SetOpener makes the decoder open the body of each frame: the messages and
// commands are those inside. The limit holds for what is inside, too. The flags
// outside are not looked at, since nobody vouches for them. It is called before
// the first Decode, and a nil opener changes nothing.
func (d *Decoder) SetOpener(o *Opener) {
	if d.opener = o; o != nil && d.limit < math.MaxInt-uint64(SealOverhead) {
		d.limit += uint64(SealOverhead)
	}
}

// sealedBody returns the body of a sealed frame, still empty. Nothing of it is
// kept: small ones share a buffer, and a large one lies in a chunk, which goes back
// once it is opened.
func (d *Decoder) sealedBody(size int) body {
	if size > scratchMax {
		return newBody(size, nil, d.proven)
	}
	if cap(d.sealed) < size {
		d.sealed = make([]byte, max(size, min(2*cap(d.sealed), scratchMax)))
	}
	return body{size: size, octets: d.sealed[:size]}
}

// unseal opens a complete body, and does what is due with what is inside.
func (d *Decoder) unseal(sealed body, msgs []Message) (out []Message, cmd []byte) {
	var room []byte
	var chunk *chunk // what a large one is opened into
	n := sealed.size - SealOverhead + 1
	if n > slabMax {
		chunk = getChunk(n, nil)
		room = chunk.buf[:n:n]
	} else if n > 0 {
		room = slices.Clip(d.slab.room(n))
	}
	var octets []byte
	d.flags, octets, d.err = d.opener.Open(room[:0], sealed.octets)
	sealed.drop()
	switch {
	case d.err != nil:
		return msgs, nil
	case d.flags&(CommandFrame|More) == CommandFrame|More:
		d.pieces++
		return msgs, nil
	case d.flags&CommandFrame != 0:
		if chunk == nil && d.slab.chunk != nil {
			d.slab.reference() // for good
		}
		return msgs, octets
	}
	d.proven = max(d.proven, sealed.size)
	if chunk == nil {
		return d.unsealedSmall(octets, msgs), nil
	}
	d.chunks = append(d.chunks, chunk)
	return d.frame(d.flags, octets, msgs), nil
}

// unsealedSmall takes one frame of a message, which lies in the slab and needs a
// reference to it.
func (d *Decoder) unsealedSmall(octets []byte, msgs []Message) []Message {
	if d.flags&More != 0 || len(d.parts) > 0 {
		d.holdSlab(len(octets))
		return d.frame(d.flags, octets, msgs)
	}
	rest := d.alone
	if d.slab.chunk != nil {
		rest = d.reference(len(octets))
	}
	return append(msgs, Message{first: viewOf(octets), rest: rest})
}
