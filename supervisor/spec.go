package supervisor

import (
	"errors"
	"fmt"
	"strings"

	"github.com/weirmq/weir/actor"
)

// ErrSpec is what every error about a badly formed [Spec] wraps: no name, a name with a slash, two children of the same
// name, a child that was not made by [Worker] or [Supervisor], or a worker without a make function.
var ErrSpec = errors.New("bad supervisor spec")

// A Spec declares a supervisor and what it starts. It is data: it can be kept in a variable, be built by a function,
// and be started more than once. Specs nest through [Supervisor].
//
// The fields, and the slice of children, are set before Start and then read-only: a restart reads them again.
type Spec struct {
	// Name is the supervisor's name, unique among the actors of its parent. Not empty, and without a slash.
	Name string

	// Strategy decides what becomes of children that fail. Nil: the default of package actor, which restarts the child
	// after a short backoff.
	Strategy actor.Strategy

	// Children are spawned in this order, and again in it after a restart of the supervisor. Each then handles its
	// Started on its own; what it sends to a sibling is handled after that sibling's Started all the same. No children
	// are allowed.
	Children []Child
}

// A Child is one entry of [Spec.Children]: a worker or a further supervisor. Make it with [Worker] or [Supervisor]; the
// zero Child is refused with [ErrSpec].
type Child struct {
	// Set by Worker or Supervisor, then read-only.

	name  string      // of the actor, unique among the children of one Spec
	spec  *Spec       // what a supervisor starts; nil for a worker
	spawn spawnWorker // how a worker starts; nil for a supervisor, and for a worker without a make function
}

// spawnWorker starts a worker under its supervisor and returns its actor.Ref[M], with M forgotten. Called by node, on
// the supervisor's goroutine.
type spawnWorker func(parent actor.Parent) (ref any, err error)

// Worker declares an actor that a supervisor starts under the given name. make is called for each incarnation: at the
// first start, at each restart of the actor, and when a supervisor above it starts its children again; so state that
// must not survive a failure belongs into what make builds. The options are those of [actor.Spawn].
//
// After a restart of the worker alone its references stay good. After a restart of its supervisor the worker is a new
// actor of the same name, and [Lookup] finds it.
func Worker[M any](name string, make func() actor.Actor[M], opts ...actor.Option) Child {
	c := Child{name: name}
	if make != nil {
		c.spawn = func(parent actor.Parent) (any, error) {
			ref, err := actor.Spawn(parent, name, make, opts...)
			return ref, err
		}
	}
	return c
}

// Supervisor declares a supervisor as a child of another one. It fails when its own strategy escalates; then the
// strategy above decides, and a restart of it stops all its children and starts them again.
func Supervisor(spec Spec) Child {
	return Child{name: spec.Name, spec: &spec}
}

// Check returns nil for a Spec that [Start] takes, else an error that wraps [ErrSpec] and names the place. Start calls
// it; a test of a Spec can, too.
func (s Spec) Check() error {
	return s.check(s.Name)
}

// check is Check for a Spec at path, the names from the root down, joined by slashes.
func (s Spec) check(path string) error {
	if err := checkName(path, s.Name); err != nil {
		return err
	}
	seen := make(map[string]bool, len(s.Children))
	for _, c := range s.Children {
		if err := c.check(path); err != nil {
			return err
		}
		if seen[c.name] {
			return fmt.Errorf("%w: %s has two children named %q", ErrSpec, path, c.name)
		}
		seen[c.name] = true
	}
	return nil
}

// check is Check for one child of the supervisor at path.
func (c Child) check(path string) error {
	at := path + "/" + c.name
	switch {
	case c.spec != nil:
		return c.spec.check(at)
	case c.spawn == nil && c.name == "":
		return fmt.Errorf("%w: %s has a child not made by Worker or Supervisor", ErrSpec, path)
	case c.spawn == nil:
		return fmt.Errorf("%w: worker %s has no make function", ErrSpec, at)
	}
	return checkName(at, c.name)
}

// checkName refuses a name that could not be one step of a path. path is where it stands, for the error.
func checkName(path, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: no name at %q", ErrSpec, path)
	case strings.Contains(name, "/"):
		return fmt.Errorf("%w: the name %q has a slash", ErrSpec, name)
	}
	return nil
}
