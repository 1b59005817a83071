package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/review"
)

// ruleClicks: a review counts if its author has pressed that button below a message of that
// request, and reviewers are told the truth. Messages have buttons while there is something to
// decide.
const ruleClicks = "clicks"

// clickTrait is the trait that holds the accounts of reviewers.
const clickTrait = "account"

// clickers are the reviewers that decide in chat, by their accounts.
var clickers = map[string]string{"UA": "ann", "UB": "ben", "UC": "cam"}

// forgery is what is wrong with a click.
type forgery int

const (
	honest forgery = iota
	// copied clicks are on a copy of the message, mistaken ones have the value of another request.
	copied
	mistaken
)

// clicked: a reviewer presses a button. The service may hand it to two operators.
type clicked struct {
	when
	index   int
	account string
	approve bool
	forgery forgery
	twice   bool
}

func (m clicked) String() string {
	return fmt.Sprintf("%s presses a button of %s, approve=%t forgery=%d twice=%t", m.account, name(m.index), m.approve, m.forgery, m.twice)
}

// clicks has a fifth of the worlds let reviewers decide in chat. It throws dice of its own, so that
// the rest of the plan does not depend on it.
func (g *generator) clicks() {
	if g.Rand = dice(g.plan.seed).about("clicks"); !g.maybe(0.2) || g.plan.chat.unedited {
		return
	}
	g.plan.buttons = true
	for index := range min(len(g.plan.asked), 8) {
		for range g.IntN(4) {
			g.add(clicked{
				when: when(g.between(0, calm)), index: index, account: pick(g.Rand, "UA", "UB", "UC"), approve: g.maybe(0.7),
				forgery: pick(g.Rand, honest, honest, honest, honest, copied, mistaken), twice: g.maybe(0.3),
			})
		}
	}
}

// press is a click, with what the reviewer was told; "" if nothing was.
type press struct {
	clicked
	told string
}

func (m clicked) play(w *world) {
	var on *posted
	for _, p := range w.chat.all() {
		if p.request == name(m.index) && p.last().Buttons != nil && !p.deleted {
			on = p
		}
	}
	if on == nil {
		return
	}
	c := messenger.Click{Ref: on.ref(), Approve: m.approve, Value: on.last().ButtonValue(), By: m.account}
	switch m.forgery {
	case copied:
		c.Ref.ID += "0"
	case mistaken:
		c.Value = name(m.index+1) + c.Value[strings.Index(c.Value, "/"):]
	default:
	}
	w.trace.add("reviewer", "%s below %s", m, on.id)
	for _, o := range w.alive() {
		if o.bot != on.by.bot {
			continue
		}
		go o.hear(m, c)
		if !m.twice {
			return
		}
	}
}

// hear hands a click to the operator's desk.
func (o *operator) hear(m clicked, c messenger.Click) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-o.dead:
			cancel()
		case <-ctx.Done():
		}
	}()
	p := &press{clicked: m}
	o.world.mu.Lock()
	o.world.presses = append(o.world.presses, p)
	o.world.mu.Unlock()
	answer := o.desk.Press(c)
	told := answer.Refused
	if answer.Begun != "" {
		told = o.desk.Decide(ctx, c)
	}
	if ctx.Err() != nil {
		return
	}
	o.world.trace.add(o.name, "tells %s: %s", m.account, told)
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	p.told = told
}

// newDesk is where the operator takes clicks, nil if it takes none.
func (o *operator) newDesk() *review.Desk {
	if !o.world.plan.buttons {
		return nil
	}
	desk := review.NewDesk(review.Options{
		Log: logr.Discard(), Engine: clickedEngine{o.engine.Clicks()}, Teleport: clickedTeleport{o}, Accounts: o,
		Workspace: func() string { return "" },
		Available: func() bool { return true },
	})
	desk.Replace(review.Spec{Mode: review.Full, Trait: clickTrait})
	return desk
}

// describe is notifier.Options.Describe.
func (o *operator) describe(r accessrequest.Request, c accessrequest.Cluster) message.Message {
	m := message.New(r, c)
	if o.desk == nil {
		return m
	}
	return m.Offer(o.desk.Buttons(r))
}

// ReadAccount implements messenger.AccountReader.
func (o *operator) ReadAccount(context.Context, string) (messenger.Person, error) {
	return messenger.Person{}, nil
}

// clickedEngine is an engine as a desk needs it.
type clickedEngine struct{ notifier.Clicks }

func (clickedEngine) LookAgain() {}

// clickedTeleport is what Teleport does for the desk of an operator.
type clickedTeleport struct{ o *operator }

func (t clickedTeleport) UsersWithTrait(_ context.Context, _, value string) ([]string, error) {
	return []string{clickers[value]}, nil
}

func (t clickedTeleport) IsUser(context.Context, string) (bool, error) { return false, nil }

var errUnanswered = errors.New("there was no answer")

// SubmitReview may be slow, fail before it has any effect or after, or take effect late.
func (t clickedTeleport) SubmitReview(ctx context.Context, id string, r accessrequest.Review) error {
	w := t.o.world
	r.Thresholds = []uint32{0}
	nth := w.nth(callID{service: feedService, operator: r.Author, method: "submit", request: id})
	chances := w.dice.about("submit", id, r.Author, nth)
	effect := func() error { return w.teleport.submit(id, r) }
	late := between(chances, time.Millisecond, 8*time.Second)
	switch fate := chances.Float64(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case fate < 0.6:
		return effect()
	case fate < 0.7:
		return errUnanswered
	case fate < 0.8:
		_ = effect()
		return errUnanswered
	case fate < 0.9:
		time.AfterFunc(late, func() { _ = effect() })
		return errUnanswered
	default:
		time.Sleep(late)
		return effect()
	}
}

// submit counts a review, once for each author.
func (t *teleport) submit(id string, r accessrequest.Review) error {
	t.mu.Lock()
	s := t.byID[id]
	refusal := func() error {
		switch now := s.latest(); {
		case now.gone:
			return accessrequest.ErrNoRequest
		case now.request.State.Resolved():
			return accessrequest.ErrResolved
		case slices.ContainsFunc(now.request.Reviews, func(have accessrequest.Review) bool { return have.Author == r.Author }):
			return accessrequest.ErrReviewedAlready
		default:
			return nil
		}
	}()
	if refusal != nil {
		t.mu.Unlock()
		return refusal
	}
	next := s.latest().request
	next.Reviews = append(slices.Clone(next.Reviews), r)
	s.add(version{from: time.Now(), request: next})
	n := s.last()
	t.mu.Unlock()
	t.world.trace.add("teleport", "%s counts the review of %s: %s", id, r.Author, r.State)
	t.tell(s, n)
	return nil
}

// pressed returns the clicks so far.
func (w *world) pressed() []press {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []press
	for _, p := range w.presses {
		all = append(all, *p)
	}
	return all
}

// checkClicks checks that what counts was pressed, and that what reviewers were told is so.
func (w *world) checkClicks() {
	all := w.pressed()
	for _, s := range w.teleport.all() {
		for _, r := range s.latest().request.Reviews {
			if account := accountOf(r.Author); account != "" && !slices.ContainsFunc(all, func(p press) bool {
				return p.index == s.index && p.account == account && p.forgery == honest && p.approve == (r.State == accessrequest.Approved)
			}) {
				w.violate(ruleClicks, "the review of %s counts for %s, who has not pressed that", r.Author, s.id())
			}
		}
	}
	for _, p := range all {
		s := w.teleport.subject(name(p.index))
		counted := s != nil && slices.ContainsFunc(s.latest().request.Reviews, func(r accessrequest.Review) bool {
			return r.Author == clickers[p.account] && p.approve == (r.State == accessrequest.Approved)
		})
		if strings.HasPrefix(p.told, "Teleport has counted") && (!counted || p.forgery != honest) {
			w.violate(ruleClicks, "%s was told %q after a click that does not count: %s", p.account, p.told, p.clicked)
		}
	}
}

// accountOf returns the account of a user that decides in chat, "" for others.
func accountOf(user string) string {
	for account, name := range clickers {
		if name == user {
			return account
		}
	}
	return ""
}
