//go:build !linux && !darwin

package transport

import "errors"

const hasCredentials = false

// credentialsOf tells nothing: this system is not asked.
func credentialsOf(uintptr) (Credentials, error) { return Credentials{}, errors.ErrUnsupported }
