package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// showcase is a chat service that the demo can show.
type showcase struct {
	service.Service
	// token is the bot's. Each service has one of its own, so that a token that
	// went to the wrong service would be noticed.
	token string
	// team is where channels are, for a service that has teams.
	team string
	// channelNames are the names of the channels that the sample gives by id.
	channelNames map[string]string
	// reason is true where a press opens a form that asks for one.
	reason bool
	// dialect is how its messages say what is expected.
	dialect dialect
}

// title is the service's name as people write it.
func (s showcase) title() string { return s.Title() }

// sample is the file in config/samples that is applied for it.
func (s showcase) sample() string { return s.Name() + ".yaml" }

// showcases are the chat services that are shown, one entry for each. The first
// one's messages are printed in full.
var showcases = []showcase{{
	Service: service.Slack,
	token:   "xoxb-simulated",
	dialect: slackDialect{},
}, {
	Service: service.Discord,
	token:   "simulated.discord.token",
	reason:  true,
	channelNames: map[string]string{
		"1096341521463377960": "access-requests",
		"1096341521463377961": "production-approvals",
	},
	dialect: discordDialect{},
}, {
	Service:      service.GoogleChat,
	token:        "simulated-service-account",
	channelNames: map[string]string{"spaces/AAAAMpdlehY": "access-requests"},
	dialect:      googleDialect{},
}, {
	Service: service.Mattermost,
	token:   "simulatedmattermosttoken",
	team:    "platform",
	dialect: mattermostDialect{},
}, {
	Service: service.PagerDuty,
	token:   "simulated-integration-key",
	dialect: pagerDutyDialect{},
}, {
	Service: service.Teams,
	token:   "simulated-client-secret",
	channelNames: map[string]string{
		"19:0a1b2c3d4e5f60718293a4b5c6d7e8f9@thread.tacv2": "access-requests",
	},
	dialect: teamsDialect{},
}, {
	Service: service.TeamsWorkflow,
	token:   "simulated-workflow",
	dialect: workflowDialect{},
}, {
	Service: service.Webhook,
	token:   "simulated-signing-secret",
	dialect: webhookDialect{},
}, {
	Service: service.Email,
	token:   "simulated-smtp-password",
	dialect: emailDialect{},
}}

// titles are the services' names as a list for people.
func titles() string { return listed(showcases) }

// titlesAtOnce are those of the services that hear of a request at once.
func titlesAtOnce() string {
	return listed(slices.DeleteFunc(slices.Clone(showcases), func(s showcase) bool { return s.RemindersOnly() }))
}

// titlesEdited are those of the services among them that show what has changed at once.
func titlesEdited() string {
	return listed(slices.DeleteFunc(slices.Clone(showcases), func(s showcase) bool { return s.RemindersOnly() || s.Pace > 0 }))
}

func listed(all []showcase) string {
	var names []string
	for _, s := range all {
		names = append(names, s.title())
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// chat is a running service with the AccessNotifier that posts to it.
type chat struct {
	showcase
	simulator messengertest.Simulator
	notifier  *v1alpha1.AccessNotifier
	// channels and people are those of the sample, and the cast.
	channels, people []page.Place
	// pressers are the accounts that can press buttons, none where there are none.
	pressers []page.Place
	// clicks are the secrets that it takes to hear of that, besides the others.
	clicks messenger.Secrets
}

// startChats starts the services, and makes in each the channels and people that
// its sample names.
func (d *demo) startChats(context.Context) error {
	for _, s := range showcases {
		done := d.out.begin(s.title(), "starting the simulator")
		notifier, err := readSample(d.root, s.sample())
		if err != nil {
			return err
		}
		c := &chat{
			showcase:  s,
			simulator: s.Simulate(messengertest.Options{Token: s.token, Team: s.team}),
			notifier:  notifier,
		}
		c.populate()
		if c.Buttons() {
			c.addPressers()
		}
		if err := c.simulator.Listen(""); err != nil {
			return fmt.Errorf("starting the simulated %s: %w", s.title(), err)
		}
		d.onStop(func() error { c.simulator.Close(); return nil })
		for i := range notifier.Spec.Reminders {
			// As soon as there are any.
			notifier.Spec.Reminders[i].AfterMinutes = 1
		}
		spec := &c.notifier.Spec.Messenger
		*spec = c.Spec(c.simulator.URL(), spec.SecretRefs()[c.MainSecret()])
		if c.Buttons() {
			c.letReview()
		}
		d.chats = append(d.chats, c)
		done("simulated, at " + c.simulator.URL())
	}
	d.addUsers()
	return nil
}

func (c *chat) populate() {
	var emails []string
	if c.ByEmail() {
		emails = slices.Clone(cast)
	}
	for _, name := range recipients(c.notifier) {
		if _, isEmail := messenger.EmailAddress(name); isEmail && c.channelNames[name] == "" {
			emails = append(emails, name)
		} else {
			c.addChannel(name)
		}
	}
	slices.Sort(emails)
	for _, email := range slices.Compact(emails) {
		c.people = append(c.people, page.Place{ID: c.simulator.AddUser(email), Name: email})
	}
}

// addChannel makes the channel of a recipient. Where the sample has an id, the
// AccessNotifier gets the one that the simulator chose.
func (c *chat) addChannel(recipient string) {
	name := cmp.Or(c.channelNames[recipient], recipient)
	id := c.simulator.AddChannel(name)
	if name != recipient {
		replaceRecipient(c.notifier, recipient, c.Channel(name, id))
	}
	if _, channel, inTeam := strings.Cut(name, "/"); inTeam {
		name = channel
	}
	c.channels = append(c.channels, page.Place{ID: id, Name: name})
}

// recipients returns the recipients that an AccessNotifier names, in order.
func recipients(n *v1alpha1.AccessNotifier) []string {
	names := slices.Clone([]string(n.Spec.Recipients))
	for _, list := range n.Spec.RoleToRecipients {
		names = append(names, list...)
	}
	for _, reminder := range n.Spec.Reminders {
		for _, who := range reminder.Recipients {
			names = append(names, string(who.Channel))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func replaceRecipient(n *v1alpha1.AccessNotifier, from, to string) {
	for _, list := range n.Spec.RoleToRecipients {
		if i := slices.Index(list, from); i >= 0 {
			list[i] = to
		}
	}
	if i := slices.Index(n.Spec.Recipients, from); i >= 0 {
		n.Spec.Recipients[i] = to
	}
}

func workspaces(chats []*chat) []page.Workspace {
	var all []page.Workspace
	for _, c := range chats {
		all = append(all, page.Workspace{Chat: c.simulator, Title: c.title(), Channels: c.channels, People: c.people, Pressers: c.pressers})
	}
	return all
}

// atOnce are the chats that hear of a request at once.
func atOnce(chats []*chat) []*chat {
	return without(chats, func(c *chat) bool { return c.RemindersOnly() })
}

// place names where a message is, as its readers would: a channel, or the person
// who gets it directly.
func (c *chat) place(post messengertest.Post) string {
	if !post.Direct {
		return "#" + post.ChannelName
	}
	for _, person := range c.people {
		if person.ID == post.User {
			return person.Name
		}
	}
	return cmp.Or(post.User, post.Channel)
}
