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
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Config configures a bot.
type Config struct {
	// Token is the bot token, "xoxb-...". White space around it is ignored.
	Token string
	// BaseURL is the address of the Web API. Default https://slack.com/api/.
	BaseURL string
	// HTTPClient sends the calls; use messenger.NewHTTPClient. Default: a client
	// of its own.
	HTTPClient *http.Client
	// Throttle holds the pauses of Token; share it between all bots with that
	// token. Default: one of its own.
	Throttle *messenger.Throttle
	// UserAgent names us to Slack. Default: that of HTTPClient.
	UserAgent string
}

// Slack is one bot in one workspace.
type Slack struct {
	token     string
	baseURL   string
	userAgent string
	caller    messenger.Caller
	channels  channelNames
	self      self
}

var (
	_ messenger.Messenger = (*Slack)(nil)
	_ messenger.Replier   = (*Slack)(nil)
	_ messenger.Finder    = (*Slack)(nil)
)

// New returns a bot. It checks the configuration, and calls nobody.
func New(config Config) (*Slack, error) {
	token := strings.TrimSpace(config.Token)
	if token == "" {
		return nil, errors.New("slack: the token is empty")
	}
	if strings.ContainsFunc(token, notVisibleASCII) {
		return nil, errors.New("slack: the token holds white space or characters that no token has")
	}
	baseURL, err := parseBaseURL(config.BaseURL)
	if err != nil {
		return nil, err
	}
	s := &Slack{
		token:     token,
		baseURL:   baseURL,
		userAgent: config.UserAgent,
		caller:    messenger.Caller{Client: config.HTTPClient, Throttle: config.Throttle},
	}
	if s.caller.Client == nil {
		s.caller.Client = messenger.NewHTTPClient(messenger.TransportConfig{})
	}
	if s.caller.Throttle == nil {
		s.caller.Throttle = &messenger.Throttle{}
	}
	return s, nil
}

func notVisibleASCII(r rune) bool {
	return r <= ' ' || r > '~'
}

func parseBaseURL(s string) (string, error) {
	if s == "" {
		return slackapi.APIURL, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		// The address is not repeated: it may hold credentials.
		return "", errors.New("slack: the API address is not an http or https URL")
	}
	return strings.TrimSuffix(s, "/") + "/", nil
}

// Check implements messenger.Messenger.
func (s *Slack) Check(ctx context.Context) error {
	answer, err := s.authTest(ctx)
	if err != nil {
		return err
	}
	scopes := answer.Header.Get("X-Oauth-Scopes")
	if scopes != "" && !slices.Contains(splitScopes(scopes), "chat:write") {
		return classified("chat.postMessage", "missing_scope")
	}
	return nil
}

func (s *Slack) authTest(ctx context.Context) (*slackapi.AuthTestResponse, error) {
	const call = "auth.test"
	answer, err := s.api(call, call).AuthTestContext(ctx)
	if err != nil {
		return nil, s.classify(call, call, err)
	}
	s.self.remember(answer.UserID)
	return answer, nil
}

// self remembers the bot's own user id, which never changes for a token.
type self struct {
	mu sync.Mutex
	id string
}

func (s *self) remember(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id = id
}

func (s *self) remembered() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id
}

// selfID returns the bot's own user id.
func (s *Slack) selfID(ctx context.Context) (string, error) {
	if id := s.self.remembered(); id != "" {
		return id, nil
	}
	answer, err := s.authTest(ctx)
	if err != nil {
		return "", err
	}
	if answer.UserID == "" {
		return "", badResponse("auth.test")
	}
	return answer.UserID, nil
}

func splitScopes(header string) []string {
	scopes := strings.Split(header, ",")
	for i := range scopes {
		scopes[i] = strings.TrimSpace(scopes[i])
	}
	return scopes
}

// api returns a client for one call. Calls of one bucket are limited together.
func (s *Slack) api(call, bucket string) *slackapi.Client {
	return slackapi.New(s.token,
		slackapi.OptionAPIURL(s.baseURL),
		slackapi.OptionHTTPClient(&sender{slack: s, call: call, bucket: bucket}),
	)
}

// sender sends the request of one call the way every messenger does.
type sender struct {
	slack        *Slack
	call, bucket string
}

// Do implements the HTTP client that slack-go asks for. Every answer but 200
// becomes an error here, before slack-go would make one that holds parts of it.
func (s *sender) Do(request *http.Request) (*http.Response, error) {
	// slack-go puts the token into forms, where Slack takes it, too. The header
	// is the documented place, and wins.
	request.Header.Set("Authorization", "Bearer "+s.slack.token)
	if s.slack.userAgent != "" {
		request.Header.Set("User-Agent", s.slack.userAgent)
	}
	response, err := s.slack.caller.Do(request, s.call, s.bucket)
	if err != nil {
		return nil, err
	}
	switch response.StatusCode {
	case http.StatusOK:
		return response, nil
	case http.StatusTooManyRequests:
		wait := messenger.ParseRetryAfter(response.Header.Get("Retry-After"), defaultRetryAfter)
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
