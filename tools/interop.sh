#!/usr/bin/env bash
# interop.sh: runs the interop module, without the race detector, since its peers are other processes. What failed is
# shown, and else the verdicts and the closing line "interop: N ran, M skipped"; the folder .testlogs keeps
# it. Results are never taken from the cache: what is skipped depends on what is installed.
set -euo pipefail

if [ ! -f interop/go.mod ]; then
	printf '\n*** NO INTEROP MODULE: nothing is tested against libzmq\n\n' >&2
	exit 0
fi
mkdir -p .testlogs
log=$PWD/.testlogs/interop.log
cd interop
export CGO_ENABLED=0 # as Weir is delivered, and as the steps before have built it
if ! go test -count=1 -v ./... >"$log" 2>&1; then
	../tools/failures.sh "$log"
	grep -E '^interop: ' "$log" || true
	exit 1
fi
grep -E '^(ok|\?|FAIL)[[:space:]]|^[[:space:]]*--- SKIP|^interop: ' "$log" || true
