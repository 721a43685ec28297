package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// readAll reads all lines of r, and what it ended with.
func readAll(r io.Reader) (lines []string, err error) {
	for l := (&lineReader{r: r}); ; {
		some, err := l.next()
		if err != nil {
			return lines, err
		}
		for _, line := range some {
			lines = append(lines, string(line))
		}
	}
}

// TestLines cuts streams into lines, however they come.
func TestLines(t *testing.T) {
	long := strings.Repeat("x", 5*chunkSize+7)
	for text, want := range map[string][]string{
		"":                            nil,
		"\n":                          {""},
		"a":                           {"a"},
		"a\n":                         {"a"},
		"a\nb":                        {"a", "b"},
		"\n\na\n\n":                   {"", "", "a", ""},
		"a\r\n":                       {"a\r"},
		long:                          {long},
		long + "\n":                   {long},
		"a\n" + long + "\nb\n" + long: {"a", long, "b", long},
	} {
		for _, r := range []io.Reader{
			strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text)),
		} {
			lines, err := readAll(r)
			require.ErrorIs(t, err, io.EOF)
			require.Equal(t, want, lines)
		}
	}
}

// TestLinesAreTheirOwn keeps all lines of a long stream: later reads must not write over them.
func TestLinesAreTheirOwn(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var want []string
	for i := range 5000 {
		want = append(want, strings.Repeat(string(rune('a'+i%26)), rnd.IntN(100)))
	}
	l := &lineReader{r: iotest.HalfReader(strings.NewReader(strings.Join(want, "\n") + "\n"))}
	var got [][]byte
	for {
		lines, err := l.next()
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			break
		}
		for _, line := range lines {
			require.Equal(t, len(line), cap(line), "an append to a line must not reach the next")
		}
		got = append(got, lines...)
	}
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], string(got[i]))
	}
}

// TestLinesAtOnce wants a line as soon as its newline is there, before the stream goes on.
func TestLinesAtOnce(t *testing.T) {
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	go func() { _, _ = io.WriteString(w, "a\nb\nbegun") }()
	lines, err := (&lineReader{r: r}).next()
	require.NoError(t, err)
	require.Equal(t, [][]byte{[]byte("a"), []byte("b")}, lines)
}

// TestLinesFault passes on why a stream broke off, after the whole lines; half a line is none.
func TestLinesFault(t *testing.T) {
	broken := errors.New("broken")
	lines, err := readAll(io.MultiReader(strings.NewReader("a\nb\nhalf"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	require.Equal(t, []string{"a", "b"}, lines)
}
