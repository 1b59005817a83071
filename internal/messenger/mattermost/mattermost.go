// Package mattermost delivers messages through the Mattermost REST API v4, as a
// bot account.
//
// What people typed is only ever sent in code spans, in which Mattermost reads
// no markup and notifies nobody. Everything outside of them is ours.
//
// A refusal of Mattermost can mean that its database is down. It is taken as
// final only after the server's own health check has passed.
package mattermost

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Config configures a bot.
type Config struct {
	// URL is the address of the server, with its path if it has one, such as
	// https://chat.example.com or https://example.com/mattermost.
	URL string
	// Token is the access token of the bot account. White space around it is
	// ignored.
	Token string
	// HTTPClient sends the calls; use messenger.NewHTTPClient. Default: a client
	// of its own, which refuses loopback addresses.
	HTTPClient *http.Client
	// Throttle holds the pauses of Token; share it between all bots with that
	// token. Default: one of its own.
	Throttle *messenger.Throttle
	// UserAgent names us to the server. Default: that of HTTPClient.
	UserAgent string
}

// Mattermost is one bot on one server.
type Mattermost struct {
	api       *url.URL
	token     string
	userAgent string
	caller    messenger.Caller
	self      self
}

var (
	_ messenger.Messenger = (*Mattermost)(nil)
	_ messenger.Replier   = (*Mattermost)(nil)
	_ messenger.Finder    = (*Mattermost)(nil)
)

// New returns a bot. It checks the configuration, and calls nobody.
func New(config Config) (*Mattermost, error) {
	token := strings.TrimSpace(config.Token)
	if token == "" {
		return nil, errors.New("mattermost: the token is empty")
	}
	if strings.ContainsFunc(token, notVisibleASCII) {
		return nil, errors.New("mattermost: the token holds white space or characters that no token has")
	}
	api, err := parseURL(config.URL)
	if err != nil {
		return nil, err
	}
	m := &Mattermost{
		api:       api,
		token:     token,
		userAgent: config.UserAgent,
		caller: messenger.Caller{
			Client:   config.HTTPClient,
			Throttle: cmp.Or(config.Throttle, &messenger.Throttle{}),
		},
	}
	if m.caller.Client == nil {
		m.caller.Client = messenger.NewHTTPClient(messenger.TransportConfig{})
	}
	return m, nil
}

func notVisibleASCII(r rune) bool {
	return r <= ' ' || r > '~'
}

// parseURL returns the address of the API on the server at s.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		// The address is not repeated: it may hold credentials.
		return nil, errors.New("mattermost: the address of the server is not an http or https URL " +
			"without user name, password, query and fragment")
	}
	return u.JoinPath("api", "v4"), nil
}

// Check implements messenger.Messenger.
func (m *Mattermost) Check(ctx context.Context) error {
	_, err := m.fetchSelf(ctx)
	return err
}

// self remembers the bot's own user id, which never changes for a token.
type self struct {
	mu sync.Mutex
	id string
}

// selfID returns the bot's own user id.
func (m *Mattermost) selfID(ctx context.Context) (string, error) {
	m.self.mu.Lock()
	id := m.self.id
	m.self.mu.Unlock()
	if id != "" {
		return id, nil
	}
	// Not under the lock: a caller whose context ends must not have to wait for
	// another's call. Fetching twice is harmless.
	return m.fetchSelf(ctx)
}

func (m *Mattermost) fetchSelf(ctx context.Context) (string, error) {
	var me user
	c := call{name: "GET /users/me", method: http.MethodGet, path: []string{"users", "me"}}
	if err := m.do(ctx, c, &me); err != nil {
		return "", err
	}
	if !isID(me.ID) {
		return "", badResponse(c.name)
	}
	m.self.mu.Lock()
	defer m.self.mu.Unlock()
	m.self.id = me.ID
	return me.ID, nil
}
