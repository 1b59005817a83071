package slack

import (
	"context"
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// groupID is what the ids of user groups look like. Their handles are lower-case.
var groupID = regexp.MustCompile(`^S[A-Z0-9]{7,}$`)

// ResolveGroup implements messenger.GroupResolver. A group is named by its handle, with or
// without "@", or by its id.
func (s *Slack) ResolveGroup(ctx context.Context, name string) (messenger.Address, error) {
	groups, err := s.groups.Get(ctx, "", s.listGroups)
	if err != nil {
		return messenger.Address{}, err
	}
	name = strings.TrimPrefix(strings.TrimSpace(name), "@")
	if !groupID.MatchString(name) {
		name = strings.ToLower(name)
	}
	group, ok := groups[name]
	if !ok {
		return messenger.Address{}, &messenger.Error{
			Class: messenger.RecipientPermanent, Call: callGroups, Code: "no_such_group",
			What: "{service} has no such user group", Advice: "Check the handle of the user group",
		}
	}
	return group, nil
}

// listGroups lists the user groups that are not disabled.
func (s *Slack) listGroups(ctx context.Context) (map[string]messenger.Address, error) {
	list, err := s.api(callGroups, methodBucket(callGroups)).GetUserGroupsContext(ctx)
	if err != nil {
		return nil, s.classify(callGroups, methodBucket(callGroups), err)
	}
	groups := map[string]messenger.Address{}
	for _, group := range list {
		if groupID.MatchString(group.ID) && group.DateDelete == 0 {
			found := messenger.Address{ID: group.ID, Mention: "<!subteam^" + group.ID + ">"}
			groups[group.ID], groups[group.Handle] = found, found
		}
	}
	return groups, nil
}
