package socket_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails the run where a test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
