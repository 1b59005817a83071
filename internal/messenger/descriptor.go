package messenger

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Descriptor is what is known of a kind of messenger before one is made. Whatever the
// operator does differently for one service than for another derives from it: which
// secrets are read, where the service is, who shares its pauses, what its users are told.
type Descriptor struct {
	// Type is the messenger's name in the AccessNotifier API, such as "Slack".
	Type string
	// Name is what people call the service, such as "Google Chat". Default: the Type.
	Name string
	// New makes a messenger without any I/O. It returns an error for settings that can
	// never work.
	New func(Config) (Messenger, error)
	// DefaultURL is the address of the service's public API. It is empty where each team
	// has a server of its own, which the AccessNotifier names.
	DefaultURL string
	// Endpoint is true where the address is that of one resource, which is called as it is
	// written: with a slash at its end it is another (RFC 3986, section 6.2.3). Else the
	// calls have paths below it.
	Endpoint bool
	// Secrets are the names of what a bot needs to be let in, such as SecretToken.
	Secrets []string
	// Instead are the names of secrets that take the place of Secrets, all of them together.
	Instead []string
	// OptionalSecrets are the names of those that it works without.
	OptionalSecrets []string
	// Settings are what an AccessNotifier says besides, in the order in which users read them.
	Settings []Setting
	// URLExample is how an address is written; empty where it is one of HTTPS.
	URLExample string
	// StandIns are secrets of the right form, for what can be checked before the secrets are
	// known. One that is left out may have any form.
	StandIns Secrets
	// CheckSecret says what is wrong with a secret, without repeating any of it. Default: it
	// must be one word of visible ASCII characters.
	CheckSecret func(name, secret string) error
	// ExampleRecipients show users how the recipients of this service are written.
	ExampleRecipients []string
	// WriteInstead says what to write in place of a recipient that the service can never find,
	// "" for one that it may find. It is nil where only the service can tell.
	WriteInstead func(recipient string) string
	// Capabilities are what it can do beyond posting.
	Capabilities Capabilities
	// Unchecked is true where only a message shows whether the secrets work, and Check makes no
	// call.
	Unchecked bool
	// RemindersOnly is true where recipients hear of a request only once it has been pending for
	// some time: reminders name them, and nothing else does.
	RemindersOnly bool
	// LimitsCallers is true where the service limits all callers of one server that share
	// an address, whatever their secrets are.
	LimitsCallers bool
}

// Title is what people call the service.
func (d Descriptor) Title() string { return cmp.Or(d.Name, d.Type) }

// Member is the field of the AccessNotifier API in which the messenger is set: its Type, which
// begins with a small letter.
func (d Descriptor) Member() string { return strings.ToLower(d.Type[:1]) + d.Type[1:] }

const (
	// SecretToken is the name of a secret that alone makes a bot.
	SecretToken = "token"
	// SecretAppToken is the name of the token of the app that a bot belongs to, with which
	// Slack reports clicks.
	SecretAppToken = "appToken"
)

// Capabilities are what a messenger can do beyond posting. All but Idempotency are also
// interfaces that it implements.
type Capabilities struct {
	// Edit is that of an Updater.
	Edit bool
	// Threads are those of a Replier.
	Threads bool
	// Follow is that of a Follower.
	Follow bool
	// EmailLookup is that of a PersonResolver.
	EmailLookup bool
	// UserLookup is that of a UserResolver.
	UserLookup bool
	// Groups are those of a GroupResolver.
	Groups bool
	// Idempotency is true where a second post with one key makes no second message, for as
	// long as the service remembers keys.
	Idempotency bool
	// History is that of a Finder.
	History bool
	// Account is that of an Accounter.
	Account bool
	// Buttons are those of a ClickListener or ClickReceiver.
	Buttons bool
	// Accounts are those of an AccountReader.
	Accounts bool
}

// CapabilitiesOf returns what a messenger implements. Idempotency cannot be seen.
func CapabilitiesOf(m Messenger) Capabilities {
	var c Capabilities
	_, c.Edit = m.(Updater)
	_, c.Threads = m.(Replier)
	_, c.Follow = m.(Follower)
	_, c.EmailLookup = m.(PersonResolver)
	_, c.UserLookup = m.(UserResolver)
	_, c.Groups = m.(GroupResolver)
	_, c.History = m.(Finder)
	_, c.Account = m.(Accounter)
	_, listens := m.(ClickListener)
	_, receives := m.(ClickReceiver)
	c.Buttons = listens || receives
	_, c.Accounts = m.(AccountReader)
	return c
}

// Refuses says what to write in place of a recipient that the service can never find, "" for
// one that it may find.
func (d Descriptor) Refuses(recipient string) string {
	if d.WriteInstead == nil {
		return ""
	}
	return d.WriteInstead(recipient)
}

// StandIn returns a value in the place of a secret that is not known, with which New can tell
// whether the rest could work.
func (d Descriptor) StandIn(name string) string { return cmp.Or(d.StandIns[name], "stand-in") }

// StandInSecrets returns stand-ins for all secrets that a bot needs.
func (d Descriptor) StandInSecrets() Secrets {
	secrets := Secrets{}
	for _, name := range d.Secrets {
		secrets[name] = d.StandIn(name)
	}
	return secrets
}

// Needs are the names of the secrets that a bot needs, of which it has some: those of Instead if
// it has all of them.
func (d Descriptor) Needs(has Secrets) []string {
	without := func(name string) bool { return has.Trimmed(name) == "" }
	if len(d.Instead) > 0 && !slices.ContainsFunc(d.Instead, without) {
		return d.Instead
	}
	return d.Secrets
}

// Setting is something that a messenger is told which is neither an address nor a secret.
type Setting struct {
	// Name is what it is called in files, such as "from".
	Name string
	// About says what it is, in a sentence.
	About string
	// Example is a value that works.
	Example string
	// Required is true for what it does not work without.
	Required bool
}

// ExampleSettings are examples of those that are required, with which New can tell whether the
// rest could work.
func (d Descriptor) ExampleSettings() map[string]string {
	settings := map[string]string{}
	for _, s := range d.Settings {
		if s.Required {
			settings[s.Name] = s.Example
		}
	}
	return settings
}

// LimitKey names the callers that the service limits together: messengers with the same key
// share their pauses. Where secrets are what it knows callers by, those of others are apart, and
// so is who says something else of itself: what a service asks of one of them says nothing of the
// others. It may hold secrets.
func (d Descriptor) LimitKey(c Config) string {
	server := strings.TrimRight(strings.TrimSpace(c.URL), "/")
	if u, err := url.Parse(server); err == nil {
		u.Host = strings.ToLower(u.Host)
		server = u.String()
	}
	key := quoteAll(d.Type, server)
	if d.LimitsCallers {
		return key
	}
	for _, name := range slices.Concat(d.Secrets, d.Instead, d.OptionalSecrets) {
		key += quoteAll(c.Secrets.Trimmed(name))
	}
	return key + quoteMap(c.Settings)
}

// BotKey names all that makes a bot of a configuration: those with the same key are alike. It
// holds secrets.
func (d Descriptor) BotKey(c Config) string {
	return quoteAll(d.Type, c.URL) + quoteMap(c.Secrets) + quoteMap(c.Settings)
}

// Registry lists messengers.
type Registry []Descriptor

// ErrUnknownType means that there is no messenger of a type.
var ErrUnknownType = errors.New("not available in this version")

// Find returns the messenger of a type, or ErrUnknownType.
func (r Registry) Find(kind string) (Descriptor, error) {
	i := slices.IndexFunc(r, func(d Descriptor) bool { return d.Type == kind })
	if i < 0 {
		return Descriptor{}, fmt.Errorf("messenger %q is %w", kind, ErrUnknownType)
	}
	return r[i], nil
}

// Types returns the names of all messengers, in their order.
func (r Registry) Types() []string {
	types := make([]string, len(r))
	for i, d := range r {
		types[i] = d.Type
	}
	return types
}
