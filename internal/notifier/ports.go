package notifier

import (
	"context"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
)

// Feed is a live view of the access requests of one Teleport cluster.
type Feed interface {
	// Get returns the latest known state of a request, and whether Teleport has it.
	Get(id string) (accessrequest.Request, accessrequest.Presence)
	// Refresh asks Teleport for one request: what Get says afterwards is as new as
	// the answer.
	Refresh(ctx context.Context, id string) error
	// IDs lists the requests that Teleport has, in every state.
	IDs() []string
	// Cluster describes the Teleport cluster to readers.
	Cluster() accessrequest.Cluster
	// Subscribe tells s of changes until the returned function is called. If the
	// view is complete already, s.Synced is called at once.
	Subscribe(s accessrequest.Subscriber) (unsubscribe func())
}

// Records keeps one text per access request, outside of this process.
type Records interface {
	keeper.Store
	// LoadAll returns all records by request id.
	LoadAll(ctx context.Context) (map[string]string, error)
}

// Resolve finds the addresses of recipients. Its zero value asks the messenger.
type Resolve struct {
	// Name finds a recipient that the operator wrote into the rules.
	Name func(ctx context.Context, recipient string) (messenger.Address, error)
	// Person finds someone by an e-mail address, which a requester may have typed.
	Person func(ctx context.Context, email string) (messenger.Address, error)
}

// Timing holds the delays of a Notifier. The zero value of each means its default.
type Timing = timing.Timing
