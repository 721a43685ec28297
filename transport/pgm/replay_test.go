package pgm

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/wire"
)

// A captured is one PGM packet of a capture.
type captured struct {
	number   int // as tcpdump counts, from 1
	at       time.Time
	from, to netip.Addr
	packet   []byte
	cut      bool // the capture has only its beginning
}

// capture reads the PGM packets of a file in testdata: raw ones and those within UDP, over IPv4 and IPv6.
func capture(t testing.TB, name string) []captured {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	require.Equal(t, []byte{0xd4, 0xc3, 0xb2, 0xa1}, b[:4], "the captures are little-endian")
	var all []captured
	for b, n := b[24:], 1; len(b) > 0; n++ {
		sec, usec := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		have, size := binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])
		frame := b[16 : 16+have]
		b = b[16+have:]
		c := captured{number: n, at: time.Unix(int64(sec), int64(usec)*1000), cut: have < size}
		if c.unwrap(frame) {
			all = append(all, c)
		}
	}
	require.NotEmpty(t, all)
	return all
}

// unwrap takes the packet out of an Ethernet frame; false where there is none in it.
func (c *captured) unwrap(frame []byte) bool {
	ip := frame[14:]
	var proto byte
	switch binary.BigEndian.Uint16(frame[12:]) {
	case 0x0800:
		proto = ip[9]
		c.from, c.to = netip.AddrFrom4([4]byte(ip[12:])), netip.AddrFrom4([4]byte(ip[16:]))
		ip = ip[int(ip[0]&15)*4 : min(len(ip), int(binary.BigEndian.Uint16(ip[2:])))]
	case 0x86dd:
		proto = ip[6]
		c.from, c.to = netip.AddrFrom16([16]byte(ip[8:])), netip.AddrFrom16([16]byte(ip[24:]))
		ip = ip[40:min(len(ip), 40+int(binary.BigEndian.Uint16(ip[4:])))]
	default:
		return false
	}
	switch proto {
	case 17:
		if port := binary.BigEndian.Uint16(ip[2:]); port < 5555 || port > 5560 {
			return false
		}
		ip = ip[8:]
	case 113:
	default:
		return false
	}
	c.packet = ip
	return true
}

// messages are "A msg-0", "B msg-1" and so on, as the captured publishers sent them.
func messages(first, last int) (all []string) {
	for n := first; n <= last; n++ {
		all = append(all, fmt.Sprintf("%s msg-%d", []string{"A", "B"}[n%2], n))
	}
	return all
}

// replays are the captures, the packets that did not reach the receiver, and what it must make of the rest. Where the
// data is cut, only the messages are compared that could be read.
var replays = []struct {
	file   string
	window int
	drop   []Seq // numbers of ODATA that are lost
	dead   []Seq // numbers whose repairs are lost too
	want   []string
}{
	{file: "epgm-basic.pcap", want: messages(0, 4)},
	{file: "pgm-basic.pcap", want: messages(0, 3)},
	{file: "epgm-ipv6.pcap", want: messages(0, 1)},
	{file: "epgm-loss-nak-ncf-rdata.pcap", drop: []Seq{2, 5, 6, 7}, want: messages(0, 9)},
	{file: "pgm-loss-nak-ncf-rdata.pcap", drop: []Seq{2, 3}, want: messages(0, 7)},
	{file: "epgm-two-receivers-ncf-suppress.pcap", drop: []Seq{3, 6, 9}, want: messages(0, 13)},
	{
		file: "epgm-unrecoverable-loss.pcap", window: 8, drop: []Seq{3}, dead: []Seq{3},
		want: slices.Concat(messages(0, 2), []string{"lost 1"}, messages(4, 19)),
	},
	{file: "epgm-spm-schedule-66s.pcap", want: messages(0, 0)},
	{file: "epgm-framing.pcap"},
	{file: "epgm-big-message.pcap"},
	{file: "epgm-latejoin-spmr.pcap"},
	{file: "pgm-latejoin-spmr.pcap"},
	{file: "epgm-rate-limit-snap90.pcap"},
	{file: "epgm-lo-lost-naks-snap90.pcap"},
}

// TestReplay plays each capture into a receiver with the clock of the capture, and leaves none out.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.pcap"))
	require.NoError(t, err)
	var rows []string
	for _, r := range replays {
		rows = append(rows, filepath.Join("testdata", r.file))
	}
	require.ElementsMatch(t, files, rows)
	for _, r := range replays {
		t.Run(strings.TrimSuffix(r.file, ".pcap"), func(t *testing.T) {
			lines := replay(t, r.file, r.window, r.drop, r.dead)
			if r.want != nil {
				require.Equal(t, r.want, lines)
				return
			}
			golden := filepath.Join("testdata", strings.TrimSuffix(r.file, ".pcap")+".txt")
			text := strings.Join(lines, "\n") + "\n"
			if os.Getenv("REWRITE") != "" {
				require.NoError(t, os.WriteFile(golden, []byte(text), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), text)
		})
	}
}

// replay returns what the receiver makes of a capture: messages and losses, one a line. What is asked for must have been
// missing.
func replay(t *testing.T, file string, window int, drop, dead []Seq) (lines []string) {
	all := capture(t, file)
	whole := !slices.ContainsFunc(all, func(c captured) bool { return c.cut }) // what is cut is missing too
	head, err := Parse(all[0].packet)
	require.NoError(t, err)
	r := NewReceiver(ReceiverConfig{Port: head.Port, Window: window, Rand: rand.New(rand.NewPCG(1, 2))})
	decoders := map[TSI]*wire.PGMDecoder{}
	tell := func() {
		for d, ok := r.Next(); ok; d, ok = r.Next() {
			if decoders[d.TSI] == nil {
				decoders[d.TSI] = wire.NewPGMDecoder(-1)
			}
			switch d.Kind {
			case Data:
				msgs, err := decoders[d.TSI].Decode(d.TSDU, nil)
				require.NoError(t, err)
				for _, m := range msgs {
					lines = append(lines, word(m))
				}
			case Lost:
				decoders[d.TSI].Lose()
				lines = append(lines, fmt.Sprintf("lost %d", d.Count))
			case Joined:
				if d.Late {
					lines = append(lines, "joined late")
				}
			case Left, Expired:
			}
		}
	}
	poll := func(now time.Time) {
		for o, ok := r.Poll(now); ok; o, ok = r.Poll(now) {
			p, err := Parse(o.Packet)
			require.NoError(t, err)
			require.Contains(t, []Type{NAK, SPMR}, p.Type)
			if p.Type == SPMR || !whole {
				continue
			}
			for n := range p.Numbers() {
				require.Contains(t, drop, n, "asked for, and not missing")
			}
		}
		tell()
	}
	var now time.Time
	for _, c := range all {
		for at := r.Deadline(); !at.IsZero() && at.Before(c.at); at = r.Deadline() {
			poll(at)
		}
		now = c.at
		p, _ := Parse(c.packet)
		lost := p.Type == ODATA && slices.Contains(drop, p.Seq) || p.Type == RDATA && slices.Contains(dead, p.Seq)
		if lost || p.Type.upstream() && !c.to.IsMulticast() {
			continue
		}
		if err := r.Handle(now, slices.Clone(c.packet), c.from, c.to); err != nil {
			require.True(t, c.cut)
		}
		tell()
		poll(now)
	}
	return lines
}

// word is a message as a line: short bodies as they are, long ones by their length.
func word(m wire.Message) string {
	var parts []string
	for _, f := range m.All() {
		if len(f) > 20 {
			parts = append(parts, fmt.Sprintf("%s...%d", f[:8], len(f)))
		} else {
			parts = append(parts, string(f))
		}
	}
	return strings.Join(parts, "|")
}
