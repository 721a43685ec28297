// Crosscheck type-checks the module and its tests for every platform that it supports, from source, without compiling anything: what does not build
// somewhere for a reason of its own is found in seconds. Packages of other modules and of the standard library are read for what they declare.
//
//	go run ./internal/crosscheck
//
// What the compiler alone finds (a linker's symbol, an assembler's line) is left to `make check`, which builds for all.
package main
