package actor

import (
	"log/slog"

	"github.com/weirmq/weir/mailbox"
)

// defaultMark is the mark of an actor's data lane, in messages.
const defaultMark = 1000

// A SystemOption sets something of a [System] at [NewSystem].
type SystemOption func(*System)

// WithLogger sets where failures and dead letters are logged. The default is slog.Default() at the time of NewSystem.
func WithLogger(l *slog.Logger) SystemOption {
	return func(s *System) {
		if l != nil {
			s.log = l
		}
	}
}

// WithDeadLetters sets a function that is called with each dead letter, in place of a line in the log at Info. It is
// called on the goroutine of whoever sent the message or of the actor that lost it, several at once: it must not wait.
func WithDeadLetters(f func(DeadLetter)) SystemOption {
	return func(s *System) { s.onDead = f }
}

// WithReport sets a function that is called with each failure that reaches the root of the tree: that of a top-level
// actor, and what escalated to it. It is called outside of any lock, several at once; it must not wait.
func WithReport(f func(Failure)) SystemOption {
	return func(s *System) { s.onReport = f }
}

// WithProfileLabels labels the goroutine of each actor, and those that it starts, with "actor" and the actor's path: a
// profile then tells them apart; so with the labels of [WithLabels]. The default is not to: it costs each actor some hundred
// bytes.
func WithProfileLabels() SystemOption {
	return func(s *System) { s.labels = true }
}

// options are what Option sets; each Spawn has its own.
type options struct {
	strategy Strategy       // of the actor's children; never nil
	mark     int            // of the data lane, in messages; 0 is no limit
	policy   mailbox.Policy // of the data lane
	labels   []string       // keys and values, one after the other
}

// An Option sets something of one actor at [Spawn].
type Option func(*options)

// WithStrategy sets how the children of the actor are supervised. The default restarts a child that failed, alone and for
// ever: after about 10 ms, twice as long after each further failure in a row, at most 5 s, with jitter.
func WithStrategy(s Strategy) Option {
	return func(o *options) {
		if s != nil {
			o.strategy = s
		}
	}
}

// WithMark sets the high-water mark of the data lane, in messages; 0 is no limit. The default is 1000. The message that
// is being handled still counts.
func WithMark(n int) Option { return func(o *options) { o.mark = n } }

// WithPolicy sets what [Ref.Send] and [Ref.TrySend] do at the mark. The default is mailbox.Block.
func WithPolicy(p mailbox.Policy) Option { return func(o *options) { o.policy = p } }

// WithLabels gives the actor labels, each a key and a value, beside "actor", its path: attributes of its
// [Context.Logger] and of what is logged when it fails, and, where [WithProfileLabels] is set, labels of its goroutine. It panics if one has no value.
func WithLabels(keysAndValues ...string) Option {
	if len(keysAndValues)%2 != 0 {
		panic("BUG: a label without a value")
	}
	return func(o *options) { o.labels = append(o.labels, keysAndValues...) }
}

// newOptions applies opts to the defaults. Called by Spawn.
func newOptions(opts []Option) options {
	o := options{strategy: defaultStrategy{}, mark: defaultMark}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}
