package teleport

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Traits returns the traits of a user, none of one that Teleport does not know. They must
// not be changed. The error wraps accessrequest.ErrNotAllowed if the role of the identity
// may not read users.
func (s *Session) Traits(ctx context.Context, user string) (map[string][]string, error) {
	found, err := s.users.get(ctx, user)
	return found[user], err
}

// newUsers returns what asks for the traits of users, one by one.
func (s *Session) newUsers() *lookup[map[string][]string] {
	return &lookup[map[string][]string]{
		batch: 1, calls: 8,
		sizeOf: func(traits map[string][]string) (n int) {
			for name, list := range traits {
				n += itemOverhead + len(name) + sizeOfTexts(list)
			}
			return n
		},
		read: func(ctx context.Context, names []string) (map[string]map[string][]string, error) {
			found := map[string]map[string][]string{}
			err := s.ask(ctx, "read on user", func(ctx context.Context, c Client) error {
				user, err := c.User(ctx, names[0])
				if err != nil {
					return err
				}
				found[names[0]] = lists(user.GetTraits())
				return nil
			})
			return found, err
		},
	}
}

// ask makes one call that reads what is optional. What the role does not allow, or the
// server does not know, wraps accessrequest.ErrNotAllowed; what it does not have is none.
func (s *Session) ask(ctx context.Context, what string, do func(context.Context, Client) error) error {
	return s.askWithin(ctx, callTimeout, what, do)
}

// askWithin is ask for what may take longer.
func (s *Session) askWithin(ctx context.Context, timeout time.Duration, what string, do func(context.Context, Client) error) error {
	code := codes.OK
	err := s.call(ctx, timeout, func(ctx context.Context, c Client) error {
		err := do(ctx, c)
		switch code = codeOf(err); code {
		case codes.NotFound, codes.PermissionDenied, codes.Unimplemented:
			return nil
		default:
			return err
		}
	})
	if err == nil && (code == codes.PermissionDenied || code == codes.Unimplemented) {
		return fmt.Errorf("%s: %w", what, accessrequest.ErrNotAllowed)
	}
	return err
}
