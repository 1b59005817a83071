package launch

import (
	"context"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// Supervisor makes all of an operator but its controllers. It may reach services
// on this machine.
func Supervisor(o supervisor.Options) *supervisor.Supervisor {
	o.AllowNetworks = append(o.AllowNetworks, dialguard.Loopback()...)
	o.Pool = teleport.NewPool(teleport.Options{Log: o.Log, Guard: dialguard.New(dialguard.Loopback()...)})
	return supervisor.New(o)
}

// Run runs a supervisor until stop is called, which returns what ended it.
func Run(ctx context.Context, s *supervisor.Supervisor) (stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- s.Start(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

// ForTest runs a supervisor until the test ends.
func ForTest(t testing.TB, s *supervisor.Supervisor) {
	t.Helper()
	stop := Run(t.Context(), s)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("the supervisor: %v", err)
		}
	})
}

// Teleport leads a notifier to a simulated Teleport, with an identity of its own.
func Teleport(t testing.TB, server *teleporttest.Server) supervisor.Teleport {
	t.Helper()
	file := server.IdentityFile(t, teleporttest.IdentityOptions{})
	return supervisor.Teleport{Address: server.Addr(), IdentityRef: "identity", Identity: teleport.Credentials{File: file}}
}
