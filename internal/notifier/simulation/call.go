package simulation

import (
	"context"
	"errors"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// callID tells which call it is.
type callID struct {
	service service
	// slot is the place of the operator that makes it, operator its name.
	slot     int
	operator string
	method   string
	// request and channel are what it is about; either may be "".
	request, channel string
}

func (c callID) String() string {
	text := c.method
	if c.request != "" {
		text += " " + c.request
	}
	if c.channel != "" {
		text += " " + c.channel
	}
	return text
}

// course is what will become of one call.
type course struct {
	// lands is when it takes effect after it began, negative for never as long as
	// its caller waits.
	lands time.Duration
	// late is when it takes effect after it was given up, negative for never.
	late time.Duration
	// answer is when the answer arrives after the effect.
	answer time.Duration
	// refusal is an answer instead of an effect.
	refusal error
	// lost replaces the answer.
	lost error
}

// smooth is the course of the n-th call of its kind when nothing goes wrong.
func (w *world) smooth(c callID, n int) course {
	r := w.dice.about("latency", c, c.operator, n)
	return course{
		lands:  between(r, 2*time.Millisecond, 120*time.Millisecond),
		late:   -1,
		answer: between(r, time.Millisecond, 40*time.Millisecond),
	}
}

// replies are how a service words what goes wrong.
type replies struct {
	refuse func(fault) error
	// unclear is the answer of a call that may have taken effect.
	unclear error
	// timeout is what a caller has that waited for too long.
	timeout error
}

// course decides what will become of a call.
func (w *world) course(c callID, timeout time.Duration, say replies) course {
	n := w.nth(c)
	for _, f := range w.plan.faults {
		if f.service != c.service || !f.active(w.now()) || !f.concerns(c) {
			continue
		}
		r := w.dice.about(f.salt, c, c.operator, n)
		if !chance(r, f.p) {
			continue
		}
		w.faulted()
		return f.bend(w.smooth(c, n), r, timeout, say)
	}
	return w.smooth(c, n)
}

// bend is the course of a call that the fault touches.
func (f fault) bend(do course, r interface{ Int64N(int64) int64 }, timeout time.Duration, say replies) course {
	upTo := func(d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }
	switch f.kind {
	case refused, throttled, cannotLook, full, denied:
		do.refusal = say.refuse(f)
	case hanging:
		do.lands = -1
	case busy:
		do.lost = say.refuse(f)
		if upTo(2) == 0 {
			do.refusal = do.lost
		}
	case lostBefore:
		do.refusal = say.unclear
	case lostAfter:
		do.lost = say.unclear
	case late:
		do.lands, do.late = -1, upTo(f.latest())
	case slow:
		do.lands = timeout/2 + upTo(timeout*47/100)
	default:
	}
	return do
}

// latest is for how long a call may land after it was given up. Nothing bounds that
// for records: a compare-and-swap is harmless however late it comes.
func (f fault) latest() time.Duration {
	if f.service == recordsService {
		return 3 * time.Minute
	}
	return lateness
}

// outcome is what a call comes back with.
type outcome[T any] struct {
	value T
	err   error
}

// errDead is what becomes of the calls of an operator that is killed.
var errDead = errors.New("the operator is dead")

// perform makes a call of an operator take its course. What happens at the service
// happens whatever the operator does meanwhile.
func perform[T any](ctx context.Context, o *operator, c callID, timeout time.Duration, do course, say replies, effect func() (T, error)) (T, error) {
	var none T
	if o.isDead() {
		return none, o.silence(ctx, timeout)
	}
	o.begins(c)
	answers := make(chan outcome[T], 1)
	land := func() {
		result := outcome[T]{err: do.refusal}
		if do.refusal == nil {
			result.value, result.err = effect()
		}
		if do.lost != nil {
			result = outcome[T]{err: do.lost}
		}
		time.AfterFunc(do.answer, func() { answers <- result })
	}
	began, landing := time.Now(), (*time.Timer)(nil)
	if do.lands >= 0 {
		landing = time.AfterFunc(do.lands, land)
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	var err error
	select {
	case result := <-answers:
		o.ends(c, result.err, result.err != nil && messenger.AsError(result.err).Unclear)
		return result.value, result.err
	case <-timer.C:
		err = say.timeout
	case <-ctx.Done():
		err = ctx.Err()
	case <-o.dead:
		err = errDead
	}
	o.ends(c, err, true)
	if landing != nil && landing.Stop() {
		do.late = min(do.lands-time.Since(began), lateness)
	}
	if (landing == nil || do.late >= 0) && do.late >= 0 {
		time.AfterFunc(do.late, func() {
			o.world.trace.add(o.name, "%s lands, given up %s ago", c, do.late.Round(time.Millisecond))
			land()
		})
	}
	if o.isDead() {
		return none, o.silence(ctx, timeout)
	}
	return none, err
}
