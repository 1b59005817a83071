package messenger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/hostport"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Config is what a messenger is made with.
type Config struct {
	// Secrets are what the bot is let in with, by the names of Descriptor.Secrets. White
	// space around them is ignored.
	Secrets Secrets
	// URL is the address of the service: of the server where each team has its
	// own, of the API where there is a public one. Default: that one, if any.
	URL string
	// Settings are what else the AccessNotifier says, by the names of Descriptor.Settings.
	Settings map[string]string
	// HTTPClient sends the calls; use NewHTTPClient. Default: a client of its
	// own, which refuses loopback addresses.
	HTTPClient *http.Client
	// Throttle holds the pauses of the bot; share it between all that have the same
	// LimitKey. Default: one of its own.
	Throttle *Throttle
	// Version is the version of this program, which services are told. Default
	// "dev".
	Version string
}

// Bot is what every messenger needs to speak for one bot.
type Bot struct {
	// Token is the bot token, where there is one.
	Token string
	// URL is the address of the service, without a slash at its end unless it is an Endpoint.
	URL *url.URL
	// UserAgent names us to the service.
	UserAgent string
	// Caller sends the calls.
	Caller HTTPCaller
	// Self is whose token the bot has.
	Self BotAccount
}

// NewBot checks and completes the configuration of a bot of the described service,
// and makes no call. Errors repeat nothing of the configuration.
func NewBot(d Descriptor, config Config) (*Bot, error) {
	var wrong []string
	for _, name := range d.Needs(config.Secrets) {
		if err := d.checkSecret(name, config.Secrets[name]); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	address, err := d.parseAddress(cmp.Or(config.URL, d.DefaultURL))
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%s: %s", strings.ToLower(d.Type), strings.Join(wrong, ", and "))
	}
	bot := &Bot{
		Token:     config.Secrets.Trimmed(SecretToken),
		URL:       address,
		UserAgent: UserAgent(config.Version),
		Caller:    HTTPCaller{Client: config.HTTPClient, Throttle: config.Throttle},
	}
	if bot.Caller.Client == nil {
		bot.Caller.Client = NewHTTPClient(TransportConfig{})
	}
	if bot.Caller.Throttle == nil {
		bot.Caller.Throttle = &Throttle{}
	}
	return bot, nil
}

// UserAgent names a version of this program to services.
func UserAgent(version string) string { return "access-notifier/" + cmp.Or(version, "dev") }

// checkSecret refuses a secret that has not the form of one.
func (d Descriptor) checkSecret(name, secret string) error {
	if d.CheckSecret != nil {
		return d.CheckSecret(name, strings.TrimSpace(secret))
	}
	return CheckToken(name, secret)
}

// CheckToken is the default of Descriptor.CheckSecret. It refuses what cannot be sent in a header.
func CheckToken(name, secret string) error {
	secret = strings.TrimSpace(secret)
	if secret == "" {
		return fmt.Errorf("the %s is empty", name)
	}
	if strings.ContainsFunc(secret, notVisibleASCII) {
		return fmt.Errorf("the %s holds white space or characters that no %s has", name, name)
	}
	return nil
}

func notVisibleASCII(r rune) bool {
	return r <= ' ' || r > '~'
}

func (d Descriptor) parseAddress(s string) (*url.URL, error) {
	s = strings.TrimSpace(s)
	if !d.Endpoint {
		s = strings.TrimRight(s, "/")
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !isHost(u) ||
		u.User != nil || strings.ContainsAny(s, "?#") {
		// The address is not repeated: it may hold credentials.
		return nil, errors.New("the address is not an http or https URL " +
			"without user name, password, query and fragment")
	}
	return u, nil
}

// isHost reports whether a URL names a host, with or without a port.
func isHost(u *url.URL) bool {
	if _, err := hostport.ParseHost(u.Host); err == nil {
		return true
	}
	_, _, err := hostport.Parse(u.Host)
	return err == nil
}

// BotAccount remembers whose token a bot has. It never changes for a token, but for its names.
type BotAccount struct {
	mu      sync.Mutex
	account Account
}

// maxNameLength is how much of a name is told that the service has for a bot or a workspace.
const maxNameLength = 80

// Remember keeps the account.
func (b *BotAccount) Remember(a Account) {
	for _, name := range []*string{&a.BotName, &a.WorkspaceName} {
		*name = message.Cut(message.CleanLine(*name), maxNameLength, message.CountRunes)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.account = a
}

// Known returns the account, false if it is not known yet.
func (b *BotAccount) Known() (Account, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.account, b.account.Bot != ""
}

// ID returns the bot's own user id. It asks for the account if that is not known yet.
func (b *BotAccount) ID(ctx context.Context, ask func(context.Context) (Account, error)) (string, error) {
	if known, ok := b.Known(); ok {
		return known.Bot, nil
	}
	// Not under the lock: a caller whose context ends must not have to wait for
	// another's call. Asking twice is harmless.
	account, err := ask(ctx)
	if err != nil {
		return "", err
	}
	b.Remember(account)
	return account.Bot, nil
}
