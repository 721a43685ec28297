#!/usr/bin/env bash
# race-test.sh: runs all tests of the main module under the race detector, which needs a C compiler; without one it says
# so on stderr and runs them as they are.
set -euo pipefail

compiler=$(go env CC)
if echo 'int main(void) { return 0; }' | ${compiler:-cc} -x c -o /dev/null - >/dev/null 2>&1; then
	CGO_ENABLED=1 exec go test -race ./...
fi
printf '\n*** NO C COMPILER: the tests run WITHOUT the race detector\n\n' >&2
CGO_ENABLED=0 exec go test ./...
