package canary

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/accessnotifier/accessnotifier/internal/cli"
)

// childVariable makes this test's binary the program itself, in a process of its own. What it is
// set to is planted where the program could tell a secret: see plant.
const childVariable = "ACCESS_NOTIFIER_CHILD"

func TestMain(m *testing.M) {
	if planted := os.Getenv(childVariable); planted != "" {
		stop := plant(planted)
		defer stop()
		os.Exit(cli.Run(os.Args, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}
