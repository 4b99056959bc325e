package diagnosis_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain holds every test to end what it began.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
