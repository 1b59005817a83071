package cli

import (
	"os"
	"testing"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

var plane *controlplane.ControlPlane

func TestMain(m *testing.M) {
	os.Exit(controlplane.Main(m, controlplane.Options{}, &plane))
}
