package socket

// An audience is the pipes that subscribed to one topic, in no order. Adding and removing one takes a time that does not depend on how many there
// are: each pipe knows its place. Audiences are many, and most are one pipe: those are one pointer, to a crowd that they share. The zero value is empty.
type audience struct{ crowd *crowd }

// A crowd is a list of pipes. One of a single pipe belongs to that pipe, and never changes.
type crowd struct{ pipes []*pipe }

// pipes are the pipes in it.
func (a *audience) pipes() []*pipe {
	if a.crowd == nil {
		return nil
	}
	return a.crowd.pipes
}

// add adds a pipe that is not in it, and says at what place.
func (a *audience) add(p *pipe) (place uint32) {
	switch n := len(a.pipes()); n {
	case 0:
		a.crowd = p.aloneCrowd()
		return 0
	case 1:
		a.crowd = &crowd{pipes: []*pipe{a.crowd.pipes[0], p}}
		return 1
	default:
		a.crowd.pipes = append(a.crowd.pipes, p)
		return uint32(n)
	}
}

// remove takes the pipe at a place out. The last one takes the place, and is returned; nil where it was the last itself.
func (a *audience) remove(place uint32) (moved *pipe) {
	pipes := a.pipes()
	last := len(pipes) - 1
	if int(place) < last {
		moved = pipes[last]
	}
	switch last {
	case 0:
		a.crowd = nil
	case 1:
		a.crowd = pipes[1-place].aloneCrowd()
	default:
		pipes[place], pipes[last] = pipes[last], nil
		a.crowd.pipes = pipes[:last]
	}
	return moved
}

// aloneCrowd is the crowd of p alone.
func (p *pipe) aloneCrowd() *crowd {
	if p.alone == nil {
		p.alone = &crowd{pipes: []*pipe{p}}
	}
	return p.alone
}
