// Package review decides on access requests in chat with all real parts: a supervisor, the listener
// for clicks, gRPC with mutual TLS, and the chat services as they are simulated.
package review

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
