package transport_test

import (
	"testing"

	"github.com/weirmq/weir/transport/transporttest"
)

// TestConformance runs the suite over every row of the table.
func TestConformance(t *testing.T) {
	transporttest.Run(t)
}
