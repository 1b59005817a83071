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
	give    func(status.Notice)
	explain func(*messenger.Error) string

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
	// final are the codes with which edits of messages were refused, unknown are those that
	// this version does not know. The service makes them: of too many, no more are told.
	final, unknown map[string]bool
}

// New returns an announcer that has given no notice yet. A failure is explained in a sentence.
func New(give func(status.Notice), explain func(*messenger.Error) string) *Announcer {
	return &Announcer{give: give, explain: explain, s: state{
		recipients: map[routing.Recipient]bool{},
		addresses:  map[string]bool{},
		requests:   map[string]bool{},
		rules:      map[string]bool{},
		crowded:    map[string]bool{},
		final:      map[string]bool{},
		unknown:    map[string]bool{},
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
		Text:      fmt.Sprintf("Skipped %s %q of %s: %s", who, name, where, a.explain(failure)),
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
		Text:      fmt.Sprintf("Recipient %s does not work: %s", name, a.explain(failure)),
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

// maxCodes bounds the codes of a service that are told.
const maxCodes = 50

// UnknownCode tells that the service answered with a code that this version does not know, once
// for each code.
func (a *Announcer) UnknownCode(recipient string, failure *messenger.Error) {
	if failure.Unknown && a.onceOfFew(a.s.unknown, failure.Code) {
		a.give(status.Notice{
			Reason:    status.NoticeUnknownCode,
			Text:      fmt.Sprintf("Recipient %s: %s", recipient, a.explain(failure)),
			Recipient: recipient,
			Warning:   true,
		})
	}
}

func (a *Announcer) onceOfFew(told map[string]bool, code string) bool {
	a.mu.Lock()
	full := len(told) >= maxCodes
	a.mu.Unlock()
	return !full && once(&a.mu, told, code)
}

// MessageFinal tells that messages cannot be edited any more, once for each code.
func (a *Announcer) MessageFinal(failure *messenger.Error) {
	if a.onceOfFew(a.s.final, failure.Code) {
		a.give(status.Notice{
			Reason:  status.NoticeMessageFinal,
			Text:    "Messages can no longer be edited after some time, so that their outcome is posted anew: " + a.explain(failure),
			Warning: true,
		})
	}
}

// ContentRejected names a request whose message was refused also in its plain form.
func (a *Announcer) ContentRejected(request, recipient string, failure *messenger.Error) {
	a.give(status.Notice{
		Reason:  status.NoticeContentRejected,
		Text:    fmt.Sprintf("Access request %s cannot be shown to %s: %s", request, recipient, a.explain(failure)),
		Request: request,
		Warning: true,
	})
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
