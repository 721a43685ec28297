#!/usr/bin/env bash
# memory-test.sh: runs the tests that count allocations and bytes as they are in use: without the race detector and the checks of the tag invariants,
# both of which take memory of their own.
set -euo pipefail

CGO_ENABLED=0 go test -count=1 -run 'Alloc|Idle|Crowd|WaitingCosts|UsedAgain|Memory' ./actor ./mailbox ./socket ./wire ./wire/codec
