package review

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Engine is the notifier that has posted the messages.
type Engine interface {
	// Posted tells without any call whether reviewers are shown a message of a request, and
	// what is known of that request; it is zero if Teleport does not have it.
	Posted(id string, ref messenger.Ref) (accessrequest.Request, status.Standing)
	// Credit says that a review is about to be submitted for its author.
	Credit(id, author string)
	// Refresh asks Teleport for a request, has its messages brought up to date, and returns
	// what Teleport says of it; zero if Teleport does not have it.
	Refresh(ctx context.Context, id string) (accessrequest.Request, error)
	// LookAgain has all messages looked at again.
	LookAgain()
}

// Teleport counts reviews.
type Teleport interface {
	// UsersWithTrait returns the names of the users that have the value in the trait. Of more
	// than one it need not return all.
	UsersWithTrait(ctx context.Context, trait, value string) ([]string, error)
	// IsUser reports whether there is a user of that name, who is no bot.
	IsUser(ctx context.Context, name string) (bool, error)
	// SubmitReview submits a review for its author. The errors of accessrequest say why it
	// was not counted; after any other it is not known.
	SubmitReview(ctx context.Context, id string, r accessrequest.Review) error
}

// Options is what a Desk is made of. All but Receiver, Language, Metrics and Notice are required.
type Options struct {
	Log      logr.Logger
	Engine   Engine
	Teleport Teleport
	// Accounts reads accounts of the chat service.
	Accounts messenger.AccountReader
	// Workspace returns where the bot is, as far as is known; "" where it is nowhere, or where
	// the service does not tell.
	Workspace func() string
	// Receiver is the address of ours that the service calls; "" if it calls none.
	Receiver string
	// Available reports whether clicks are heard of and Teleport takes reviews.
	Available func() bool
	// Language returns what reviewers are told in; English by default.
	Language func() message.Language
	Metrics  *metrics.Notifier
	// Notice is called with what the owner should hear of once.
	Notice func(status.Notice)
}

// Desk takes the clicks on the messages of one notifier. Make one with NewDesk.
type Desk struct {
	o Options
	// limit is that of presses, forms that of forms that are sent.
	limit, forms *limiter

	mu sync.Mutex
	s  deskState
}

// deskState is guarded by Desk.mu.
type deskState struct {
	spec Spec
	when Condition
	// invalid is why When cannot be used, nil if it can.
	invalid error
	// notJudged is why When was not judged for some request lately, and seen when.
	notJudged error
	seen      time.Time
	// available is what Available answered last.
	available bool
	// left is true once the notifier does not take clicks any more.
	left bool
	// deciding are the clicks that are being carried out, by request and account.
	deciding map[[2]string]bool
}

// NewDesk makes a Desk of the zero Spec.
func NewDesk(o Options) *Desk {
	if o.Language == nil {
		o.Language = func() message.Language { return message.English }
	}
	if o.Notice == nil {
		o.Notice = func(status.Notice) {}
	}
	return &Desk{o: o, limit: newLimiter(), forms: newLimiter(), s: deskState{deciding: map[[2]string]bool{}}}
}

// Replace makes another Spec count, and has the messages looked at again if it is another.
func (d *Desk) Replace(spec Spec) {
	d.mu.Lock()
	if reflect.DeepEqual(d.s.spec, spec) {
		d.mu.Unlock()
		return
	}
	d.s.spec, d.s.when, d.s.invalid, d.s.notJudged = spec, nil, nil, nil
	if spec.When != nil {
		d.s.when, d.s.invalid = spec.When.Compile()
	}
	d.mu.Unlock()
	d.o.Engine.LookAgain()
}

// Check has the messages looked at again if buttons have become possible, or impossible.
func (d *Desk) Check() {
	available := d.o.Available()
	d.mu.Lock()
	changed := available != d.s.available
	d.s.available = available
	d.mu.Unlock()
	if changed {
		d.o.Engine.LookAgain()
	}
}

// Problem says what is wrong with the Spec, nil if nothing is.
func (d *Desk) Problem() *status.Problem {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.s.invalid == nil {
		return nil
	}
	return whenProblem(d.s.invalid)
}

// notJudgedFor is for how long it counts that an expression was not judged for a request. Those that
// are pending are looked at more often, so that it counts for as long as there is such a request.
const notJudgedFor = 30 * time.Minute

// NotJudged says why some request has no buttons whose expression could not be judged, nil if there
// is none. It repeats nothing that a requester typed.
func (d *Desk) NotJudged() *status.Problem {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.s.notJudged == nil || time.Since(d.s.seen) >= notJudgedFor {
		return nil
	}
	problem := whenProblem(d.s.notJudged)
	problem.Permanent = false
	return problem
}

// noteNotJudged remembers that an expression, if it still counts, was not judged.
func (d *Desk) noteNotJudged(when Condition, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.s.when == when {
		d.s.notJudged, d.s.seen = err, time.Now()
	}
}

// Problem says what is wrong with the Spec, nil if nothing is.
func (s Spec) Problem() *status.Problem {
	if !s.On() || s.When == nil {
		return nil
	}
	if _, err := s.When.Compile(); err != nil {
		return whenProblem(err)
	}
	return nil
}

func whenProblem(err error) *status.Problem {
	return &status.Problem{Reason: status.ReasonWhenInvalid, Permanent: true, Message: "spec.review.when" + err.Error()}
}

// Buttons returns what reviewers can press below the messages of a request, nil for nothing.
func (d *Desk) Buttons(r accessrequest.Request) *message.Buttons {
	spec, offers := d.offers(r)
	if !offers || !d.o.Available() {
		return nil
	}
	return &message.Buttons{Approve: spec.Mode == Full, Receiver: d.o.Receiver, Facts: r.FactsDigest()}
}

// offers reports whether reviewers may decide on a request in chat, as the returned Spec says.
// Nothing can be decided there that lasts for ever, or that is not shown whole.
func (d *Desk) offers(r accessrequest.Request) (Spec, bool) {
	d.mu.Lock()
	spec, when, invalid := d.s.spec, d.s.when, d.s.invalid
	d.mu.Unlock()
	if !spec.On() || invalid != nil || r.State != accessrequest.Pending || r.Kind == accessrequest.Permanent || r.Incomplete {
		return spec, false
	}
	if when == nil {
		return spec, true
	}
	holds, err := when.Holds(r)
	if err != nil {
		d.noteNotJudged(when, err)
		return spec, false
	}
	return spec, holds
}

// Standing says what the message of a click is to this notifier.
func (d *Desk) Standing(c messenger.Click) status.Standing {
	id, _, ok := message.ParseButtonValue(c.Value)
	if !ok {
		return status.StandingStranger
	}
	_, standing := d.o.Engine.Posted(id, c.Ref)
	return standing
}

// Press is messenger.Desk's.
func (d *Desk) Press(c messenger.Click) messenger.Response {
	outcome := TooOften
	if d.limit.allow(c.By) {
		outcome = d.press(c)
	}
	if outcome != Begun {
		d.o.Metrics.Clicked(string(outcome))
	}
	switch l := d.o.Language(); outcome {
	case Begun:
		return messenger.Response{Begun: outcome.answer(l, "")}
	case Asked:
		return messenger.Response{Form: form(l, c.Approve)}
	default:
		return messenger.Response{Refused: outcome.answer(l, "")}
	}
}

func (d *Desk) press(c messenger.Click) Outcome {
	spec, outcome := d.look(c)
	if outcome == Begun && spec.ReasonRequired && c.Reason == "" {
		return Asked
	}
	return outcome
}

// maxReason bounds what a reviewer types, in characters.
const maxReason = 500

func form(l message.Language, approve bool) *messenger.Form {
	title := message.FormDeny
	if approve {
		title = message.FormApprove
	}
	return &messenger.Form{
		Title: l.Say(title), Label: l.Say(message.FormReason), Send: l.Say(message.FormSend), Cancel: l.Say(message.FormCancel),
		Max: maxReason,
	}
}

// look holds a click against what the notifier shows now, without any call. Begun means that
// nothing speaks against it so far.
func (d *Desk) look(c messenger.Click) (Spec, Outcome) {
	id, facts, ok := message.ParseButtonValue(c.Value)
	if !ok {
		return Spec{}, NotOurs
	}
	r, standing := d.o.Engine.Posted(id, c.Ref)
	spec, offers := d.offers(r)
	workspace := d.o.Workspace()
	switch {
	case d.hasLeft():
		return spec, SwitchedOff
	case standing == status.StandingUnknown:
		return spec, Unavailable
	case standing == status.StandingStranger:
		return spec, NotOurs
	case standing == status.StandingShown && r.ID == "":
		return spec, Gone
	case standing == status.StandingOver, r.State.Resolved():
		return spec, Resolved
	case r.FactsDigest() != facts:
		return spec, Outdated
	case !offers:
		return spec, SwitchedOff
	case c.Approve && spec.Mode != Full:
		return spec, OnlyDenying
	case c.Workspace != "" && workspace != "" && c.Workspace != workspace:
		return spec, NotTrusted
	default:
		return spec, Begun
	}
}

// leaves notes whether the notifier takes no clicks any more. One that is carried out ends before
// anything is submitted.
func (d *Desk) leaves(left bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.s.left = left
}

func (d *Desk) hasLeft() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.s.left
}

// decideWithin bounds what is done for one click: a reviewer is told to press again after a
// minute.
const decideWithin = 45 * time.Second
