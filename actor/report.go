package actor

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
)

// deadLetter gives d to the function that was set, or to the log.
func (s *System) deadLetter(d DeadLetter) {
	if s.onDead == nil {
		s.log.LogAttrs(context.Background(), slog.LevelInfo, "actor: dead letter", slog.String("actor", d.To),
			slog.Any("message", d.Message), slog.Any("reason", d.Reason))
		return
	}
	defer s.guard("dead letter")
	s.onDead(d)
}

// reportFailure gives f to the function that was set.
func (s *System) reportFailure(f Failure) {
	if s.onReport != nil {
		defer s.guard("report")
		s.onReport(f)
	}
}

// guard is deferred around a function that the user set: a panic in it is logged, since nobody is there to fail.
func (s *System) guard(which string) {
	if v := recover(); v != nil {
		s.log.Error("actor: the "+which+" function panicked", "panic", v, "stack", string(debug.Stack()))
	}
}

// logFailure logs a failure, once: where it was decided, so not where it was passed on.
func (s *System) logFailure(f failing) {
	if f.strategy != nil {
		s.log.LogAttrs(context.Background(), slog.LevelError, "actor: strategy panicked", append(f.attrs(), slog.Any("reason", f.strategy))...)
	}
	if f.Verdict.Action == Escalate {
		return
	}
	attrs := append(f.attrs(), slog.Any("reason", f.Reason))
	if f.late {
		attrs = append(attrs, slog.String("verdict", "none, being replaced or stopped"))
	} else {
		attrs = append(attrs, slog.String("verdict", f.Verdict.Action.String()), slog.String("scope", f.Verdict.Scope.String()),
			slog.Duration("after", max(f.Verdict.After, 0)), slog.Int("consecutive", f.history.Consecutive))
	}
	if p, ok := errors.AsType[*PanicError](f.Reason); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	s.log.LogAttrs(context.Background(), f.level(), "actor: failed", attrs...)
}

// attrs are what the log says of the actor that failed, as its own Context.Logger does.
func (f failing) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("actor", f.Path)}
	if f.labels != nil {
		for pair := range slices.Chunk(*f.labels, 2) {
			attrs = append(attrs, slog.String(pair[0], pair[1]))
		}
	}
	return attrs
}

// level returns how loud a failure is. A panic is a bug, and a top-level actor that is given up is a loss: Error. What was
// to be expected, and what goes on failing, is Debug. All else is Warn.
func (f failing) level() slog.Level {
	_, panicked := errors.AsType[*PanicError](f.Reason)
	switch {
	case panicked, f.root && !f.late && f.Verdict.Action == Stop:
		return slog.LevelError
	case f.late, f.Verdict.Quiet, f.Verdict.Action == Restart && f.history.Consecutive > 0:
		return slog.LevelDebug
	default:
		return slog.LevelWarn
	}
}

// logLastError logs that an instance failed over its last message, which changes nothing.
func logLastError(l *slog.Logger, last any, err error) {
	name := "stopping"
	if _, ok := last.(Restarting); ok {
		name = "restarting"
	}
	attrs := []slog.Attr{slog.String("message", name), slog.Any("reason", err)}
	if p, ok := errors.AsType[*PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	l.LogAttrs(context.Background(), slog.LevelWarn, "actor: failed over its last message", attrs...)
}

// protoLog passes protoactor's errors on to our log. Everything below is dropped: a line for each system and each failure,
// in other words than ours.
type protoLog struct {
	to slog.Handler
}

// Enabled implements slog.Handler.
func (h protoLog) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelError && h.to.Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (h protoLog) Handle(ctx context.Context, r slog.Record) error { return h.to.Handle(ctx, r) }

// WithAttrs implements slog.Handler.
func (h protoLog) WithAttrs(attrs []slog.Attr) slog.Handler { return protoLog{h.to.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (h protoLog) WithGroup(name string) slog.Handler { return protoLog{h.to.WithGroup(name)} }
