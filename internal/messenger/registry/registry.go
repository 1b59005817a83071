// Package registry lists the messengers that exist. A new one is one package,
// one line here and one member of the AccessNotifier's union.
package registry

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/discord"
	"github.com/accessnotifier/accessnotifier/internal/messenger/mattermost"
	"github.com/accessnotifier/accessnotifier/internal/messenger/slack"
)

// Config is what any messenger may need.
type Config struct {
	// Type is the messenger's name in the AccessNotifier API, such as "Slack".
	Type string
	// Token is the bot token.
	Token string
	// URL is the address of the service: of the server for Mattermost, of the
	// API for the others, where empty means the public one.
	URL string
	// HTTPClient sends the calls.
	HTTPClient *http.Client
	// Throttle holds the pauses of Token.
	Throttle *messenger.Throttle
	// Version is the version of this program, which services are told.
	Version string
}

// constructors make messengers by the name of their type.
var constructors = map[string]func(messenger.Config) (messenger.Messenger, error){
	"Discord":    constructor(discord.New),
	"Mattermost": constructor(mattermost.New),
	"Slack":      constructor(slack.New),
}

func constructor[M messenger.Messenger](construct func(messenger.Config) (M, error)) func(messenger.Config) (messenger.Messenger, error) {
	return func(c messenger.Config) (messenger.Messenger, error) {
		m, err := construct(c)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// New makes a messenger without any I/O. It returns an error for a type that
// does not exist and for settings that can never work.
func New(c Config) (messenger.Messenger, error) {
	construct, ok := constructors[c.Type]
	if !ok {
		return nil, fmt.Errorf("messenger %q is not available in this version", c.Type)
	}
	return construct(messenger.Config{
		Token:      c.Token,
		URL:        c.URL,
		HTTPClient: c.HTTPClient,
		Throttle:   c.Throttle,
		Version:    c.Version,
	})
}

// Types returns the names of all messengers, sorted.
func Types() []string {
	return slices.Sorted(maps.Keys(constructors))
}
