package actor

import "github.com/weirmq/weir/actor/internal/fault"

// Spawn starts an actor as a child of parent: a *System, or the *Context of an actor, then inside its Receive. make makes
// an instance; it is called once by Spawn itself, on the caller's goroutine, and again on the actor's at each restart. The
// actor then receives [Started], on a goroutine of the system's, after Spawn has returned or while it does.
//
// name is the last part of the actor's path. It may have slashes in it. Empty stands for a number. It must be unique
// among the siblings, and the path that it makes unique in the system.
//
// Errors: [ErrNameTaken]; [ErrStopped] if the parent is stopping, has failed or is being restarted; a *[PanicError] if
// make panics. Then nothing was started.
func Spawn[M any](parent Parent, name string, make func() Actor[M], opts ...Option) (Ref[M], error) {
	c := newTyped(make, opts)
	if err := c.build(); err != nil {
		return Ref[M]{}, err
	}
	if err := parent.adopt(name, &c.cell); err != nil {
		return Ref[M]{}, err
	}
	return Ref[M]{c}, nil
}

// inject implements [body].
func (c *typed[M]) inject(f fault.Fault) error { return c.tell(envelope[M]{aux: f}) }

// init gives package actortest its way in, which is in nobody else's reach.
func init() {
	fault.Inject = func(ref any, f fault.Fault) error {
		c := ref.(interface{ kernel() *cell }).kernel()
		if c == nil {
			return ErrStopped
		}
		return c.body.inject(f)
	}
}
