package transport

import (
	"errors"
	"time"
)

// SetDeadline makes a waiting Accept, and those to come, fail with os.ErrDeadlineExceeded from t on; a zero t takes that back. So an accept loop can
// be joined while its listener, and the connections in its backlog, stay. It returns errors.ErrUnsupported where the system cannot.
func (l *listener) SetDeadline(t time.Time) error {
	d, ok := l.Listener.(interface{ SetDeadline(time.Time) error })
	if !ok {
		return errors.ErrUnsupported
	}
	return d.SetDeadline(t)
}
