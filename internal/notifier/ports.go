package notifier

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/intake"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/routing"
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
	// Describe adds to a request what Teleport says of its resources and roles, and waits no
	// longer than patience. What comes later makes the request change; complete is false
	// until then.
	Describe(ctx context.Context, r accessrequest.Request, patience time.Duration) (described accessrequest.Request, complete bool)
	// Subscribe tells s of changes until the returned function is called. If the
	// view is complete already, s.Synced is called at once.
	Subscribe(s accessrequest.Subscriber) (unsubscribe func())
}

// Records keeps one text per access request, outside of this process.
type Records = intake.Records

// Shared are the questions to a messenger of which several notifiers may share the answers.
// Each that is nil is put to the messenger. Who answers is the same for them, too.
type Shared struct {
	// Name finds a recipient that the operator wrote into the rules.
	Name func(ctx context.Context, recipient string) (messenger.Address, error)
	// Person finds someone by an e-mail address, which a requester may have typed.
	Person func(ctx context.Context, email string) (messenger.Address, error)
	// User finds someone by the id that the messenger has for users, which may be any text.
	User func(ctx context.Context, id string) (messenger.Address, error)
	// Group finds a group that the operator wrote into the rules.
	Group func(ctx context.Context, name string) (messenger.Address, error)
	// Probe tells whether the token still works, while no call shows it. A success may be a
	// little old.
	Probe func(ctx context.Context) error
	// Remote names the service in sentences, which leave out what it does not know.
	Remote messenger.Remote
}

// withDefaults returns s with the messenger's own answers where it has none.
func (s Shared) withDefaults(m messenger.Messenger) Shared {
	if s.Name == nil {
		s.Name = m.Resolve
	}
	if s.Probe == nil {
		s.Probe = m.Check
	}
	if people, ok := m.(messenger.PersonResolver); s.Person == nil && ok {
		s.Person = people.ResolvePerson
	}
	if users, ok := m.(messenger.UserResolver); s.User == nil && ok {
		s.User = users.ResolveUser
	}
	if s.Group == nil {
		s.Group = messenger.GroupsOf(m)
	}
	return s
}

// findPerson finds a person in one of two ways, which the messenger may not have.
func findPerson(ctx context.Context, in func(context.Context, string) (messenger.Address, error), name string) (messenger.Address, error) {
	if in == nil {
		return messenger.Address{}, messenger.NotSupported("people")
	}
	return in(ctx, name)
}

// find finds a recipient.
func (s Shared) find(ctx context.Context, r routing.Recipient) (messenger.Address, error) {
	switch {
	case r.Person && r.Kind == routing.User:
		return findPerson(ctx, s.User, r.Name)
	case r.Person:
		return findPerson(ctx, s.Person, r.Name)
	case r.Kind == routing.Group:
		return s.Group(ctx, r.Name)
	}
	address, err := s.Name(ctx, r.Name)
	if err == nil && !r.MayBe(address.Direct) {
		return messenger.Address{}, messenger.WrongKind(address)
	}
	return address, err
}

// Timing holds the delays of a Notifier. The zero value of each means its default.
type Timing = timing.Timing
