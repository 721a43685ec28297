package wire

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// oldPeers are the beginnings of peers before 3.0 that are called peer, by the name that their files in testdata/old have.
var oldPeers = map[string]struct {
	version     Version
	unversioned bool
	says        string
}{
	"zmtp2":            {version20, false, "\xff\x00\x00\x00\x00\x00\x00\x00\x05\x7f\x01\x08\x00\x04peer"},
	"zmtp1":            {version10, false, "\xff\x00\x00\x00\x00\x00\x00\x00\x05\x7f\x00\x08\x05\x00peer"},
	"unversioned":      {version10, true, "\x05\x00peer"},
	"unversioned-long": {version10, true, "\xff\x00\x00\x00\x00\x00\x00\x00\x05\x00peer"},
}

// oldTraffic is what libzmq says behind the handshake in the files of testdata/old, by socket type.
func oldTraffic(kind string) (cfg HandshakeConfig, msgs []Message) {
	if kind == TypeSub {
		for _, topic := range []string{"", "topic", strings.Repeat("t", 252), strings.Repeat("t", 253), strings.Repeat("t", 256)} {
			msgs = append(msgs, NewMessage("\x01"+topic))
		}
		return HandshakeConfig{SocketType: kind, ZMTP1: true}, append(msgs, NewMessage("\x00topic"))
	}
	for _, size := range []int{0, 10, 252, 253, 254, 255, 256} {
		msgs = append(msgs, NewMessage(strings.Repeat("m", size)))
	}
	cfg = HandshakeConfig{SocketType: kind, ZMTP1: true}
	if kind == TypeDealer {
		cfg.Identity = []byte("weir")
	}
	return cfg, append(msgs, NewMessage("one", "", strings.Repeat("f", 300)))
}

// appendOld encodes m for a peer that speaks v.
func appendOld(dst []byte, v Version, m Message) []byte {
	if v != version10 {
		return AppendMessage(dst, m)
	}
	for i, f := range m.All() {
		flags := More
		if i == m.Len()-1 {
			flags = 0
		}
		dst = append(AppendOldHeader(dst, flags, len(f)), f...)
	}
	return dst
}

// decoderOf is the decoder of a peer that speaks v.
func decoderOf(v Version) *Decoder {
	if v == version10 {
		return NewOldDecoder(-1)
	}
	return NewDecoder(-1)
}

// TestGoldenOld has us say what libzmq says to peers of versions before 3.0, octet for octet, whatever the cut of what they send; and read it.
func TestGoldenOld(t *testing.T) {
	files := map[string]bool{}
	for name, peer := range oldPeers {
		for _, kind := range []string{TypePush, TypeDealer, TypeSub} {
			file := "old/libzmq-" + name + "-" + strings.ToLower(kind)
			files[file] = true
			golden := readHex(t, file)
			cfg, msgs := oldTraffic(kind)
			h := NewHandshake(cfg)
			got := h.Start()
			for i := range peer.says {
				require.False(t, h.Done(), "%s at %d", file, i)
				_, out, err := h.Receive([]byte{peer.says[i]})
				require.NoError(t, err, file)
				got = append(got, out...)
			}
			require.True(t, h.Done(), file)
			require.Equal(t, Peer{Version: peer.version, Unversioned: peer.unversioned, Identity: []byte("peer")}, h.Peer(), file)
			greeted := len(got)
			for _, m := range msgs {
				got = appendOld(got, peer.version, m)
			}
			require.Equal(t, golden, got, file)

			whole, err := sent(NewHandshake(cfg), []byte(peer.says+"traffic"))
			require.NoError(t, err)
			require.Equal(t, golden[:greeted], whole, "%s in one piece", file)

			var want []event
			for _, m := range msgs {
				want = append(want, messageEvent(m))
			}
			f := feeder{d: decoderOf(peer.version)}
			f.decode(t, golden[greeted:])
			require.NoError(t, f.err)
			require.Equal(t, want, f.events, file)
			for end := range golden[greeted:] {
				f := feeder{d: decoderOf(peer.version)}
				f.decode(t, golden[greeted:greeted+end])
				require.NoError(t, f.err, "%s cut at %d", file, end)
				require.Equal(t, append([]event(nil), want[:len(f.events)]...), f.events, "%s cut at %d", file, end)
				taken := greeted
				for _, m := range msgs[:len(f.events)] {
					taken += len(appendOld(nil, peer.version, m))
				}
				require.Equal(t, taken < greeted+end, f.d.Partial(), "%s cut at %d", file, end)
			}
		}
	}
	for _, name := range hexNames(t, "old") {
		require.True(t, files[name], name)
	}
}

// TestOldPeerIsRefused wants ZMTP 1.0 to be refused where nobody allowed it, and 2.0 to be served, at the octet that tells.
func TestOldPeerIsRefused(t *testing.T) {
	for name, at := range map[string]int{"zmtp2": -1, "zmtp1": 10, "unversioned": 0, "unversioned-long": 9} {
		says := oldPeers[name].says
		h := NewHandshake(HandshakeConfig{SocketType: TypePush})
		n, _, err := h.Receive([]byte(says))
		if at < 0 {
			require.NoError(t, err)
			require.True(t, h.Done())
			continue
		}
		require.ErrorAs(t, err, new(*ProtocolError), name)
		require.ErrorContains(t, err, "the peer speaks ZMTP 1.0", name)
		require.Equal(t, at+1, n, name)
	}
}

// TestOldIdentities wants identities of all lengths there are, and no longer ones, which libzmq takes; no memory is taken on their word.
func TestOldIdentities(t *testing.T) {
	prefixes := map[string]string{"zmtp2": oldPeers["zmtp2"].says[:12], "zmtp1": oldPeers["zmtp1"].says[:12], "unversioned": ""}
	for name, prefix := range prefixes {
		v := oldPeers[name].version
		for _, size := range []int{0, 1, 126, 253, 254, 255} {
			id := strings.Repeat("i", size)
			h := NewHandshake(HandshakeConfig{SocketType: TypeRouter, ZMTP1: true})
			octets := appendOld([]byte(prefix), v, NewMessage(id))
			n, _, err := h.Receive(append(octets, "traffic"...))
			require.NoError(t, err, "%s, %d", name, size)
			require.Equal(t, len(octets), n)
			require.True(t, h.Done())
			require.Equal(t, []byte(id), h.Peer().Identity)
		}
		for _, size := range []int{256, 1 << 20, 1 << 62} {
			octets := AppendHeader([]byte(prefix), 0, size)
			if v == version10 {
				octets = AppendOldHeader([]byte(prefix), 0, size)
			}
			h := NewHandshake(HandshakeConfig{SocketType: TypeRouter, ZMTP1: true})
			_, _, err := h.Receive(octets)
			require.ErrorAs(t, err, new(*ProtocolError), "%s, %d", name, size)
			require.LessOrEqual(t, cap(h.buf), 2*len(octets)+greetingSize)
		}
	}
}

// TestOldHeaderRoundTrip encodes headers around every border and decodes them.
func TestOldHeaderRoundTrip(t *testing.T) {
	for _, flags := range []Flags{0, More} {
		for _, size := range []int{0, 1, 252, 253, 254, 255, 256, 65535, 1<<63 - 2} {
			b := AppendOldHeader([]byte("before"), flags|Large|CommandFrame, size)[6:]
			want := header{flags: flags, size: uint64(size), len: oldShortHeader}
			if size > 253 {
				want.len = oldLargeHeader
			}
			require.Len(t, b, want.len)
			require.Equal(t, want, parseOldHeader(b))
			for end := range b {
				require.Equal(t, header{}, parseOldHeader(b[:end]), "cut at %d", end)
			}
		}
	}
}

// TestOldDecoderRefuses wants frames without room for their flags, and frames over the limit, to end the connection, wherever they stand.
func TestOldDecoderRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		octets string
		limit  int64
		bad    bool
	}{
		"length 0":            {"\x00\x00", -1, true},
		"length 0, large":     {"\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00", -1, true},
		"behind a message":    {"\x02\x00m\x00\x00", -1, true},
		"small, large form":   {"\xff\x00\x00\x00\x00\x00\x00\x00\x02\x00m", -1, false},
		"at the limit":        {"\x04\x00abc", 3, false},
		"over the limit":      {"\x05\x00", 3, true},
		"over it, large form": {"\xff\x00\x00\x00\x00\x00\x00\x00\x05\x00", 3, true},
		"longest there is":    {"\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00", -1, false},
		"longer":              {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", -1, true},
		"all flags":           {"\x02\xfem", -1, false},
		"limit of nothing":    {"\x01\x00", 0, false},
	} {
		f := feeder{d: NewOldDecoder(c.limit)}
		f.decode(t, []byte(c.octets))
		require.Equal(t, c.bad, f.err != nil, name)
		if c.bad {
			require.ErrorAs(t, f.err, new(*ProtocolError), name)
		}
		require.LessOrEqual(t, len(f.d.body.octets), trusted, "%s: memory on a header's word", name)
	}
}

// oldReference decodes octets in the plainest way, for comparison. It reports whether it met a frame that may not be.
func oldReference(octets []byte, maxFrame int64) (events []event, bad bool) {
	frames := []string{}
	for len(octets) >= 2 {
		length, flags, rest := uint64(octets[0]), octets[1], octets[2:]
		if octets[0] == 0xFF {
			if len(octets) < 10 {
				break
			}
			length, flags, rest = binary.BigEndian.Uint64(octets[1:]), octets[9], octets[10:]
		}
		if length == 0 || length-1 > 1<<63-1 || maxFrame >= 0 && length-1 > uint64(maxFrame) {
			return events, true
		}
		if length-1 > uint64(len(rest)) {
			break
		}
		frames = append(frames, string(rest[:length-1]))
		octets = rest[length-1:]
		if flags&1 == 0 {
			events = append(events, event{frames: frames})
			frames = []string{}
		}
	}
	return events, false
}

// FuzzOldFrame decodes any octets as ZMTP 1.0, under any limit. What comes out must not depend on the cut, must be what the plainest decoder makes of
// them, must survive another encoding and decoding, and must not take more memory than allowed.
func FuzzOldFrame(f *testing.F) {
	for name, peer := range oldPeers {
		golden := readHex(f, "old/libzmq-"+name+"-dealer")
		f.Add(golden, int64(-1), uint64(1))
		f.Add([]byte(peer.says), int64(-1), uint64(2))
	}
	_, msgs := oldTraffic(TypePush)
	var octets []byte
	for _, m := range msgs {
		octets = appendOld(octets, version10, m)
	}
	f.Add(octets, int64(300), uint64(3))
	f.Add(AppendOldHeader(nil, 0, 1<<40), int64(1<<30), uint64(4))
	f.Fuzz(func(t *testing.T, octets []byte, maxFrame int64, seed uint64) {
		want, bad := oldReference(octets, maxFrame)
		whole := feeder{d: NewOldDecoder(maxFrame)}
		whole.decode(t, octets)
		require.Equal(t, want, whole.events)
		require.Equal(t, bad, whole.err != nil)

		pieces := feeder{d: NewOldDecoder(maxFrame)}
		rnd := rand.New(rand.NewPCG(seed, 6))
		pieces.large(maxFrame, rnd)
		for p := octets; len(p) > 0 && pieces.err == nil; {
			n := 1 + rnd.IntN(min(len(p), 100))
			if rnd.IntN(2) == 0 {
				n -= len(pieces.direct(t, p[:n]))
			} else {
				n = len(pieces.ahead(t, p, n, rnd))
				pieces.decode(t, p[:n])
			}
			p = p[n:]
			require.LessOrEqual(t, len(pieces.d.body.octets), max(trusted, growth*len(octets)))
		}
		require.Equal(t, want, pieces.events)
		require.Equal(t, bad, pieces.err != nil)

		var encoded []byte
		for _, e := range want {
			encoded = appendOld(encoded, version10, NewMessage(e.frames...))
		}
		again := feeder{d: NewOldDecoder(-1)}
		again.decode(t, encoded)
		require.NoError(t, again.err)
		require.Equal(t, want, again.events)
	})
}

// FuzzOldHandshake plays any octets to a handshake that allows ZMTP 1.0. The outcome must not depend on the cut, and memory must follow what came.
func FuzzOldHandshake(f *testing.F) {
	for _, peer := range oldPeers {
		f.Add([]byte(peer.says+"traffic"), uint64(1))
	}
	f.Add(peerSays(readyOf(TypePull)), uint64(2))
	f.Add(AppendHeader([]byte(oldPeers["zmtp2"].says[:12]), 0, 1<<62), uint64(3))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: example\r\n\r\n"), uint64(4))
	f.Fuzz(func(t *testing.T, octets []byte, seed uint64) {
		cfg := HandshakeConfig{SocketType: TypeRouter, Identity: []byte("weir"), ZMTP1: true}
		whole := NewHandshake(cfg)
		n, want, err := whole.Receive(octets)
		pieces := NewHandshake(cfg)
		rnd := rand.New(rand.NewPCG(seed, 7))
		var got []byte
		var perr error
		total := 0
		for p := octets; len(p) > 0; {
			piece := 1 + rnd.IntN(min(len(p), 100))
			used, out, e := pieces.Receive(p[:piece])
			got, perr, total, p = append(got, out...), e, total+used, p[piece:]
			require.LessOrEqual(t, cap(pieces.buf), 2*len(octets)+2*greetingSize)
		}
		require.Equal(t, err, perr)
		require.Equal(t, n, total)
		require.True(t, bytes.Equal(want, got))
		require.Equal(t, whole.Done(), pieces.Done())
		require.Equal(t, whole.Peer(), pieces.Peer())
		if whole.Done() && !whole.Peer().Version.AtLeast(3, 0) {
			require.LessOrEqual(t, len(whole.Peer().Identity), maxIdentity)
		}
	})
}
