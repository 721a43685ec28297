#!/usr/bin/env bash
# step.sh NAME COMMAND...: runs the command between two lines with its name, the second with its duration and outcome.
set -u

name=$1
shift

printf '==> %s\n' "$name"
begin=$SECONDS
"$@"
status=$?
took=$((SECONDS - begin))
if [ "$status" -eq 0 ]; then
	printf '<== %s: %d s\n\n' "$name" "$took"
else
	printf '<== %s: FAILED after %d s (exit status %d)\n\n' "$name" "$took" "$status" >&2
fi
exit "$status"
