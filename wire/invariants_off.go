//go:build !invariants

package wire

// invariants is true in a build with the tag invariants: a double release panics, and released octets are mangled.
const invariants = false
