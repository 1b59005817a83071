package cli

import (
	"os"
	"testing"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

var plane *controlplane.ControlPlane

// childVariable makes this test's binary the program itself, in a process of its own.
const childVariable = "ACCESS_NOTIFIER_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(Run(os.Args, os.Stdout, os.Stderr))
	}
	os.Exit(controlplane.Main(m, controlplane.Options{}, &plane))
}
