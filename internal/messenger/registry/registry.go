// Package registry lists the messengers that exist. A new one is one package,
// one line here and one member of the AccessNotifier's union.
package registry

import (
	"fmt"
	"maps"
	"slices"

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
	return construct(c.Config)
}

// Types returns the names of all messengers, sorted.
func Types() []string {
	return slices.Sorted(maps.Keys(constructors))
}
