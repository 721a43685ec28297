// Package actor runs typed actors.
package actor
