package teleporttest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	usersv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/users/v1"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
)

// maxUserPage is how many users a page has at most. [I]
const maxUserPage = 200

// usersService is where current clients ask for users.
type usersService struct {
	usersv1.UnimplementedUsersServiceServer
	s *Server
}

// GetUser returns a user by name, or the caller.
func (u usersService) GetUser(ctx context.Context, req *usersv1.GetUserRequest) (*usersv1.GetUserResponse, error) {
	c := callerFrom(ctx)
	name := req.Name
	if req.CurrentUser {
		name = c.user
	}
	if name != c.user {
		if err := u.s.authorize(c, types.VerbRead, types.KindUser); err != nil {
			return nil, err
		}
	}
	known, ok := u.s.user(name)
	if !ok && name == c.user {
		known, ok = User{Name: c.user, Roles: c.roles}, true
	}
	if !ok {
		return nil, trace.NotFound("user %q not found", name)
	}
	user, err := known.message()
	return &usersv1.GetUserResponse{User: user}, err
}

// ListUsers returns one page of the users, by their names.
func (u usersService) ListUsers(ctx context.Context, req *usersv1.ListUsersRequest) (*usersv1.ListUsersResponse, error) {
	c := callerFrom(ctx)
	err := cmp.Or(u.s.authorize(c, types.VerbList, types.KindUser), u.s.authorize(c, types.VerbRead, types.KindUser))
	if err != nil {
		return nil, err
	}
	if page := u.s.endlessUsers(); page != nil {
		return page, nil
	}
	size := int(req.GetPageSize())
	if size <= 0 || size > maxUserPage {
		size = maxUserPage
	}
	all := slices.DeleteFunc(u.s.usersByName(), func(user User) bool { return user.Name < req.GetPageToken() })
	page := &usersv1.ListUsersResponse{}
	for _, known := range all[:min(size, len(all))] {
		user, err := known.message()
		if err != nil {
			return nil, err
		}
		page.Users = append(page.Users, user)
	}
	if len(all) > size {
		page.NextPageToken = all[size].Name
	}
	return page, nil
}

// message returns the user as the API has it. A bot is marked by its label.
func (u User) message() (*types.UserV2, error) {
	user := &types.UserV2{
		Metadata: types.Metadata{Name: u.Name},
		Spec:     types.UserSpecV2{Roles: u.Roles, Traits: u.Traits, Status: types.LoginStatus{IsLocked: u.Locked}},
	}
	if u.Bot {
		user.Metadata.Labels = map[string]string{types.BotLabel: strings.TrimPrefix(u.Name, "bot-")}
	}
	if u.Synchronised {
		user.Spec.CreatedBy.Connector = &types.ConnectorRef{Type: "saml", ID: "okta-integration", Identity: u.Name}
	}
	return user, user.CheckAndSetDefaults()
}

// usersByName returns the users in the order in which they are listed.
func (s *Server) usersByName() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.users), func(a, b User) int { return cmp.Compare(a.Name, b.Name) })
}

func (s *Server) user(name string) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, ok := s.users[name]
	return user, ok
}

// SetUser makes GetUser know a user, or know it anew.
func (s *Server) SetUser(user User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[user.Name] = user
}

// DeleteUser makes the cluster forget a user.
func (s *Server) DeleteUser(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.users, name)
}

// EndlessUsers makes lists of users never end, as a hostile server may: page after page of n
// users, for n = 0 of none. A negative n ends it.
func (s *Server) EndlessUsers(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists.endlessUsers = n + 1
}

// endlessUsers returns a page of a list that never ends, nil if lists do end.
func (s *Server) endlessUsers() *usersv1.ListUsersResponse {
	s.mu.Lock()
	n := s.lists.endlessUsers - 1
	s.mu.Unlock()
	if n < 0 {
		return nil
	}
	page := &usersv1.ListUsersResponse{NextPageToken: uuid.NewString()}
	for range n {
		page.Users = append(page.Users, &types.UserV2{Metadata: types.Metadata{Name: uuid.NewString()}})
	}
	return page
}
