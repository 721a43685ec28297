package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// formatNamed finds a format of the table.
func formatNamed(t *testing.T, name string) format {
	t.Helper()
	var f formatFlag
	require.NoError(t, f.Set(name))
	return f.format
}

// TestFormats holds lines to the frames that they stand for, in both directions.
func TestFormats(t *testing.T) {
	for _, c := range []struct {
		format, line string
		frames       []string
		canonical    string // what is printed, where it differs from line
	}{
		{"text", "", []string{""}, ""},
		{"text", "a", []string{"a"}, ""},
		{"text", " a b ", []string{" a b "}, ""},
		{"text", "a\tb", []string{"a", "b"}, ""},
		{"text", "\t", []string{"", ""}, ""},
		{"text", "\ta", []string{"", "a"}, ""},
		{"text", "a\t\tb\t", []string{"a", "", "b", ""}, ""},
		{"text", "a\r", []string{"a\r"}, ""},
		{"text", "\xff\x00", []string{"\xff\x00"}, ""},
		{"hex", "", []string{""}, ""},
		{"hex", "78", []string{"x"}, ""},
		{"hex", " 78", []string{"", "x"}, ""},
		{"hex", "78 ", []string{"x", ""}, ""},
		{"hex", " ", []string{"", ""}, ""},
		{"hex", "00ff  0a09", []string{"\x00\xff", "", "\n\t"}, ""},
		{"hex", "AbCd", []string{"\xab\xcd"}, "abcd"},
		{"json", `["a"]`, []string{"a"}, ""},
		{"json", `[""]`, []string{""}, ""},
		{"json", `["a","","b\tc\n"]`, []string{"a", "", "b\tc\n"}, ""},
		{"json", `["<&>é世"]`, []string{"<&>é世"}, ""},
		{"json", `[{"hex":"00ff"},"x"]`, []string{"\x00\xff", "x"}, ""},
		{"json", `["\u0000"]`, []string{"\x00"}, ""},
		{"json", ` [ "a" , { "hex" : "" } ]`, []string{"a", ""}, `["a",""]`},
		{"json", `["\ud83d\ude00"]`, []string{"😀"}, `["😀"]`},
		{"json", `["\\ud83d"]`, []string{`\ud83d`}, ""},
		{"json", `["` + "\ufffd" + `"]`, []string{"\ufffd"}, ""},
	} {
		f := formatNamed(t, c.format)
		m, err := f.parse([]byte(c.line))
		require.NoError(t, err, "%s %q", c.format, c.line)
		require.True(t, equal(socket.NewMessage(c.frames...), m), "%s %q: got %q", c.format, c.line, m.Frames())
		want := c.line
		if c.canonical != "" {
			want = c.canonical
		}
		require.Equal(t, "before "+want, string(f.append([]byte("before "), m)))
	}
}

// equal compares frame by frame.
func equal(a, b socket.Message) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i, frame := range a.All() {
		if !bytes.Equal(frame, b.Frame(i)) {
			return false
		}
	}
	return true
}

// TestBadLines wants an error for every line that stands for no message, and for those that JSON would take only with other bytes in them.
func TestBadLines(t *testing.T) {
	for _, c := range [][2]string{
		{"hex", "7"},
		{"hex", "78 7"},
		{"hex", "7x"},
		{"hex", "78\r"},
		{"hex", "78\t78"},
		{"json", ``},
		{"json", `[]`},
		{"json", `null`},
		{"json", `"a"`},
		{"json", `{"hex":"78"}`},
		{"json", `["a"`},
		{"json", `["a"] x`},
		{"json", `[1]`},
		{"json", `[null]`},
		{"json", `[true]`},
		{"json", `[["a"]]`},
		{"json", `[{}]`},
		{"json", `[{"hex":null}]`},
		{"json", `[{"hex":1}]`},
		{"json", `[{"hex":"7"}]`},
		{"json", `[{"hex":"78","more":1}]`},
		{"json", "[\"\xff\"]"},
		{"json", `["\ud83d"]`},
		{"json", `["\ude00\ud83d"]`},
		{"json", `["\ud83dx\ude00"]`},
		{"json", `["\ud83d\\ude00"]`},
		{"json", `["\ud83d\u0041"]`},
	} {
		_, err := formatNamed(t, c[0]).parse([]byte(c[1]))
		require.Error(t, err, "%s %q", c[0], c[1])
	}
}

// FuzzFrames prints any message and reads it again.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("a|b||c"))
	f.Add([]byte("\xff\xfe|\t|\n|\u2028|\\u|\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := socket.MessageOf(bytes.Split(data, []byte("|"))...)
		for _, f := range formats {
			line := f.append(nil, m)
			if f.name() == "text" && bytes.ContainsAny(data, "\t\n") {
				continue
			}
			require.NotContains(t, string(line), "\n")
			again, err := f.parse(bytes.Clone(line))
			require.NoError(t, err)
			require.True(t, equal(m, again), "%s: %q became %q", f.name(), m.Frames(), again.Frames())
		}
	})
}

// FuzzLine reads any line: what is accepted must survive being printed.
func FuzzLine(f *testing.F) {
	for _, line := range []string{"", "a\tb", " 78", `["a",{"hex":"ff"}]`, `["\ud83d\ude00\n"]`, `["\ud83d"]`} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.IndexByte(line, '\n') >= 0 {
			return // two lines
		}
		for _, f := range formats {
			m, err := f.parse(bytes.Clone(line))
			if err != nil {
				require.NotEqual(t, "text", f.name(), "every line is a message")
				continue
			}
			again, err := f.parse(f.append(nil, m))
			require.NoError(t, err)
			require.True(t, equal(m, again))
		}
	})
}
