package slack

import (
	"context"
	"slices"
	"strings"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Scopes that are looked for.
const (
	scopePost = "chat:write"
	// scopePostPublic lets a bot post in public channels that it is not in.
	scopePostPublic = "chat:write.public"
)

// usedScopes are all that the calls need, the most important first.
var usedScopes = []messenger.Permission{
	{Name: scopePost, For: "post and edit messages", Required: true},
	{Name: "users:read", For: "find people by e-mail address"},
	{Name: "users:read.email", For: "find people by e-mail address"},
	{Name: "im:write", For: "write to people"},
	{Name: "channels:read", For: "see mistyped names of public channels at once"},
	{Name: "groups:read", For: "see mistyped names of private channels at once"},
	{Name: "channels:history", For: "recognise a post in a public channel that was cut off"},
	{Name: "groups:history", For: "recognise a post in a private channel that was cut off"},
	{Name: "im:history", For: "recognise a direct message that was cut off"},
}

// Permissions implements messenger.Permitter. Slack names a token's scopes in a header.
func (s *Slack) Permissions(ctx context.Context) ([]messenger.Permission, error) {
	answer, err := s.authTest(ctx)
	if err != nil {
		return nil, err
	}
	granted := scopesOf(answer)
	if len(granted) == 0 {
		return nil, nil
	}
	found := slices.Clone(usedScopes)
	for i := range found {
		found[i].Granted = slices.Contains(granted, found[i].Name)
	}
	return found, nil
}

// scopesOf returns the scopes that an answer names; none where it names none.
func scopesOf(answer *slackapi.AuthTestResponse) []string {
	var scopes []string
	for scope := range strings.SplitSeq(answer.Header.Get("X-Oauth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// CheckMember implements messenger.MemberChecker. A channel that stayed a name is one
// that the token may not read.
func (s *Slack) CheckMember(ctx context.Context, channel messenger.Address) error {
	if channel.Direct {
		return nil
	}
	if !channelID.MatchString(channel.ID) {
		return messenger.ErrCannotLook
	}
	info, err := s.api(callInfo, methodBucket(callInfo)).GetConversationInfoContext(ctx,
		&slackapi.GetConversationInfoInput{ChannelID: channel.ID})
	if err != nil {
		err = s.classify(callInfo, methodBucket(callInfo), err)
		if messenger.HasCode(err, "missing_scope") {
			return messenger.ErrCannotLook
		}
		return err
	}
	if info.IsMember {
		return nil
	}
	answer, err := s.authTest(ctx)
	if err != nil {
		return err
	}
	if !info.IsPrivate && slices.Contains(scopesOf(answer), scopePostPublic) {
		return nil
	}
	return classified(callInfo, "not_in_channel")
}
