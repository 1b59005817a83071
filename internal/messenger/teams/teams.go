// Package teams delivers messages through the Bot Framework connector of Microsoft Teams, as a
// bot.
//
// A message is an Adaptive Card, which is edited as long as it is there. In a channel it begins
// a thread, in which each review is a reply. A chat with a person has no threads: there the card
// alone lists reviews.
//
// The connector takes no key of ours, and has no calls to read or to search what was posted. So a
// post whose answer got lost cannot be found again, and may come twice.
package teams

import (
	"context"
	"errors"
	"regexp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The names of what lets a bot in. Two of them are no secrets.
const (
	// SecretApp is the id of the bot's app in Microsoft Entra, its client id.
	SecretApp = "appID"
	// SecretTenant is the id of the tenant.
	SecretTenant = "tenantID"
	// SecretClient is a client secret of the app.
	SecretClient = "clientSecret"
)

// Teams is one bot in one tenant.
type Teams struct {
	bot         *messenger.Bot
	cloud       cloud
	app, tenant string
	secret      string
	tokens      tokens
}

var (
	_ messenger.Messenger      = (*Teams)(nil)
	_ messenger.Updater        = (*Teams)(nil)
	_ messenger.Replier        = (*Teams)(nil)
	_ messenger.PersonResolver = (*Teams)(nil)
	_ messenger.UserResolver   = (*Teams)(nil)
	_ messenger.MemberChecker  = (*Teams)(nil)
)

// standInID has the form of the ids in Microsoft Entra.
const standInID = "00000000-0000-0000-0000-000000000000"

// Descriptor describes the bot.
func Descriptor() messenger.Descriptor {
	return messenger.Descriptor{
		Type:              "Teams",
		New:               func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		DefaultURL:        "https://smba.trafficmanager.net/teams",
		Secrets:           []string{SecretClient, SecretApp, SecretTenant},
		Settings:          []string{SecretApp, SecretTenant},
		StandIns:          messenger.Secrets{SecretApp: standInID, SecretTenant: standInID},
		ExampleRecipients: []string{"19:0123456789abcdef0123456789abcdef@thread.tacv2", "alice@example.com"},
		WriteInstead:      writeInstead,
		Capabilities:      messenger.Capabilities{Edit: true, Threads: true, EmailLookup: true, UserLookup: true},
	}
}

// entraID is what ids look like in Microsoft Entra.
var entraID = regexp.MustCompile(`^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// New returns a bot. It checks the configuration, and makes no call.
func New(config messenger.Config) (*Teams, error) {
	bot, err := messenger.NewBot(Descriptor(), config)
	if err != nil {
		return nil, err
	}
	t := &Teams{
		bot: bot, cloud: cloudOf(bot.URL),
		app: config.Secrets.Trimmed(SecretApp), tenant: config.Secrets.Trimmed(SecretTenant), secret: config.Secrets.Trimmed(SecretClient),
	}
	for name, id := range map[string]string{SecretApp: t.app, SecretTenant: t.tenant} {
		if !entraID.MatchString(id) {
			return nil, errors.New("teams: the " + name + " is not an id such as " + standInID)
		}
	}
	return t, nil
}

// Check implements messenger.Messenger. It signs in anew, which tells whether app, tenant and
// secret belong together, and spares messages from having to. The connector has no call that
// tells more.
func (t *Teams) Check(ctx context.Context) error {
	_, err := t.signIn(ctx, t.cloud.connectorScope)
	return err
}
