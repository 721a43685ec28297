package main

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUsage wants status 2, a reason, a usage line and no output for command lines that make no sense.
func TestUsage(t *testing.T) {
	for args, reason := range map[string]string{
		"":                                 "no command",
		"frobnicate":                       "unknown command",
		"--frobnicate":                     "unknown flag",
		"help frobnicate":                  "unknown command",
		"help perf frobnicate":             "unknown command",
		"help push frobnicate":             "unknown command",
		"push":                             "no endpoint",
		"pull -n 1":                        "no endpoint",
		"pull -b":                          "needs an argument",
		"pull --frobnicate -b " + nobody:   "unknown flag",
		"push -s a -c " + nobody:           "unknown shorthand flag",
		"pull --wait-peers 1 -c " + nobody: "unknown flag",
		"pull extra -c " + nobody:          "unknown command",
		"pull -n x -c " + nobody:           "invalid argument",
		"pull -n -1 -c " + nobody:          "invalid argument",
		"pull -n 1.5 -c " + nobody:         "invalid argument",
		"pull -t 5 -c " + nobody:           "invalid argument",
		"pull -t 0 -c " + nobody:           "invalid argument",
		"pull -t -1s -c " + nobody:         "invalid argument",
		"push --linger x -c " + nobody:     "invalid argument",
		"push --hwm -1 -c " + nobody:       "invalid argument",
		"push --wait-peers x -c " + nobody: "invalid argument",
		"pull -f yaml -c " + nobody:        "text, json, hex",
		"req --id= -c " + nobody:           "invalid argument",
		"req --id=" + strings.Repeat("x", 256) + " -c " + nobody: "invalid argument",
		"perf":                                       "no command",
		"perf frobnicate a 1 2":                      "unknown command",
		"perf thr":                                   "0 arguments",
		"perf thr inproc://a 1":                      "2 arguments",
		"perf thr inproc://a 1 2 3":                  "4 arguments",
		"perf fan inproc://a 1 2 3 4":                "5 arguments",
		"perf thr inproc://a x 2":                    "SIZE",
		"perf thr inproc://a 1 1e3":                  "COUNT",
		"perf thr inproc://a 1 1":                    "COUNT",
		"perf lat inproc://a 1 0":                    "COUNT",
		"perf fan inproc://a 1 2 0":                  "SUBS",
		"perf thr inproc://a 99999999999999999999 2": "SIZE",
	} {
		out, stderr := start(t, strings.Fields(args)...).wait(statusUsage)
		require.Empty(t, out, args)
		require.Contains(t, stderr, reason, args)
		require.Contains(t, stderr, "usage: weir", args)
	}
}

// TestHelp wants the manual on standard output, for every command.
func TestHelp(t *testing.T) {
	pages := []string{"--help", "help", "proxy -h", "help proxy", "perf -h", "perf thr -h", "help perf lat", "perf fan -h"}
	for _, k := range kinds {
		pages = append(pages, k.name+" -h", "help "+k.name)
	}
	for _, args := range pages {
		out, stderr := start(t, strings.Fields(args)...).wait(statusDone)
		require.Empty(t, stderr, args)
		text := strings.Join(out, "\n")
		require.Contains(t, text, "Usage:", args)
		require.Contains(t, text, "Examples:", args)
	}
}

// TestNoDevice wants status 1 for a device that is not there: that is no bad value, since it may come. Connect waits for it.
func TestNoDevice(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux binds to a device")
	}
	out, stderr := start(t, "pull", "-b", anyPort, "-o", "bindtodevice=nodev0").wait(statusFailed)
	require.Empty(t, out)
	require.Contains(t, stderr, "bind "+anyPort)
	_, stderr = start(t, "push", "-c", nobody, "-o", "bindtodevice=nodev0", "-o", "linger=0").eof("a").wait(statusFailed)
	require.Contains(t, stderr, "1 messages not sent")
}

// TestFailures wants status 1 and a reason where a command line makes sense and cannot be done.
func TestFailures(t *testing.T) {
	holder := start(t, "pull", "-b", anyPort)
	taken := <-holder.bound
	for args, reason := range map[string]string{
		"pull -b nonsense":              "malformed endpoint",
		"pull -c nonsense":              "malformed endpoint",
		"pull -b tcp://127.0.0.1":       "no port",
		"pull -b tcp://127.0.0.1:99999": "malformed endpoint",
		"push -c tcp://127.0.0.1:*":     "malformed endpoint",
		"pull -b gopher://a":            "unknown scheme",
		"pull -c gopher://a":            "unknown scheme",
		"pull -b " + taken:              "in use",
		"perf thr nonsense 1 2":         "malformed endpoint",
		"perf lat gopher://a 1 2":       "unknown scheme",
		"perf fan " + taken + " 1 2":    "in use",
	} {
		out, stderr := start(t, strings.Fields(args)...).wait(statusFailed)
		require.Empty(t, out, args)
		require.Contains(t, stderr, reason, args)
		require.NotContains(t, stderr, "usage", args)
	}
}
