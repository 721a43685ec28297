package supervisor_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
)

// A journal is what happened in a tree, line by line. Safe for use by any number of goroutines.
type journal struct {
	// Guarded by mu.

	mu    sync.Mutex
	lines []string
}

// add writes a line. Called by workers.
func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

// take returns the lines since the last take, once everything in the bubble has come to rest. Never nil.
func (j *journal) take() []string {
	synctest.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := append([]string{}, j.lines...)
	j.lines = nil
	return lines
}

// An order is what workers receive. The fields that are set are done from the top.
type order struct {
	say   string // a line for the journal; empty for none
	well  bool   // report healthy
	fails error  // fail with it
	panic any    // panic with it
}

// A worker writes its life into a journal and does as it is told.
type worker struct {
	// Set before Started, then read-only.

	name    string
	journal *journal
}

// Receive implements actor.Actor.
func (w *worker) Receive(ctx *actor.Context[order]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		w.journal.add("+" + w.name)
	case actor.Restarting:
		w.journal.add("~" + w.name)
	case actor.Stopping:
		w.journal.add("-" + w.name)
	case order:
		return w.obey(ctx, m)
	default:
		return actor.Unexpected(m)
	}
	return nil
}

// obey carries an order out.
func (w *worker) obey(ctx *actor.Context[order], o order) error {
	if o.say != "" {
		w.journal.add(w.name + ":" + o.say)
	}
	if o.well {
		ctx.Healthy()
	}
	if o.panic != nil {
		panic(o.panic)
	}
	return o.fails
}

// worker declares a worker that writes into the journal.
func (j *journal) worker(name string) supervisor.Child {
	return supervisor.Worker(name, func() actor.Actor[order] { return &worker{name: name, journal: j} })
}

// workers declares several.
func (j *journal) workers(names ...string) []supervisor.Child {
	var cs []supervisor.Child
	for _, name := range names {
		cs = append(cs, j.worker(name))
	}
	return cs
}

// start starts spec under parent, whose end is the end of the tree.
func start(t *testing.T, parent actor.Parent, spec supervisor.Spec) *supervisor.Tree {
	t.Helper()
	tree, err := supervisor.Start(parent, spec)
	require.NoError(t, err)
	return tree
}

// at returns the worker at path, which has to be there.
func at(t *testing.T, tree *supervisor.Tree, path string) actor.Ref[order] {
	t.Helper()
	ref, ok := supervisor.Lookup[order](tree, path)
	require.True(t, ok, "no worker at %s", path)
	return ref
}

// tell gives the worker at path an order.
func tell(t *testing.T, tree *supervisor.Tree, path string, o order) {
	t.Helper()
	require.NoError(t, at(t, tree, path).Tell(o))
}
