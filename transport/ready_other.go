//go:build !unix

package transport

import "errors"

// CanPoll says whether the platform can wait for the readiness of descriptors.
const CanPoll = false

// Poll returns errors.ErrUnsupported.
func Poll([]Descriptor, *Alarm) error { return errors.ErrUnsupported }

// An Alarm ends a Poll from outside.
type Alarm struct{}

// NewAlarm returns errors.ErrUnsupported.
func NewAlarm() (*Alarm, error) { return nil, errors.ErrUnsupported }

// Ring does nothing.
func (*Alarm) Ring() {}

// Close does nothing.
func (*Alarm) Close() {}
