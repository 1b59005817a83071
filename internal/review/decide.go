package review

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Decide is messenger.Desk's.
func (d *Desk) Decide(ctx context.Context, c messenger.Click) string {
	ctx, cancel := context.WithTimeout(ctx, decideWithin)
	defer cancel()
	l := d.o.Language()
	id, _, _ := message.ParseButtonValue(c.Value)
	key := [2]string{id, c.By}
	if !d.take(key) {
		return Begun.answer(l, "")
	}
	defer d.leave(key)
	user, outcome := "", TooOften
	if !d.isForm(c) || d.forms.allow(c.By) {
		user, outcome = d.decide(ctx, id, c)
	}
	d.o.Metrics.Clicked(string(outcome))
	d.note(c, id, user, outcome)
	if outcome == Outdated {
		_, _ = d.o.Engine.Refresh(ctx, id) // the message says more than an error could
	}
	return outcome.answer(l, user)
}

// isForm reports whether a click comes from a form, which did not go by Press. Who has one open may
// send it as often as they like.
func (d *Desk) isForm(c messenger.Click) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return c.Reason != "" || d.s.spec.ReasonRequired
}

// take reports whether no other click of an account on a request is being carried out.
func (d *Desk) take(key [2]string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.s.deciding[key] {
		return false
	}
	d.s.deciding[key] = true
	return true
}

func (d *Desk) leave(key [2]string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.s.deciding, key)
}

// decide submits what a click says, if it may count.
func (d *Desk) decide(ctx context.Context, id string, c messenger.Click) (user string, outcome Outcome) {
	spec, outcome := d.look(c)
	reason := message.CleanText(c.Reason)
	switch {
	case outcome != Begun:
		return "", outcome
	case spec.ReasonRequired && strings.TrimSpace(reason) == "":
		return "", NoReason
	}
	user, outcome = d.identify(ctx, spec, c.By)
	if outcome != Begun {
		return user, outcome
	}
	// Time has passed meanwhile.
	if _, outcome = d.look(c); outcome != Begun {
		return user, outcome
	}
	review := accessrequest.Review{
		Author: user, State: accessrequest.Denied, Created: time.Now(),
		Reason: message.Cut(reason, maxReason, message.CountRunes),
	}
	if c.Approve {
		review.State = accessrequest.Approved
	}
	d.o.Engine.Credit(id, user)
	return user, d.submit(ctx, id, review)
}

// identify finds the Teleport user who has an account of the chat service. Begun means that there
// is exactly one.
func (d *Desk) identify(ctx context.Context, spec Spec, account string) (user string, outcome Outcome) {
	person, err := d.o.Accounts.ReadAccount(ctx, account)
	if e, ok := errors.AsType[*messenger.Error](err); ok && e.Class == messenger.RecipientPermanent {
		return "", NotTrusted
	}
	switch {
	case err != nil:
		d.o.Log.Info("Could not read the account of a reviewer", "account", account, "reason", err.Error())
		return "", Unavailable
	case !person.Trusted():
		return "", NotTrusted
	case spec.Trait != "":
		return d.byTrait(ctx, spec.Trait, account)
	default:
		return d.byEmail(ctx, spec.Domains, person)
	}
}

func (d *Desk) byTrait(ctx context.Context, trait, account string) (user string, outcome Outcome) {
	users, err := d.o.Teleport.UsersWithTrait(ctx, trait, account)
	switch {
	case err != nil:
		d.o.Log.Info("Could not look for the user of a reviewer", "account", account, "trait", trait, "reason", err.Error())
		return "", Unavailable
	case len(users) == 0:
		return "", NoUser
	case len(users) > 1:
		d.o.Log.Info("Several users have the account of a reviewer in a trait", "account", account, "trait", trait, "users", users[:2])
		return "", Several
	default:
		return users[0], Begun
	}
}

func (d *Desk) byEmail(ctx context.Context, domains []string, person messenger.Person) (user string, outcome Outcome) {
	if !person.EmailConfirmed || !isOf(domains, person.Email) {
		return "", NoUser
	}
	exists, err := d.o.Teleport.IsUser(ctx, person.Email)
	switch {
	case err != nil:
		d.o.Log.Info("Could not look for the user of a reviewer", "reason", err.Error())
		return "", Unavailable
	case !exists:
		return "", NoUser
	default:
		return person.Email, Begun
	}
}

// isOf reports whether an e-mail address is of one of the domains. An address that could be read
// in two ways is of none.
func isOf(domains []string, email string) bool {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" || strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"(),:;<>[\]`, r) }) {
		return false
	}
	return slices.Contains(domains, strings.ToLower(domain))
}

// attempts is how often a review is submitted of which it is not known whether it was counted:
// Teleport counts one for each author.
const attempts = 2

func (d *Desk) submit(ctx context.Context, id string, review accessrequest.Review) Outcome {
	for attempt := 1; ; attempt++ {
		err := d.o.Teleport.SubmitReview(ctx, id, review)
		if err == nil {
			_, _ = d.o.Engine.Refresh(ctx, id) // the event comes as well
			return counted(review)
		}
		outcome := refused(err)
		if attempt == 1 && outcome != Unclear {
			return outcome
		}
		d.o.Log.Info("Could not submit a review", "request", id, "author", review.Author, "reason", err.Error(), "attempt", attempt)
		if found := d.find(ctx, id, review); found != "" {
			return found
		}
		switch {
		case attempt == attempts && outcome == Unavailable:
			return Unclear
		case attempt == attempts || outcome != Unclear:
			return outcome
		}
	}
}

// find looks whether the author has reviewed the request, "" if that is not seen.
func (d *Desk) find(ctx context.Context, id string, review accessrequest.Review) Outcome {
	r, err := d.o.Engine.Refresh(ctx, id)
	if err != nil {
		return Unclear
	}
	for _, have := range r.Reviews {
		if have.Author == review.Author && have.State == review.State {
			return counted(review)
		}
		if have.Author == review.Author {
			return Reviewed
		}
	}
	return ""
}

func counted(review accessrequest.Review) Outcome {
	if review.State == accessrequest.Approved {
		return Approved
	}
	return Denied
}

// refusals say why Teleport has counted nothing.
var refusals = map[error]Outcome{
	accessrequest.ErrReviewRefused: Refused, accessrequest.ErrReviewedAlready: Reviewed, accessrequest.ErrResolved: Resolved,
	accessrequest.ErrNoRequest: Gone, accessrequest.ErrReviewsForUsers: NotTaken, accessrequest.ErrNotAllowed: NotTaken,
	accessrequest.ErrReviewNotSent: Unavailable,
}

// refused returns why Teleport has counted nothing, Unclear if it is not known that it has not.
func refused(err error) Outcome {
	for cause, outcome := range refusals {
		if errors.Is(err, cause) {
			return outcome
		}
	}
	return Unclear
}

// note tells the operator what was decided in chat, and of what an operator would act on.
func (d *Desk) note(c messenger.Click, id, user string, outcome Outcome) {
	d.o.Log.Info("Carried out a click", "request", id, "account", c.By, "user", user, "outcome", string(outcome))
	switch outcome {
	case Approved, Denied:
		d.o.Notice(status.Notice{
			Reason: status.NoticeReviewSubmitted, Request: id,
			Text: "A review was submitted for " + status.Printable(user, maxNamed) + " from chat: " + string(outcome),
		})
	case NotTaken, Several:
		d.o.Notice(status.Notice{
			Reason: status.NoticeReviewNotCounted, Request: id, Warning: true, Text: complaints[outcome],
		})
	default:
	}
}

// maxNamed bounds a name in a sentence, in characters.
const maxNamed = 100

// complaints say what an operator should mend.
var complaints = map[Outcome]string{
	NotTaken: "Teleport takes no reviews for users from this identity: allow its role review_requests.submit_for_users",
	Several:  "Several Teleport users have the same chat account in the trait of spec.review.identity: give it to one of them",
}
