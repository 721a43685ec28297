package codec

import (
	"bytes"
	"net"

	"github.com/weirmq/weir/wire"
)

// A raw connection (Config.Raw) has no ZMTP on it: no greeting, no frames, no commands, and so no handshake that could time out. What is read becomes
// messages of one frame, each what one read gave; of a message that goes out the bodies of its frames are written, one after the other, and nothing
// else. Everything around that, marks and losses, is as with ZMTP. (libzmq: raw_engine.cpp)

// rawRead is the most that one incoming message of a raw connection holds, in bytes: libzmq's in_batch_size.
const rawRead = 8 << 10

// rawPeer is what is known of the other side of a raw connection.
func (c *codec) rawPeer(conn net.Conn) Peer {
	return Peer{Local: nameOf(conn.LocalAddr()), Remote: c.remote(conn), Properties: wire.NewProperties(c.found(conn), nil)}
}

// rawLoop is readLoop of a raw connection.
func (c *codec) rawLoop(r *run, in Inlet) error {
	rd := reader{run: r, in: in, seat: newSeat(r.conn)}
	defer rd.end()
	for {
		p, err := rd.seat.read(rawRead)
		c.cfg.Traffic.received(len(p))
		if len(p) > 0 {
			rd.msgs = append(rd.msgs[:0], wire.MessageOf(bytes.Clone(p)).WithProperties(r.props))
			if derr := rd.deliver(); derr != nil {
				return derr
			}
		}
		if err != nil {
			return err
		}
	}
}

// addRaw encodes m for a raw connection: the bodies of its frames.
func (b *batch) addRaw(m wire.Message) {
	for _, body := range m.All() {
		b.size += int64(len(body))
		if len(body) <= b.small {
			b.buf = append(b.buf, body...)
		} else {
			b.cuts = append(b.cuts, cut{at: len(b.buf), body: body})
		}
	}
	b.ends = append(b.ends, b.size)
}
