package wire

import (
	"math"
	"slices"
)

// Large bodies are read straight into their place, so nobody copies them. For that
// no read may bring the beginning of one along with what stands before it. A read
// into a body therefore ends with the header that follows; and where large bodies
// follow one another closely, so does every other read: see Ahead. It costs a call
// for each of the few small frames between them.
//
// Where many small frames come before a large body, it pays to read those together,
// and what such a read brings of the body is copied: nobody can know how long a
// body is before its header is there. SetSmallBody has every read end there all the
// same, so that no piece of a large body is ever copied.

const (
	// copiedMax is the largest body that is copied whole, in octets, unless SetSmallBody
	// says otherwise: what a read is for. One or several of those come with a read, and
	// to copy them costs less than to read them one by one.
	copiedMax = 64 << 10

	// directMin is how many octets must be missing from a smaller body for it to pay to
	// read those straight into their place. Below that a read of a larger chunk, which
	// brings the following frames too, is worth the copy.
	directMin = 16 << 10

	// maxGap is how many small frames may lie between two large bodies that follow one
	// another closely, unless SetSmallBody was called: an envelope, say.
	maxGap = 2

	// believed is the largest body that SetSmallBody has room made for on its header's
	// word, in octets: a header must not end the process, for want of memory.
	believed = 1 << 30
)

// SetSmallBody makes n octets the largest body that is copied. Who reads no more than
// Ahead says, and to where Direct says, then has no octet of a larger one copied, for
// a call for each small frame. What frames are sealed in is another matter. And where
// there is a limit for frames, all the room that a body up to it needs is made on the
// word of its header, so that none is moved as it grows. It is called before the
// first Decode.
func (d *Decoder) SetSmallBody(n int) {
	d.copied, d.near, d.gapMax = max(n, 0), true, math.MaxInt
	if d.limit < math.MaxInt {
		d.proven = int(min(d.limit, believed))
	}
}

// Direct returns where to read to if it pays to read straight into the body that is
// being received: it belongs to a message, and much of it is missing, or it is one of
// several large ones. Otherwise, and where frames are sealed, it is nil. Behind a
// large body there may be room for the header that follows. The room may end before
// the body does. The slice is good until the next call of a method.
func (d *Decoder) Direct() []byte {
	if !d.inBody || d.opener != nil || d.flags&CommandFrame != 0 {
		return nil
	}
	large := d.body.size > d.copied
	if d.body.missing() < directMin && (!large || !d.near) {
		return nil
	}
	room := d.body.free()
	if large && len(room) == d.body.missing() {
		room = room[:min(len(room)+d.lead(), cap(room))]
	}
	return slices.Clip(room)
}

// Filled tells the decoder that the first n octets of what Direct returned now
// hold octets of the peer. It appends the message that they complete, if any,
// to msgs and returns the longer slice. What came behind the body is rest, which is
// for Decode, and good until the next call of Filled. n must not be larger than that
// slice.
func (d *Decoder) Filled(n int, msgs []Message) (out []Message, rest []byte, err error) {
	if d.err != nil || n == 0 {
		return msgs, nil, d.err
	}
	if more := n - d.body.missing(); more > 0 && d.inBody {
		if more > d.lead() {
			panic("BUG: more octets filled than Direct had room for")
		}
		n -= more
		rest = d.behind[:copy(d.behind[:], d.body.octets[d.body.size:d.body.size+more])]
	}
	d.body.filled(n)
	if d.body.complete() {
		msgs, _ = d.end(msgs)
	}
	return msgs, rest, d.err
}

// Ahead returns how many octets to read for Decode, where there is room for n: all
// of it, or, where a large body is likely to come, no more than can be read without
// a piece of it.
func (d *Decoder) Ahead(n int) int {
	switch {
	case !d.near || d.opener != nil:
		return n
	case d.inBody:
		if missing := d.body.missing(); missing < n { // the sum would not fit for the largest
			n = min(n, missing+d.lead())
		}
		return n
	default:
		return min(n, d.lead())
	}
}

// lead is how much of the next frame, or of the rest of this one's header, can be read
// without a piece of a large body, whatever comes: a header of the long form, or,
// where the body behind one of the short form may be large, what tells the two apart.
func (d *Decoder) lead() int {
	if d.copied < maxShort && d.headLen < shortHeader {
		return shortHeader - d.headLen
	}
	return d.maxHeader() - d.headLen
}

// maxHeader is the most octets that a frame of this peer has before its body.
func (d *Decoder) maxHeader() int {
	if d.old {
		return oldLargeHeader
	}
	return largeHeader
}

// passed notes a frame with a body of size octets, or a command, which counts as a small one.
func (d *Decoder) passed(size int) {
	if size > d.copied {
		d.near, d.gap = d.gap <= d.gapMax, 0
	} else if d.gap++; d.gap > d.gapMax {
		d.near = false
	}
}
