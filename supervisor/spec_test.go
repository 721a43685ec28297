package supervisor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/supervisor"
)

// TestSpecCheck: what Start takes and what it refuses, with the place named in the error.
func TestSpecCheck(t *testing.T) {
	j := &journal{}
	nest := func(children ...supervisor.Child) supervisor.Spec {
		inner := supervisor.Spec{Name: "inner", Children: children}
		return supervisor.Spec{Name: "outer", Children: []supervisor.Child{supervisor.Supervisor(inner)}}
	}
	tests := []struct {
		name string
		spec supervisor.Spec
		want string // in the error; empty for none
	}{
		{"no children", supervisor.Spec{Name: "outer"}, ""},
		{"nested", nest(j.worker("a"), j.worker("b")), ""},
		{"same name in two places", nest(j.worker("inner"), j.worker("outer")), ""},
		{"zero spec", supervisor.Spec{}, `no name at ""`},
		{"slash in the root's name", supervisor.Spec{Name: "a/b"}, `the name "a/b" has a slash`},
		{"zero child", nest(supervisor.Child{}), "outer/inner has a child not made by Worker or Supervisor"},
		{"worker without name", nest(j.worker("")), `no name at "outer/inner/"`},
		{"worker with slash", nest(j.worker("tcp://x")), `the name "tcp://x" has a slash`},
		{"worker without make", nest(supervisor.Worker[order]("a", nil)), "worker outer/inner/a has no make function"},
		{"supervisor without name", nest(supervisor.Supervisor(supervisor.Spec{})), `no name at "outer/inner/"`},
		{"two of a name", nest(j.worker("a"), j.worker("b"), j.worker("a")), `outer/inner has two children named "a"`},
		{
			"worker and supervisor of a name", nest(j.worker("a"), supervisor.Supervisor(supervisor.Spec{Name: "a"})),
			`outer/inner has two children named "a"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.spec.Check()
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, supervisor.ErrSpec)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// TestStartRefusesBadSpec: a bad Spec starts nothing, not even the children before the bad one.
func TestStartRefusesBadSpec(t *testing.T) {
	bubble(t, func(t *testing.T, sys *actor.System) {
		j := &journal{}
		tree, err := supervisor.Start(sys, supervisor.Spec{Name: "top", Children: j.workers("a", "b", "a")})
		require.ErrorIs(t, err, supervisor.ErrSpec)
		require.Nil(t, tree)
		require.Empty(t, j.take())
	})
}
