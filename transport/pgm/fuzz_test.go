package pgm

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wicked are the packets that end, wedge or lead astray a libzmq subscriber, and others like them.
func wicked() [][]byte {
	data := func(text string) Packet { return Packet{Type: ODATA, TSI: tsiA, Port: 5555, Data: []byte(text)} }
	whole := data("\x00\x00\x15\x00xxxxxxxxxxxxxxxxxxxx")
	first, second := whole, whole
	first.Data, second.Data, second.Seq = whole.Data[:10], whole.Data[10:], 1
	plain := func(p Packet) []byte { return p.AppendTo(nil) }
	noSum := plain(data("\x00\x00\x02\x00a"))
	noSum[6], noSum[7] = 0, 0
	big := whole
	big.Data = make([]byte, 3000)
	high := Packet{Type: SPM, TSI: tsiA, Port: 5555, Seq: 0x90000000, Lead: 0xffffffff, Path: hostA}
	jump := Packet{Type: SPM, TSI: tsiA, Port: 5555, Seq: 1, Trail: 0x7ffffff0, Lead: 0x7fffffff, Path: hostA}
	return [][]byte{
		withOptions(first, 1, 0, 4, 0, 20, 0x81, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24),
		withOptions(second, 1, 0, 4, 0, 20, 0x81, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 24),
		withOptions(whole, 1, 0, 4, 0, 20, 0x81, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24),
		plain(data("\x00")), plain(data("")), plain(data("\x00\x64\x03\x00zz")), plain(data("\x00\x00\x00\x00")),
		plain(high), plain(jump), plain(big), noSum,
	}
}

// FuzzParse parses any octets, with a good checksum too. What parses must come out again, and parse to the same.
func FuzzParse(f *testing.F) {
	for _, v := range vectors {
		f.Add(octets(f, v.hex))
	}
	for _, b := range wicked() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = Parse(b)
		if len(b) < headerSize {
			return
		}
		b = slices.Clone(b)
		seal(b)
		p, err := Parse(b)
		if err != nil {
			return
		}
		p.Fragment = false
		if len(p.list) > 0 || p.Fin {
			p.Rst, p.Fin = false, p.Fin && len(p.list) == 0
		}
		again, err := Parse(p.AppendTo(nil))
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}

// FuzzEngines feeds packets of any octets, cut by their first two, to a receiver and a source, and lets time pass between
// them: nothing panics, a receiver holds no more than its window, and what it counts adds up.
func FuzzEngines(f *testing.F) {
	pack := func(packets ...[]byte) (all []byte) {
		for _, p := range packets {
			all = append(append(all, byte(len(p)>>8), byte(len(p))), p...)
		}
		return all
	}
	var known [][]byte
	for _, v := range vectors {
		known = append(known, octets(f, v.hex))
	}
	f.Add(pack(known...))
	f.Add(pack(wicked()...))
	f.Add(pack(append(wicked(), known...)...))
	for _, name := range []string{"epgm-loss-nak-ncf-rdata.pcap", "epgm-unrecoverable-loss.pcap"} {
		var packets [][]byte
		for i, c := range capture(f, name) {
			if i%5 != 4 {
				packets = append(packets, c.packet)
			}
		}
		f.Add(pack(packets...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		now := time.Unix(1e9, 0)
		r := NewReceiver(ReceiverConfig{Port: 5555, Window: 50, Budget: 4000})
		s := NewSource(now, SourceConfig{TSI: tsiA, Port: 5555, NLA: hostA, Group: group1, Rate: 1 << 20, Window: 5, UDP: true})
		for len(b) > 2 {
			n := min(len(b)-2, int(b[0])<<8|int(b[1]))
			packet := slices.Clone(b[2 : 2+n])
			b = b[2+n:]
			if len(packet) >= headerSize {
				seal(packet)
			}
			now = now.Add(time.Duration(n) * time.Millisecond)
			if s.Free() {
				s.Submit(packet)
			}
			_ = s.Handle(now, packet)
			for i, ok := 0, true; ok && i < 1000; i++ {
				_, ok = s.Poll(now)
			}
			_ = r.Handle(now, packet, hostA, group1)
			for ok := true; ok; {
				_, ok = r.Poll(now)
			}
			for d, ok := r.Next(); ok; d, ok = r.Next() {
				require.True(t, d.Kind != Lost || d.Count > 0)
			}
			require.LessOrEqual(t, r.held, 4000)
			held := 0
			for _, p := range r.peers {
				held += p.counted
				require.Equal(t, p.counted, gapCost*len(p.gaps)+p.held)
				require.LessOrEqual(t, len(p.have), 50)
				require.LessOrEqual(t, len(p.gaps), 51)
				require.LessOrEqual(t, p.next.to(p.lead), 50)
			}
			require.Equal(t, held, r.held)
		}
	})
}
