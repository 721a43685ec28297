#!/usr/bin/env bash
# native-peers.sh: makes sure that the native ZeroMQ peers are there which the interop tests and benchmarks talk to, and
# the C compiler that they and the race detector need. Debian's packages are installed when they are missing and this
# runs as root. What stays missing is named on stderr, with the tests that it costs; that is no failure.
set -u

packages=(libzmq3-dev python3-zmq gcc libc6-dev pkg-config iproute2 util-linux)

# has_python_zmq: the system's own Python can load the binding.
has_python_zmq() {
	local python
	for python in /usr/bin/python3 python3; do
		"$python" -c 'import zmq' >/dev/null 2>&1 && return 0
	done
	return 1
}

# has_compiler: a C program can be compiled and linked.
has_compiler() {
	command -v gcc >/dev/null 2>&1 && echo 'int main(void) { return 0; }' | gcc -x c -o /dev/null - >/dev/null 2>&1
}

# has_libzmq: a C program can be built against libzmq.
has_libzmq() {
	command -v pkg-config >/dev/null 2>&1 && pkg-config --exists libzmq
}

# complete: nothing is missing that Debian has.
complete() {
	has_python_zmq && has_compiler && has_libzmq
}

# The libzmq 4.3.5 with its drafts that npm's zeromq has ready-made: one file of the package is all that is needed.
zeromq=6.4.2
addon=${XDG_CACHE_HOME:-$HOME/.cache}/weir/zeromq-$zeromq.node

# has_drafts: node can load it.
has_drafts() {
	[ -f "$addon" ] && node -e 'process.exit(require(process.argv[1]).capability.draft ? 0 : 1)' "$addon" >/dev/null 2>&1
}

# install_drafts: fetches the package, runs nothing of it, and keeps that file.
install_drafts() {
	local work arch
	case $(uname -m) in
	x86_64) arch=x64 ;;
	aarch64) arch=arm64 ;;
	*) return ;;
	esac
	command -v npm >/dev/null 2>&1 && [ "$(uname -s)" = Linux ] || return
	work=$(mktemp -d)
	if (cd "$work" && timeout 60 npm pack --silent "zeromq@$zeromq" >/dev/null 2>&1 &&
		tar xzf ./*.tgz "package/build/linux/$arch/node/glibc-127-Release/addon.node"); then
		mkdir -p "$(dirname "$addon")" && mv "$work"/package/build/linux/"$arch"/node/glibc-127-Release/addon.node "$addon"
	fi
	rm -rf "$work"
}

# install: asks apt for the packages; its own words go to stderr.
install() {
	if ! command -v apt-get >/dev/null 2>&1; then
		echo 'native-peers: no apt-get here, so nothing is installed' >&2
		return
	fi
	if [ "$(id -u)" -ne 0 ]; then
		echo "native-peers: not root, so nothing is installed; run: apt-get install ${packages[*]}" >&2
		return
	fi
	export DEBIAN_FRONTEND=noninteractive
	local get=(apt-get -qq -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o DPkg::Lock::Timeout=120)
	"${get[@]}" update >&2 || echo 'native-peers: apt-get update failed' >&2
	"${get[@]}" install -y --no-install-recommends "${packages[@]}" >&2 || echo 'native-peers: apt-get install failed' >&2
}

# missing WHAT COST: says loudly what the absence of something means.
missing() {
	printf '\n*** MISSING: %s\n***   %s\n\n' "$1" "$2" >&2
}

complete || install
has_drafts || install_drafts
has_compiler || missing 'a C compiler (gcc)' 'the tests run WITHOUT the race detector; interop cases and benchmarks with peers in C are skipped'
has_libzmq || missing 'libzmq (libzmq3-dev, pkg-config)' 'interop cases and benchmarks with peers in C are skipped'
has_drafts || missing "libzmq with drafts (npm's zeromq $zeromq, node)" 'its options that tell of connections are not compared with it'
has_python_zmq || missing 'pyzmq (python3-zmq)' 'interop cases with peers in Python are skipped'
complete && echo "libzmq $(pkg-config --modversion libzmq), pyzmq and gcc are here"
exit 0
