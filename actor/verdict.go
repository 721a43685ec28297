package actor

import (
	"slices"
	"time"
)

// failing is a failure and what became of it, as it is logged and reported.
type failing struct {
	Failure
	labels   *[]string // of the child: see WithLabels
	history  History   // Recent is valid during report only
	strategy error     // the panic of the strategy, or nil
	root     bool      // it was the root that decided
	late     bool      // the child was being stopped or replaced: there was no verdict
}

// failed is called when a child has failed. It is suspended, and handles nothing until the verdict is carried out.
func (f *family) failed(k *child, reason error) {
	now := time.Now()
	fl := failing{Failure: Failure{Path: k.cell.path, Reason: reason, Time: now}, labels: k.cell.labels}
	if f.closed || k.stopping || k.state == childHalting {
		fl.late = true
		f.owner.report(fl)
		return
	}
	if r := k.recorded(); k.cell.healthy.Swap(false) {
		r.consecutive = 0
	}
	fl.history = k.history()
	fl.Verdict, fl.strategy = decide(f.strategy, fl.history, reason, now)
	fl.Verdict = f.owner.judge(fl.Verdict, k.cell.mishap.escalated)
	if fl.Verdict.Reset {
		k.record.consecutive = 0
	}
	k.record.consecutive++
	f.owner.report(fl)
	f.carryOut(k, reason, fl.Verdict, now)
}

// carryOut does what the verdict says.
func (f *family) carryOut(k *child, reason error, v Verdict, now time.Time) {
	switch v.Action {
	case Restart:
		k.record.restarted(now, f.strategy)
		f.restart(f.scope(k, v.Scope), reason, v, now)
	case Stop:
		for _, m := range slices.Backward(f.scope(k, v.Scope)) {
			f.stop(m, reason)
		}
	default:
		f.owner.escalate(reason)
	}
}

// scope returns the children that a verdict about k concerns, in order of start. Those that are being stopped are none of
// them.
func (f *family) scope(k *child, s Scope) []*child {
	from, to := k, k.next
	switch s {
	case One:
	case Rest:
		to = nil
	case All:
		from, to = f.first, nil
	}
	var ks []*child
	for ; from != to; from = from.next {
		if !from.stopping {
			ks = append(ks, from)
		}
	}
	return ks
}

// history returns what a strategy is told of k.
func (k *child) history() History {
	return History{
		Child:       k.cell.name,
		Consecutive: k.record.consecutive,
		Total:       k.record.total,
		Started:     k.cell.sys.epoch.Add(k.cell.started),
		Recent:      k.record.recent,
	}
}

// restarted notes a restart, and forgets those that s does not look at.
func (r *record) restarted(now time.Time, s Strategy) {
	keep, within := recentDefault, time.Duration(0)
	if w, ok := s.(Windowed); ok {
		keep, within = w.Window()
		keep = min(max(keep, 0), recentMax)
	}
	r.total++
	r.recent = append(r.recent, now)
	old := max(len(r.recent)-keep, 0)
	for within > 0 && old < len(r.recent) && now.Sub(r.recent[old]) > within {
		old++
	}
	r.recent = slices.Delete(r.recent, 0, old)
}
