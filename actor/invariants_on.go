//go:build invariants

package actor

// invariants is true in a build with the tag invariants: checks that cost something are made.
const invariants = true
