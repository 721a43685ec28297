#!/usr/bin/env bash
# conformance.sh: holds socket/conformance.md to what has just run: each test that it names passed, by the logs that the
# steps before have left.
set -euo pipefail

WEIR_TEST_LOGS=$PWD/.testlogs CGO_ENABLED=0 go test -count=1 -run '^TestConformance' ./internal/house
