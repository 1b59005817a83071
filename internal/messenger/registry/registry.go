// Package registry lists the messengers that exist. A new one is one package,
// one line here and one member of the AccessNotifier's union.
package registry

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/discord"
	"github.com/accessnotifier/accessnotifier/internal/messenger/mattermost"
	"github.com/accessnotifier/accessnotifier/internal/messenger/slack"
)

// Config says which messenger to make, and with what.
type Config struct {
	// Type is the messenger's name in the AccessNotifier API, such as "Slack".
	Type string
	messenger.Config
}

// entry is what is known of a messenger before it is made.
type entry struct {
	construct func(messenger.Config) (messenger.Messenger, error)
	// limitsCallers is true where the service limits those who call one server from
	// one address, whatever their tokens are.
	limitsCallers bool
}

// messengers are all that exist, by the name of their type.
var messengers = map[string]entry{
	"Discord": {construct: constructor(discord.New)},
	// RateLimitSettings.VaryByRemoteAddr is on by default, VaryByUser is not.
	"Mattermost": {construct: constructor(mattermost.New), limitsCallers: true},
	"Slack":      {construct: constructor(slack.New)},
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
	found, ok := messengers[c.Type]
	if !ok {
		return nil, fmt.Errorf("messenger %q is not available in this version", c.Type)
	}
	return found.construct(c.Config)
}

// LimitKey names those whom a service limits together: messengers with the same
// key share their pauses. It may hold the token.
func LimitKey(c Config) string {
	server := strings.TrimRight(strings.TrimSpace(c.URL), "/")
	if u, err := url.Parse(server); err == nil {
		u.Host = strings.ToLower(u.Host)
		server = u.String()
	}
	if messengers[c.Type].limitsCallers {
		return fmt.Sprintf("%q %q", c.Type, server)
	}
	return fmt.Sprintf("%q %q %q", c.Type, server, strings.TrimSpace(c.Token))
}

// Types returns the names of all messengers, sorted.
func Types() []string {
	return slices.Sorted(maps.Keys(messengers))
}
