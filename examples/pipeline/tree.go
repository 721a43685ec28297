package main

import (
	"time"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
)

// spec is the tree that supervises the pipeline. A worker that fails is started again after a backoff, four times in ten
// seconds at most. The run is over where the source or the sink fails, or where the workers' supervisor gives up: the
// strategy above it passes every failure on, and at the root it ends the tree and is reported.
//
//	pipeline
//	├── sink
//	├── workers
//	│     ├── worker-1
//	│     ├── worker-2
//	│     └── worker-3
//	└── source
func (p *pipeline) spec() supervisor.Spec {
	workers := supervisor.Spec{
		Name: "workers",
		Strategy: spoken{
			say: p.progress.say,
			OneForOne: supervisor.OneForOne{
				Backoff:     supervisor.Backoff{Min: 300 * time.Millisecond, Max: 3 * time.Second, Jitter: 0.3},
				MaxRestarts: 4,
				Within:      10 * time.Second,
			},
		},
	}
	for _, w := range p.posts {
		workers.Children = append(workers.Children, supervisor.Worker(w.name, newStage(w.run)))
	}
	return supervisor.Spec{
		Name:     "pipeline",
		Strategy: supervisor.OneForOne{MaxRestarts: -1},
		Children: []supervisor.Child{
			supervisor.Worker("sink", newStage(p.collect)),
			supervisor.Supervisor(workers),
			supervisor.Worker("source", newStage(p.produce)),
		},
	}
}

// spoken is a strategy that says what it decides. Strategies are values: another one can be put around them.
type spoken struct {
	supervisor.OneForOne
	say func(format string, args ...any)
}

// Decide asks the strategy within.
func (s spoken) Decide(h actor.History, reason error, now time.Time) actor.Verdict {
	v := s.OneForOne.Decide(h, reason, now)
	s.say("%v: its supervisor says: %v in %v", reason, v.Action, v.After.Round(time.Millisecond))
	return v
}
