// Package teamsworkflow posts cards to Microsoft Teams by Workflows that begin with a webhook
// (https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498).
//
// A recipient is the name of a workflow, whose URL holds its signature and so is the secret.
// Workflows take cards and do nothing else: none can be edited or looked up, and there are no
// threads. What becomes of a request follows as a shorter card.
package teamsworkflow

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teams/card"
)

// SecretWorkflows is the name of the secret that has the URLs of the workflows.
const SecretWorkflows = "workflows"

// Pace is how much time lies between two cards about one request to one workflow: each notifies
// who is in the channel.
const Pace = 30 * time.Second

// domain is the domain in which each workflow has a host, in the worldwide cloud.
const domain = "https://environment.api.powerplatform.com"

// Descriptor describes workflows.
func Descriptor() messenger.Descriptor {
	return messenger.Descriptor{
		Type:              "TeamsWorkflow",
		Name:              "Teams Workflows",
		New:               func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		DefaultURL:        domain,
		Secrets:           []string{SecretWorkflows},
		StandIns:          messenger.Secrets{SecretWorkflows: standIn},
		CheckSecret:       checkSecret,
		ExampleRecipients: []string{"access-requests", "security"},
		WriteInstead:      writeInstead,
		Capabilities:      messenger.Capabilities{Follow: true},
		Unchecked:         true,
	}
}

// Workflow is a list of workflows.
type Workflow struct {
	bot       *messenger.Bot
	workflows workflows
}

var (
	_ messenger.Follower = (*Workflow)(nil)
	_ messenger.Bounded  = (*Workflow)(nil)
	_ messenger.Pacer    = (*Workflow)(nil)
)

// New returns the workflows. It checks the configuration, and makes no call. With a URL in the
// configuration, calls go there, to the path and with the query of each workflow.
func New(config messenger.Config) (*Workflow, error) {
	bot, err := messenger.NewBot(Descriptor(), config)
	if err != nil {
		return nil, err
	}
	var gateway *url.URL
	if config.URL != "" {
		gateway = bot.URL
	}
	all, err := readWorkflows(config.Secrets.Trimmed(SecretWorkflows), gateway)
	if err != nil {
		return nil, err
	}
	return &Workflow{bot: bot, workflows: all}, nil
}

// Check implements messenger.Messenger. It makes no call: a workflow posts whatever it is given,
// and there is no other call that would tell whether its URL works.
func (*Workflow) Check(context.Context) error { return nil }

// MaxCalls implements messenger.Bounded.
func (*Workflow) MaxCalls() int { return maxCalls }

// Pace implements messenger.Pacer.
func (*Workflow) Pace() time.Duration { return Pace }

// adviceName says how a recipient is written.
const adviceName = messenger.AdviceName + ", such as access-requests: the name that the Secret has for the workflow, not its URL"

func writeInstead(recipient string) string {
	if _, ok := messenger.RecipientName(recipient); ok {
		return ""
	}
	return adviceName
}

// Resolve implements messenger.Messenger, by the names in the secret.
func (w *Workflow) Resolve(_ context.Context, recipient string) (messenger.Address, error) {
	name, ok := messenger.RecipientName(recipient)
	if !ok {
		return messenger.Address{}, &messenger.Error{
			Class: messenger.RecipientPermanent, Call: "resolve", Code: "no_name",
			What: "the recipient is no name that a workflow can have", Advice: adviceName,
		}
	}
	if w.workflows.of(name) == nil {
		return messenger.Address{}, unlisted()
	}
	return messenger.Address{ID: name}, nil
}

// unlisted is the failure of a recipient that has no workflow.
func unlisted() error {
	return &messenger.Error{
		Class: messenger.RecipientPermanent, Call: "resolve", Code: "no_workflow",
		What:   "the Secret has no workflow of this name",
		Advice: "Write one of the names that it has, or add a line with this name and the URL of its workflow",
	}
}

// Post implements messenger.Messenger. Workflows know no keys: each post is a new card.
func (w *Workflow) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	return w.send(ctx, to.ID, card.Of(m), key)
}

// Follow implements messenger.Follower. A card cannot point to another: both name the request.
func (w *Workflow) Follow(ctx context.Context, to messenger.Address, _ messenger.Ref, m message.Message, key string) (messenger.Ref, error) {
	return w.send(ctx, to.ID, card.Following(m), key)
}

// newID is the id of a delivery that has no key.
func newID() string { return strings.ToLower(rand.Text()) }
