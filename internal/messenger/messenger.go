// Package messenger says what the notification engine needs of a chat service:
// a small interface, a few optional ones for what only some services can do,
// and errors that are classes to act on rather than texts to read.
//
// Each service lives in a package of its own below this one and is listed in
// one registry. Nothing else needs to change for a new one.
package messenger

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Messenger delivers messages to the recipients of one chat service, as one
// bot. Its methods are safe for concurrent use, bound each call in time, never
// repeat a call by themselves, and return an *Error for every failure but the
// end of ctx.
type Messenger interface {
	// Check verifies that the token works.
	Check(ctx context.Context) error
	// Resolve finds the address behind a recipient as the user wrote it.
	Resolve(ctx context.Context, recipient string) (Address, error)
	// Post sends a new message. The key identifies this delivery: where the
	// service offers idempotency, a second Post with the same key within the
	// service's window returns the first message instead of making another.
	Post(ctx context.Context, to Address, m message.Message, key string) (Ref, error)
}

// Updater is a Messenger that can edit what it has posted. Without one, each change of a
// request is a new message, which a Follower makes an answer to the previous one.
type Updater interface {
	// Update replaces the content of a posted message.
	Update(ctx context.Context, ref Ref, m message.Message) error
}

// Replier is a Messenger with threads below messages.
type Replier interface {
	// Reply posts a review below the message. The key is as for Post.
	Reply(ctx context.Context, ref Ref, r message.Review, key string) error
}

// Finder is a Messenger that can look a message up by the key it was posted
// with, for as long as the service keeps messages.
type Finder interface {
	// Find looks among the messages posted to the address since the given time,
	// from that time forward, and returns all that bear the key, oldest first. It
	// returns ErrNotFound when there is none, and ErrCannotLook when that cannot be
	// found out: the bot's permissions do not allow looking, or there is more to
	// read than can be.
	Find(ctx context.Context, in Address, key string, since time.Time) ([]Ref, error)
	// FindReply is Find below the message ref. It returns nil when there is one.
	FindReply(ctx context.Context, ref Ref, key string, since time.Time) error
}

// Follower is a Messenger that can follow a message which can no longer be edited.
type Follower interface {
	// Follow posts the message anew, as an answer that points to the previous one.
	// The key is as for Post.
	Follow(ctx context.Context, to Address, previous Ref, m message.Message, key string) (Ref, error)
}

// PersonResolver is a Messenger that finds people by e-mail address.
type PersonResolver interface {
	// ResolvePerson finds the direct messages of a person. The text may have been
	// typed by a requester: it is never taken for anything but an e-mail address.
	ResolvePerson(ctx context.Context, email string) (Address, error)
}

// UserResolver is a Messenger that finds people by the id that the service has for them.
type UserResolver interface {
	// ResolveUser finds the direct messages of a user. The text may be any, also one that
	// names a channel: it is never taken for anything but a user's id.
	ResolveUser(ctx context.Context, id string) (Address, error)
}

// GroupResolver is a Messenger of a service that has groups of people to mention.
type GroupResolver interface {
	// ResolveGroup finds a group as the operator wrote it. No messages can be posted to
	// its address: it says how the group is mentioned.
	ResolveGroup(ctx context.Context, name string) (Address, error)
}

// GroupsOf returns how the groups of a messenger are found. Where there are none, none is.
func GroupsOf(m Messenger) func(ctx context.Context, name string) (Address, error) {
	if resolver, ok := m.(GroupResolver); ok {
		return resolver.ResolveGroup
	}
	return func(context.Context, string) (Address, error) {
		none := NotSupported("groups")
		none.What = "{service} has no groups to mention"
		return Address{}, none
	}
}

// Accounter is a Messenger that knows whose token it uses.
type Accounter interface {
	// Account returns what the last successful Check found, false before that.
	Account() (Account, bool)
}

// Account is whom a token belongs to. Its ids never change for one token.
type Account struct {
	// Workspace is the id of the workspace, team or server; empty where a bot belongs to none.
	Workspace string
	// Bot is the bot's user id.
	Bot string
	// WorkspaceName and BotName are what people call them; empty where the service does not
	// tell. They are for sentences only.
	WorkspaceName, BotName string
}

// String names the bot and its workspace, with their ids.
func (a Account) String() string {
	bot := called(a.BotName, a.Bot)
	if a.Workspace == "" {
		return bot
	}
	return bot + " in " + called(a.WorkspaceName, a.Workspace)
}

func called(name, id string) string {
	if name == "" {
		return id
	}
	return name + " (" + id + ")"
}

// AccountOf returns whose token a messenger uses, as far as it knows.
func AccountOf(m Messenger) Account {
	if accounter, ok := m.(Accounter); ok {
		if account, known := accounter.Account(); known {
			return account
		}
	}
	return Account{}
}

// What a Finder answers instead of a message, and a MemberChecker.
var (
	// ErrNotFound means that there is no such message.
	ErrNotFound = errors.New("no such message")
	// ErrCannotLook means that the Finder cannot tell whether there is one, or the
	// MemberChecker whether the bot is in a channel.
	ErrCannotLook = errors.New("not allowed to look")
)

// Address is where a message can be posted: a channel, or a person's direct
// messages.
type Address struct {
	// ID identifies the address to the service. Two recipients with the same ID
	// are one.
	ID string
	// Direct is true for one person's direct messages.
	Direct bool
	// ByName is true where ID is no channel's id, but a name or a user's id, because the bot
	// may not ask for the channel. The Ref of a message there has it.
	ByName bool
	// Mention is how the service writes that a message in a channel is for this person or
	// group; empty for a channel, and where that is not known.
	Mention string
}

// Ref identifies a posted message.
type Ref struct {
	// Channel is the id of the channel that holds the message. For a direct
	// message it may differ from the ID of the address.
	Channel string
	// ID is the message's id within the service; Slack's ts.
	ID string
}

// String gives the reference as "channel/id", the form that Teleport's own
// plugins record.
func (r Ref) String() string {
	return r.Channel + "/" + r.ID
}

// ParseRef reads what String wrote.
func ParseRef(s string) (Ref, bool) {
	channel, id, ok := strings.Cut(s, "/")
	return Ref{Channel: channel, ID: id}, ok && channel != "" && id != ""
}

// Bounded is a Messenger that makes only so many calls at a time. Which of them are next is for
// its caller to say, who knows what is urgent: a call that waits within it has lost its place.
type Bounded interface {
	// MaxCalls is how many posts, edits and replies are made at a time, at least 1.
	MaxCalls() int
}

// Pacer is a Messenger whose recipients should not hear of one request too often, because it
// edits nothing.
type Pacer interface {
	// Pace is how much time lies at least between a message about a request and the next that
	// follows it, for one recipient.
	Pace() time.Duration
}

// Amender is a Follower that posts no second message: what follows a message changes it, as an edit
// does. One that takes effect late would undo the edits after it, which are repeated then.
type Amender interface {
	Follower
	// Amends does nothing.
	Amends()
}
