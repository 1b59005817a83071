// Package routing decides who hears of an access request.
package routing

import (
	"maps"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// AnyRole is the key of Rules.RoleToRecipients for roles without an entry of
// their own.
const AnyRole = "*"

// Rules say who hears of which request. They mean what the same settings mean
// to Teleport's own plugins, so that people can bring theirs.
type Rules struct {
	// RoleToRecipients lists the recipients of requests for a role. The list of
	// AnyRole is used for roles without a list of their own; it is not added to
	// those that have one.
	RoleToRecipients map[string][]string
	// Routes are the notifier's own routes. Those that match add up.
	Routes []RouteRule
	// Always lists the recipients of every request.
	Always []string
	// Reminders are made of every request, besides those of routes.
	Reminders []Reminder
	// SuggestedReviewers adds the request's suggested reviewers that are e-mail
	// addresses.
	SuggestedReviewers bool
	// Requester adds the requester, if the user name is an e-mail address or if there is a
	// RequesterTrait: the trait of Teleport users that says how the messenger knows them.
	Requester      bool
	RequesterTrait string
	// Plugin is how Teleport's Access Monitoring Rules call the notifier. Of a request
	// that matches one, their recipients hear in place of RoleToRecipients and the
	// suggested reviewers. Without a name they are not used.
	Plugin string
	// RemindersOnly is set if the messenger is for reminders only: Access Monitoring Rules are
	// left out then, and say so.
	RemindersOnly bool
}

// MaxSuggested is how many suggested reviewers of one request are recipients. Whoever
// may request access can suggest any number.
const MaxSuggested = 20

// Recipients returns who hears of the request, each once, in a stable order. A
// recipient that is both configured and suggested counts as configured.
func (r Rules) Recipients(request accessrequest.Request) []Recipient {
	var found audience
	for _, role := range request.Roles {
		found.configured(named(r.forRole(role)))
	}
	found.configured(named(r.Always))
	if r.SuggestedReviewers {
		found.persons(request.SuggestedReviewers, MaxSuggested)
	}
	return append(found.recipients, r.requester(request)...)
}

// LeftOut returns how many suggested reviewers are none of the recipients of a request,
// because it has more than MaxSuggested.
func LeftOut(request accessrequest.Request, recipients []Recipient) int {
	var told audience
	persons := 0
	for _, recipient := range recipients {
		told.add(recipient)
		if recipient.Person && !recipient.Requester {
			persons++
		}
	}
	if persons < MaxSuggested {
		return 0
	}
	return told.persons(request.SuggestedReviewers, 0)
}

// with returns who hears of a request for which other rules name recipients.
func (r Rules) with(others []Recipient, request accessrequest.Request) []Recipient {
	var found audience
	found.configured(others)
	found.configured(named(r.Always))
	return append(found.recipients, r.requester(request)...)
}

// audience collects recipients, each once.
type audience struct {
	recipients []Recipient
	known      map[Recipient]bool
	// mailboxes are their names without regard to case: the same person is not told twice.
	mailboxes map[string]bool
}

// configured adds recipients that the operator named.
func (a *audience) configured(recipients []Recipient) {
	for _, r := range recipients {
		if !a.known[r] {
			a.add(r)
		}
	}
}

// persons adds up to limit of the names that are e-mail addresses, and returns how many
// more there are. The names are a requester's text: any string.
func (a *audience) persons(names []string, limit int) (leftOut int) {
	beyond := map[string]bool{}
	for _, name := range names {
		mailbox := strings.ToLower(name)
		switch {
		case len(name) > maxEmail || a.mailboxes[mailbox] || beyond[mailbox] || !isEmail(name):
		case limit == 0:
			beyond[mailbox] = true
		default:
			limit--
			a.add(Recipient{Name: name, Person: true})
		}
	}
	return len(beyond)
}

func (a *audience) add(r Recipient) {
	if a.known == nil {
		a.known, a.mailboxes = map[Recipient]bool{}, map[string]bool{}
	}
	a.recipients = append(a.recipients, r)
	a.known[r] = true
	a.mailboxes[strings.ToLower(r.Name)] = true
}

// Configured returns all recipients that the rules name, each once, in order.
func (r Rules) Configured() []Recipient {
	return sortRecipients(r.all())
}

// all returns all recipients that the rules name.
func (r Rules) all() []Recipient {
	all := named(slices.Concat(append(slices.Collect(maps.Values(r.RoleToRecipients)), r.Always)...))
	reminders := r.Reminders
	for _, route := range r.Routes {
		all = append(all, route.Recipients...)
		reminders = slices.Concat(reminders, route.Reminders)
	}
	for _, reminder := range reminders {
		all = append(all, reminder.Recipients...)
	}
	return all
}

// named returns recipients of any kind.
func named(names []string) (recipients []Recipient) {
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" {
			recipients = append(recipients, Recipient{Name: name})
		}
	}
	return recipients
}

func (r Rules) forRole(role string) []string {
	if names, ok := r.RoleToRecipients[role]; ok {
		return names
	}
	return r.RoleToRecipients[AnyRole]
}
