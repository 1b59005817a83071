package teleport

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// traitsFor is how long the traits of a user are believed, deniedFor how long it is
	// believed that the role does not allow to read any.
	traitsFor = 10 * time.Minute
	deniedFor = 30 * time.Second
	// maxTraits bounds the traits to keep, in bytes.
	maxTraits = 4 << 20
)

// traitCache keeps the traits of users. The zero value is empty.
type traitCache struct {
	mu    sync.Mutex
	users map[string]userTraits
	size  int
	// denied is when the role last did not allow to read one.
	denied time.Time
}

type userTraits struct {
	traits map[string][]string
	read   time.Time
}

// Traits returns the traits of a user, none of one that Teleport does not know. They must
// not be changed. The error wraps accessrequest.ErrNotAllowed if the role of the identity
// may not read users. Of calls for one user that overlap one is made.
func (s *Session) Traits(ctx context.Context, user string) (map[string][]string, error) {
	traits, known, err := s.traits.get(user, time.Now())
	if known || err != nil {
		return traits, err
	}
	done := s.users.DoChan(user, func() (any, error) {
		// It goes on for others when the first who asked gives up.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*callTimeout)
		defer cancel()
		return s.readTraits(ctx, user)
	})
	select {
	case result := <-done:
		traits, _ := result.Val.(map[string][]string)
		return traits, result.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Session) readTraits(ctx context.Context, user string) (map[string][]string, error) {
	var traits map[string][]string
	denied := false
	err := s.call(ctx, callTimeout, func(ctx context.Context, c Client) error {
		found, err := c.Traits(ctx, user)
		switch codeOf(err) {
		case codes.OK:
			traits = lists(found)
		case codes.NotFound:
		case codes.PermissionDenied:
			denied = true
		default:
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.traits.put(user, traits, denied, time.Now())
}

var errTraitsDenied = fmt.Errorf("read on user: %w", accessrequest.ErrNotAllowed)

func (c *traitCache) get(user string, now time.Time) (traits map[string][]string, known bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.denied) < deniedFor {
		return nil, false, errTraitsDenied
	}
	found, ok := c.users[user]
	return found.traits, ok && now.Sub(found.read) < traitsFor, nil
}

func (c *traitCache) put(user string, traits map[string][]string, denied bool, now time.Time) (map[string][]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if denied {
		c.denied = now
		return nil, errTraitsDenied
	}
	size := entryOverhead + len(user)
	for name, list := range traits {
		size += itemOverhead + len(name) + sizeOfTexts(list)
	}
	if c.size += size; c.users == nil || c.size > maxTraits {
		c.users, c.size = map[string]userTraits{}, size
	}
	c.users[user] = userTraits{traits: traits, read: now}
	return traits, nil
}
