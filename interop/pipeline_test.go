package interop

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The stages of examples/pipeline, each with a libzmq program in its place.

// pipelineTime bounds the building of the example, and a run of it.
const pipelineTime = 5 * time.Minute

// pipelineFor is the program of examples/pipeline, for a case that needs another program too. It is built before the case's time begins.
func pipelineFor(t *testing.T, needs *program) string {
	t.Helper()
	if needs.missing != "" {
		return "" // the case will be skipped
	}
	binary, err := buildPipeline()
	require.NoError(t, err)
	return binary
}

// buildPipeline builds examples/pipeline, once, and returns the program.
var buildPipeline = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), pipelineTime)
	defer cancel()
	binary := filepath.Join(scratch, "pipeline")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/weirmq/weir/examples/pipeline")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("examples/pipeline does not build: %w\n%s", err, out)
	}
	return binary, nil
})

// printedWorker is the worker that examples/README.md shows, as a file.
func printedWorker(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "examples", "README.md"))
	require.NoError(t, err)
	code := regexp.MustCompile("(?s)```python\n(.*?)```").FindSubmatch(page)
	require.NotNil(t, code, "the page has no worker in Python")
	path := filepath.Join(t.TempDir(), "worker.py")
	require.NoError(t, os.WriteFile(path, code[1], 0o600))
	return path
}

// TestPipelineOfForeignWorkers runs the demonstration with the worker that its page prints: all three are libzmq's, the one that is killed too.
func TestPipelineOfForeignWorkers(t *testing.T) {
	t.Parallel()
	binary := pipelineFor(t, pyzmq)
	begin(t, pyzmq)
	ctx, cancel := context.WithTimeout(t.Context(), pipelineTime)
	defer cancel()
	worker := pyzmq.command[0] + " " + printedWorker(t)
	cmd := exec.CommandContext(ctx, binary, "-n", "450", "-size", "262144", "-timeout", "3m", "-worker", worker)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	starting.Lock()
	err := cmd.Start()
	starting.Unlock()
	require.NoError(t, err)
	err = cmd.Wait()
	t.Log(out.String())
	require.NoError(t, err)
	require.Contains(t, out.String(), "       1  restarts\n       1  reconnects\n")
	require.NotContains(t, out.String(), "FAIL")
}

// TestPipelineOfForeignEnds has libzmq programs as the source and as the sink of the example's workers: every number comes through, once, and each worker
// ends after its end.
func TestPipelineOfForeignEnds(t *testing.T) {
	t.Parallel()
	const workers, total = 3, 300
	binary := pipelineFor(t, libzmq)
	ctx := begin(t, libzmq)
	sink, source := startPeer(ctx, t, libzmq, "PULL"), startPeer(ctx, t, libzmq, "PUSH")
	at := sink.do(ctx, "bind", freshAddress())
	var processes []*exec.Cmd
	for i := range workers {
		in := fmt.Sprintf("ipc://%s/worker%d", scratch, bound.Add(1))
		processes = append(processes, startWorker(ctx, t, binary, fmt.Sprintf("worker-%d", i+1), in, at))
		source.do(ctx, "connect", in)
	}
	source.do(ctx, "wait", "HANDSHAKE", workers, waitMS)
	source.do(ctx, "sendn", 1, total, 1, waitMS)
	for range workers {
		source.do(ctx, "send", waitMS, plain("end"))
	}
	got, ends := map[int]bool{}, map[string]bool{}
	for len(got) < total || len(ends) < workers {
		frames := strings.Fields(sink.do(ctx, "recv", waitMS))
		require.Len(t, frames, 3)
		text, worker := unword(t, frames[0]), unword(t, frames[1])
		if text == "end" {
			require.False(t, ends[worker], "two ends of %s", worker)
			ends[worker] = true
			continue
		}
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		require.True(t, n >= 1 && n <= total && !got[n], "number %d", n)
		got[n] = true
	}
	for _, p := range processes {
		require.NoError(t, p.Wait())
	}
}

// startWorker starts one worker of the example, which ends with the test at the latest.
func startWorker(ctx context.Context, t *testing.T, binary string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, binary, append([]string{"worker"}, args...)...)
	cmd.Stderr = os.Stderr
	_, err := cmd.StdinPipe() // its end would tell the worker to end
	require.NoError(t, err)
	starting.Lock()
	err = cmd.Start()
	starting.Unlock()
	require.NoError(t, err)
	return cmd
}

// unword is the text that a word of a peer's stands for.
func unword(t *testing.T, word string) string {
	t.Helper()
	text, err := hex.DecodeString(strings.TrimPrefix(word, "x"))
	require.NoError(t, err)
	return string(text)
}
