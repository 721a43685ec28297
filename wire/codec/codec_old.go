package codec

import "github.com/weirmq/weir/wire"

// Peers that speak ZMTP 2.0 or 1.0 have no commands, so no heartbeats either, and their subscriptions are messages. 1.0 has a framing of its own.

// oldFraming says whether the peer has the framing of ZMTP 1.0. A raw connection, which has no version, has none.
func (r *run) oldFraming() bool { return r.version.Major == 1 }

// decoder is for what this peer sends.
func (r *run) decoder(maxFrame int64) *wire.Decoder {
	if r.oldFraming() {
		return wire.NewOldDecoder(maxFrame)
	}
	return wire.NewDecoder(maxFrame)
}

// phantom subscribes the peer of a publisher to everything where it speaks a ZMTP in which subscribers send no subscriptions but filter what comes.
// (libzmq: zmtp_engine_t::process_routing_id_msg)
func (rd *reader) phantom() error {
	if !rd.run.listens {
		return nil
	}
	return rd.subscription(1, nil)
}
