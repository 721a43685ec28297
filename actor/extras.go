package actor

import "log/slog"

// extras is what most actors do without most of the time, so that those that are idle are small. Owned by the actor's
// goroutine, but for the alarms, which have a lock.
type extras struct {
	lent   lent
	asks   asks
	alarms alarms
	log    *slog.Logger // nil before the first use
}

// more returns the extras, made at the first call. Called on the actor's goroutine.
func (c *typed[M]) more() *extras {
	if c.extras == nil {
		c.extras = &extras{}
	}
	return c.extras
}

// logger returns the logger of c, whose extras they are.
func (x *extras) logger(c *cell) *slog.Logger {
	if x.log == nil {
		x.log = c.sys.log.With(c.attrs()...)
	}
	return x.log
}
