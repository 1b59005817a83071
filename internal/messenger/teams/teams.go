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
	"cmp"
	"context"
	"errors"
	"regexp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The names of what the bot's app in Microsoft Entra signs in with: the first alone, or the other
// two.
const (
	// SecretClient is a client secret.
	SecretClient = "clientSecret"
	// SecretCertificate and SecretKey are a certificate and its private key, in PEM form.
	SecretCertificate = "certificate"
	SecretKey         = "privateKey"
)

// The names of what else a bot is told.
const (
	// settingApp is the id of the app, its client id.
	settingApp = "appID"
	// settingTenant is the id of the tenant.
	settingTenant = "tenantID"
	// settingService is the address of the connector, where the configuration has no URL.
	settingService = "serviceURL"
)

// Teams is one bot in one tenant.
type Teams struct {
	bot         *messenger.Bot
	cloud       cloud
	app, tenant string
	credential  credential
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
		Type:        "Teams",
		New:         func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		DefaultURL:  publicConnector,
		Secrets:     []string{SecretClient},
		Instead:     []string{SecretCertificate, SecretKey},
		CheckSecret: checkSecret,
		Settings: []messenger.Setting{
			{Name: settingTenant, About: "The id of the tenant, from the page of the app in Microsoft Entra.", Example: "11111111-2222-3333-4444-555555555555", Required: true},
			{Name: settingApp, About: "The id of the app, its client id, from the same page.", Example: "66666666-7777-8888-9999-aaaaaaaaaaaa", Required: true},
			{Name: settingService, About: "The address of the Bot Framework connector, which says in which cloud the tenant is.", Example: "https://smba.infra.gcc.teams.microsoft.com/teams"},
		},
		ExampleRecipients: []string{"19:0123456789abcdef0123456789abcdef@thread.tacv2", "alice@example.com"},
		WriteInstead:      writeInstead,
		Capabilities:      messenger.Capabilities{Edit: true, Threads: true, EmailLookup: true, UserLookup: true},
	}
}

// entraID is what ids look like in Microsoft Entra.
var entraID = regexp.MustCompile(`^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// New returns a bot. It checks the configuration, and makes no call.
func New(config messenger.Config) (*Teams, error) {
	if service := config.Settings[settingService]; service != "" {
		if !isConnector(service) {
			return nil, errors.New("teams: the " + settingService + " is not an address of the Bot Framework connector, such as " + publicConnector)
		}
		config.URL = cmp.Or(config.URL, service)
	}
	bot, err := messenger.NewBot(Descriptor(), config)
	if err != nil {
		return nil, err
	}
	proof, err := readCredential(config.Secrets)
	if err != nil {
		return nil, err
	}
	t := &Teams{
		bot: bot, cloud: cloudOf(bot.URL),
		app: config.Settings[settingApp], tenant: config.Settings[settingTenant], credential: proof,
	}
	for name, id := range map[string]string{settingApp: t.app, settingTenant: t.tenant} {
		if !entraID.MatchString(id) {
			return nil, errors.New("teams: the " + name + " is not an id such as " + standInID)
		}
	}
	return t, nil
}

// Check implements messenger.Messenger. It signs in anew, which tells whether app, tenant and
// credential belong together, and spares messages from having to. The connector has no call that
// tells more.
func (t *Teams) Check(ctx context.Context) error {
	_, err := t.signIn(ctx, t.cloud.connectorScope)
	return err
}
