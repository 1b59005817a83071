package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/review"
)

// The keys of [review]. There is no condition: the program for hosts has no CEL.
const (
	keyMode    = "mode"
	keyTrait   = "trait"
	keyDomains = "domains"
	keyReason  = "reason"
)

// The values of reason.
const (
	optional = "optional"
	required = "required"
)

// modes are those of [review].
var modes = map[string]review.Mode{"off": review.Off, "denyonly": review.DenyOnly, "full": review.Full}

// reviewing are the messengers with buttons.
var reviewing = []string{"Discord", "Mattermost", "Slack"}

// Bounds of what the AccessNotifier API takes as well.
const (
	maxTrait   = 64
	maxDomains = 16
	maxDomain  = 253
)

var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// review reads who may decide in chat.
func (p *parser) review(d messenger.Descriptor) {
	s := p.section(sectionReview, []string{keyMode, keyTrait, keyDomains, keyReason})
	mode := modes[s.oneOf(keyMode, "off", "off", "denyonly", "full")]
	r := review.Spec{
		Mode: mode, Trait: s.text(keyTrait), Domains: s.domains(),
		ReasonRequired: s.oneOf(keyReason, optional, optional, required) == required,
	}
	if !r.On() {
		return
	}
	if !s.has(keyTrait) && !s.has(keyDomains) {
		r.Trait = review.DefaultTrait(d.Type)
	}
	s.checkIdentityOfReviewers(d, r)
	_, hears := p.file.Messenger.Secrets[messenger.SecretAppToken]
	switch {
	case !slices.Contains(reviewing, d.Type):
		s.wrong(keyMode, "mode must be OFF: reviewers can decide in %s only", strings.Join(reviewing, ", "))
	case d.Type == "Slack" && !hears:
		s.wrong(keyMode, "mode must be OFF without %s in [slack]: by that token, which begins with xapp-, clicks are heard of", messenger.SecretAppToken)
	}
	p.file.Review = r
}

// checkIdentityOfReviewers checks that it is said in one way who a reviewer is.
func (s section) checkIdentityOfReviewers(d messenger.Descriptor, r review.Spec) {
	switch {
	case s.has(keyTrait) && s.has(keyDomains):
		s.wrong(keyMode, "mode takes either trait or domains, which say which Teleport user has which chat account")
	case s.has(keyTrait) && (r.Trait == "" || len([]rune(r.Trait)) > maxTrait):
		s.wrong(keyTrait, "trait must be the name of a user trait, of 1 to %d characters", maxTrait)
	case s.has(keyDomains) && !d.Capabilities.EmailLookup:
		s.wrong(keyDomains, "domains must not be set for %s, which tells no e-mail addresses: set trait", d.Title())
	}
}

// domains are those of e-mail addresses that are names of Teleport users.
func (s section) domains() (all []string) {
	if !s.has(keyDomains) {
		return nil
	}
	values, ok := s.values[keyDomains].([]any)
	if !ok || len(values) == 0 || len(values) > maxDomains {
		s.wrong(keyDomains, `domains must be a list of 1 to %d domains, such as ["example.com"]`, maxDomains)
		return nil
	}
	for _, value := range values {
		text, _ := value.(string)
		if len(text) > maxDomain || !domain.MatchString(text) {
			s.wrong(keyDomains, "domains must be domains in lower case, such as example.com")
			return nil
		}
		all = append(all, text)
	}
	return all
}
