package interop

import "testing"

// pythonSize is up to how many bytes a shape is tried with pyzmq: its peer reports bytes, not hashes, and makes none.
const pythonSize = 100

// TestPython moves the smaller shapes between Weir and pyzmq, over each pairing of the table.
func TestPython(t *testing.T) {
	overWide(t, every, func(t *testing.T, p pairing) {
		s := newScene(begin(t, pyzmq), t, p, setup{program: pyzmq})
		s.join()
		for _, form := range shapes {
			if form.message.Size() < pythonSize {
				p.moves.one(s, form.command, form.message)
			}
		}
	})
}
