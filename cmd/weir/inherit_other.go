//go:build !unix

package main

import (
	"errors"
	"fmt"
)

// listening says that this system has no descriptors that package net could make listeners of.
func listening(int) error { return fmt.Errorf("%w on this system", errors.ErrUnsupported) }
