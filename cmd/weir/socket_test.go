package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// numbers are the lines 1 to n.
func numbers(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = strconv.Itoa(i + 1)
	}
	return lines
}

// TestPushPull sends lines of each format from one process to another.
func TestPushPull(t *testing.T) {
	for name, lines := range map[string][]string{
		"text": {"a", "", "b\tc", "\t", "\xff"},
		"hex":  {"61", "", "62 63", " 78", "ff00"},
		"json": {`["a"]`, `[""]`, `["b","c"]`, `["",""]`, `[{"hex":"ff"}]`},
	} {
		pull := start(t, "pull", "-b", anyPort, "-n", "5", "-f", name)
		push := start(t, "push", "-c", <-pull.bound, "--format", name).eof(lines...)
		push.wait(statusDone)
		out, _ := pull.wait(statusDone)
		require.Equal(t, lines, out)
	}
}

// TestFormatsMeet prints in one format what was sent in another.
func TestFormatsMeet(t *testing.T) {
	pull := start(t, "pull", "-b", anyPort, "-f", "json")
	push := start(t, "push", "-c", <-pull.bound, "-f", "hex").eof("6109 ", "ff", "78")
	require.Equal(t, `["a\t",""]`, pull.read())
	require.Equal(t, `[{"hex":"ff"}]`, pull.read())
	require.Equal(t, `["x"]`, pull.read())
	push.wait(statusDone)
	pull.signal()
	pull.wait(statusDone)
}

// TestAtOnce sends each line as it is read and prints each message as it comes, though nothing follows.
func TestAtOnce(t *testing.T) {
	push := start(t, "push", "-b", anyPort)
	pull := start(t, "pull", "-c", <-push.bound)
	for _, line := range numbers(20) {
		push.write(line)
		require.Equal(t, line, pull.read())
	}
	push.eof().wait(statusDone)
}

// TestManyLines keeps the order of more lines than all queues hold, and a line of 5 MB among them.
func TestManyLines(t *testing.T) {
	lines := append(numbers(20000), strings.Repeat("x", 5_000_000))
	lines = append(lines, numbers(20000)...)
	pull := start(t, "pull", "-b", anyPort, "-n", strconv.Itoa(len(lines)), "--hwm", "100")
	push := start(t, "push", "-c", <-pull.bound, "--hwm", "7")
	push.eof(strings.Join(lines, "\n"))
	push.wait(statusDone)
	out, _ := pull.wait(statusDone)
	require.Equal(t, lines, out)
}

// TestEndpoints binds and connects several endpoints, over tcp and ipc.
func TestEndpoints(t *testing.T) {
	ipc := ipcEndpoint(t)
	pull := start(t, "pull", "-b", anyPort, "--bind", anyPort, "-b", ipc, "-n", "6")
	a, b := <-pull.bound, <-pull.bound
	require.Equal(t, ipc, <-pull.bound)
	require.NotEqual(t, a, b)
	require.NotContains(t, a+b, "*")
	push := start(t, "push", "-c", a, "-c", b, "--connect", ipc, "--wait-peers", "3").eof(numbers(6)...)
	push.wait(statusDone)
	out, _ := pull.wait(statusDone)
	require.ElementsMatch(t, numbers(6), out)
}

// TestCount ends each type after its number of messages, with 0, though more could come.
func TestCount(t *testing.T) {
	push := start(t, "push", "-b", anyPort, "-n", "3")
	pull := start(t, "pull", "-c", <-push.bound, "-n", "3")
	push.write("a", "b", "c")
	push.wait(statusDone)
	out, _ := pull.wait(statusDone)
	require.Equal(t, []string{"a", "b", "c"}, out)

	sub := start(t, "sub", "-b", anyPort, "-n", "3")
	pub := start(t, "pub", "-c", <-sub.bound, "-n", "3", "--wait-peers", "1")
	pub.write("a", "b", "c")
	pub.wait(statusDone)
	out, _ = sub.wait(statusDone)
	require.Equal(t, []string{"a", "b", "c"}, out)

	rep := start(t, "rep", "-b", anyPort, "-n", "2")
	req := start(t, "req", "-c", <-rep.bound, "-n", "2")
	req.write("a", "b")
	out, _ = req.wait(statusDone)
	require.Equal(t, []string{"a", "b"}, out)
	out, _ = rep.wait(statusDone)
	require.Empty(t, out)
}

// TestCountZero ends at once where no message is wanted.
func TestCountZero(t *testing.T) {
	for _, k := range kinds {
		start(t, k.name, "-b", anyPort, "-n", "0").wait(statusDone)
	}
}

// TestPubSub follows some topics, and all of them where none is given.
func TestPubSub(t *testing.T) {
	pub := start(t, "pub", "-b", anyPort, "--wait-peers", "2")
	ep := <-pub.bound
	some := start(t, "sub", "-c", ep, "-s", "a", "--subscribe", "b,c", "-n", "3")
	all := start(t, "sub", "-c", ep, "-n", "5")
	pub.eof("apple", "banana", "b,c", "cherry", "a\tframe").wait(statusDone)
	out, _ := some.wait(statusDone)
	require.Equal(t, []string{"apple", "b,c", "a\tframe"}, out)
	out, _ = all.wait(statusDone)
	require.Equal(t, []string{"apple", "banana", "b,c", "cherry", "a\tframe"}, out)
}

// TestPubAlone publishes to nobody, and is done.
func TestPubAlone(t *testing.T) {
	start(t, "pub", "-b", anyPort).eof(numbers(5000)...).wait(statusDone)
	start(t, "pub", "-c", nobody).eof(numbers(5000)...).wait(statusDone)
}

// TestPubLeft does not count what a subscriber missed that went away.
func TestPubLeft(t *testing.T) {
	pub := start(t, "pub", "-b", anyPort, "--wait-peers", "1")
	sub := start(t, "sub", "-c", <-pub.bound, "-n", "1")
	pub.write("first")
	sub.wait(statusDone)
	pub.eof(strings.Join(numbers(5000), "\n")).wait(statusDone)
}

// TestReqRep asks line by line: each reply comes before the next request is read.
func TestReqRep(t *testing.T) {
	rep := start(t, "rep", "-b", anyPort, "-f", "json")
	req := start(t, "req", "-c", <-rep.bound, "--id", "asker")
	for _, line := range []string{"a", "", "b\tc", "\xff", strings.Repeat("x", 1_000_000)} {
		req.write(line)
		require.Equal(t, line, req.read())
	}
	req.eof().wait(statusDone)
	rep.signal()
	out, stderr := rep.wait(statusDone)
	require.Empty(t, out)
	require.Empty(t, stderr)
}

// TestLastLine sends a last line that has no newline.
func TestLastLine(t *testing.T) {
	pull := start(t, "pull", "-b", anyPort, "-n", "2")
	push := start(t, "push", "-c", <-pull.bound)
	push.write("a")
	_, err := push.stdin.Write([]byte("b"))
	require.NoError(t, err)
	push.eof().wait(statusDone)
	out, _ := pull.wait(statusDone)
	require.Equal(t, []string{"a", "b"}, out)
}
