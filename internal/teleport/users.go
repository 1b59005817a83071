package teleport

import (
	"context"
	"slices"
	"time"

	usersv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/users/v1"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
)

// maxHolders bounds the users that are read to see whether they still have a trait.
const maxHolders = 3

// UsersWithTrait returns the names of users who have exactly this value in a trait, and no more
// than two of them. Bots are no such users. It finds users in a list that is a minute old at
// most, so that two who have the value may be one for that long. Each that it finds is read
// anew: one who lost the value, or was deleted, does not count, and one whom Teleport shows as
// locked is nobody if there is no other. The error wraps accessrequest.ErrNotAllowed if the role
// of the identity may not list and read users.
func (s *Session) UsersWithTrait(ctx context.Context, trait, value string) ([]string, error) {
	if trait == "" || value == "" || len(value) > maxName {
		return nil, nil
	}
	for _, fresh := range []bool{false, true} {
		holders, err := s.holders(ctx, trait, value, fresh)
		if err != nil {
			return nil, err
		}
		if len(holders) > maxHolders {
			return holders[:2], nil
		}
		found, err := s.stillHolding(ctx, holders, trait, value)
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// stillHolding returns those of names who have the value now.
func (s *Session) stillHolding(ctx context.Context, names []string, trait, value string) ([]string, error) {
	var found []string
	locked := false
	for _, name := range names {
		user, err := s.readUser(ctx, name, trait)
		if err != nil {
			return nil, err
		}
		if user.exists && slices.Contains(user.values, value) {
			found = append(found, name)
			locked = user.locked
		}
	}
	if len(found) == 1 && locked {
		return nil, nil
	}
	return found[:min(len(found), 2)], nil
}

// IsUser reports whether Teleport has a user of exactly this name now, who is no bot and not
// shown as locked. The error wraps accessrequest.ErrNotAllowed if the role of the identity may
// not read users.
func (s *Session) IsUser(ctx context.Context, name string) (bool, error) {
	if !isUserName(name) {
		return false, nil
	}
	user, err := s.readUser(ctx, name, "")
	return user.exists && !user.locked, err
}

// userNow is what Teleport says of a user who was asked for. The zero value is that of none.
type userNow struct {
	exists, locked bool
	values         []string
}

// readUser asks Teleport for a user and the values of one trait.
func (s *Session) readUser(ctx context.Context, name, trait string) (userNow, error) {
	var found userNow
	err := s.ask(ctx, "read on user", func(ctx context.Context, c Client) error {
		user, err := c.User(ctx, name)
		if err != nil || user.GetName() != name || !isPerson(user) {
			return err
		}
		login := user.GetStatus()
		found = userNow{
			exists: true,
			locked: login.IsLocked && (instant(login.LockExpires).IsZero() || login.LockExpires.After(time.Now())),
			values: user.GetTraits()[trait],
		}
		return nil
	})
	return found, err
}

// isPerson reports whether a user is no bot, and not one whose time is over: users of single
// sign-on go when their login does.
func isPerson(user types.User) bool {
	expires := instant(user.Expiry())
	return !user.IsBot() && (expires.IsZero() || expires.After(time.Now()))
}

// User implements Client.
func (c *apiClient) User(ctx context.Context, name string) (types.User, error) {
	found, err := c.GetUser(ctx, name, false)
	if err != nil {
		return nil, err
	}
	return found, nil
}

// EachUser implements Client. Pages without users count as one, so that a list without an end
// has one.
func (c *apiClient) EachUser(ctx context.Context, do func(types.User) error) error {
	request := &usersv1.ListUsersRequest{PageSize: pageSize}
	for {
		page, err := c.users.ListUsers(ctx, request)
		if isTooLarge(err) && request.PageSize > 1 {
			request.PageSize = max(request.PageSize/4, 1)
			continue
		}
		if err != nil {
			return err
		}
		if len(page.GetUsers()) == 0 {
			if err := do(nil); err != nil {
				return err
			}
		}
		for _, user := range page.GetUsers() {
			if err := do(user); err != nil {
				return err
			}
		}
		switch page.GetNextPageToken() {
		case "":
			return nil
		case request.PageToken:
			return trace.BadParameter("the list does not get on")
		}
		request.PageToken = page.GetNextPageToken()
	}
}

// SubmitReview implements Client.
func (c *apiClient) SubmitReview(ctx context.Context, submission types.AccessReviewSubmission) (*types.AccessRequestV3, error) {
	return c.auth.SubmitAccessReview(ctx, &submission)
}
