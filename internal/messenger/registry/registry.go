// Package registry lists the messengers that exist. A new one is one package,
// one line here and one member of the AccessNotifier's union.
//
// It is a package of its own, because messengers import the interface that it lists them
// by.
package registry

import (
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/discord"
	"github.com/accessnotifier/accessnotifier/internal/messenger/email"
	"github.com/accessnotifier/accessnotifier/internal/messenger/googlechat"
	"github.com/accessnotifier/accessnotifier/internal/messenger/mattermost"
	"github.com/accessnotifier/accessnotifier/internal/messenger/pagerduty"
	"github.com/accessnotifier/accessnotifier/internal/messenger/slack"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teams"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teamsworkflow"
	"github.com/accessnotifier/accessnotifier/internal/messenger/webhook"
)

// All returns every messenger that exists, by the name of its type.
func All() messenger.Registry {
	return messenger.Registry{
		discord.Descriptor(),
		email.Descriptor(),
		googlechat.Descriptor(),
		mattermost.Descriptor(),
		pagerduty.Descriptor(),
		slack.Descriptor(),
		teams.Descriptor(),
		teamsworkflow.Descriptor(),
		webhook.Descriptor(),
	}
}
