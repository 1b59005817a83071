package simulation

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// chat is a chat service: channels with messages, and names of channels.
type chat struct {
	world   *world
	profile profile

	mu       sync.Mutex
	messages []*posted
	// notes are the short messages that follow them.
	notes []*posted
	// channels holds the channel of each name.
	channels map[string]string
	// closed holds the channels that are no more.
	closed map[string]bool
	// named is true while addresses are names.
	named bool
	// counts counts the messages about a request in a channel.
	counts map[place]int
	// keys holds what the keys of posts are for that were made, or claimed.
	keys map[string]place
	// unclear and unclearReplies count posts and replies whose outcome their caller
	// does not know.
	unclear, unclearReplies, unclearNotes map[place]int
	// unsearched counts the searches that could not be made.
	unsearched map[place]int
}

// place is where readers find a request.
type place struct{ request, channel string }

// posted is a message as a reader finds it.
type posted struct {
	place
	id  string
	key string
	// by is the operator that posted it, with its bot; follows is the message that it
	// follows.
	by      writer
	follows string
	made    time.Time
	shown   []shown
	replies []reply
	// stage is what a note says, and after for how long the request has been pending by then.
	stage stage
	after time.Duration
	// deleted is set once a reader has deleted it.
	deleted bool
	// unknown is set until an operator has edited a message that another plugin has posted:
	// no operator knows what it shows.
	unknown bool
}

// writer is an operator as the service knows it.
type writer struct{ operator, bot string }

// shown is what a message showed from one instant on.
type shown struct {
	at      time.Time
	message message.Message
}

// reply is a reply below a message.
type reply struct {
	key    string
	made   time.Time
	review message.Review
}

// last is what the message shows.
func (p *posted) last() message.Message {
	return p.shown[len(p.shown)-1].message
}

func (p *posted) ref() messenger.Ref {
	return messenger.Ref{Channel: p.channel, ID: p.id}
}

func newChat(w *world) *chat {
	c := &chat{
		world:      w,
		profile:    w.plan.chat,
		channels:   map[string]string{},
		closed:     map[string]bool{},
		named:      w.plan.chat.named,
		counts:     map[place]int{},
		keys:       map[string]place{},
		unclear:    map[place]int{},
		unsearched: map[place]int{},

		unclearReplies: map[place]int{},
		unclearNotes:   map[place]int{},
	}
	for _, p := range w.plan.people {
		c.channels[p.name] = p.channel
	}
	return c
}

// now is the time by the service's clock.
func (c *chat) now() time.Time {
	return time.Now().Add(c.profile.skew)
}

// refusal is how the service says that something cannot be done.
func refusal(class messenger.Class, code string) error {
	return &messenger.Error{Class: class, Call: "chat", Code: code, Advice: "Fix it"}
}

// channelOf returns the channel of an address, which is an id or a name.
func (c *chat) channelOf(address string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if channel, ok := c.channels[address]; ok {
		return channel
	}
	return address
}

// resolve finds the address of a name.
func (c *chat) resolve(recipient string) (messenger.Address, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	channel, ok := c.channels[recipient]
	if !ok {
		return messenger.Address{}, refusal(messenger.RecipientPermanent, "not_found")
	}
	to := messenger.Address{ID: channel, Direct: channel[0] == 'D'}
	if c.named && !to.Direct {
		to.ID, to.ByName = recipient, true
	}
	return to, nil
}

// post makes a message, or finds the one that was made with the same key.
func (c *chat) post(by writer, channel string, m message.Message, key, follows string) (messenger.Ref, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed[channel] {
		return messenger.Ref{}, refusal(messenger.RecipientPermanent, "channel_not_found")
	}
	if c.world.refuses(m) {
		return messenger.Ref{}, refusal(messenger.ContentRejected, "invalid_blocks")
	}
	for _, p := range slices.Concat(c.messages, c.notes) {
		if p.key == key && p.channel == channel && p.by.bot == by.bot && !p.deleted && time.Since(p.made) < c.profile.window-c.profile.skew {
			return p.ref(), nil
		}
	}
	at := place{m.RequestID, channel}
	if follows != "" || stageOf(m) != "" {
		// The first message is made again where its record was lost.
		c.checkPace(by, at)
	}
	c.counts[at]++
	if stage := stageOf(m); stage != "" {
		return c.note(at, by, m, key, stage), nil
	}
	if follows == "" {
		follows = c.followed(at, by, key)
	}
	p := &posted{
		place:   at,
		id:      fmt.Sprintf("%s.%s.%dx", at.request, channel, c.counts[at]),
		key:     key,
		by:      by,
		follows: follows,
		made:    c.now(),
		shown:   []shown{{time.Now(), m}},
	}
	c.messages = append(c.messages, p)
	c.world.checkEnd(by, m)
	c.world.trace.add("chat", "%s, by %s, shows %s with %d reviews%s", p.id, by.bot, m.State, len(m.Reviews), plainly(m))
	return p.ref(), nil
}

// followed returns the message that another one takes the place of, where services have
// no better way to follow a message that cannot be edited any more. The caller holds the
// lock.
func (c *chat) followed(at place, by writer, key string) string {
	for _, p := range slices.Backward(c.messages) {
		if p.place == at && p.by.bot == by.bot && p.key != key && c.final(p) {
			return p.id
		}
	}
	return ""
}

func plainly(m message.Message) string {
	if m.Plain {
		return ", plainly"
	}
	return ""
}

// find returns a message that a bot can write to. The caller holds the lock.
func (c *chat) find(bot string, ref messenger.Ref) (*posted, error) {
	if c.closed[ref.Channel] {
		return nil, refusal(messenger.RecipientPermanent, "channel_not_found")
	}
	foreign := false
	for _, p := range c.messages {
		switch {
		case p.ref() != ref || p.deleted:
		case p.by.bot == bot:
			return p, nil
		default:
			foreign = true
		}
	}
	return nil, &messenger.Error{Class: messenger.MessageGone, Call: "chat", Code: "message_not_found", Foreign: foreign}
}

// update replaces what a message shows.
func (c *chat) update(by writer, ref messenger.Ref, m message.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.find(by.bot, ref)
	switch {
	case err != nil:
		return err
	case c.final(p):
		return refusal(messenger.MessageFinal, "edit_window_closed")
	case c.world.refuses(m):
		return refusal(messenger.ContentRejected, "invalid_blocks")
	}
	p.shown, p.unknown = append(p.shown, shown{time.Now(), m}), false
	c.world.checkEnd(by, m)
	c.world.trace.add("chat", "%s shows %s with %d reviews%s", p.id, m.State, len(m.Reviews), plainly(m))
	return nil
}

// final reports whether a message can be edited no longer.
func (c *chat) final(p *posted) bool {
	return c.profile.edits > 0 && c.now().Sub(p.made) > c.profile.edits
}

// reply adds a reply below a message, unless the service knows that it is there.
func (c *chat) reply(by writer, ref messenger.Ref, v message.Review, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.find(by.bot, ref)
	if err != nil {
		return err
	}
	for _, have := range p.replies {
		if have.key == key && c.now().Sub(have.made) < c.profile.window {
			return nil
		}
	}
	p.replies = append(p.replies, reply{key, c.now(), v})
	c.world.trace.add("chat", "%s has a reply about %s by %s", p.id, v.State, v.Author)
	return nil
}

// all returns the messages as they are now, oldest first: copies, because operators go on
// changing what they have posted.
func (c *chat) all() []*posted {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := make([]posted, len(c.messages))
	all := make([]*posted, len(now))
	for i, p := range c.messages {
		now[i] = *p
		all[i] = &now[i]
	}
	return all
}

// intends notes what a key is for.
func (c *chat) intends(key string, at place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[key] = at
}

// intended returns the places that keys are for.
func (c *chat) intended() []place {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.keys))
}

// isClosed reports whether a channel is no more.
func (c *chat) isClosed(channel string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed[channel]
}

// requestWith returns the request that a key is for, "" if that is not known.
func (c *chat) requestWith(key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keys[key].request
}

// requestOf returns the request that a message is about, "" if there is none.
func (c *chat) requestOf(ref messenger.Ref) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.messages {
		if p.ref() == ref {
			return p.request
		}
	}
	return ""
}

// doubt notes a call whose outcome its caller does not know.
func (c *chat) doubt(call callID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch call.method {
	case "post", "follow":
		c.unclear[place{call.request, call.channel}]++
	case "note":
		c.unclearNotes[place{call.request, call.channel}]++
	case "reply":
		c.unclearReplies[place{call.request, call.channel}]++
	}
}

// couldNotSearch notes a search that was not possible.
func (c *chat) couldNotSearch(at place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsearched[at]++
}
