// Package email sends mail by SMTP (RFC 5321): each request is a thread of its own for each
// recipient, and each change of it a short follow-up there.
//
// Mail cannot be edited, and what became of it cannot be looked up. What people typed stands
// in quotation marks or behind a mark of quotation in the plain part, and in elements of their
// own in the HTML part, which loads nothing.
package email

import (
	"context"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The names of the secrets.
const (
	// SecretUsername and SecretPassword are the login, where the server wants one.
	SecretUsername = "username"
	SecretPassword = "password"
)

// The names of the settings.
const (
	// SettingFrom is the mailbox that mail comes from (RFC 5322, section 3.4).
	SettingFrom = "from"
	// SettingUsername is the username where it is no secret.
	SettingUsername = "username"
	// SettingDomains are the domains, separated by commas, that people are in whom requests
	// name. Default: that of the sender.
	SettingDomains = "domains"
)

// Pace is how much time lies between two follow-ups about one request to one recipient.
const Pace = 30 * time.Second

// Descriptor describes mail.
func Descriptor() messenger.Descriptor {
	return messenger.Descriptor{
		Type:            "Email",
		New:             func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		OptionalSecrets: []string{SecretUsername, SecretPassword},
		Settings: []messenger.Setting{
			{Name: SettingFrom, About: "The mailbox that mail comes from.", Example: "Teleport <teleport@example.com>", Required: true},
			{Name: SettingDomains, About: "The domains of people whom requests name; that of the sender by default.", Example: "example.com, example.org"},
		},
		URLExample:        "smtp://smtp.example.com:587",
		ExampleRecipients: []string{"access-requests@example.com", "alice@example.com"},
		WriteInstead:      writeInstead,
		Capabilities:      messenger.Capabilities{Follow: true, EmailLookup: true},
	}
}

// Email is one sender at one server.
type Email struct {
	settings settings
	server   server
	late     lateReplies
	throttle *messenger.Throttle
	agent    string
	belief   messenger.Belief
}

var (
	_ messenger.Follower       = (*Email)(nil)
	_ messenger.PersonResolver = (*Email)(nil)
	_ messenger.Bounded        = (*Email)(nil)
	_ messenger.Pacer          = (*Email)(nil)
)

// New returns a sender. It checks the configuration, and makes no call.
func New(config messenger.Config) (*Email, error) {
	s, err := readSettings(config)
	if err != nil {
		return nil, err
	}
	e := &Email{settings: s, throttle: config.Throttle, agent: messenger.UserAgent(config.Version)}
	if e.throttle == nil {
		e.throttle = &messenger.Throttle{}
	}
	e.server = newServer(s, messenger.NetworkOf(config.HTTPClient))
	return e, nil
}

// The calls, by the names that errors give them.
const (
	callCheck = "check"
	callPost  = "mail"
)

// believedFor is how long a server is believed to let in who has sent mail by it: each check
// is a login, of which providers allow only so many.
const believedFor = 5 * time.Minute

// Check implements messenger.Messenger. It logs in, names the sender, and takes that back.
func (e *Email) Check(ctx context.Context) error {
	if e.belief.Holds() {
		return nil
	}
	err := e.do(ctx, callCheck, messenger.Bucket{Method: callCheck}, func(_ context.Context, s *session) error { return s.try(e.settings.from.Address) })
	e.believe(err)
	return err
}

// believe takes in how a call ended. Before a call has been let in, its failures are those of
// every call.
func (e *Email) believe(err error) {
	e.belief.Set(err == nil || messenger.AsError(err).Class.Answered(), believedFor)
}

// MaxCalls implements messenger.Bounded.
func (*Email) MaxCalls() int { return maxConnections }

// Pace implements messenger.Pacer.
func (*Email) Pace() time.Duration { return Pace }

// Resolve implements messenger.Messenger. Whether there is such a mailbox shows only when mail
// is sent to it, or never.
func (e *Email) Resolve(_ context.Context, recipient string) (messenger.Address, error) {
	address, err := parseRecipient(recipient)
	if err != nil {
		return messenger.Address{}, err
	}
	return messenger.Address{ID: address, Direct: true}, nil
}

// ResolvePerson implements messenger.PersonResolver. Only people in domains that the operator
// knows are found: else whoever may ask for access could have mail sent to anyone.
func (e *Email) ResolvePerson(ctx context.Context, email string) (messenger.Address, error) {
	to, err := e.Resolve(ctx, email)
	if err != nil {
		return to, err
	}
	if _, domain, _ := strings.Cut(to.ID, "@"); !e.settings.domains[domain] {
		return messenger.Address{}, &messenger.Error{
			Class: messenger.RecipientPermanent, Call: "resolve", Code: "foreign_domain",
			What:   "the address is in a domain to which no mail is sent because a request names it",
			Advice: "Add the domain to domains, if the people in it should hear of requests that name them",
		}
	}
	return to, nil
}

// Post implements messenger.Messenger. A mail that is sent again with the same key, and says
// the same, has the same Message-ID.
func (e *Email) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	return e.send(ctx, to, render(m, false), newThread(key))
}

// Follow implements messenger.Follower.
func (e *Email) Follow(ctx context.Context, to messenger.Address, previous messenger.Ref, m message.Message, key string) (messenger.Ref, error) {
	return e.send(ctx, to, render(m, true), continueThread(previous.ID, key))
}

func (e *Email) send(ctx context.Context, to messenger.Address, c content, t thread) (messenger.Ref, error) {
	id := t.id(c)
	mail, err := e.compose(to.ID, c, t, id)
	if err != nil {
		return messenger.Ref{}, &messenger.Error{Class: messenger.ContentRejected, Call: callPost, Code: "unsendable"}
	}
	err = e.sendOnce(ctx, to.ID, mail, to.ID+" "+id)
	e.believe(err)
	if err != nil {
		return messenger.Ref{}, err
	}
	return messenger.Ref{Channel: to.ID, ID: id}, nil
}

// sendOnce sends a mail, or takes the reply to an earlier time that it was sent.
func (e *Email) sendOnce(ctx context.Context, to string, mail []byte, name string) error {
	bucket := messenger.Bucket{Method: callPost, Address: to}
	if earlier := e.late.of(name); earlier != nil {
		brief, cancel := context.WithTimeoutCause(ctx, e.server.network.Timeout, errTimeout)
		defer cancel()
		return e.outcome(ctx, callPost, bucket, e.late.take(brief, name, earlier))
	}
	return e.do(ctx, callPost, bucket, func(ctx context.Context, s *session) error {
		return s.send(ctx, e.settings.from.Address, to, mail, func(late func() error) bool { return e.late.keep(name, late) })
	})
}

// do makes a call over a connection, unless its bucket is paused.
func (e *Email) do(ctx context.Context, call string, bucket messenger.Bucket, use func(context.Context, *session) error) error {
	if err := e.throttle.Refuse(call, bucket); err != nil {
		return err
	}
	return e.outcome(ctx, call, bucket, e.server.with(ctx, use))
}

// outcome says how a call has ended.
func (e *Email) outcome(ctx context.Context, call string, bucket messenger.Bucket, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ended(call, err, ctx.Err())
	}
	failure := classify(call, err)
	if failure.Class == messenger.Throttled {
		e.throttle.Pause(pausedBy(failure.Scope, bucket), failure.RetryAfter)
	}
	return failure
}
