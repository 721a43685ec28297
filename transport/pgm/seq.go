package pgm

// A Seq is a sequence number of 32 bits that wraps around. Comparisons are serial arithmetic: of two numbers the one
// that is less than 2^31 steps ahead is the later.
// https://www.rfc-editor.org/rfc/rfc1982
type Seq uint32

// Before reports whether s is earlier than t.
func (s Seq) Before(t Seq) bool { return int32(s-t) < 0 }

// to is how many steps lie between s and t, negative where t is earlier.
func (s Seq) to(t Seq) int { return int(int32(t - s)) }

// later returns the later of both.
func later(s, t Seq) Seq {
	if s.Before(t) {
		return t
	}
	return s
}

// earlier returns the earlier of both.
func earlier(s, t Seq) Seq {
	if t.Before(s) {
		return t
	}
	return s
}
