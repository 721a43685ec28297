package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/weirmq/weir/socket"
)

// jsonFormat writes a message as an array with a string for each frame, and {"hex":"…"} for a frame that is not UTF-8. It can say any message.
type jsonFormat struct{}

// A hexFrame is a frame that no JSON string can say.
type hexFrame struct {
	// Hex are its bytes, two digits each; nil where the key was missing.
	Hex *string `json:"hex"`
}

// What is wrong with a line of JSON, where the JSON itself is right.
var (
	errNotUTF8   = errors.New("not UTF-8")
	errNoFrames  = errors.New("a message has at least one frame")
	errSurrogate = errors.New("half a surrogate pair stands for no character")
	errNoFrame   = errors.New(`want a string or {"hex":"…"}`)
)

// name is its word.
func (jsonFormat) name() string { return "json" }

// parse reads the array. It refuses what the decoder would quietly put a replacement character for.
func (jsonFormat) parse(line []byte) (socket.Message, error) {
	if !utf8.Valid(line) {
		return socket.Message{}, errNotUTF8
	}
	var fields []json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return socket.Message{}, err
	}
	if len(fields) == 0 {
		return socket.Message{}, errNoFrames
	}
	frames := make([][]byte, len(fields))
	for i, field := range fields {
		frame, err := parseFrame(field)
		if err != nil {
			return socket.Message{}, fmt.Errorf("frame %d: %w", i+1, err)
		}
		frames[i] = frame
	}
	return socket.MessageOf(frames...), nil
}

// parseFrame reads one element of the array.
func parseFrame(field json.RawMessage) ([]byte, error) {
	switch field[0] {
	case '"':
		if halfPair(field) {
			return nil, errSurrogate
		}
		var s string
		if err := json.Unmarshal(field, &s); err != nil {
			return nil, err
		}
		return []byte(s), nil
	case '{':
		var f hexFrame
		d := json.NewDecoder(bytes.NewReader(field))
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			return nil, err
		}
		if f.Hex == nil {
			return nil, errNoFrame
		}
		return hex.DecodeString(*f.Hex)
	default:
		return nil, errNoFrame
	}
}

// halfPair says whether a quoted string has a \u escape of a surrogate without its other half.
func halfPair(quoted []byte) bool {
	for i := 0; i < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		i++ // what is escaped; the string is well-formed, so it is there
		if quoted[i] != 'u' {
			continue
		}
		switch unit := codeUnit(quoted[i+1:]); {
		case unit < 0xd800 || unit > 0xdfff:
		case unit >= 0xdc00 || quoted[i+5] != '\\' || quoted[i+6] != 'u':
			return true
		default:
			if low := codeUnit(quoted[i+7:]); low < 0xdc00 || low > 0xdfff {
				return true
			}
			i += 6
		}
		i += 4
	}
	return false
}

// codeUnit reads the four hex digits of a \u escape.
func codeUnit(digits []byte) int {
	var unit [2]byte
	_, _ = hex.Decode(unit[:], digits[:4]) // the string is well-formed
	return int(unit[0])<<8 | int(unit[1])
}

// append encodes the frames.
func (jsonFormat) append(dst []byte, m socket.Message) []byte {
	fields := make([]any, m.Len())
	for i, frame := range m.All() {
		if utf8.Valid(frame) {
			fields[i] = string(frame)
			continue
		}
		digits := hex.EncodeToString(frame)
		fields[i] = hexFrame{&digits}
	}
	b := bytes.NewBuffer(dst)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(fields) // strings can be encoded, and the buffer grows
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
}
