package mailbox

// tailWord is the one word on which producers agree: how many places have been claimed since the queue was made, and
// whether more may be. Everything that can forbid a claim lives in the word, so a claim that was prepared before a change
// fails its compare-and-swap after it. That is what makes the mark, SetMark and Close exact.
//
//	63                         11 10      3      2        1       0
//	┌────────────────────────────┬─────────┬───────────┬──────┬────────┐
//	│ position: places claimed   │ epoch   │ shut by   │ shut │ closed │
//	│                            │         │ its bytes │      │        │
//	└────────────────────────────┴─────────┴───────────┴──────┴────────┘
//
// Its life:
//
//	             claim n: position += n
//	               ┌────────┐
//	               ▼        │
//	New ────▶ open, epoch e ┴──────────────────────────┐
//	               │   ▲  ▲                            │
//	    claim that │   │  │ SetMark, SetBytes:          │ Close
//	    takes the  │   │  │ epoch e+1, and open or      │
//	    last room  │   │  │ shut as the fill says       │
//	               ▼   │  ▼                            ▼
//	             shut, epoch e ──────── Close ───▶ closed: final
//	                   │
//	                   └ opened when the low-water mark is reached (room.go)
//
// A queue is shut by either bit. They differ only for a producer whose bytes have been admitted already (bytes.go): it
// obeys the first and passes the second.
//
// The position has 53 bits: 14 years at 20 million items a second. The epoch has 8 and wraps: a producer would have to
// stand still inside one push while the mark is changed a multiple of 256 times and nobody else pushes anything, before
// its claim could slip in under an old mark.
type tailWord = uint64

// Parts of a tail word.
const (
	// closedBit is set by Close and never cleared.
	closedBit tailWord = 1 << 0
	// shutBit is set while the queue is shut: at the mark, until the low-water mark.
	shutBit tailWord = 1 << 1
	// bytesBit is set while the queue is shut because of its bytes.
	bytesBit tailWord = 1 << 2
	// shutBits say that the queue is shut.
	shutBits = shutBit | bytesBit
	// stopBits are those that forbid a claim.
	stopBits = closedBit | shutBits
	// epochOne is one step of the epoch.
	epochOne tailWord = 1 << 3
	// epochMask selects the epoch.
	epochMask tailWord = 0xff << 3
	// posShift is where the position begins.
	posShift = 11
	// posOne is one position.
	posOne tailWord = 1 << posShift
	// lowMask selects all but the position.
	lowMask = posOne - 1
	// maxPos is the highest position: the limit of a queue without a mark.
	maxPos uint64 = 1<<(64-posShift) - 1
)

// position returns how many places have been claimed by the time of w.
func position(w tailWord) uint64 { return w >> posShift }

// nextEpoch returns w one epoch later.
func nextEpoch(w tailWord) tailWord { return w&^epochMask | (w+epochOne)&epochMask }

// limitWord packs the position up to which claims are allowed with the epoch of w, so that it can be compared with tail
// words of the same epoch as a plain number.
func limitWord(upTo uint64, w tailWord) tailWord { return min(upTo, maxPos)<<posShift | w&epochMask }
