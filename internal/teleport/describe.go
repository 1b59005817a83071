package teleport

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// maxDescribed bounds the resources of a request that are described, and maxRoles the
	// roles: more than a message shows.
	maxDescribed = 50
	maxRoles     = 20
	// maxLogins bounds the logins of a role.
	maxLogins = 20
	// unreadFor is how long it is told that something could not be read. It is tried anew
	// with every full list.
	unreadFor = 15 * time.Minute
)

// Describe adds to a request what Teleport says of its resources and roles, as far as the
// role of the identity may read that. It waits no longer than patience. What comes later
// makes the request change for subscribers; complete is false until then.
func (s *Session) Describe(ctx context.Context, r accessrequest.Request, patience time.Duration) (described accessrequest.Request, complete bool) {
	described, waits := s.describe(ctx, r)
	if len(waits) == 0 {
		return described, true
	}
	if patience > 0 && !s.slow.Load() {
		waiting, cancel := context.WithTimeout(ctx, patience)
		err := awaitAll(waiting, waits)
		cancel()
		if err == nil {
			described, _ = s.describe(ctx, r)
			return described, true
		}
		// Others do not wait for what does not come.
		s.slow.Store(true)
	}
	s.changeLater(context.WithoutCancel(ctx), r.ID, waits)
	return described, false
}

// changeLater makes the request change for subscribers once all waits are closed.
func (s *Session) changeLater(ctx context.Context, id string, waits []<-chan struct{}) {
	if _, waiting := s.later.LoadOrStore(id, nil); waiting {
		return
	}
	go func() {
		// Each call has its own end.
		_ = awaitAll(ctx, waits)
		s.slow.Store(false)
		s.later.Delete(id)
		s.subscribers.each(func(sub accessrequest.Subscriber) { sub.Changed(id) })
	}()
}

// describe adds to a request what is known, and has asked for what is not. Once all waits are
// closed, there is no more to know.
func (s *Session) describe(ctx context.Context, r accessrequest.Request) (described accessrequest.Request, waits []<-chan struct{}) {
	r.Resources = slices.Clone(r.Resources)
	named := map[string][]*accessrequest.Resource{}
	for i := range r.Resources[:min(len(r.Resources), maxDescribed)] {
		resource := &r.Resources[i]
		if kind, err := s.localKind(*resource); err == nil && slices.Contains(titled, kind) {
			named[kind] = append(named[kind], resource)
		}
	}
	for kind, resources := range named {
		var names []string
		for _, resource := range resources {
			names = append(names, resource.Name)
		}
		found, more, _ := s.resources[kind].ask(ctx, names)
		waits = append(waits, more...)
		for _, resource := range resources {
			resource.Title = found[resource.Name].title
		}
	}
	if r.State != accessrequest.Pending {
		return r, waits
	}
	roles := slices.DeleteFunc(slices.Clone(r.Roles[:min(len(r.Roles), maxRoles)]), func(role string) bool { return len(role) > maxName })
	found, more, _ := s.roles.ask(ctx, roles)
	maps.DeleteFunc(found, func(_ string, logins []string) bool { return len(logins) == 0 })
	if len(found) > 0 {
		r.Logins = found
	}
	return r, append(waits, more...)
}

// newRoles returns what asks for the logins of roles, one by one.
func (s *Session) newRoles() *lookup[[]string] {
	return &lookup[[]string]{
		batch: 1, calls: 4,
		sizeOf: sizeOfTexts,
		read: func(ctx context.Context, names []string) (map[string][]string, error) {
			found := map[string][]string{}
			err := s.ask(ctx, "read on role", func(ctx context.Context, c Client) error {
				logins, err := c.Logins(ctx, names[0])
				in := &reader{}
				for _, login := range logins[:min(len(logins), maxLogins)] {
					found[names[0]] = append(found[names[0]], in.text(cut(login, maxLabel)))
				}
				return err
			})
			s.noteRead(types.KindRole, err, true)
			return found, err
		},
	}
}

// Logins implements Client.
func (c *apiClient) Logins(ctx context.Context, role string) ([]string, error) {
	found, err := c.GetRole(ctx, role)
	if err != nil {
		return nil, err
	}
	return found.GetLogins(types.Allow), nil
}

// deniedDetails returns what of the details of requests the role does not allow to read, so
// that it shows before a request needs it.
func (l *connection) deniedDetails(ctx context.Context) (kinds []string) {
	try := func(kind string, do func(context.Context) error) {
		if codeOf(do(ctx)) == codes.PermissionDenied {
			kinds = append(kinds, kind)
		}
	}
	for _, kind := range titled {
		try(kind, func(ctx context.Context) error { return l.tryResources(ctx, kind) })
	}
	try(types.KindRole, l.tryRole)
	return kinds
}

// tryResources asks for a resource that does not exist, tryRole for such a role.
func (l *connection) tryResources(ctx context.Context, kind string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := l.client.Resources(ctx, kind, []string{noRequest})
	return err
}

func (l *connection) tryRole(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := l.client.Logins(ctx, noRequest)
	if codeOf(err) == codes.NotFound {
		return nil
	}
	return err
}

// noteRead notes how the reading of a kind went. Where nothing is found of what is asked
// for, most likely the role does not show it.
func (s *Session) noteRead(kind string, err error, found bool) {
	switch {
	case errors.Is(err, accessrequest.ErrNotAllowed) || err == nil && !found:
		s.setUnread(time.Now(), kind)
	case err == nil:
		s.setUnread(time.Time{}, kind)
	}
}

// setUnread notes when kinds could not be read, zero if they could.
func (s *Session) setUnread(at time.Time, kinds ...string) {
	s.mu.Lock()
	before := len(s.unread)
	for _, kind := range kinds {
		if s.unread[kind] = at; at.IsZero() {
			delete(s.unread, kind)
		}
	}
	changed := len(s.unread) != before
	s.mu.Unlock()
	if changed {
		s.watchers.each(func(changed func()) { changed() })
	}
}

// unreadKinds returns what could not be read lately. The caller holds mu.
func (s *Session) unreadKinds(now time.Time) (kinds []string) {
	for kind, at := range s.unread {
		if now.Sub(at) < unreadFor {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}
