package simulation

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Describe implements notifier.Feed. Of some requests it is known only late which logins
// their roles allow.
func (s *session) Describe(ctx context.Context, r accessrequest.Request, patience time.Duration) (accessrequest.Request, bool) {
	if !chance(s.world.dice.about("described", r.ID), 0.3) {
		return r, true
	}
	late := between(s.world.dice.about("described", s.name, r.ID), time.Millisecond, promptly-2*time.Second)
	s.mu.Lock()
	known, asked := s.described[r.ID]
	if !asked {
		known = time.Now().Add(late)
		s.described[r.ID] = known
		time.AfterFunc(late, func() { s.tellAll(func(sub accessrequest.Subscriber) { sub.Changed(r.ID) }) })
	}
	s.mu.Unlock()
	waiting, stop := context.WithDeadline(ctx, known)
	defer stop()
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-waiting.Done():
	}
	if time.Now().Before(known) {
		return r, false
	}
	r.Logins = map[string][]string{}
	for _, role := range r.Roles {
		r.Logins[role] = []string{"root"}
	}
	return r, true
}
