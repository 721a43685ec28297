package interop

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/weirmq/weir/socket"
)

// plainFrame is the size in bytes up to which peers report frames byte by byte; larger ones come as a hash.
const plainFrame = 256

// made returns size bytes that follow from the seed, as the peer makes them of the word @SIZE:SEED: xorshift64, eight bytes a step, low byte first.
func made(size int, seed uint64) string {
	p := make([]byte, size)
	x := seed*2 + 1
	for i := range p {
		if i%8 == 0 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		p[i] = byte(x >> (8 * (i % 8)))
	}
	return string(p)
}

// word is a frame in the peers' words, as they report it.
func word(frame []byte) string {
	switch {
	case len(frame) == 0:
		return "-"
	case len(frame) > plainFrame:
		h := fnv.New64a()
		_, _ = h.Write(frame) // a hash takes everything
		return fmt.Sprintf("#%d:%016x", len(frame), h.Sum64())
	default:
		return "x" + hex.EncodeToString(frame)
	}
}

// words is a message in the peers' words, as they report it.
func words(m socket.Message) string {
	var all []string
	for _, frame := range m.All() {
		all = append(all, word(frame))
	}
	return strings.Join(all, " ")
}

// plain is a text frame in the words of a command.
func plain(text string) string {
	if text == "" {
		return "-"
	}
	return "x" + hex.EncodeToString([]byte(text))
}

// numbered is the message that carries a number: one frame, decimal, padded with dots to size bytes.
func numbered(n, size int) socket.Message {
	frame := strconv.AppendInt(make([]byte, 0, max(size, 20)), int64(n), 10)
	for len(frame) < size {
		frame = append(frame, '.')
	}
	return socket.MessageOf(frame)
}

// numberOf reads the number of a message back; -1 when it is not a numbered one.
func numberOf(m socket.Message) int {
	if m.Len() != 1 {
		return -1
	}
	text, _, _ := strings.Cut(string(m.Bytes()[:min(m.Size(), 20)]), ".")
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}
