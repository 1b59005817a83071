// Package routing decides who hears of an access request.
package routing

import (
	"maps"
	"net/mail"
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
	// Always lists the recipients of every request.
	Always []string
	// SuggestedReviewers adds the request's suggested reviewers that are e-mail
	// addresses.
	SuggestedReviewers bool
	// Requester adds the requester, if the user name is an e-mail address.
	Requester bool
}

// Recipient is one recipient as the operator or the requester wrote it.
type Recipient struct {
	// Name is the recipient in the messenger's terms, such as a channel name, a
	// channel id or an e-mail address.
	Name string
	// Person is set if only the requester's text names the recipient. Name is an
	// e-mail address then, and may only be looked up as one. A person whom the
	// messenger does not know is skipped; a configured recipient is a problem to
	// report.
	Person bool
}

// MaxSuggested is how many suggested reviewers of one request are recipients.
const MaxSuggested = 20

// Recipients returns who hears of the request, each once, in a stable order. A
// recipient that is both configured and suggested counts as configured.
func (r Rules) Recipients(request accessrequest.Request) []Recipient {
	var found []Recipient
	add := func(person bool, names ...string) {
		for _, name := range names {
			name = strings.TrimSpace(name)
			known := slices.ContainsFunc(found, func(have Recipient) bool { return have.Name == name })
			if name != "" && !known {
				found = append(found, Recipient{Name: name, Person: person})
			}
		}
	}
	for _, role := range request.Roles {
		add(false, r.forRole(role)...)
	}
	add(false, r.Always...)
	if r.SuggestedReviewers {
		add(true, emails(request.SuggestedReviewers)...)
	}
	if r.Requester {
		add(true, emails([]string{request.User})...)
	}
	return found
}

// LeftOut returns how many suggested reviewers of the request Recipients leaves out,
// because there are more than MaxSuggested.
func (r Rules) LeftOut(_ accessrequest.Request) int { return 0 }

// Configured returns all recipients that the rules name, each once, in order.
func (r Rules) Configured() []string {
	names := slices.Concat(append(slices.Collect(maps.Values(r.RoleToRecipients)), r.Always)...)
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

func (r Rules) forRole(role string) []string {
	if names, ok := r.RoleToRecipients[role]; ok {
		return names
	}
	return r.RoleToRecipients[AnyRole]
}

// emails returns the entries that are plain e-mail addresses. Suggested
// reviewers and user names can be any string.
func emails(names []string) []string {
	var found []string
	for _, name := range names {
		address, err := mail.ParseAddress(name)
		if err == nil && address.Address == name {
			found = append(found, name)
		}
	}
	return found
}
