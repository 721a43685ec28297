package socket

// An audience is the pipes that subscribed to one topic, in no order. Adding and removing one takes a time that does not depend on how many there
// are. The zero value is empty.
type audience struct {
	pipes []*pipe
	at    map[*pipe]int // the place of each in pipes; nil while they are few
}

// fewPipes is up to how many pipes are looked through one after the other.
const fewPipes = 16

// add adds a pipe that is not in it.
func (a *audience) add(p *pipe) {
	a.pipes = append(a.pipes, p)
	switch {
	case a.at != nil:
		a.at[p] = len(a.pipes) - 1
	case len(a.pipes) > fewPipes:
		a.at = make(map[*pipe]int, 2*fewPipes)
		for i, q := range a.pipes {
			a.at[q] = i
		}
	}
}

// remove takes a pipe out that is in it: the last one takes its place.
func (a *audience) remove(p *pipe) {
	i, ok := a.at[p]
	for a.at == nil && !ok {
		ok = a.pipes[i] == p
		if !ok {
			i++
		}
	}
	last := len(a.pipes) - 1
	a.pipes[i] = a.pipes[last]
	a.pipes[last] = nil
	a.pipes = a.pipes[:last]
	if a.at != nil {
		if i < last {
			a.at[a.pipes[i]] = i
		}
		delete(a.at, p)
	}
}
