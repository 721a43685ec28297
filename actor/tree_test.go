package actor_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/actor/actortest"
)

// errGrown is what a child in these tests fails with.
var errGrown = errors.New("grown")

// outline is a picture of a tree in words.
func outline(nodes []actor.Node) string {
	var words []string
	for _, n := range nodes {
		word := n.Name
		if len(n.Children) > 0 {
			word += "(" + outline(n.Children) + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// The tree shows all actors in order of start, what they failed with, how often they were restarted, and what waits for them.
func TestTree(t *testing.T) {
	sys := actortest.NewSystem(t)
	require.Empty(t, sys.Tree())
	began, release := make(chan struct{}, 10), make(chan struct{})
	child := func(ctx *actor.Context[string]) error {
		switch ctx.Message() {
		case actor.Started{}:
			began <- struct{}{}
		case "fail":
			return errGrown
		case "hold":
			began <- struct{}{}
			<-release
		}
		return nil
	}
	kids := make(chan actor.Ref[string], 2)
	parent := spawn(t, sys, "parent", func(ctx *actor.Context[string]) error {
		if ctx.Message() == (actor.Started{}) {
			for i := range 2 {
				ref, err := actor.Spawn(ctx, fmt.Sprint("kid/", i), func() actor.Actor[string] { return handler[string](child) }, actor.WithMark(0))
				if err != nil {
					return err
				}
				kids <- ref
			}
		}
		return nil
	}, actor.WithStrategy(atOnce{}))
	other := spawn(t, sys, "other", func(*actor.Context[string]) error { return nil })
	first, second := <-kids, <-kids
	<-began
	<-began
	require.Equal(t, "parent(kid/0 kid/1) other", outline(sys.Tree()))

	require.NoError(t, first.Tell("fail"))
	<-began
	require.NoError(t, second.Tell("hold"))
	<-began
	for range 3 {
		require.NoError(t, second.Tell("wait"))
	}
	nodes := sys.Tree()[0].Children
	require.Equal(t, "parent/kid/0", nodes[0].Path)
	require.Equal(t, 1, nodes[0].Restarts)
	require.ErrorIs(t, nodes[0].LastError, errGrown)
	require.Zero(t, nodes[1].Restarts)
	require.NoError(t, nodes[1].LastError)
	require.Equal(t, 4, nodes[1].Waiting, "three, and the one at hand")
	close(release)

	other.Stop()
	<-other.Done()
	require.Equal(t, "parent(kid/0 kid/1)", outline(sys.Tree()))
	parent.Stop()
	<-parent.Done()
	require.Empty(t, sys.Tree())
}

// atOnce restarts without a delay.
type atOnce struct{}

// Decide implements actor.Strategy.
func (atOnce) Decide(actor.History, error, time.Time) actor.Verdict {
	return actor.Verdict{Action: actor.Restart}
}
