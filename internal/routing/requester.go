package routing

import (
	"context"
	"errors"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// maxUser bounds the name of a user whose traits are read.
	maxUser = 256
	// maxValues is how many values of a trait are tried: each may take a look-up.
	maxValues = 3
	// maxUserID bounds an id that a messenger has for a user.
	maxUserID = 64
)

// deniedTrait is what to do about requesters that are not found by their trait.
const deniedTrait = "Let the role of the identity read user: until then spec.requesterTrait is not used, " +
	"and requesters are found by a user name that is an e-mail address"

// requester returns who asks as a recipient; none if the requester is not to hear, or
// cannot be found.
func (r Rules) requester(request accessrequest.Request) []Recipient {
	who := Recipient{Name: request.User, Person: true, Requester: true, Trait: r.RequesterTrait}
	switch {
	case !r.Requester, who.Name == "", len(who.Name) > maxUser, who.Trait == "" && !isEmail(who.Name):
		return nil
	default:
		return []Recipient{who}
	}
}

// User returns a Teleport user as a recipient who is found as requesters are.
func (r *RuleRouter) User(name string) Recipient {
	rules, _, _ := r.current()
	return Recipient{Name: name, Person: true, Trait: rules.RequesterTrait}
}

// Candidates implements Router.
func (r *RuleRouter) Candidates(ctx context.Context, who Recipient) (candidates []Recipient, err error) {
	if who.Trait != "" {
		traits, err := r.readTraits(ctx, who.Name)
		if err != nil {
			return nil, err
		}
		candidates = persons(traits[who.Trait])
	}
	if byName := (Recipient{Name: who.Name, Person: true}); isEmail(who.Name) && !slices.Contains(candidates, byName) {
		candidates = append(candidates, byName)
	}
	return candidates, nil
}

// persons returns the first of the values that can name a person: an e-mail address, or the
// id that a messenger has for a user. Whoever may set the trait can write anything there.
func persons(values []string) (candidates []Recipient) {
	for _, value := range values {
		who := Recipient{Name: value, Person: true}
		if !isEmail(value) {
			who.Kind = User
		}
		if (isEmail(value) || isUserID(value)) && !slices.Contains(candidates, who) && len(candidates) < maxValues {
			candidates = append(candidates, who)
		}
	}
	return candidates
}

// isUserID reports whether a text looks like an id. Only the messenger knows whose.
func isUserID(text string) bool {
	for _, c := range []byte(text) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-') {
			return false
		}
	}
	return text != "" && len(text) <= maxUserID
}

// readTraits reads the traits of a requester. While the role does not allow it, requesters
// are found without.
func (r *RuleRouter) readTraits(ctx context.Context, user string) (traits map[string][]string, err error) {
	read := func(ctx context.Context) (map[string][]string, error) { return r.source.Traits(ctx, user) }
	err = accessrequest.ErrNotAllowed
	if r.source != nil {
		traits, err = read(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch refused := errors.Is(err, accessrequest.ErrNotAllowed); {
	case refused && r.s.requester.denied == nil:
		r.s.requester = finding{denied: newDenied("traits", read), problem: deniedTrait}
		r.change()
	case err == nil && r.s.requester.denied != nil:
		r.s.requester = finding{}
		r.change()
	}
	return traits, err
}

// RequesterProblem says why requesters are not found by their trait, "" if they are.
func (r *RuleRouter) RequesterProblem() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.s.requester.problem
}

// TellsRequesters implements Router.
func (r *RuleRouter) TellsRequesters() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.s.rules.Requester
}
