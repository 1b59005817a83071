// Package bare is the least program that announces access requests: it watches them and
// announces each once. It keeps no promise, and is what the operator is measured against.
package bare

import (
	"context"
	"fmt"

	"github.com/gravitational/teleport/api/breaker"
	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/types"
	"golang.org/x/sync/errgroup"
)

// atOnce is how many requests are announced at the same time.
const atOnce = 16

// Program announces access requests.
type Program struct {
	// Address is Teleport's, Identity the file that leads into it.
	Address, Identity string
	// Record makes it write a record of each request before it announces it.
	Record bool
	// Announce announces a request.
	Announce func(ctx context.Context, id string) error
}

// Run announces each request that is made, until ctx ends or something fails. It calls
// watching once the stream of events has begun.
func (p Program) Run(ctx context.Context, watching func()) error {
	teleport, err := client.New(ctx, client.Config{
		Addrs:                []string{p.Address},
		Credentials:          []client.Credentials{client.LoadIdentityFile(p.Identity)},
		CircuitBreakerConfig: breaker.NoopBreakerConfig(),
	})
	if err != nil {
		return fmt.Errorf("connecting to Teleport: %w", err)
	}
	defer func() { _ = teleport.Close() }()
	watcher, err := teleport.NewWatcher(ctx, types.Watch{Kinds: []types.WatchKind{{Kind: types.KindAccessRequest}}})
	if err != nil {
		return fmt.Errorf("watching access requests: %w", err)
	}
	defer func() { _ = watcher.Close() }()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for {
		select {
		case event := <-watcher.Events():
			if event.Type == types.OpInit {
				watching()
			}
			if event.Type == types.OpPut {
				group.Go(func() error { return p.handle(ctx, teleport, event.Resource.GetName()) })
			}
		case <-watcher.Done():
			return fmt.Errorf("watching access requests: %w", watcher.Error())
		case <-ctx.Done():
			return group.Wait()
		}
	}
}

func (p Program) handle(ctx context.Context, teleport *client.Client, id string) error {
	if p.Record {
		err := teleport.UpdatePluginData(ctx, types.PluginDataUpdateParams{
			Kind: types.KindAccessRequest, Resource: id, Plugin: "bare", Set: map[string]string{"claim": "1"},
		})
		if err != nil {
			return fmt.Errorf("writing a record: %w", err)
		}
	}
	return p.Announce(ctx, id)
}
