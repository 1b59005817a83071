package notifier

import (
	"fmt"
	"slices"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// maxTyped bounds what is repeated in a notice of a text that a requester typed.
const maxTyped = 100

// announcer gives each notice once, until what it tells of is over.
type announcer struct {
	give       func(Notice)
	configured []string

	mu sync.Mutex
	s  announcerState
}

// announcerState is guarded by announcer.mu.
type announcerState struct {
	// recipients were looked up in vain, addresses were refused, requests have nobody
	// who is told of them.
	recipients map[directory.Recipient]bool
	addresses  map[string]bool
	requests   map[string]bool
	// final are the codes with which edits of messages were refused.
	final map[string]bool
}

func newAnnouncer(give func(Notice), configured []string) *announcer {
	return &announcer{give: give, configured: configured, s: announcerState{
		recipients: map[directory.Recipient]bool{},
		addresses:  map[string]bool{},
		requests:   map[string]bool{},
		final:      map[string]bool{},
	}}
}

// recipientBroken tells of a recipient that cannot be found.
func (a *announcer) recipientBroken(r directory.Recipient, failure *messenger.Error, concerned []string) {
	if !once(&a.mu, a.s.recipients, r) {
		return
	}
	if !r.Person {
		a.recipientFailed(r.Name, failure)
		return
	}
	where := "an access request"
	if len(concerned) > 0 {
		where = "access request " + concerned[0]
	}
	a.give(Notice{
		Reason: ReasonReviewerSkipped,
		Text:   fmt.Sprintf("Skipped reviewer %s of %s, whom the messenger does not know: %s", typed(r.Name), where, failure.Code),
	})
}

// typed quotes what a requester typed.
func typed(text string) string {
	return fmt.Sprintf("%q", message.Cut(message.CleanLine(text), maxTyped, message.CountRunes))
}

// recipientWorks tells of a configured recipient that is found again.
func (a *announcer) recipientWorks(r directory.Recipient) {
	if again(&a.mu, a.s.recipients, r) && !r.Person {
		a.restored(r.Name)
	}
}

// addressRefused tells of an address that refuses messages.
func (a *announcer) addressRefused(address, name string, failure *messenger.Error) {
	if once(&a.mu, a.s.addresses, address) {
		a.recipientFailed(name, failure)
	}
}

// addressWorks tells of an address that accepts messages again.
func (a *announcer) addressWorks(address, name string) {
	if again(&a.mu, a.s.addresses, address) {
		a.restored(name)
	}
}

func (a *announcer) recipientFailed(name string, failure *messenger.Error) {
	a.give(Notice{
		Reason:  ReasonRecipientFailed,
		Text:    fmt.Sprintf("Recipient %s does not work: %s", name, failure),
		Warning: true,
	})
}

func (a *announcer) restored(name string) {
	a.give(Notice{Reason: ReasonRecipientRestored, Text: fmt.Sprintf("Recipient %s works again", name)})
}

// messageFinal tells that messages cannot be edited any more, once for each code.
func (a *announcer) messageFinal(failure *messenger.Error) {
	if once(&a.mu, a.s.final, failure.Code) {
		a.give(Notice{
			Reason:  ReasonMessageFinal,
			Text:    "Messages can no longer be edited after some time, so that their outcome is posted anew: " + failure.Error(),
			Warning: true,
		})
	}
}

// notAnnounced tells of a pending request without a recipient.
func (a *announcer) notAnnounced(id string) {
	if once(&a.mu, a.s.requests, id) {
		a.give(Notice{
			Reason:  ReasonNotAnnounced,
			Text:    fmt.Sprintf("Access request %s is not announced: no recipient is configured for it, or none can be found", id),
			Warning: true,
		})
	}
}

// forget forgets a request.
func (a *announcer) forget(id string) {
	again(&a.mu, a.s.requests, id)
}

// forgetPersons forgets people whom no request names any more.
func (a *announcer) forgetPersons(persons []directory.Recipient) {
	for _, r := range persons {
		again(&a.mu, a.s.recipients, r)
	}
}

// once notes key and reports whether it is new.
func once[K comparable](mu *sync.Mutex, told map[K]bool, key K) bool {
	mu.Lock()
	defer mu.Unlock()
	news := !told[key]
	told[key] = true
	return news
}

// again forgets key and reports whether it was noted.
func again[K comparable](mu *sync.Mutex, told map[K]bool, key K) bool {
	mu.Lock()
	defer mu.Unlock()
	was := told[key]
	delete(told, key)
	return was
}

// nameOf returns how the rules call an address; its id, if they do not: other names
// are typed by requesters.
func (n *Notifier) nameOf(address string) string {
	for _, r := range n.directory.Names(address) {
		if !r.Person && slices.Contains(n.announcer.configured, r.Name) {
			return r.Name
		}
	}
	return address
}

// announce tells of a request that is pending and has nobody to be told of it.
func (n *Notifier) announce(t *track.Request) {
	if t.Count().Unannounced {
		n.announcer.notAnnounced(t.ID)
	}
}
