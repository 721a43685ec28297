package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOptions sets options by libzmq's names, and sees what they do.
func TestOptions(t *testing.T) {
	router := start(t, "router", "-b", anyPort, "-n", "1", "-o", "rcvhwm=10", "-o", "router_mandatory=1")
	dealer := start(t, "dealer", "-c", <-router.bound, "-o", "routing_id=me, by name", "-o", "sndhwm=1", "-o", "linger=-1")
	dealer.write("hello")
	out, _ := router.wait(statusDone)
	require.Equal(t, []string{"me, by name\thello"}, out)

	push := start(t, "push", "-c", nobody, "-t", "30ms", "-o", "sndhwm=5", "--hwm", "100")
	go func() { _, _ = io.WriteString(push.stdin, strings.Repeat("line\n", 20)) }()
	_, stderr := push.wait(statusTimedOut)
	require.Contains(t, stderr, "5 to "+nobody, "an option has the last word")

	for _, atOnce := range []string{"linger=0", "blocky=0"} {
		push = start(t, "push", "-c", nobody, "-o", atOnce).eof("a")
		_, stderr = push.wait(statusFailed)
		require.Contains(t, stderr, "1 messages not sent", atOnce)
	}

	pub := start(t, "pub", "-b", anyPort, "--wait-peers", "1")
	sub := start(t, "sub", "-c", <-pub.bound, "-n", "1", "-o", "subscribe=b")
	pub.eof("a", "b").wait(statusDone)
	out, _ = sub.wait(statusDone)
	require.Equal(t, []string{"b"}, out)
}

// TestBadOptions wants status 2 and the list of what exists.
func TestBadOptions(t *testing.T) {
	for args, reason := range map[string]string{
		"rcvhwm":                "want NAME=VALUE",
		"frobnicate=1":          `there is no "frobnicate"`,
		"RCVHWM=1":              `there is no "RCVHWM"`,
		"=1":                    `there is no ""`,
		"rcvhwm=x":              "want a whole number",
		"rcvhwm=-1":             "want 0 or more messages",
		"rcvhwm=":               "want a whole number",
		"immediate=yes":         "want 0 or 1",
		"immediate=2":           "want 0 or 1",
		"linger=1s":             "want a whole number of milliseconds",
		"linger=-5":             "or -1",
		"reconnect_ivl=-2":      "or -1",
		"sndtimeo=-2":           "or -1",
		"rcvtimeo=-2":           "or -1",
		"maxmsgsize=x":          "want a whole number",
		"affinity=x":            "want a bit mask",
		"affinity=4":            "no I/O worker",
		"io_threads=0":          "no I/O worker",
		"bindtodevice=a/b":      "want up to 15 bytes",
		"routing_id=":           "want 1 to 255 bytes",
		"router_mandatory=1":    "does not have it",
		"xpub_verbose=1":        "does not have it",
		"connect_routing_id=me": "does not have it",
		"subscribe=a":           "push does not subscribe",
		"metadata=Hello:World":  "want a name that begins",
		"metadata=X-Hello":      "want a value",
		"heartbeat_ivl=-1":      "want 0 or more",
		"io_threads=-1":         "want 0 to 64",
		"io_threads=x":          "want a whole number",
		"reconnect_stop=-1":     "want a whole number of 0 to 255",
		"reconnect_stop=128":    "or none of them",
		"router_notify=256":     "want a whole number of 0 to 255",
		"tcp_keepalive=2":       "want -1, 0 or 1",
		"tcp_keepalive_cnt=-2":  "want 0 to 127",
		"tcp_keepalive_idle=x":  "want a whole number, or -1",
		"rcvtimeo=1s":           "want a whole number of milliseconds",
		"ipv4only=2":            "want 0 or 1",
		"use_fd=3":              "and there are 0",
		"use_fd=-2":             "want the number of a descriptor, or -1",
		"use_fd=x":              "want the number of a descriptor, or -1",
		"unsubscribe=a":         "push does not subscribe",
		"blocky=2":              "want 0 or 1",
		"fd=1":                  "cannot be set here",
		"gssapi_server=1":       "cannot be set here: there is no GSSAPI",
		"thread_priority=1":     "chrt(1)",
		"gssapi=1":              `there is no "gssapi"`,
	} {
		out, stderr := start(t, "push", "-c", nobody, "-o", args).wait(statusUsage)
		require.Empty(t, out, args)
		require.Contains(t, stderr, reason, args)
		require.Contains(t, stderr, "\n  rcvhwm=N\n", args)
	}
}

// TestConnectOptionWithoutConnect refuses an option that nothing would heed.
func TestConnectOptionWithoutConnect(t *testing.T) {
	out, stderr := start(t, "router", "-b", anyPort, "-o", "connect_routing_id=me").wait(statusUsage)
	require.Empty(t, out)
	require.Contains(t, stderr, "there is none")
}

// values are names of libzmq's that package socket names and that are no options, but values of router_notify.
var values = []string{"notify_connect", "notify_disconnect"}

// TestOptionTable has a row for each option of libzmq that the documentation of package socket names, sorted and once.
func TestOptionTable(t *testing.T) {
	var rows []string
	for _, r := range optionRows {
		rows = append(rows, r.name)
	}
	require.True(t, slices.IsSorted(rows), rows)
	require.Equal(t, len(rows), len(slices.Compact(slices.Clone(rows))))
	for name, where := range documentedOptions(t) {
		if _, ok := optionsElsewhere[name]; !ok && !slices.Contains(values, name) {
			require.Contains(t, rows, name, where)
		}
	}
}

// documentedOptions are the names in ZMQ_… in the documentation of functions that return an option, each with the function.
func documentedOptions(t *testing.T) map[string]string {
	t.Helper()
	found, named := map[string]string{}, regexp.MustCompile(`ZMQ_([A-Z0-9_]+)`)
	files, err := filepath.Glob("../../socket/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !returnsOption(f) {
				continue
			}
			for _, m := range named.FindAllStringSubmatch(f.Doc.Text(), -1) {
				found[strings.ToLower(m[1])] = f.Name.Name
			}
		}
	}
	require.Greater(t, len(found), 20)
	return found
}

// returnsOption says whether f makes an option.
func returnsOption(f *ast.FuncDecl) bool {
	if f.Type.Results == nil || len(f.Type.Results.List) != 1 || !f.Name.IsExported() {
		return false
	}
	result, ok := f.Type.Results.List[0].Type.(*ast.Ident)
	return ok && strings.HasSuffix(result.Name, "Option")
}
