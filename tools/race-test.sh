#!/usr/bin/env bash
# race-test.sh: runs all tests of the main module under the race detector and with the checks of the build tag invariants. The detector needs a C
# compiler; without one it says so on stderr and runs them without. The verdict of each package is shown, and what failed; the folder .testlogs keeps
# all that the tests have printed.
set -euo pipefail

mkdir -p .testlogs
log=.testlogs/main.log
export CGO_ENABLED=0
race=
compiler=$(go env CC)
if echo 'int main(void) { return 0; }' | ${compiler:-cc} -x c -o /dev/null - >/dev/null 2>&1; then
	CGO_ENABLED=1
	race=-race
else
	printf '\n*** NO C COMPILER: the tests run WITHOUT the race detector\n\n' >&2
fi
# -count=1: a verdict from the cache is no word of a test that ran.
if ! go test -count=1 -v -tags invariants $race ./... >"$log" 2>&1; then
	tools/failures.sh "$log"
	exit 1
fi
grep -E '^(ok|\?|FAIL)[[:space:]]' "$log"
