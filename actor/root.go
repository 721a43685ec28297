package actor

import (
	"sync"

	proto "github.com/asynkron/protoactor-go/actor"
)

// root is the parent of the top-level actors. To protoactor it is a process beside the actors, whose id is empty: it has
// no mailbox and no goroutine, and handles what comes on the goroutine that brings it, under its lock. It never fails and
// never waits for anybody. It takes the place of protoactor's guardians, which panic when something escalates to them.
type root struct {
	// Set by newRoot, then read-only.

	sys   *System
	spawn rootSpawner

	mu sync.Mutex

	// Guarded by mu.

	kin     family
	reports []failing // to be reported once mu is free
}

// rootSpawner makes protoactor take the root for the parent of what it spawns.
type rootSpawner struct {
	*proto.RootContext // of the system; only there to complete the interface

	pid *proto.PID // the root's
}

// Self implements proto.SpawnerContext.
func (s rootSpawner) Self() *proto.PID { return s.pid }

// The root is a process to protoactor, and the owner of its children.
var (
	_ proto.Process = (*root)(nil)
	_ owner         = (*root)(nil)
)

// newRoot makes the root of s. Called by NewSystem.
func newRoot(s *System) *root {
	r := &root{sys: s}
	pid, _ := s.proto.ProcessRegistry.Add(r, "")
	r.spawn = rootSpawner{s.proto.Root, pid}
	r.kin = family{owner: r, strategy: defaultStrategy{}, prefix: 1}
	return r
}

// adopt starts c as a top-level actor. Any goroutine calls it.
func (r *root) adopt(name string, c *cell) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kin.closed {
		return ErrStopped
	}
	c.sys, c.parent = r.sys, r
	k, err := r.kin.reserve(name, c)
	if err != nil {
		return err
	}
	err = r.sys.start(c, func(p *proto.Props) error {
		_, err := proto.DefaultSpawner(r.sys.proto, "/"+c.name, p, r.spawn)
		return err
	})
	if err != nil {
		r.kin.forget(k)
		return ErrNameTaken
	}
	r.kin.add(k)
	return nil
}

// SendSystemMessage implements proto.Process: a child has failed, or has stopped.
func (r *root) SendSystemMessage(_ *proto.PID, message any) {
	r.mu.Lock()
	switch m := message.(type) {
	case *proto.Failure:
		r.kin.failed(m.Message.(*cell).kid, asError(m.Reason))
	case *proto.Terminated:
		r.kin.terminated(m.GetWho().GetId())
	}
	r.unlock()
}

// SendUserMessage implements proto.Process. Nobody has the root's id, so nobody calls it.
func (r *root) SendUserMessage(_ *proto.PID, message any) {
	r.sys.deadLetter(DeadLetter{Message: message, Reason: ErrStopped})
}

// Stop implements proto.Process: the root does not stop.
func (r *root) Stop(*proto.PID) {}

// tell implements [port]: an event about a restart.
func (r *root) tell(ev any) {
	r.mu.Lock()
	r.kin.handle(ev)
	r.unlock()
}

// unlock frees mu, and reports what has happened under it: the functions it calls are the user's, and may spawn.
func (r *root) unlock() {
	reports := r.reports
	r.reports = nil
	r.mu.Unlock()
	for _, f := range reports {
		r.sys.logFailure(f)
		if !f.late {
			r.sys.reportFailure(f.Failure)
		}
	}
}

// judge implements [owner]: what escalated ends here, and the top-level actor that it came through is stopped.
func (r *root) judge(v Verdict, escalated bool) Verdict {
	if escalated || v.Action == Escalate {
		return Verdict{Action: Stop}
	}
	return v
}

// escalate implements [owner]; judge sees to it that it is not called.
func (r *root) escalate(err error) { panic("BUG: escalated beyond the root: " + err.Error()) }

// report implements [owner].
func (r *root) report(f failing) {
	f.root = true
	r.reports = append(r.reports, f)
}

// bereaved implements [owner].
func (r *root) bereaved(k *child) { r.kin.forget(k) }

// close refuses new actors, ends restarts, and returns the top-level actors in order of start. Called by Shutdown.
func (r *root) close() []*cell {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kin.close()
	var cells []*cell
	for k := r.kin.first; k != nil; k = k.next {
		cells = append(cells, k.cell)
	}
	return cells
}
