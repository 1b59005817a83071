package messengertest

import (
	"cmp"
	"net/http"
	"time"
)

// DefaultToken is the bot token of a simulator whose Options name none. It is a canary, as
// test/kit/canary has them: whoever searches what an operator says finds parts of it, too.
const DefaultToken = "xoxb-cnrya0e71c89bd7d7971d08d496de682f1b0"

// Options configure a simulator. The zero value is a service without rate
// limits whose bot has every permission.
type Options struct {
	// Token is the bot's token; empty means DefaultToken.
	Token string
	// AppToken is the app-level token of Slack's app; empty means DefaultAppToken.
	AppToken string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Faults are the faults to obey; nil means a set of its own.
	Faults *Faults
	// RateLimits are the limits; zero means none.
	RateLimits RateLimits
	// Scopes are the scopes of Slack's token; nil means all that the simulator
	// knows.
	Scopes []string
	// NonceWindow is for how long Discord knows a nonce, and PendingWindow for
	// how long Mattermost knows a pending_post_id; zero means 3 minutes and 30
	// seconds.
	NonceWindow, PendingWindow time.Duration
	// EditLimit is how old a message may be that is edited; zero means no limit.
	// Mattermost's is about the text of a post alone: see LimitProps. Discord has no
	// such limit; there it stands for any refusal of one message's edits.
	EditLimit time.Duration
	// MaxPayload is how many bytes the body of a call to Mattermost may have, its
	// MaximumPayloadSizeBytes; zero means 300,000, the default of newer servers.
	// Version 6.7.2 has no such limit.
	MaxPayload int
	// BanAfter is how many invalid requests within ten minutes make Discord ban
	// the client; zero means 10,000.
	BanAfter int
	// Team is the Mattermost team that channels without a team belong to; empty
	// means "main".
	Team string
	// PostAll allows Mattermost's bot to post without membership.
	PostAll bool
}

func (o Options) withDefaults() Options {
	o.Token = cmp.Or(o.Token, DefaultToken)
	o.AppToken = cmp.Or(o.AppToken, DefaultAppToken)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Faults == nil {
		o.Faults = &Faults{}
	}
	o.NonceWindow = cmp.Or(o.NonceWindow, 3*time.Minute)
	o.PendingWindow = cmp.Or(o.PendingWindow, 30*time.Second)
	o.MaxPayload = cmp.Or(o.MaxPayload, 300_000)
	o.BanAfter = cmp.Or(o.BanAfter, 10_000)
	o.Team = cmp.Or(o.Team, "main")
	return o
}

// Simulator is what the simulators have in common.
type Simulator interface {
	http.Handler

	// Name returns the type of the messenger in lower case, such as "slack".
	Name() string
	// Listen serves on addr, or on a free port of 127.0.0.1 when it is empty.
	Listen(addr string) error
	// URL returns the address of the API as a client is to be configured with,
	// and "" before Listen.
	URL() string
	// Close stops serving and waits until no call is being answered.
	Close()
	// Transport answers requests in memory, without a connection, whatever
	// host they name. It suits testing/synctest, which cannot see networks.
	Transport() http.RoundTripper

	// Faults returns the faults that the simulator obeys.
	Faults() *Faults
	// Calls returns how often each method was called, refused calls included.
	Calls() map[string]int
	// Posts returns all messages, oldest first.
	Posts() []Post
	// PostsIn returns the messages in one channel, oldest first.
	PostsIn(channel string) []Post
	// Crowd makes another app post n messages with a text in a channel.
	Crowd(channel string, n int, text string)
	// Subscribe calls f with each message that changes.
	Subscribe(f func(Post)) (cancel func())

	// SetToken makes fresh a token of the bot and ends old, unless that is empty.
	SetToken(old, fresh string)
	// RevokeToken ends a token.
	RevokeToken(token string)
	// AddBot adds another bot and returns its user id.
	AddBot(token string) string

	// AddChannel adds a channel that the bot is in and returns its id.
	AddChannel(name string, options ...ChannelOption) string
	// Archive archives a channel; Discord, which archives threads only, deletes any
	// other.
	Archive(channel string)
	// Kick takes the bot out of a channel.
	Kick(channel string)
	// Invite takes the bot into a channel.
	Invite(channel string)
	// AddUser adds a person and returns their id.
	AddUser(email string, options ...UserOption) string
	// DeactivateUser ends a person's account.
	DeactivateUser(id string)
}

var (
	_ Simulator = (*Slack)(nil)
	_ Simulator = (*Discord)(nil)
	_ Simulator = (*GoogleChat)(nil)
	_ Simulator = (*Mattermost)(nil)
	_ Simulator = (*Teams)(nil)
	_ Simulator = (*PagerDuty)(nil)
	_ Simulator = (*TeamsWorkflow)(nil)
	_ Simulator = (*Webhook)(nil)
	_ Simulator = (*Email)(nil)
)
