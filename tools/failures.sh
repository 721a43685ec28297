#!/usr/bin/env bash
# failures.sh LOG: what `go test -v` has printed about the tests that failed, the verdicts of their packages last. What passed is left out, and
# so is what the project's own logger says, which is most of a log; of each test the last 60 lines are shown, and of a panic the first 60.
set -euo pipefail

awk '
	function show(text,    lines, n, i) {
		n = split(text, lines, "\n")
		for (i = n > 60 ? n - 59 : 1; i <= n; i++) if (lines[i] != "") print lines[i]
	}
	/^[[:space:]]*time=[^ ]+ level=/ { next }
	/^=== / { name = $3; next }
	/^[[:space:]]*--- (PASS|SKIP):/ { delete said[$3]; next }
	/^[[:space:]]*--- FAIL:/ { show(said[$3]); delete said[$3]; print; next }
	/^(panic:|fatal error:|SIG[A-Z]+:)/ && trace == 0 { print "running: " name; show(said[name]); trace = 60 }
	/^FAIL[[:space:]].*\[(build|setup) failed\]/ { show(said[""]); delete said[""]; print; next }
	/^FAIL([[:space:]]|$)/ { trace = 0; print; next }
	/^(ok|\?|PASS|exit status)/ { next }
	trace > 0 { trace--; print; next }
	{ said[name] = said[name] "\n" $0 }
' "$1"
