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
while read -r package name; do
	printf -- '--- %s %s\n' "$package" "$name"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$duration" "$package" </dev/null
done <<<"$found"
