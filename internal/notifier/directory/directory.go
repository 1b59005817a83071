package directory

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Recipient is whom to look up.
type Recipient struct {
	// Name is the recipient as it was written.
	Name string
	// Person is set if a requester's text named the recipient. Name is then an
	// e-mail address, and is only ever looked up as one.
	Person bool
}

// State is what is known of a recipient.
type State int

const (
	// Unknown recipients have not been looked up successfully yet. Answer.Err says
	// why, nil if no look-up has ended.
	Unknown State = iota
	// Known recipients have an address. They keep it while a repeated look-up fails
	// for a reason that should pass; Answer.Err says why.
	Known
	// Broken recipients do not exist, or cannot be reached, as Answer.Err says.
	Broken
)

// Answer is what is known of a recipient.
type Answer struct {
	State   State
	Address messenger.Address
	// Err is why the last look-up failed, nil after a success.
	Err *messenger.Error
}

// Options is what a Directory is made of. Resolve is required.
type Options struct {
	// Resolve looks one recipient up; a Person only as an e-mail address. It must
	// not panic. A MessengerPermanent error stops all look-ups until Retry, or for
	// SlowRetry: the caller has confirmed it, or has made it another class.
	Resolve func(ctx context.Context, r Recipient) (messenger.Address, error)
	// Changed is called, without a lock, when the answer for a recipient has become
	// another, also when a look-up has failed for the first time. The caller knows
	// which requests wait for that recipient. It must return quickly.
	Changed func(r Recipient, now Answer)
	// RetryBase and RetryCap bound the back-off; defaults 500 ms and 30 s.
	RetryBase, RetryCap time.Duration
	// SlowRetry is about how often a broken recipient is looked up; default 5 min.
	SlowRetry time.Duration
	// TTL is for about how long an address is believed; default 1 h.
	TTL time.Duration
	// Width bounds the look-ups under way; default 8.
	Width int
	// MaxPersons bounds the persons that are remembered; default 4,096.
	MaxPersons int
}

// Directory knows recipients. Make one with New. Its methods are safe for concurrent
// use and never wait for a look-up.
type Directory struct {
	options Options
}

// New makes a Directory. It looks nothing up until Run.
func New(o Options) *Directory {
	return &Directory{options: o}
}

// Run makes look-ups until ctx ends, and waits for those under way. It must be called
// once.
func (d *Directory) Run(ctx context.Context) {
	<-ctx.Done()
}

// Lookup returns what is known of a recipient, and has it looked up if that is due.
// The requester is who named a Person, and takes turns with others; it is ignored for
// configured recipients. A requester who has too many persons waiting gets Broken with
// the code CodeTooMany for another.
func (d *Directory) Lookup(_ Recipient, _ string) Answer { return Answer{} }

// CodeTooMany is the code of the error for a person who was not looked up, because
// too many others wait to be.
const CodeTooMany = "too_many_recipients"

// Hold keeps look-ups from being started until Release: the token is refused, or was
// not checked yet.
func (d *Directory) Hold() {}

// Release ends Hold.
func (d *Directory) Release() {}

// Retry looks all recipients up at once that have failed, because the service or the
// token works again, within the bounds of Width. It ends the shared back-off, not a
// pause that the service asked for.
func (d *Directory) Retry() {}

// Expire makes every look-up due: configured recipients are looked up now, persons
// when they are asked for next.
func (d *Directory) Expire() {}

// Doubt looks those recipients up again whose address does not work any more.
func (d *Directory) Doubt(_ string) {}

// Forget drops the persons that were not asked for during TTL, and returns them.
func (d *Directory) Forget() []Recipient { return nil }

// Names returns the configured recipients with that address, in order, then the
// persons.
func (d *Directory) Names(_ string) []Recipient { return nil }

// Failed returns the recipients whose last look-up failed, and why.
func (d *Directory) Failed() map[Recipient]*messenger.Error { return nil }

// Decided reports whether each of the recipients is known or broken.
func (d *Directory) Decided(_ []Recipient) bool { return false }

// Backlog reports whether look-ups wait because others failed for a reason that
// should pass.
func (d *Directory) Backlog() bool { return false }
