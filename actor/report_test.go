package actor_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/actor"
)

// The log names an actor, and has its labels: in what it says itself, and in what is said of it when it fails, for good or not, at the top or below.
func TestLogAttributes(t *testing.T) {
	var log logBuffer
	bubble(t, func(t *testing.T, sys *actor.System) {
		h := func(ctx *actor.Context[string]) error {
			if ctx.Message() == "fail" {
				ctx.Logger().Info("about to")
				return errBoom
			}
			return nil
		}
		labels := actor.WithLabels("socket", "1-pull", "endpoint", "tcp://a")
		top := spawn(t, sys, "top", h, labels)
		_, below := under(t, sys, &fixed{verdict: actor.Verdict{Action: actor.Stop}}, h, "kid")
		require.NoError(t, top.Tell("fail"))
		require.NoError(t, below[0].Tell("fail"))
		settle()
	}, actor.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))), actor.WithDeadLetters(func(actor.DeadLetter) {}))
	said := map[string]int{}
	for line := range strings.Lines(log.String()) {
		var entry map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		who := entry["actor"].(string)
		said[who+" "+entry["msg"].(string)]++
		if who == "top" {
			require.Equal(t, []any{"1-pull", "tcp://a"}, []any{entry["socket"], entry["endpoint"]}, line)
		} else {
			require.NotContains(t, entry, "socket")
		}
	}
	require.Equal(t, map[string]int{"top about to": 1, "top actor: failed": 1, "sup/kid about to": 1, "sup/kid actor: failed": 1}, said)
}
