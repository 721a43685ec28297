// Package actortest helps to test actors: systems that clean up after themselves and run in fake time, faults that make any
// actor fail, and a probe that records what an actor receives.
//
// Map of the files: actortest.go has the systems and the faults, probe.go the probe.
package actortest
