#!/usr/bin/env bash
# cross-build.sh: builds the main module for every platform it supports, without cgo, and once for each operating system
# type-checks the tests too.
set -euo pipefail

export CGO_ENABLED=0
for os in linux darwin windows; do
	for arch in amd64 arm64; do
		begin=$SECONDS
		GOOS=$os GOARCH=$arch go build ./...
		printf '%s/%s: %d s\n' "$os" "$arch" $((SECONDS - begin))
	done
	GOOS=$os GOARCH=amd64 go vet ./...
done
