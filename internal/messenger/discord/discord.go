// Package discord delivers messages through Discord's REST API v10, as a bot.
//
// A message is one embed below a short line for notifications. What people
// typed is escaped wherever Discord reads markup, and no message and no edit
// may mention anybody. Reviews are listed in the embed; there are no replies.
//
// The key of a delivery is the message's nonce, which Discord enforces for a
// few minutes, and stands in small print below the message, where Find looks
// for it later.
package discord

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

const (
	defaultBaseURL   = "https://discord.com/api/v10"
	defaultUserAgent = "DiscordBot (https://github.com/accessnotifier/accessnotifier, dev)"
)

// Config configures a bot.
type Config struct {
	// Token is the bot token. White space around it is ignored.
	Token string
	// BaseURL is the address of the API. Default https://discord.com/api/v10.
	BaseURL string
	// HTTPClient sends the calls; use messenger.NewHTTPClient. Default: a client
	// of its own.
	HTTPClient *http.Client
	// Throttle holds the pauses of Token; share it between all bots with that
	// token. Default: one of its own.
	Throttle *messenger.Throttle
	// UserAgent names us to Discord, which refuses any other form than
	// "DiscordBot (URL, VERSION)". Default: that form with the version "dev".
	UserAgent string
}

// Discord is one bot.
type Discord struct {
	token     string
	baseURL   string
	userAgent string
	caller    messenger.Caller
	buckets   buckets
	keys      keys
	own       identity
}

var (
	_ messenger.Messenger = (*Discord)(nil)
	_ messenger.Finder    = (*Discord)(nil)
)

// New returns a bot. It checks the configuration, and calls nobody.
func New(config Config) (*Discord, error) {
	token := strings.TrimSpace(config.Token)
	if token == "" {
		return nil, errors.New("discord: the token is empty")
	}
	if strings.ContainsFunc(token, notVisibleASCII) {
		return nil, errors.New("discord: the token holds white space or characters that no token has")
	}
	baseURL, err := parseBaseURL(config.BaseURL)
	if err != nil {
		return nil, err
	}
	d := &Discord{
		token:     token,
		baseURL:   baseURL,
		userAgent: cmp.Or(config.UserAgent, defaultUserAgent),
		caller:    messenger.Caller{Client: config.HTTPClient, Throttle: config.Throttle},
	}
	if d.caller.Client == nil {
		d.caller.Client = messenger.NewHTTPClient(messenger.TransportConfig{})
	}
	if d.caller.Throttle == nil {
		d.caller.Throttle = &messenger.Throttle{}
	}
	return d, nil
}

func notVisibleASCII(r rune) bool {
	return r <= ' ' || r > '~'
}

func parseBaseURL(s string) (string, error) {
	if s == "" {
		return defaultBaseURL, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		// The address is not repeated: it may hold credentials.
		return "", errors.New("discord: the API address is not an http or https URL")
	}
	return strings.TrimSuffix(s, "/"), nil
}

// Check implements messenger.Messenger.
func (d *Discord) Check(ctx context.Context) error {
	_, err := d.whoAmI(ctx)
	return err
}

// identity is the bot's own user id, once it is known.
type identity struct {
	mu sync.Mutex
	id string
}

// ownID returns the bot's user id. It never changes for a token.
func (d *Discord) ownID(ctx context.Context) (string, error) {
	d.own.mu.Lock()
	id := d.own.id
	d.own.mu.Unlock()
	if id != "" {
		return id, nil
	}
	return d.whoAmI(ctx)
}

func (d *Discord) whoAmI(ctx context.Context) (string, error) {
	var user struct {
		ID string `json:"id"`
	}
	if err := d.do(ctx, request{call: callMe, method: http.MethodGet, path: "/users/@me"}, &user); err != nil {
		return "", err
	}
	if !isSnowflake(user.ID) {
		return "", badResponse(callMe)
	}
	d.own.mu.Lock()
	defer d.own.mu.Unlock()
	d.own.id = user.ID
	return user.ID, nil
}
