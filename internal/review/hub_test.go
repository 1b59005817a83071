package review_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// TestAClickGoesToWhoHasPostedTheMessage, of the notifiers that share a bot.
func TestAClickGoesToWhoHasPostedTheMessage(t *testing.T) {
	h := review.NewHub(logr.Discard())
	first, second := newOffice(byTrait), newOffice(byTrait)
	second.standing = map[messenger.Ref]status.Standing{{Channel: "C2", ID: "2"}: status.StandingShown}
	click := second.click
	click.Ref = messenger.Ref{Channel: "C2", ID: "2"}
	if got := h.Press(click); got.Refused != message.AnswerOff {
		t.Errorf("without a notifier the reviewer is answered %+v", got)
	}
	defer h.Add(first.desk)()
	remove := h.Add(second.desk)
	if got := h.Press(click); got.Begun == "" {
		t.Errorf("the reviewer is answered %+v", got)
	}
	h.Decide(context.Background(), click)
	if len(second.submitted) != 1 || len(first.submitted) != 0 {
		t.Errorf("the notifier that has posted submitted %d reviews, the other one %d", len(second.submitted), len(first.submitted))
	}
	remove()
	if got := h.Press(click); got.Refused != message.AnswerNotOurs {
		t.Errorf("without its notifier the reviewer is answered %+v", got)
	}
}

// TestANotifierThatIsRemoved submits nothing more, although a neighbour keeps the hub open.
func TestANotifierThatIsRemoved(t *testing.T) {
	h := review.NewHub(logr.Discard())
	o := newOffice(byTrait)
	var remove func()
	o.desk = review.NewDesk(review.Options{
		Log: logr.Discard(), Engine: o, Teleport: o, Accounts: reading(func() { remove() }), Workspace: func() string { return "" },
		Available: func() bool { return true },
	})
	o.desk.Replace(byTrait)
	remove = h.Add(o.desk)
	if told := h.Decide(t.Context(), o.click); told != message.AnswerOff || o.submitted != nil {
		t.Errorf("the reviewer is told %q, submitted %+v", told, o.submitted)
	}
}

// reading reads accounts of full members, and is called meanwhile.
type reading func()

func (r reading) ReadAccount(context.Context, string) (messenger.Person, error) {
	r()
	return messenger.Person{}, nil
}

// TestWorkIsBoundedAndEnds: there is only so much at a time, none that panics ends the operator,
// and none outlives the hub.
func TestWorkIsBoundedAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := review.NewHub(logr.Discard())
		if h.Go(func(context.Context) {}) {
			t.Error("a hub that is closed has work done")
		}
		ctx, opener := context.WithCancel(context.Background())
		end := h.Open(ctx)
		opener()
		if !h.Go(func(context.Context) { panic("typed text") }) {
			t.Error("the first work is refused")
		}
		synctest.Wait()
		started := 0
		for range 1000 {
			if h.Go(func(ctx context.Context) { <-ctx.Done() }) {
				started++
			}
		}
		o := newOffice(byTrait)
		defer h.Add(o.desk)()
		if got := h.Press(o.click); started < 10 || started > 100 || got.Refused != message.AnswerTooOften {
			t.Errorf("%d are begun of 1000, and then the reviewer is answered %+v", started, got)
		}
		end()
		if h.Go(func(context.Context) {}) {
			t.Error("a hub that is closed has work done")
		}
	})
}

// deaf is a service that answers each attempt to connect as it is told: nil for a connection that
// lasts an hour.
type deaf func(attempt int) error

// counted counts its attempts.
type counted struct {
	deaf
	attempts atomic.Int32
}

func (c *counted) Listen(ctx context.Context, _ messenger.Desk, up func()) error {
	if err := c.deaf(int(c.attempts.Add(1))); err != nil {
		return err
	}
	up()
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(time.Hour):
		return &messenger.Error{Code: "closed"}
	}
}

// listen runs an ear, until end is called.
func listen(c *counted) (ear *review.Ear, changes *atomic.Int32, end func()) {
	changes = &atomic.Int32{}
	ear = review.NewEar(logr.Discard(), c, func(e *messenger.Error) string { return "told " + e.Code }, func() { changes.Add(1) })
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); ear.Run(ctx, nil) }()
	synctest.Wait()
	return ear, changes, func() { cancel(); <-ended }
}

// TestAnEarSaysWhetherClicksAreHeard: a connection that is made anew is no news, one that cannot
// be made is.
func TestAnEarSaysWhetherClicksAreHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &counted{deaf: func(attempt int) error {
			if attempt == 1 {
				return nil
			}
			return &messenger.Error{Code: "down"}
		}}
		ear, changes, end := listen(service)
		defer end()
		if known, problem := ear.Heard(); !known || problem != nil || changes.Load() == 0 {
			t.Errorf("once it is up: known %t, problem %+v, %d changes", known, problem, changes.Load())
		}
		time.Sleep(time.Hour + time.Minute)
		if _, problem := ear.Heard(); problem != nil {
			t.Errorf("a minute after it was lost: problem %+v", problem)
		}
		time.Sleep(5 * time.Minute)
		if _, problem := ear.Heard(); problem == nil || problem.Reason != status.ReasonClicksUnavailable || problem.Message != "told down" {
			t.Errorf("six minutes after it was lost: problem %+v", problem)
		}
		if service.attempts.Load() > 30 {
			t.Errorf("%d attempts in six minutes", service.attempts.Load())
		}
	})
}

// TestATokenThatIsRefusedIsToldAtOnce, also after it has worked.
func TestATokenThatIsRefusedIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for works := range 2 {
			ear, _, end := listen(&counted{deaf: func(attempt int) error {
				if attempt <= works {
					return nil
				}
				return &messenger.Error{Class: messenger.MessengerPermanent}
			}})
			time.Sleep(time.Hour + time.Second)
			if known, problem := ear.Heard(); !known || problem == nil || problem.Reason != status.ReasonAppTokenRefused || !problem.Permanent {
				t.Errorf("known %t, problem %+v", known, problem)
			}
			end()
		}
		unheard := review.NewEar(logr.Discard(), nil, nil, nil)
		if known, problem := unheard.Heard(); known || problem != nil {
			t.Errorf("before the first attempt: known %t, problem %+v", known, problem)
		}
	})
}

// TestAConnectionThatNeverComesUp is a problem, although nothing fails, and what was before it was
// listened for anew counts no more.
func TestAConnectionThatNeverComesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ear, changes, end := listen(&counted{deaf: func(int) error {
			time.Sleep(time.Hour)
			return nil
		}})
		time.Sleep(time.Minute)
		if known, problem := ear.Heard(); known || problem != nil {
			t.Errorf("after a minute: known %t, problem %+v", known, problem)
		}
		before := changes.Load()
		time.Sleep(2 * time.Minute)
		if known, problem := ear.Heard(); !known || problem == nil || problem.Reason != status.ReasonClicksUnavailable || changes.Load() == before {
			t.Errorf("after three minutes: known %t, problem %+v", known, problem)
		}
		time.Sleep(time.Hour)
		if known, problem := ear.Heard(); !known || problem != nil {
			t.Errorf("once it is up: known %t, problem %+v", known, problem)
		}
		end()
	})
}

// TestAListenerThatPanics is tried again, and takes no other with it.
func TestAListenerThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ear, _, end := listen(&counted{deaf: func(attempt int) error {
			if attempt == 1 {
				panic("typed text")
			}
			return nil
		}})
		defer end()
		if _, problem := ear.Heard(); problem == nil || problem.Permanent {
			t.Errorf("problem %+v", problem)
		}
		time.Sleep(time.Minute)
		if known, problem := ear.Heard(); !known || problem != nil {
			t.Errorf("a minute later: known %t, problem %+v", known, problem)
		}
	})
}
