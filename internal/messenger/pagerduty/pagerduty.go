// Package pagerduty alerts a service of PagerDuty by its Events API v2
// (https://developer.pagerduty.com/docs/events-api-v2-overview).
//
// A message is an alert, which PagerDuty makes an incident of. What becomes of the request
// acknowledges and resolves it. PagerDuty knows an alert by its dedup_key for as long as it is
// open, so that any event may be repeated; what is about an alert that is not open is dropped.
package pagerduty

import (
	"context"
	"crypto/rand"
	"errors"
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// SecretRoutingKey is the integration key of an integration of a service.
const SecretRoutingKey = "routingKey"

// The settings.
const (
	settingRegion   = "region"
	settingSeverity = "severity"
)

const (
	// urlUS and urlEU are those of the service regions
	// (https://support.pagerduty.com/docs/service-regions).
	urlUS = "https://events.pagerduty.com"
	urlEU = "https://events.eu.pagerduty.com"
	// defaultSeverity is neither loud nor to be overlooked.
	defaultSeverity = "warning"
)

// Descriptor describes PagerDuty.
func Descriptor() messenger.Descriptor {
	return messenger.Descriptor{
		Type:       "PagerDuty",
		New:        func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		DefaultURL: urlUS,
		Secrets:    []string{SecretRoutingKey},
		Settings: []messenger.Setting{
			{Name: settingRegion, About: "The service region of the account: US or EU.", Example: "EU"},
			{Name: settingSeverity, About: "How urgent alerts are: Critical, Error, Warning or Info.", Example: "Warning"},
		},
		StandIns:          messenger.Secrets{SecretRoutingKey: strings.Repeat("0", keyLength)},
		ExampleRecipients: []string{"on-call", "security"},
		WriteInstead:      writeInstead,
		Capabilities:      messenger.Capabilities{Edit: true, Follow: true, Idempotency: true},
		RemindersOnly:     true,
	}
}

// PagerDuty is one integration.
type PagerDuty struct {
	bot        *messenger.Bot
	routingKey string
	severity   string
}

var (
	_ messenger.Messenger = (*PagerDuty)(nil)
	_ messenger.Updater   = (*PagerDuty)(nil)
	_ messenger.Follower  = (*PagerDuty)(nil)
	_ messenger.Amender   = (*PagerDuty)(nil)
)

// keyLength is that of an integration key.
const keyLength = 32

// routingKey is how PagerDuty writes integration keys.
var routingKey = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)

// severities are those that PagerDuty knows, by how they are written here.
var severities = map[string]string{
	"": defaultSeverity, "critical": "critical", "error": "error", "warning": "warning", "info": "info",
}

// regions are the addresses by service region.
var regions = map[string]string{"": urlUS, "US": urlUS, "EU": urlEU}

// New returns an integration. It checks the configuration, and makes no call.
func New(config messenger.Config) (*PagerDuty, error) {
	address, known := regions[config.Settings[settingRegion]]
	if !known {
		return nil, errors.New("pagerduty: the region is not one of US and EU")
	}
	if config.URL == "" {
		config.URL = address
	}
	severity, known := severities[strings.ToLower(config.Settings[settingSeverity])]
	if !known {
		return nil, errors.New("pagerduty: the severity is not one of Critical, Error, Warning and Info")
	}
	bot, err := messenger.NewBot(Descriptor(), config)
	if err != nil {
		return nil, err
	}
	key := config.Secrets.Trimmed(SecretRoutingKey)
	if !routingKey.MatchString(key) {
		return nil, errors.New("pagerduty: the secret " + SecretRoutingKey +
			" is not 32 letters and digits, as the integration key of an integration of the type Events API v2 is")
	}
	return &PagerDuty{bot: bot, routingKey: key, severity: severity}, nil
}

// noAlert is the dedup_key of no alert.
const noAlert = "access-notifier-check"

// Check implements messenger.Messenger. It resolves an alert that does not exist, which
// PagerDuty drops (https://developer.pagerduty.com/docs/send-alert-event, under Alert
// De-Duplication): there is no other call by which it would tell whether a key works.
func (p *PagerDuty) Check(ctx context.Context) error {
	return p.send(ctx, callCheck, event{Action: actionResolve, DedupKey: noAlert})
}

// adviceName says how a recipient is written.
const adviceName = messenger.AdviceName + ", such as on-call; it tells the responder whom an incident is for"

func writeInstead(recipient string) string {
	if _, ok := messenger.RecipientName(recipient); ok {
		return ""
	}
	return adviceName
}

// Resolve implements messenger.Messenger. Any name is one: the integration key says which
// service is alerted.
func (p *PagerDuty) Resolve(_ context.Context, recipient string) (messenger.Address, error) {
	name, ok := messenger.RecipientName(recipient)
	if !ok {
		return messenger.Address{}, &messenger.Error{
			Class: messenger.RecipientPermanent, Call: "resolve", Code: "no_name",
			What:   "the recipient is no name that incidents of {service} can have",
			Advice: adviceName,
		}
	}
	return messenger.Address{ID: name}, nil
}

// Post implements messenger.Messenger. The key is that of the alert.
func (p *PagerDuty) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	if key == "" {
		key = strings.ToLower(rand.Text())
	}
	ref := messenger.Ref{Channel: to.ID, ID: key}
	return ref, p.sendMessage(ctx, ref, m, actionOf(m, false))
}

// Update implements messenger.Updater.
func (p *PagerDuty) Update(ctx context.Context, ref messenger.Ref, m message.Message) error {
	return p.sendMessage(ctx, ref, m, actionOf(m, true))
}

// Follow implements messenger.Follower. What follows an alert is one more event of it: a
// reminder makes no second incident.
func (p *PagerDuty) Follow(
	ctx context.Context, _ messenger.Address, previous messenger.Ref, m message.Message, _ string,
) (messenger.Ref, error) {
	return previous, p.sendMessage(ctx, previous, m, actionOf(m, false))
}

// Amends implements messenger.Amender: a reminder that comes after the alert was resolved opens it
// anew.
func (*PagerDuty) Amends() {}
