#!/usr/bin/env bash
# tidy-check.sh: fails when go mod tidy would change a module of this repository, and prints the change.
set -euo pipefail

status=0
for dir in . tools interop benchmarks; do
	[ -f "$dir/go.mod" ] || continue
	echo "module $dir"
	(cd "$dir" && go mod tidy -diff) || status=1
done
exit "$status"
