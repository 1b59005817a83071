// Package webhook delivers each change of a request as an event of its own to an HTTP
// endpoint, signed as Standard Webhooks has it (https://www.standardwebhooks.com), with the
// attributes of CloudEvents in headers besides.
//
// An event is JSON, and its schema is published in docs/schemas. What people typed stands in
// strings of members that are there for it, so that it can be nothing else.
package webhook

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The names of the secrets.
const (
	// SecretSigning is what events are signed with.
	SecretSigning = "signing"
	// SecretPrevious is the one before, with which they are signed as well while receivers
	// change from one to the other.
	SecretPrevious = "previous"
	// SecretAuthorization is the value of the header of that name, for a receiver that wants
	// one besides the signature.
	SecretAuthorization = "authorization"
)

// Descriptor describes webhooks.
func Descriptor() messenger.Descriptor {
	return messenger.Descriptor{
		Type:              "Webhook",
		Endpoint:          true,
		New:               func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		Secrets:           []string{SecretSigning},
		OptionalSecrets:   []string{SecretPrevious, SecretAuthorization},
		StandIns:          messenger.Secrets{SecretSigning: standIn(), SecretPrevious: standIn()},
		ExampleRecipients: []string{"audit-log", "service-desk"},
		WriteInstead:      writeInstead,
		Capabilities:      messenger.Capabilities{Idempotency: true},
		LimitsCallers:     true,
	}
}

// standIn has the form of a signing secret.
func standIn() string {
	return secretPrefix + base64.StdEncoding.EncodeToString(make([]byte, minSecret))
}

// Webhook is one endpoint.
type Webhook struct {
	bot           *messenger.Bot
	signer        signer
	authorization string
	belief        messenger.Belief
}

var _ messenger.Messenger = (*Webhook)(nil)

// New returns an endpoint. It checks the configuration, and makes no call.
func New(config messenger.Config) (*Webhook, error) {
	bot, err := messenger.NewBot(Descriptor(), config)
	if err != nil {
		return nil, err
	}
	w := &Webhook{bot: bot}
	if w.signer, err = newSigner(config.Secrets); err != nil {
		return nil, err
	}
	if w.authorization, err = checkHeader(config.Secrets.Trimmed(SecretAuthorization)); err != nil {
		return nil, err
	}
	return w, nil
}

// The calls, by the names that errors give them.
const (
	callPing = "ping"
	callPost = "event"
)

// Check implements messenger.Messenger. It sends an event that says nothing, unless the
// endpoint has answered one lately: receivers may be charged for each.
func (w *Webhook) Check(ctx context.Context) error {
	if w.belief.Holds() {
		return nil
	}
	return w.send(ctx, callPing, newID(), ping())
}

// adviceName says how a recipient is written.
const adviceName = messenger.AdviceName + ", such as audit-log; it is no URL"

func writeInstead(recipient string) string {
	if _, ok := messenger.RecipientName(recipient); ok {
		return ""
	}
	return adviceName
}

// Resolve implements messenger.Messenger. Any name is one: it is the receiver who knows what
// it stands for.
func (w *Webhook) Resolve(_ context.Context, recipient string) (messenger.Address, error) {
	name, ok := messenger.RecipientName(recipient)
	if !ok {
		return messenger.Address{}, &messenger.Error{
			Class: messenger.RecipientPermanent, Call: "resolve", Code: "no_name",
			What:   "the recipient is no name that events of {service} can be addressed to",
			Advice: adviceName,
		}
	}
	return messenger.Address{ID: name}, nil
}

// Post implements messenger.Messenger. The id of the event is made of the key and of what the
// event says: a repeated event has the same id, and one that says something new has another,
// so that no receiver takes it for one that it has.
//
// After a partial event there is no other to try. One that is refused is given up only if a
// ping is let in: else it is not the event that is refused.
func (w *Webhook) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	o := encode(to.ID, m)
	id := newID()
	if key != "" {
		id = idOf(key, o.body)
	}
	err := w.send(ctx, callPost, id, o)
	if o.event.Partial && err != nil && messenger.AsError(err).Class == messenger.ContentRejected {
		err = cmp.Or(w.Check(ctx), err)
	}
	if err != nil {
		return messenger.Ref{}, err
	}
	return messenger.Ref{Channel: to.ID, ID: id}, nil
}

// believedFor is how long an endpoint is believed to work that has let an event in.
const believedFor = time.Hour

// bucket holds all calls: it is one endpoint that asks for fewer of them.
var bucket = messenger.Bucket{}

// send sends an event.
func (w *Webhook) send(ctx context.Context, call, id string, o outgoing) error {
	request, err := w.request(ctx, id, o)
	if err != nil {
		return &messenger.Error{
			Class: messenger.MessengerPermanent, Call: call, Code: "bad_address",
			What: "the address of {service} cannot be called", Advice: "Name another address", NotToken: true,
		}
	}
	told, err := w.bot.Caller.Tell(request, call, bucket)
	if err == nil {
		err = w.outcome(call, told.Status, told.Header)
	}
	w.belief.Set(err == nil, believedFor)
	return err
}

func (w *Webhook) request(ctx context.Context, id string, o outgoing) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.bot.URL.String(), o.reader())
	if err != nil {
		return nil, err
	}
	h := request.Header
	h.Set("User-Agent", w.bot.UserAgent)
	h.Set("Content-Type", "application/json")
	if w.authorization != "" {
		h.Set("Authorization", w.authorization)
	}
	w.signer.sign(h, id, time.Now(), o.body)
	o.attributes(h, id)
	return request, nil
}
