package launch

import (
	"context"
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// Supervisor makes all of an operator but its controllers. It may reach services
// on this machine. Messengers are called through the client; nil is that of the
// options, as in production.
func Supervisor(o supervisor.Options, client *http.Client) *supervisor.Supervisor {
	o.Pool = teleport.NewPool(teleport.Options{Log: o.Log, Guard: dialguard.New(dialguard.Loopback()...)})
	if client != nil {
		o.Messenger = func(c registry.Config) (messenger.Messenger, error) {
			c.HTTPClient = client
			return registry.New(c)
		}
	}
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
