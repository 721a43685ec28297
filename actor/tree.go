package actor

import "sync"

// A Node is an actor in a picture of the tree: see [System.Tree].
type Node struct {
	// Name is the actor's name, Path its path.
	Name, Path string

	// Restarts counts the instances after the first. LastError is what an instance failed with last; nil for never.
	Restarts  int
	LastError error

	// Waiting is how many messages wait on the control and the data lane, the one at hand included. A lent lane is its
	// owner's to count.
	Waiting int

	// Children are the actors below it, in order of start.
	Children []Node
}

// Tree returns a picture of all actors there are: the top-level actors, in order of start, each with everything below it.
// It asks no actor, so it answers at once, whatever they do; those that start or stop meanwhile are in it or not. Any
// goroutine may call it.
func (s *System) Tree() []Node {
	below := map[*cell][]*cell{}
	s.roll.mu.Lock()
	for c := s.roll.first; c != nil; c = c.onRoll.next {
		parent, _ := c.parent.(*cell) // nil for the root
		below[parent] = append(below[parent], c)
	}
	s.roll.mu.Unlock()
	return nodes(below, nil)
}

// nodes are the pictures of what is below parent.
func nodes(below map[*cell][]*cell, parent *cell) []Node {
	var all []Node
	for _, c := range below[parent] {
		n := Node{Name: c.name, Path: c.path, Restarts: int(c.restarts.Load()), Waiting: c.body.queued(), Children: nodes(below, c)}
		if err := c.lastError.Load(); err != nil {
			n.LastError = *err
		}
		all = append(all, n)
	}
	return all
}

// A roll lists all actors of a system, in order of start. The zero value is empty.
type roll struct {
	mu          sync.Mutex
	first, last *cell // guarded by mu
}

// rollEntry is a cell's place on the roll. Guarded by the roll's mu.
type rollEntry struct{ prev, next *cell }

// add puts c at the end.
func (r *roll) add(c *cell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.onRoll.prev = r.last
	if r.last == nil {
		r.first = c
	} else {
		r.last.onRoll.next = c
	}
	r.last = c
}

// remove takes c off.
func (r *roll) remove(c *cell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.onRoll.prev == nil {
		r.first = c.onRoll.next
	} else {
		c.onRoll.prev.onRoll.next = c.onRoll.next
	}
	if c.onRoll.next == nil {
		r.last = c.onRoll.prev
	} else {
		c.onRoll.next.onRoll.prev = c.onRoll.prev
	}
	c.onRoll = rollEntry{}
}
