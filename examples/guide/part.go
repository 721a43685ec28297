package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A part says which part of a program is played. Some programs of the guide are a whole network in one process; with -only one part of it runs alone, and
// the others may be anybody's.
type part struct{ only string }

// partFlag is the flag -only.
func partFlag(flags *flag.FlagSet, parts ...string) *part {
	p := &part{}
	flags.StringVar(&p.only, "only", "", "play this `part` alone: "+strings.Join(parts, ", "))
	return p
}

// plays says whether this part is played.
func (p *part) plays(name string) bool { return p.only == "" || p.only == name }

// printable is a routing id that people can read, and that programs in C can take for a string.
func printable() string { return fmt.Sprintf("%04X-%04X", rand.IntN(0x10000), rand.IntN(0x10000)) }
