// Package slack delivers messages through the Slack Web API, as a bot.
//
// What people typed is only ever sent in plain_text objects, where Slack reads
// no markup, and in the top-level text, where it is escaped. Labels, dates and
// links are ours and are the only mrkdwn.
//
// Slack has no idempotency for bots. The key of a delivery is put into the
// message's metadata and looked up in the channel's history, where the token's
// scopes allow.
package slack

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Slack is one bot in one workspace.
type Slack struct {
	bot *messenger.Bot
	// appToken is that of Socket Mode; empty where no clicks are heard of.
	appToken string
	// channels has the list of channels under "".
	channels messenger.LookupCache[channelList]
	// groups has the user groups under "", by handle and by id.
	groups messenger.LookupCache[map[string]messenger.Address]
	// unmarked is true once Slack has ignored the metadata of a message, which then
	// cannot be found.
	unmarked atomic.Bool
}

var (
	_ messenger.Messenger      = (*Slack)(nil)
	_ messenger.Updater        = (*Slack)(nil)
	_ messenger.Replier        = (*Slack)(nil)
	_ messenger.Finder         = (*Slack)(nil)
	_ messenger.Follower       = (*Slack)(nil)
	_ messenger.PersonResolver = (*Slack)(nil)
	_ messenger.UserResolver   = (*Slack)(nil)
	_ messenger.GroupResolver  = (*Slack)(nil)
	_ messenger.Accounter      = (*Slack)(nil)
	_ messenger.Permitter      = (*Slack)(nil)
	_ messenger.MemberChecker  = (*Slack)(nil)
	_ messenger.ClickListener  = (*Slack)(nil)
	_ messenger.AccountReader  = (*Slack)(nil)
)

// The methods that are called.
const (
	callCheck   = "auth.test"
	callPost    = "chat.postMessage"
	callUpdate  = "chat.update"
	callLookup  = "users.lookupByEmail"
	callOpen    = "conversations.open"
	callList    = "conversations.list"
	callInfo    = "conversations.info"
	callHistory = "conversations.history"
	callReplies = "conversations.replies"
	callGroups  = "usergroups.list"
	callUser    = "users.info"
	callConnect = "apps.connections.open"
	callTell    = "chat.postEphemeral"
	callForm    = "views.open"
	// callSocket is the connection itself.
	callSocket = "socket"
)

// Descriptor describes Slack.
func Descriptor() messenger.Descriptor {
	return messenger.Descriptor{
		Type:              "Slack",
		New:               func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		DefaultURL:        slackapi.APIURL,
		Secrets:           []string{messenger.SecretToken},
		OptionalSecrets:   []string{messenger.SecretAppToken},
		ExampleRecipients: []string{"access-requests", "alice@example.com"},
		Capabilities: messenger.Capabilities{
			Edit: true, Threads: true, Follow: true, EmailLookup: true, UserLookup: true, Groups: true, History: true,
			Account: true, Buttons: true, Accounts: true,
		},
	}
}

// New returns a bot. It checks the configuration, and makes no call.
func New(config messenger.Config) (*Slack, error) {
	bot, err := messenger.NewBot(Descriptor(), config)
	if err != nil {
		return nil, err
	}
	appToken := config.Secrets.Trimmed(messenger.SecretAppToken)
	if err := checkAppToken(appToken); err != nil {
		return nil, err
	}
	return &Slack{
		bot:      bot,
		appToken: appToken,
		channels: messenger.LookupCache[channelList]{TTL: channelsFresh},
		groups:   messenger.LookupCache[map[string]messenger.Address]{TTL: channelsFresh},
	}, nil
}

// Check implements messenger.Messenger. A token that works, but may not post, lacks a
// permission.
func (s *Slack) Check(ctx context.Context) error {
	answer, err := s.authTest(ctx)
	if err != nil {
		return err
	}
	scopes := scopesOf(answer)
	if len(scopes) > 0 && !slices.Contains(scopes, scopePost) {
		missing := classified(callPost, "missing_scope")
		missing.Class = messenger.PermissionMissing
		return missing
	}
	return nil
}

// Account implements messenger.Accounter. The workspace of a token that is for a
// whole organization is the organization.
func (s *Slack) Account() (messenger.Account, bool) { return s.bot.Self.Known() }

func (s *Slack) authTest(ctx context.Context) (*slackapi.AuthTestResponse, error) {
	answer, err := s.api(callCheck, methodBucket(callCheck)).AuthTestContext(ctx)
	if err != nil {
		return nil, s.classify(callCheck, methodBucket(callCheck), err)
	}
	s.bot.Self.Remember(accountOf(answer))
	return answer, nil
}

func accountOf(answer *slackapi.AuthTestResponse) messenger.Account {
	return messenger.Account{
		Workspace:     cmp.Or(answer.TeamID, answer.EnterpriseID),
		Bot:           answer.UserID,
		WorkspaceName: answer.Team,
		BotName:       answer.User,
	}
}

// selfID returns the bot's own user id.
func (s *Slack) selfID(ctx context.Context) (string, error) {
	return s.bot.Self.ID(ctx, func(ctx context.Context) (messenger.Account, error) {
		answer, err := s.authTest(ctx)
		if err != nil {
			return messenger.Account{}, err
		}
		if answer.UserID == "" {
			return messenger.Account{}, messenger.BadResponse(callCheck)
		}
		return accountOf(answer), nil
	})
}

// api returns a client for one call. Calls of one bucket are limited together.
func (s *Slack) api(call string, bucket messenger.Bucket) *slackapi.Client {
	return s.apiOf(s.bot.Token, call, bucket)
}

// apiOf is api with another token than the bot's.
func (s *Slack) apiOf(token, call string, bucket messenger.Bucket) *slackapi.Client {
	return slackapi.New(token,
		slackapi.OptionAPIURL(s.bot.URL.String()+"/"),
		slackapi.OptionHTTPClient(&sender{slack: s, token: token, call: call, bucket: bucket}),
	)
}

// writes are the calls that change something. All others only read, although
// slack-go sends them as POST, too.
var writes = []string{callPost, callUpdate, callTell, callForm}

// clear takes back that a call may have taken effect, where it has none: of an answer
// that is too large, and of a service that is not available for a while.
func (s *sender) clear(err error) error {
	e, ok := errors.AsType[*messenger.Error](err)
	if !ok || slices.Contains(writes, s.call) || e.Code != messenger.CodeTooLarge && e.Class != messenger.Throttled {
		return err
	}
	harmless := *e
	harmless.Unclear = false
	return &harmless
}

// sender sends the request of one call the way every messenger does.
type sender struct {
	slack  *Slack
	token  string
	call   string
	bucket messenger.Bucket
}

// Do implements the HTTP client that slack-go asks for. Every answer but 200
// becomes an error here, before slack-go would make one that holds parts of it.
func (s *sender) Do(request *http.Request) (*http.Response, error) {
	// slack-go puts the token into forms, where Slack takes it, too. The header
	// is the documented place, and wins.
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("User-Agent", s.slack.bot.UserAgent)
	response, err := s.slack.bot.Caller.Do(request, s.call, s.bucket)
	if err != nil {
		return nil, s.clear(err)
	}
	switch response.StatusCode {
	case http.StatusOK:
		return response, nil
	case http.StatusTooManyRequests:
		wait := messenger.ParseRetryAfter(response.Header.Get("Retry-After"), messenger.DefaultRetryAfter)
		return nil, s.slack.throttled(s.call, s.bucket, wait)
	default:
		return nil, messenger.NotTheService(s.call, response.StatusCode)
	}
}
