package main

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// find is the scenario with that name.
func find(t *testing.T, name string) scenario {
	t.Helper()
	all := scenarios()
	i := slices.IndexFunc(all, func(s scenario) bool { return s.name() == name })
	require.GreaterOrEqual(t, i, 0, "no scenario %q", name)
	return all[i]
}

// TestScenarios wants names that tell one from the other, and wants that look at what there is.
func TestScenarios(t *testing.T) {
	names := map[string]bool{}
	for _, s := range scenarios() {
		require.False(t, names[s.name()], "two scenarios %q", s.name())
		names[s.name()] = true
	}
	peers := map[string]bool{}
	for _, p := range allPeers() {
		p.bin = "built"
		peers[p.name] = true
	}
	for _, s := range scenarios() {
		for _, w := range s.wants {
			require.True(t, w.against == "" || peers[w.against], "%s is compared with %q", s.name(), w.against)
			require.True(t, w.beside == "" || names[w.beside], "%s is compared with %q", s.name(), w.beside)
			require.True(t, w.figure == "" || slices.Contains(figureKeys, w.figure), "%s wants %q", s.name(), w.figure)
		}
		for _, name := range s.only {
			require.True(t, peers[name], "%s is for %q only", s.name(), name)
		}
		require.True(t, slices.Contains(figureKeys, s.figure().key), s.name())
		require.False(t, s.way == apart && s.transport == "inproc", "%s: inproc is within one process", s.name())
	}
}

// TestPlays says who has something to do where.
func TestPlays(t *testing.T) {
	for name, want := range map[string][]string{
		"thr tcp 100 B":                {"weir", "weir-gc", "weir-gogc100", "libzmq", "pebbe", "go-zeromq", "raw"},
		"thr tcp 100 kB":               {"weir", "weir-gc", "libzmq", "pebbe", "go-zeromq", "raw"},
		"thr inproc 100 B":             {"weir", "weir-gc", "weir-gogc100", "libzmq", "pebbe", "go-zeromq", "go-channel", "raw"},
		"lat inproc 100 B":             {"weir", "weir-gc", "weir-gogc100", "libzmq", "pebbe", "go-zeromq", "go-channel"},
		"thr tcp 100 B, two processes": {"weir", "libzmq", "pebbe", "go-zeromq", "raw"},
		"lat ipc 1 MB, two processes":  {"weir", "weir-gc", "libzmq", "pebbe", "go-zeromq", "raw"},
		"thr tcp 100 B, CURVE":         {"weir", "libzmq", "pebbe"},
		"thr tcp 100 B, 8 senders":     {"weir", "weir-gc", "libzmq", "pebbe", "go-zeromq"},
		"thr tcp 100 B, memory":        {"weir", "libzmq"},
		"queue, 16 producers":          {"weir", "go-channel", "channel-ctx"},
	} {
		var got []string
		for _, p := range allPeers() {
			p.bin = "built"
			if p.plays(find(t, name)) {
				got = append(got, p.name)
			}
		}
		require.Equal(t, want, got, name)
	}
	require.False(t, (&peer{modes: socketModes}).plays(find(t, "thr tcp 100 B")), "what was not built plays nothing")
}

// TestChoose keeps what is asked for, and says where that is nothing.
func TestChoose(t *testing.T) {
	short, err := choose(scenarios(), flags{short: true})
	require.NoError(t, err)
	require.Less(t, len(short), len(scenarios())/2)
	one, err := choose(scenarios(), flags{only: "^thr tcp 10 B$"})
	require.NoError(t, err)
	require.Len(t, one, 1)
	_, err = choose(scenarios(), flags{only: "nothing like it"})
	require.Error(t, err)
	_, err = choose(scenarios(), flags{only: "("})
	require.Error(t, err)
	require.Len(t, choosePeers(flags{peers: "libzmq"}), 2)
	require.Len(t, choosePeers(flags{}), len(allPeers()))
	require.Less(t, len(choosePeers(flags{short: true})), len(allPeers()))
	require.Len(t, choosePeers(flags{short: true, peers: "weir-gogc100"}), 2)
}
