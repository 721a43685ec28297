//go:build race

package wire

// raceEnabled says whether the race detector is on.
const raceEnabled = true
