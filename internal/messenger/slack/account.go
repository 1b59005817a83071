package slack

import (
	"context"
	"slices"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// ReadAccount implements messenger.AccountReader, by users.info:
// https://docs.slack.dev/reference/objects/user-object. Without the scope users:read.email
// there is no e-mail address in it.
func (s *Slack) ReadAccount(ctx context.Context, id string) (messenger.Person, error) {
	if !userID.MatchString(id) {
		return messenger.Person{}, messenger.NotAUserID("Name the member ID of a Slack user, such as U0123456789")
	}
	self, err := s.knownAccount(ctx)
	if err != nil {
		return messenger.Person{}, err
	}
	user, err := s.api(callUser, methodBucket(callUser)).GetUserInfoContext(ctx, id)
	if err != nil {
		return messenger.Person{}, s.classify(callUser, methodBucket(callUser), err)
	}
	if user == nil || user.ID != id {
		return messenger.Person{}, messenger.BadResponse(callUser)
	}
	return messenger.Person{
		Email:          user.Profile.Email,
		EmailConfirmed: user.Profile.Email != "" && user.IsEmailConfirmed,
		Guest:          user.IsRestricted || user.IsUltraRestricted,
		Bot:            user.IsBot || user.IsWorkflowBot || user.IsConnectorBot,
		External:       user.IsStranger || !isAtHome(user, self.Workspace),
		Deactivated:    user.Deleted,
	}, nil
}

// isAtHome reports whether an account belongs to the workspace of the bot, or to its
// organization where the token is for all of that. What Slack does not say, is not so.
func isAtHome(user *slackapi.User, workspace string) bool {
	return workspace != "" && (user.TeamID == workspace || user.Enterprise.EnterpriseID == workspace ||
		slices.Contains(user.Enterprise.Teams, workspace))
}
