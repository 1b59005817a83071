package launch

import (
	"context"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// Supervisor makes all of an operator but its controllers. It may reach services
// on this machine.
func Supervisor(o supervisor.Options) *supervisor.Supervisor {
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
