package supervisor

import (
	"context"
	"fmt"
	"sync"

	"github.com/weirmq/weir/actor"
)

// A Tree is a running [Spec]. It is made by [Start], and safe for use by any number of goroutines.
type Tree struct {
	// Set by Start, then read-only.

	root     actor.Ref[signal] // the supervisor of the outermost Spec
	startedc chan struct{}     // closed when pending is empty, or failure is set

	// Guarded by mu.

	mu      sync.Mutex
	refs    map[string]any  // worker's path → actor.Ref[M] of its present incarnation; replaced, never removed
	pending map[string]bool // paths of supervisors that have not come up for the first time
	failure error           // why the first start failed; nil while it has not
}

// Start brings up the supervisor that spec declares, as a child of parent: an *[actor.System], or the context of an
// actor that owns the tree.
//
// Under a system Start waits until every supervisor in the tree has started its children, so that [Lookup] finds all of
// them. (It does not wait for the children's own handlers.) It is all or nothing: when a child cannot be started, Start
// stops what it had started and returns the reason. Under an actor's context Start must not wait, since handlers never
// do: the tree comes up once the handler has gone on, [Tree.Started] tells when, and a child that cannot be started is a
// failure of its supervisor like any other.
//
// Errors: [ErrSpec], before anything is started; and those of [actor.Spawn], among them an *[actor.PanicError] when the
// make function of a worker panicked.
func Start(parent actor.Parent, spec Spec) (*Tree, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	t := &Tree{
		startedc: make(chan struct{}),
		refs:     make(map[string]any),
		pending:  make(map[string]bool),
	}
	t.expect(spec, "")
	root, err := spawnNode(parent, t, spec, "")
	if err != nil {
		return nil, fmt.Errorf("start supervisor %s: %w", spec.Name, err)
	}
	t.root = root
	if _, ok := parent.(*actor.System); ok {
		return t.await(spec.Name)
	}
	return t, nil
}

// await waits until the tree is up, or cannot come up; then it stops what there is of it. Called by Start, outside any
// actor.
func (t *Tree) await(name string) (*Tree, error) {
	select {
	case <-t.startedc:
	case <-t.root.Done():
	}
	t.mu.Lock()
	err := t.failure
	if err == nil && len(t.pending) > 0 {
		err = actor.ErrStopped // the system was shut down meanwhile
	}
	t.mu.Unlock()
	if err == nil {
		return t, nil
	}
	t.root.Stop()
	<-t.root.Done()
	return nil, fmt.Errorf("start supervisor %s: %w", name, err)
}

// Started returns a channel that is closed once every supervisor in the tree has started its children for the first
// time, or one of them could not.
func (t *Tree) Started() <-chan struct{} { return t.startedc }

// Done returns a channel that is closed once the whole tree has stopped, for whatever reason.
func (t *Tree) Done() <-chan struct{} { return t.root.Done() }

// Stop stops the tree, the children of each supervisor last first, and waits until that is done or ctx ends; the tree
// goes on stopping then, and Stop returns the error of ctx. Stopping a stopped tree is no error. Not to be called from a
// handler of an actor in the tree, which would wait for itself. What was queued for the workers becomes dead letters.
func (t *Tree) Stop(ctx context.Context) error { return t.root.StopAndWait(ctx) }

// Lookup finds the worker at path: the names from below the root of the tree down to the worker, joined by slashes, so
// "a/b" is worker b of supervisor a. It returns false when there is no worker at path, when the worker receives another
// type than M, when it has not been started yet, and when it has stopped.
//
// The reference stays good while the worker itself is restarted. It goes stale, and says [actor.ErrStopped], when a
// supervisor above is restarted; look the worker up again then.
func Lookup[M any](t *Tree, path string) (actor.Ref[M], bool) {
	t.mu.Lock()
	ref, ok := t.refs[path].(actor.Ref[M])
	t.mu.Unlock()
	if !ok {
		return actor.Ref[M]{}, false
	}
	select {
	case <-ref.Done():
		return actor.Ref[M]{}, false
	default:
		return ref, true
	}
}

// expect notes that the supervisor of spec at path, and those under it, are to come up. Called by Start, before there
// is anybody else.
func (t *Tree) expect(spec Spec, path string) {
	t.pending[path] = true
	for _, c := range spec.Children {
		if c.spec != nil {
			t.expect(*c.spec, join(path, c.name))
		}
	}
}

// put notes the reference of the worker at path. Called by node when it has started the worker.
func (t *Tree) put(path string, ref any) {
	t.mu.Lock()
	t.refs[path] = ref
	t.mu.Unlock()
}

// up notes that the supervisor at path has started its children (err nil), or could not. Called by node at the end of
// each start; only the first of each path, up to the first failure, matters.
func (t *Tree) up(path string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failure != nil || len(t.pending) == 0 {
		return
	}
	t.failure = err
	delete(t.pending, path)
	if err != nil || len(t.pending) == 0 {
		close(t.startedc)
	}
}

// join adds a name to a path in the tree. The path of the root is empty.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}
