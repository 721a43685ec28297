#!/usr/bin/env bash
# bench-peers.sh: compiles the programs of the benchmarks that need libzmq, where it is installed: the one in C, and pebbe's through cgo. Nothing is run.
# What is missing is named by native-peers.sh.
set -euo pipefail

if ! { command -v "${CC:-cc}" && command -v pkg-config && pkg-config --exists libzmq; } >/dev/null 2>&1; then
	echo 'bench-peers: libzmq or a C compiler is missing, so nothing is compiled' >&2
	exit 0
fi
cd benchmarks
"${CC:-cc}" -O2 -Wall -Wextra -Werror -o /dev/null libzmq/*.c -lzmq -lpthread
CGO_ENABLED=1 go vet ./peers/pebbe
