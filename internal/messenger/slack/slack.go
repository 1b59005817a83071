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
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Slack is one bot in one workspace.
type Slack struct {
	bot *messenger.Bot
	// channels has the list of channels under "".
	channels messenger.Memory[channelList]
}

var (
	_ messenger.Messenger = (*Slack)(nil)
	_ messenger.Replier   = (*Slack)(nil)
	_ messenger.Finder    = (*Slack)(nil)
)

// New returns a bot. It checks the configuration, and calls nobody.
func New(config messenger.Config) (*Slack, error) {
	bot, err := messenger.NewBot("slack", config, slackapi.APIURL)
	if err != nil {
		return nil, err
	}
	return &Slack{bot: bot, channels: messenger.Memory[channelList]{For: channelsFresh}}, nil
}

// Check implements messenger.Messenger.
func (s *Slack) Check(ctx context.Context) error {
	answer, err := s.authTest(ctx)
	if err != nil {
		return err
	}
	scopes := answer.Header.Get("X-Oauth-Scopes")
	if scopes != "" && !slices.Contains(splitScopes(scopes), "chat:write") {
		missing := classified("chat.postMessage", "missing_scope")
		missing.Class = messenger.PermissionMissing
		return missing
	}
	return nil
}

func (s *Slack) authTest(ctx context.Context) (*slackapi.AuthTestResponse, error) {
	const call = "auth.test"
	answer, err := s.api(call, methodBucket(call)).AuthTestContext(ctx)
	if err != nil {
		return nil, s.classify(call, methodBucket(call), err)
	}
	s.bot.Identity.Remember(answer.UserID)
	return answer, nil
}

// selfID returns the bot's own user id.
func (s *Slack) selfID(ctx context.Context) (string, error) {
	return s.bot.Identity.ID(ctx, func(ctx context.Context) (string, error) {
		answer, err := s.authTest(ctx)
		if err != nil {
			return "", err
		}
		if answer.UserID == "" {
			return "", messenger.BadResponse("auth.test")
		}
		return answer.UserID, nil
	})
}

func splitScopes(header string) []string {
	scopes := strings.Split(header, ",")
	for i := range scopes {
		scopes[i] = strings.TrimSpace(scopes[i])
	}
	return scopes
}

// api returns a client for one call. Calls of one bucket are limited together.
func (s *Slack) api(call string, bucket messenger.Bucket) *slackapi.Client {
	return slackapi.New(s.bot.Token,
		slackapi.OptionAPIURL(s.bot.URL.String()+"/"),
		slackapi.OptionHTTPClient(&sender{slack: s, call: call, bucket: bucket}),
	)
}

// sender sends the request of one call the way every messenger does.
type sender struct {
	slack  *Slack
	call   string
	bucket messenger.Bucket
}

// Do implements the HTTP client that slack-go asks for. Every answer but 200
// becomes an error here, before slack-go would make one that holds parts of it.
func (s *sender) Do(request *http.Request) (*http.Response, error) {
	// slack-go puts the token into forms, where Slack takes it, too. The header
	// is the documented place, and wins.
	request.Header.Set("Authorization", "Bearer "+s.slack.bot.Token)
	request.Header.Set("User-Agent", s.slack.bot.UserAgent)
	response, err := s.slack.bot.Caller.Do(request, s.call, s.bucket)
	if err != nil {
		return nil, err
	}
	switch response.StatusCode {
	case http.StatusOK:
		return response, nil
	case http.StatusTooManyRequests:
		wait := messenger.ParseRetryAfter(response.Header.Get("Retry-After"), messenger.DefaultRetryAfter)
		return nil, s.slack.throttled(s.call, s.bucket, wait)
	default:
		return nil, &messenger.Error{
			Class:  messenger.Transient,
			Call:   s.call,
			Code:   fmt.Sprintf("http_%d", response.StatusCode),
			Advice: "Check the address of the Slack API, and the proxy in front of it",
		}
	}
}
