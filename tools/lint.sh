#!/usr/bin/env bash
# lint.sh: runs the linter over every module of this repository, with the one configuration, and fails when it finds
# something in any of them. Examples are part of the main module. What needs cgo is left out where libzmq's headers are
# missing.
set -uo pipefail

tools=$PWD/tools/go.mod
status=0
pkg-config --exists libzmq 2>/dev/null || export CGO_ENABLED=0
for dir in . interop benchmarks; do
	[ -f "$dir/go.mod" ] || continue
	echo "module $dir"
	(cd "$dir" && go tool -modfile="$tools" golangci-lint run ./...) || status=1
done
exit "$status"
