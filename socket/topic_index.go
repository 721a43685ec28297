package socket

// A topicIndex finds nodes by hashes. It is a hash table in pages, each for the hashes with one beginning: a page that is full is made larger, and once it is large enough
// cut in two, so that there is never a long wait for the whole table to grow. (Extendible hashing.) The zero value is empty.
type topicIndex struct {
	pages []*topicPage // by the first bits of a hash; neighbours may be the same page
	depth uint8        // how many bits those are
}

// A topicPage is a table with open addressing: an entry lies at the last bits of its hash, or at the next place that was free.
type topicPage struct {
	entries []topicEntry // a power of two, a quarter of them free at least
	used    int
	depth   uint8 // how many first bits all its hashes have in common
}

// A topicEntry is a hash, in the upper half, and the number of a node; 0 is a free place.
type topicEntry uint64

// hash is that of the entry.
func (e topicEntry) hash() uint32 { return uint32(e >> 32) }

// number is that of the node.
func (e topicEntry) number() topicNumber { return topicNumber(e) }

// Sizes of an index.
const (
	smallPage = 8   // entries of the smallest page
	largePage = 512 // entries of the largest page, 4 kB: it is cut rather than made larger
	deepest   = 20  // bits of a hash that pages differ in; behind them a page is made larger after all
)

// topicEntryOf makes one.
func topicEntryOf(hash uint32, n topicNumber) topicEntry {
	return topicEntry(hash)<<32 | topicEntry(n)
}

// page is the page that a hash belongs to. The index must not be empty.
func (x *topicIndex) page(hash uint32) *topicPage { return x.pages[uint64(hash)>>(32-x.depth)] }

// put lists n under hash.
func (x *topicIndex) put(hash uint32, n topicNumber) {
	if len(x.pages) == 0 {
		x.pages = []*topicPage{{entries: make([]topicEntry, smallPage)}}
	}
	p := x.page(hash)
	for ; (p.used+1)*4 > len(p.entries)*3; p = x.page(hash) {
		if len(p.entries) < largePage || p.depth == deepest {
			p.resize(2 * len(p.entries))
		} else {
			x.cutPage(p, hash)
		}
	}
	p.put(topicEntryOf(hash, n))
}

// replace lists n in the place of old.
func (x *topicIndex) replace(hash uint32, old, n topicNumber) {
	p := x.page(hash)
	p.entries[p.find(topicEntryOf(hash, old))] = topicEntryOf(hash, n)
}

// cut takes n out.
func (x *topicIndex) cut(hash uint32, n topicNumber) {
	p := x.page(hash)
	p.cut(p.find(topicEntryOf(hash, n)))
	if len(p.entries) > smallPage && p.used*8 < len(p.entries) {
		p.resize(len(p.entries) / 2)
	}
}

// cutPage makes two pages of the one that hash belongs to, by the next bit.
func (x *topicIndex) cutPage(p *topicPage, hash uint32) {
	if p.depth == x.depth { // the page has one place: make it two
		pages := make([]*topicPage, 2*len(x.pages))
		for i := range pages {
			pages[i] = x.pages[i/2]
		}
		x.pages, x.depth = pages, x.depth+1
	}
	var halves [2]*topicPage
	for i := range halves {
		halves[i] = &topicPage{entries: make([]topicEntry, len(p.entries)), depth: p.depth + 1}
	}
	for _, e := range p.entries {
		if e != 0 {
			halves[e.hash()>>(31-p.depth)&1].put(e)
		}
	}
	places := 1 << (x.depth - p.depth)
	first := int(uint64(hash)>>(32-x.depth)) &^ (places - 1)
	for i := range places {
		x.pages[first+i] = halves[2*i/places]
	}
}

// put puts an entry in: there is room.
func (p *topicPage) put(e topicEntry) {
	mask := len(p.entries) - 1
	i := int(e.hash()) & mask
	for p.entries[i] != 0 {
		i = (i + 1) & mask
	}
	p.entries[i] = e
	p.used++
}

// find is the place of an entry that is there.
func (p *topicPage) find(e topicEntry) int {
	mask := len(p.entries) - 1
	i := int(e.hash()) & mask
	for p.entries[i] != e {
		i = (i + 1) & mask
	}
	return i
}

// cut takes the entry at a place out: those behind it move up, where that does not bring them before their own place.
func (p *topicPage) cut(hole int) {
	mask := len(p.entries) - 1
	for i := hole + 1; p.entries[i&mask] != 0; i++ {
		e := p.entries[i&mask]
		if (i-int(e.hash()))&mask >= (i-hole)&mask {
			p.entries[hole&mask], hole = e, i
		}
	}
	p.entries[hole&mask] = 0
	p.used--
}

// resize makes the page one of so many entries.
func (p *topicPage) resize(size int) {
	old := p.entries
	p.entries, p.used = make([]topicEntry, size), 0
	for _, e := range old {
		if e != 0 {
			p.put(e)
		}
	}
}
