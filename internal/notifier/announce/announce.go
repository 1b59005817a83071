// Package announce tells the owner of a notifier what it should hear of, each once until that
// is over.
package announce

import (
	"fmt"
	"maps"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// maxTyped bounds what is repeated in a notice of a text that a requester typed.
const maxTyped = 100

// Announcer gives each notice once, until what it names is over.
type Announcer struct {
	give func(status.Notice)

	mu sync.Mutex
	s  state
}

// state is guarded by Announcer.mu.
type state struct {
	// recipients were looked up in vain, addresses were refused, requests have no
	// recipient.
	recipients map[routing.Recipient]bool
	addresses  map[string]bool
	requests   map[string]bool
	// rules are the requests for which a rule cannot be judged.
	rules map[string]bool
	// crowded are the requests for whose record Teleport had no room.
	crowded map[string]bool
	// final are the codes with which edits of messages were refused.
	final map[string]bool
}

// New returns an announcer that has given no notice yet.
func New(give func(status.Notice)) *Announcer {
	return &Announcer{give: give, s: state{
		recipients: map[routing.Recipient]bool{},
		addresses:  map[string]bool{},
		requests:   map[string]bool{},
		rules:      map[string]bool{},
		crowded:    map[string]bool{},
		final:      map[string]bool{},
	}}
}

// RecipientBroken names a recipient that cannot be found.
func (a *Announcer) RecipientBroken(r routing.Recipient, failure *messenger.Error, concerned []string) {
	if !once(&a.mu, a.s.recipients, r) {
		return
	}
	if !r.Person {
		a.recipientFailed(r.Name, failure)
		return
	}
	where, request := "an access request", ""
	if len(concerned) > 0 {
		request = concerned[0]
		where = "access request " + request
	}
	name, who, reason := typed(r.Name), "reviewer", status.NoticeReviewerSkipped
	if r.Requester {
		who, reason = "requester", status.NoticeRequesterSkipped
	}
	a.give(status.Notice{
		Reason:    reason,
		Text:      fmt.Sprintf("Skipped %s %q of %s, whom the messenger does not know: %s", who, name, where, failure.Code),
		Request:   request,
		Recipient: name,
	})
}

// typed cleans and cuts what a requester typed.
func typed(text string) string {
	return message.Cut(message.CleanLine(text), maxTyped, message.CountRunes)
}

// RecipientWorks names a configured recipient that is found again.
func (a *Announcer) RecipientWorks(r routing.Recipient) {
	if again(&a.mu, a.s.recipients, r) && !r.Person {
		a.restored(r.Name)
	}
}

// AddressRefused names an address that refuses messages.
func (a *Announcer) AddressRefused(address, name string, failure *messenger.Error) {
	if once(&a.mu, a.s.addresses, address) {
		a.recipientFailed(name, failure)
	}
}

// AddressWorks names an address that accepts messages again. The name is asked for only if
// that is news.
func (a *Announcer) AddressWorks(address string, name func() string) {
	if again(&a.mu, a.s.addresses, address) {
		a.restored(name())
	}
}

func (a *Announcer) recipientFailed(name string, failure *messenger.Error) {
	a.give(status.Notice{
		Reason:    status.NoticeRecipientFailed,
		Text:      fmt.Sprintf("Recipient %s does not work: %s", name, failure),
		Recipient: name,
		Warning:   true,
	})
}

func (a *Announcer) restored(name string) {
	a.give(status.Notice{
		Reason:    status.NoticeRecipientRestored,
		Text:      fmt.Sprintf("Recipient %s works again", name),
		Recipient: name,
	})
}

// MessageFinal tells that messages cannot be edited any more, once for each code.
func (a *Announcer) MessageFinal(failure *messenger.Error) {
	if once(&a.mu, a.s.final, failure.Code) {
		a.give(status.Notice{
			Reason:  status.NoticeMessageFinal,
			Text:    "Messages can no longer be edited after some time, so that their outcome is posted anew: " + failure.Error(),
			Warning: true,
		})
	}
}

// NotAnnounced names a pending request without a recipient.
func (a *Announcer) NotAnnounced(id string) {
	if once(&a.mu, a.s.requests, id) {
		a.give(status.Notice{
			Reason:  status.NoticeNotAnnounced,
			Text:    fmt.Sprintf("Access request %s is not announced: no recipient is configured for it, or none can be found", id),
			Request: id,
			Warning: true,
		})
	}
}

// NoRoom names a request for whose record Teleport has no room.
func (a *Announcer) NoRoom(id string) {
	if once(&a.mu, a.s.crowded, id) {
		a.give(status.Notice{
			Reason:  status.NoticeRecordImpossible,
			Text:    fmt.Sprintf("Teleport has no room for the record of access request %s; until it has, a restart may announce it again", id),
			Request: id,
			Warning: true,
		})
	}
}

// RulesJudged names a request for which a rule cannot be judged, once until all can.
func (a *Announcer) RulesJudged(id string, failure error) {
	if failure == nil {
		again(&a.mu, a.s.rules, id)
		return
	}
	if once(&a.mu, a.s.rules, id) {
		a.give(status.Notice{
			Reason:  status.NoticeRuleFailed,
			Text:    fmt.Sprintf("A rule cannot be judged for access request %s, and only the other recipients are told: %s", id, failure),
			Request: id,
			Warning: true,
		})
	}
}

// Forget forgets a request.
func (a *Announcer) Forget(id string) {
	again(&a.mu, a.s.requests, id)
	again(&a.mu, a.s.rules, id)
	again(&a.mu, a.s.crowded, id)
}

// ForgetRecipients forgets those that no rule and no request names any more.
func (a *Announcer) ForgetRecipients(recipients []routing.Recipient) {
	for _, r := range recipients {
		again(&a.mu, a.s.recipients, r)
	}
}

// ForgetAddresses forgets those that are not kept: nothing is delivered there any more.
func (a *Announcer) ForgetAddresses(keep func(address string) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.s.addresses, func(address string, _ bool) bool { return !keep(address) })
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

// Give gives a notice of something that no other method names.
func (a *Announcer) Give(n status.Notice) { a.give(n) }
