package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/weirmq/weir/benchmarks/rig"
)

// heading says what was measured on what, and how: the machine, the versions, the command.
func heading(peers []*peer, date, command string) []string {
	versions := []string{runtime.Version() + " with GOGC=" + rig.GCPercent()}
	for _, p := range peers {
		if p.of != nil && p.bin != "" {
			versions = append(versions, p.name+" "+p.of())
		}
	}
	return []string{
		fmt.Sprintf("%s/%s, %s, %d cores, %s, %s", runtime.GOOS, runtime.GOARCH, processor(), runtime.NumCPU(), kernel(), date),
		strings.Join(versions, ", "),
		command,
	}
}

// processor is the model of the processor, where the system says.
func processor() string {
	b, _ := os.ReadFile("/proc/cpuinfo") // none elsewhere
	for text := range strings.Lines(string(b)) {
		if key, model, ok := strings.Cut(text, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return "processor unknown"
}

// kernel is what uname says.
func kernel() string {
	out, err := exec.Command("uname", "-sr").Output()
	if err != nil {
		return "kernel unknown"
	}
	return strings.TrimSpace(string(out))
}
