package wire

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// frameStrings returns the frames of m as strings.
func frameStrings(m Message) []string { return messageEvent(m).frames }

// TestMessageZero checks that the zero value is a message of one empty frame,
// however it comes about.
func TestMessageZero(t *testing.T) {
	var zero Message
	for _, m := range []Message{zero, NewMessage(), MessageOf(), NewMessage(""), MessageOf(nil), zero.Clone(), zero.Tail(1)} {
		require.Equal(t, 1, m.Len())
		require.Empty(t, m.Bytes())
		require.Empty(t, m.Frame(0))
		require.Zero(t, m.Size())
		require.Equal(t, "", m.String())
		require.Len(t, m.Frames(), 1)
		require.Equal(t, []byte{0, 0}, AppendMessage(nil, m))
	}
}

// TestMessageFrames looks at messages of 1 to 10 frames from every side.
func TestMessageFrames(t *testing.T) {
	words := []string{"a", "bb", "", "dddd", "e", "f", "g", "h", "i", "j"}
	for n := 1; n <= len(words); n++ {
		m := NewMessage(words[:n]...)
		require.Equal(t, n, m.Len())
		require.Equal(t, words[:n], frameStrings(m))
		size := 0
		for i, w := range words[:n] {
			require.Equal(t, w, string(m.Frame(i)))
			require.Equal(t, w, string(m.Frames()[i]))
			size += len(w)
		}
		require.Equal(t, size, m.Size())
		require.Equal(t, words[0], string(m.Bytes()))
		require.Equal(t, words[:n], frameStrings(MessageOf(m.Frames()...)))
		for cut := -1; cut < n; cut++ {
			require.Equal(t, words[max(cut, 0):n], frameStrings(m.Tail(cut)))
		}
		require.Equal(t, Message{}, m.Tail(n))
		require.Equal(t, Message{}, m.Tail(n+1))
		require.Panics(t, func() { m.Frame(n) })
		require.Panics(t, func() { m.Frame(-1) })
	}
}

// TestMessageAppendPrepend puts messages of all small sizes together.
func TestMessageAppendPrepend(t *testing.T) {
	left := []string{"0", "1", "2", "3", "4"}
	right := []string{"5", "6", "7", "8", "9"}
	for l := 1; l <= len(left); l++ {
		for r := range len(right) + 1 {
			m := NewMessage(left[:l]...)
			var add [][]byte
			for _, w := range right[:r] {
				add = append(add, []byte(w))
			}
			require.Equal(t, append(append([]string{}, left[:l]...), right[:r]...), frameStrings(m.Append(add...)))
			require.Equal(t, append(append([]string{}, right[:r]...), left[:l]...), frameStrings(m.Prepend(add...)))
			require.Equal(t, left[:l], frameStrings(m), "the message itself is as it was")
		}
	}
}

// TestMessageCopiesAreIndependent appends different frames to one message.
func TestMessageCopiesAreIndependent(t *testing.T) {
	base := NewMessage("a", "b")
	x, y := base.Append([]byte("x")), base.Append([]byte("y"))
	require.Equal(t, []string{"a", "b", "x"}, frameStrings(x))
	require.Equal(t, []string{"a", "b", "y"}, frameStrings(y))

	list := [][]byte{[]byte("a"), []byte("b"), []byte("c")}
	m := MessageOf(list...)
	list[1] = []byte("changed")
	require.Equal(t, []string{"a", "b", "c"}, frameStrings(m), "the list is not kept")
	m.Frames()[0] = []byte("changed")
	require.Equal(t, "a", string(m.Bytes()), "the list is a new one")
}

// TestMessageTakesOver checks that MessageOf copies no octets and Clone all.
func TestMessageTakesOver(t *testing.T) {
	first, second := []byte("first"), []byte("second")
	m := MessageOf(first, second)
	clone := m.Clone()
	first[0], second[0] = 'F', 'S'
	require.Equal(t, []string{"First", "Second"}, frameStrings(m))
	require.Equal(t, []string{"first", "second"}, frameStrings(clone))
}

// TestMessageString checks the form for people.
func TestMessageString(t *testing.T) {
	require.Equal(t, "one", NewMessage("one").String())
	require.Equal(t, "one||three", NewMessage("one", "", "three").String())
}

// TestMessageAllStops checks that a loop over All may end early.
func TestMessageAllStops(t *testing.T) {
	seen := 0
	for i := range NewMessage("a", "b", "c").All() {
		seen++
		if i == 1 {
			break
		}
	}
	require.Equal(t, 2, seen)
}

// TestMessageIsSmall checks the size that queues are planned for.
func TestMessageIsSmall(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(Message{}), uintptr(32))
}
