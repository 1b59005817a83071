package messengertest

import (
	"slices"
	"strings"
	"sync"
)

// channel is a place for messages.
type channel struct {
	id, name, team string
	private        bool
	archived       bool
	member         bool
	readOnly       bool
	noHistory      bool
	noThreads      bool
	locked         bool
	direct         bool
	user           string
	parent         string
	displayName    string
}

// user is a person or a bot.
type user struct {
	id, email, name string
	bot             bool
	deactivated     bool
	noDirect        bool
	noTeam          bool
	// guest, external and unconfirmed accounts decide nothing.
	guest, external, unconfirmed bool
}

// token is a bot's credential; refusal is the error that it meets, if any.
type token struct {
	bot     string
	refusal string
	scopes  []string
}

// ChannelOption makes a channel special.
type ChannelOption func(*channel)

// Private hides the channel from all who are not in it.
func Private() ChannelOption { return func(c *channel) { c.private = true } }

// WithoutBot leaves the bot out of the channel.
func WithoutBot() ChannelOption { return func(c *channel) { c.member = false } }

// ReadOnly denies the bot to write.
func ReadOnly() ChannelOption { return func(c *channel) { c.readOnly = true } }

// WithoutHistory denies Discord's bot to read earlier messages.
func WithoutHistory() ChannelOption { return func(c *channel) { c.noHistory = true } }

// WithoutThreads denies Discord's bot to write in the threads of the channel.
func WithoutThreads() ChannelOption { return func(c *channel) { c.noThreads = true } }

// UserOption makes a user special.
type UserOption func(*user)

// Named gives the user a name; without it the name is the e-mail address up to
// the @.
func Named(name string) UserOption { return func(u *user) { u.name = name } }

// Deactivated ends the account.
func Deactivated() UserOption { return func(u *user) { u.deactivated = true } }

// WithoutDirectMessages makes the user refuse direct messages.
func WithoutDirectMessages() UserOption { return func(u *user) { u.noDirect = true } }

// WithoutTeam leaves the user out of the bot's teams of a Mattermost.
func WithoutTeam() UserOption { return func(u *user) { u.noTeam = true } }

// Guest makes the user a guest.
func Guest() UserOption { return func(u *user) { u.guest = true } }

// External makes the user one of another organization.
func External() UserOption { return func(u *user) { u.external = true } }

// Unconfirmed leaves open whose e-mail address it is.
func Unconfirmed() UserOption { return func(u *user) { u.unconfirmed = true } }

// directory knows the channels, users and tokens of a service. Its exported
// methods take the lock; the others need it.
type directory struct {
	lock     *sync.Mutex
	newID    func(kind byte) string
	channels []*channel
	users    []*user
	tokens   map[string]*token
	bot      string
	scopes   []string

	// channelByID and userByID serve the calls, which may be many.
	channelByID map[string]*channel
	userByID    map[string]*user
}

// The kinds of ids; they are the letters that Slack's ids start with.
const (
	kindChannel = 'C'
	kindDirect  = 'D'
	kindUser    = 'U'
)

func newDirectory(lock *sync.Mutex, newID func(kind byte) string, tok string, scopes []string) *directory {
	d := &directory{
		lock:        lock,
		newID:       newID,
		tokens:      map[string]*token{},
		channelByID: map[string]*channel{},
		userByID:    map[string]*user{},
		scopes:      scopes,
	}
	d.bot = d.AddBot(tok)
	return d
}

// SetToken makes fresh a token of the bot that old belongs to, and ends old.
// An empty old means the simulator's own bot, and ends nothing.
func (d *directory) SetToken(old, fresh string) {
	d.lock.Lock()
	defer d.lock.Unlock()
	next := &token{bot: d.bot, scopes: d.scopes}
	if t := d.tokens[old]; t != nil {
		next = &token{bot: t.bot, scopes: t.scopes}
		t.refusal = "token_revoked"
	}
	d.tokens[fresh] = next
}

// RevokeToken ends a token.
func (d *directory) RevokeToken(tok string) {
	d.RefuseToken(tok, "token_revoked")
}

// RefuseToken makes a token meet one of Slack's errors, such as
// "account_inactive" or "token_expired"; the other services know just one. An
// empty code accepts it again.
func (d *directory) RefuseToken(tok, code string) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if t := d.tokens[tok]; t != nil {
		t.refusal = code
	}
}

// BotID returns the user id of the simulator's own bot.
func (d *directory) BotID() string { return d.bot }

// AddBot adds another bot with a token and returns its user id.
func (d *directory) AddBot(tok string) string {
	d.lock.Lock()
	defer d.lock.Unlock()
	bot := d.addUser(&user{name: "access-bot", bot: true})
	if len(d.users) > 1 {
		bot.name += "-" + strings.ToLower(bot.id)
	}
	d.tokens[tok] = &token{bot: bot.id, scopes: d.scopes}
	return bot.id
}

// AddChannel adds a channel that the bot is in and returns its id. A name with
// a slash is "team/name" for Mattermost.
func (d *directory) AddChannel(name string, options ...ChannelOption) string {
	d.lock.Lock()
	defer d.lock.Unlock()
	c := &channel{id: d.newID(kindChannel), name: name, member: true}
	if team, rest, ok := strings.Cut(name, "/"); ok {
		c.team, c.name = team, rest
	}
	for _, option := range options {
		option(c)
	}
	d.addChannel(c)
	return c.id
}

// AddUser adds a person and returns their id.
func (d *directory) AddUser(email string, options ...UserOption) string {
	d.lock.Lock()
	defer d.lock.Unlock()
	name, _, _ := strings.Cut(email, "@")
	u := &user{email: email, name: name}
	for _, option := range options {
		option(u)
	}
	return d.addUser(u).id
}

// DeactivateUser ends a person's account.
func (d *directory) DeactivateUser(id string) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if u := d.userByID[id]; u != nil {
		u.deactivated = true
	}
}

// Archive archives a channel.
func (d *directory) Archive(id string) { d.edit(id, func(c *channel) { c.archived = true }) }

// Kick takes the bot out of a channel.
func (d *directory) Kick(id string) { d.edit(id, func(c *channel) { c.member = false }) }

// Invite takes the bot into a channel.
func (d *directory) Invite(id string) { d.edit(id, func(c *channel) { c.member = true }) }

func (d *directory) edit(id string, change func(*channel)) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if c := d.channelByID[id]; c != nil {
		change(c)
	}
}

func (d *directory) addUser(u *user) *user {
	u.id = d.newID(kindUser)
	d.users = append(d.users, u)
	d.userByID[u.id] = u
	return u
}

func (d *directory) addChannel(c *channel) {
	d.channels = append(d.channels, c)
	d.channelByID[c.id] = c
}

// directWith returns the bot's direct channel with a user, which may be made
// by this call.
func (d *directory) directWith(userID string) (c *channel, existed bool) {
	i := slices.IndexFunc(d.channels, func(c *channel) bool { return c.direct && c.user == userID })
	if i >= 0 {
		return d.channels[i], true
	}
	c = &channel{id: d.newID(kindDirect), direct: true, private: true, member: true, user: userID}
	d.addChannel(c)
	return c, false
}

func (d *directory) userByEmail(email string) *user {
	i := slices.IndexFunc(d.users, func(u *user) bool { return u.email != "" && strings.EqualFold(u.email, email) })
	if i < 0 {
		return nil
	}
	return d.users[i]
}

func (d *directory) userByName(name string) *user {
	i := slices.IndexFunc(d.users, func(u *user) bool { return strings.EqualFold(u.name, name) })
	if i < 0 {
		return nil
	}
	return d.users[i]
}

// newPost returns the post as it is before its first revision.
func newPost(service string, c *channel, id string) Post {
	return Post{Service: service, Channel: c.id, ChannelName: c.name, Direct: c.direct, User: c.user, ID: id}
}
