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

// sealedBody returns the body of a sealed frame, still empty. What is small in the
// clear shares a buffer, out of which it is copied; anything else lies in a chunk,
// opens in it, and stays there.
func (d *Decoder) sealedBody(size int) body {
	if size > slabMax+SealOverhead {
		return newBody(size, nil, d.proven)
	}
	if cap(d.sealed) < size {
		d.sealed = make([]byte, min(max(size, 2*cap(d.sealed)), slabMax+SealOverhead))
	}
	return body{size: size, octets: d.sealed[:size]}
}

// unseal opens a complete body where it lies, and does what is due with what is
// inside.
func (d *Decoder) unseal(sealed body, msgs []Message) (out []Message, cmd []byte) {
	var octets []byte
	d.flags, octets, d.err = d.opener.openInPlace(sealed.octets[:sealed.size:sealed.size])
	switch {
	case d.err != nil:
		sealed.drop()
		return msgs, nil
	case d.flags&(CommandFrame|More) == CommandFrame|More:
		sealed.drop()
		d.pieces++
		return msgs, nil
	case d.flags&CommandFrame != 0:
		if sealed.chunk == nil {
			octets = append([]byte{}, octets...)
		}
		return msgs, octets
	}
	d.proven = max(d.proven, sealed.size)
	if sealed.chunk == nil {
		return d.unsealedSmall(octets, msgs), nil
	}
	d.chunks = append(d.chunks, sealed.chunk)
	return d.frame(d.flags, octets, msgs), nil
}

// unsealedSmall takes one frame of a message, and copies it into the slab, to which it
// needs a reference.
func (d *Decoder) unsealedSmall(opened []byte, msgs []Message) []Message {
	octets := slices.Clip(d.slab.room(len(opened)))
	copy(octets, opened)
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
