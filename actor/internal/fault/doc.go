// Package fault is how package actortest reaches into an actor: it makes it fail, as if its handler had.
package fault
