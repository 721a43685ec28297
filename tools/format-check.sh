#!/usr/bin/env bash
# format-check.sh: fails when gofmt would change a file, and names the files.
set -euo pipefail

unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	printf 'not formatted (run make fmt):\n%s\n' "$unformatted" >&2
	exit 1
fi
