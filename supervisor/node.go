package supervisor

import (
	"fmt"

	"github.com/weirmq/weir/actor"
)

// signal is what a node receives beside lifecycle messages: nothing. Nobody can make one worth sending.
type signal struct{}

// A node is the actor behind one Spec.
//
//	Owns      nothing beyond its Spec: the kernel keeps the children and their histories.
//	Receives  lifecycle messages only.
//	Sends     nothing; it notes in the Tree what it started.
//	Starts    its children, in order, each time it starts.
//	Blocks    never.
//	On error  fails when a child cannot be started, or when its strategy escalates; the strategy above decides.
type node struct {
	// Set before Started, then read-only.

	tree *Tree  // the tree it belongs to; shared with its callers
	spec Spec   // what to start
	path string // from below the root of the tree; empty for the root
}

// spawnNode starts the supervisor of spec, at path of tree t. Called by Start for the root, and by the node above.
func spawnNode(parent actor.Parent, t *Tree, spec Spec, path string) (actor.Ref[signal], error) {
	return actor.Spawn(parent, spec.Name, func() actor.Actor[signal] {
		return &node{tree: t, spec: spec, path: path}
	}, actor.WithStrategy(spec.Strategy)) // which takes nil for the default
}

// Receive only dispatches. The other lifecycle messages need nothing: the kernel stops the children, and Lookup asks a
// reference itself whether its actor has stopped.
func (n *node) Receive(ctx *actor.Context[signal]) error {
	switch m := ctx.Message().(type) {
	case actor.Started:
		return n.onStarted(ctx)
	default:
		return actor.Unexpected(m)
	}
}

// onStarted starts all children and tells the tree how that went. Called at the first start and after each restart.
func (n *node) onStarted(ctx *actor.Context[signal]) (err error) {
	defer func() { n.tree.up(n.path, err) }()
	for _, c := range n.spec.Children {
		if err := n.start(ctx, c); err != nil {
			return fmt.Errorf("start child %s: %w", c.name, err)
		}
	}
	return nil
}

// start starts one child. What its make function panics with comes back as an error.
func (n *node) start(ctx *actor.Context[signal], c Child) error {
	path := join(n.path, c.name)
	if c.spec != nil {
		_, err := spawnNode(ctx, n.tree, *c.spec, path)
		return err
	}
	ref, err := c.spawn(ctx)
	if err == nil {
		n.tree.put(path, ref)
	}
	return err
}
