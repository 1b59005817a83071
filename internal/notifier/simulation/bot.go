package simulation

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// bot is one operator's way to the chat service. It is a messenger.Messenger; what
// only some services can do lies in the types below.
type bot struct {
	*operator
}

var chatSays = replies{
	refuse: func(f fault) error {
		switch f.kind {
		case throttled, busy:
			return &messenger.Error{
				Class: messenger.Throttled, Call: "chat", Code: "ratelimited",
				RetryAfter: f.wait, Scope: f.scope, Unclear: f.kind == busy,
			}
		case cannotLook:
			return messenger.ErrCannotLook
		default:
			return refusal(f.class, "refused_"+f.class.String())
		}
	},
	unclear: &messenger.Error{Class: messenger.Transient, Call: "chat", Code: "connection_lost", Unclear: true},
	timeout: &messenger.Error{Class: messenger.Transient, Call: "chat", Code: "timeout", Unclear: true},
}

// callChat makes a call of an operator to the chat service take its course.
func callChat[T any](ctx context.Context, o *operator, method, request, channel string, effect func() (T, error)) (T, error) {
	c := callID{service: chatService, slot: o.slot, operator: o.name, method: method, request: request, channel: channel}
	return perform(ctx, o, c, callTimeout, o.world.course(c, callTimeout, chatSays), chatSays, effect)
}

// nothing makes an effect without a value fit callChat.
func nothing(effect func() error) func() (struct{}, error) {
	return func() (struct{}, error) { return struct{}{}, effect() }
}

// Check implements messenger.Messenger.
func (b bot) Check(ctx context.Context) error {
	_, err := callChat(ctx, b.operator, "check", "", "", nothing(func() error { return nil }))
	return err
}

// Account implements messenger.Accounter.
func (b bot) Account() (messenger.Account, bool) {
	return messenger.Account{Workspace: "W1", Bot: b.bot}, true
}

// Resolve implements messenger.Messenger.
func (b bot) Resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	b.world.resolves(b.operator, recipient)
	return b.lookUp(ctx, recipient)
}

func (b bot) lookUp(ctx context.Context, recipient string) (messenger.Address, error) {
	chat := b.world.chat
	return callChat(ctx, b.operator, "resolve", "", chat.channelOf(recipient), func() (messenger.Address, error) {
		return chat.resolve(recipient)
	})
}

// Post implements messenger.Messenger.
func (b bot) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	return b.post(ctx, "post", to, m, key, "")
}

func (b bot) post(ctx context.Context, method string, to messenger.Address, m message.Message, key, follows string) (messenger.Ref, error) {
	chat := b.world.chat
	channel := chat.channelOf(to.ID)
	if stageOf(m) != "" {
		method = "note"
		b.world.checkStage(b.operator, m)
	}
	chat.intends(key, place{m.RequestID, channel})
	return callChat(ctx, b.operator, method, m.RequestID, channel, func() (messenger.Ref, error) {
		return chat.post(b.writer(), channel, m, key, follows)
	})
}

// Update implements messenger.Updater.
func (b bot) Update(ctx context.Context, ref messenger.Ref, m message.Message) error {
	b.world.trace.add(b.name, "wants %s to show %s with %d reviews", ref.ID, m.State, len(m.Reviews))
	_, err := callChat(ctx, b.operator, "update", m.RequestID, ref.Channel, nothing(func() error {
		return b.world.chat.update(b.writer(), ref, m)
	}))
	return err
}

// replies is a bot whose service has threads.
type threads struct{ *operator }

// Reply implements messenger.Replier.
func (t threads) Reply(ctx context.Context, ref messenger.Ref, v message.Review, key string) error {
	chat := t.world.chat
	_, err := callChat(ctx, t.operator, "reply", chat.requestOf(ref), ref.Channel, nothing(func() error {
		return chat.reply(t.writer(), ref, v, key)
	}))
	return err
}

// history is a bot that may be able to search.
type history struct{ *operator }

// Find implements messenger.Finder.
func (h history) Find(ctx context.Context, in messenger.Address, key string, since time.Time) ([]messenger.Ref, error) {
	chat := h.world.chat
	channel := chat.channelOf(in.ID)
	if chat.profile.search == forbidden {
		return nil, messenger.ErrCannotLook
	}
	request := chat.requestWith(key)
	refs, err := callChat(ctx, h.operator, "find", request, channel, func() ([]messenger.Ref, error) {
		return chat.search(h.bot, channel, key, since)
	})
	if errors.Is(err, messenger.ErrCannotLook) {
		chat.couldNotSearch(place{request, channel})
	}
	return refs, err
}

// FindReply implements messenger.Finder.
func (h history) FindReply(ctx context.Context, ref messenger.Ref, key string, since time.Time) error {
	chat := h.world.chat
	if chat.profile.search == forbidden {
		return messenger.ErrCannotLook
	}
	request := chat.requestOf(ref)
	_, err := callChat(ctx, h.operator, "find", request, ref.Channel, nothing(func() error {
		return chat.searchReply(h.bot, ref, key, since)
	}))
	if errors.Is(err, messenger.ErrCannotLook) {
		chat.couldNotSearch(place{request, ref.Channel})
	}
	return err
}

// following is a bot that can post an answer to a message.
type following struct{ *operator }

// Follow implements messenger.Follower.
func (f following) Follow(ctx context.Context, to messenger.Address, previous messenger.Ref, m message.Message, key string) (messenger.Ref, error) {
	return bot(f).post(ctx, "follow", to, m, key, previous.ID)
}

// pace is how much time lies between two messages about a request at a service without edits.
const pace = 30 * time.Second

// posting is a bot that can post, and nothing else.
type posting struct {
	messenger.Messenger
	messenger.Accounter
}

// pacing is a bot whose recipients do not hear of a request too often.
type pacing struct{}

// Pace implements messenger.Pacer.
func (pacing) Pace() time.Duration { return pace }

// people is a bot that finds people.
type people struct{ *operator }

// ResolvePerson implements messenger.PersonResolver.
func (p people) ResolvePerson(ctx context.Context, email string) (messenger.Address, error) {
	if !slices.ContainsFunc(p.world.plan.people, func(r recipient) bool { return r.direct && r.name == email }) {
		_, err := callChat(ctx, p.operator, "resolve", "", email, nothing(func() error {
			return refusal(messenger.RecipientPermanent, "users_not_found")
		}))
		return messenger.Address{}, err
	}
	return bot(p).lookUp(ctx, email)
}

// messenger returns the operator's messenger, which can do what the service can.
func (o *operator) messenger() messenger.Messenger {
	b, t, h, f, p := bot{o}, threads{o}, history{o}, following{o}, people{o}
	switch c := o.world.plan.chat; {
	case c.unedited:
		return struct {
			posting
			following
			people
			pacing
		}{posting{b, b}, f, p, pacing{}}
	case c.replier && c.follower && c.people && c.search != unsearchable:
		return struct {
			bot
			threads
			history
			following
			people
		}{b, t, h, f, p}
	case c.replier && c.follower && c.search != unsearchable:
		return struct {
			bot
			threads
			history
			following
		}{b, t, h, f}
	case c.replier:
		return struct {
			bot
			threads
		}{b, t}
	case c.people:
		return struct {
			bot
			people
		}{b, p}
	case c.search != unsearchable:
		return struct {
			bot
			history
		}{b, h}
	default:
		return b
	}
}
