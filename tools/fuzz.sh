#!/usr/bin/env bash
# fuzz.sh DURATION: works on every fuzz target of the main module for that long, one after the other. A finding is left
# in the package's testdata/fuzz, to be committed with its fix.
set -euo pipefail

duration=$1
export CGO_ENABLED=0

# targets: "package name" of each fuzz target. go test -list prints a package's names first, and then its verdict.
targets() {
	go test -list '^Fuzz' ./... | awk '
		/^Fuzz/ { names[++n] = $1 }
		/^ok/   { for (i = 1; i <= n; i++) print $2, names[i] }
		!/^Fuzz/ { n = 0 }'
}

found=$(targets)
[ -n "$found" ] || { echo 'no fuzz targets' >&2; exit 1; }
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# work works on one target.
work() { go test -run '^$' -fuzz "^$2\$" -fuzztime "$duration" "$1" </dev/null | tee "$said"; }

# late says whether all that went wrong is that the time was over while a worker had not yet answered, which package internal/fuzz takes for a
# failure: there is no input that fails.
late() { grep -q 'context deadline exceeded' "$said" && ! grep -q 'Failing input' "$said"; }

while read -r package name; do
	printf -- '--- %s %s\n' "$package" "$name"
	work "$package" "$name" || { late && work "$package" "$name"; }
done <<<"$found"
