package directory

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/fair"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// alike is how many recipients in a row must fail before it is taken to be the service
// that fails.
const alike = 2

// state is what the mutex of a Directory guards.
type state struct {
	options Options
	// alarm has an entry looked up when it is due.
	alarm func(time.Duration, *entry) *time.Timer

	entries map[routing.Recipient]*entry
	// configured and persons wait to be looked up.
	configured, persons fair.Queue[*entry]
	// idle are the persons that can be forgotten, the least recently used first.
	idle fair.Queue[*entry]
	// waiting counts the persons by requester that have no answer yet; remembered
	// counts all persons, failing all recipients that wait for a failure to pass.
	waiting             map[string]int
	remembered, failing int
	// running is how many look-ups are under way, started how many ever were.
	running      int
	started      uint64
	held, closed bool

	// paused is until when the service asked to wait.
	paused time.Time
	// until is when look-ups may go on after failures, and since the last that was
	// started before. probing is set until one is answered: one at a time.
	until   time.Time
	since   uint64
	probing bool
	// failures are those of the service in a row; failed is the last recipient that
	// failed, and failedAlike how many others did in a row.
	failures    int
	failed      *entry
	failedAlike int
}

// lookup returns the answer for a recipient, and has it looked up if that is due.
func (s *state) lookup(r routing.Recipient, requester string, now time.Time) Answer {
	e, ok := s.entries[r]
	if !ok {
		if e = s.remember(r, requester); e == nil {
			return Answer{State: Broken, Err: errTooMany}
		}
	}
	e.used, e.requester = now, requester
	if e.idle != nil {
		s.idle.Remove(e.idle)
		e.idle = s.idle.Push("", e)
	}
	if !now.Before(e.due) {
		s.enqueue(e, 0)
	}
	return e.answer
}

var errTooMany = &messenger.Error{
	Class: messenger.RecipientPermanent, Call: "look-up", Code: CodeTooMany,
	Advice: "The requester has named too many people at a time",
}

// remember makes an entry, nil if there is no room for another person.
func (s *state) remember(r routing.Recipient, requester string) *entry {
	e := &entry{recipient: r, places: map[string]*fair.Entry[*entry]{}}
	if r.Person {
		if s.waiting[requester] >= max(s.options.MaxPersons/8, 1) || !s.makeRoom() {
			return nil
		}
		s.remembered++
		s.waiting[requester]++
		e.waits, e.counted = requester, true
	}
	s.entries[r] = e
	return e
}

func (s *state) makeRoom() bool {
	if s.remembered < s.options.MaxPersons {
		return true
	}
	oldest := s.idle.Peek()
	if oldest == nil {
		return false
	}
	s.forget(oldest.Value)
	return true
}

// forget drops a recipient.
func (s *state) forget(e *entry) {
	stop(e.timer)
	s.dequeue(e, nil)
	s.settled(e)
	if e.idle != nil {
		s.idle.Remove(e.idle)
	}
	if e.failures > 0 {
		s.failing--
	}
	if e.recipient.Person {
		s.remembered--
	}
	delete(s.entries, e.recipient)
}

// settled notes that a person does not wait for the first answer any more.
func (s *state) settled(e *entry) {
	if !e.counted {
		return
	}
	e.counted = false
	if s.waiting[e.waits]--; s.waiting[e.waits] == 0 {
		delete(s.waiting, e.waits)
	}
}

// enqueue has a recipient looked up, in turn with what its requester named before.
func (s *state) enqueue(e *entry, turn fair.Turn) {
	if e.started > 0 || s.closed {
		return
	}
	stop(e.timer)
	if e.idle != nil {
		s.idle.Remove(e.idle)
		e.idle = nil
	}
	switch {
	case e.places[e.requester] != nil:
	case e.recipient.Person:
		e.places[e.requester] = s.persons.Restore(e.requester, e, turn)
	case len(e.places) == 0:
		e.places[e.requester] = s.configured.Push("", e)
	}
}

// dequeue removes a recipient from all places but the one that was taken.
func (s *state) dequeue(e *entry, taken *fair.Entry[*entry]) {
	for _, place := range e.places {
		switch {
		case place == taken:
		case e.recipient.Person:
			s.persons.Remove(place)
		default:
			s.configured.Remove(place)
		}
	}
	clear(e.places)
}

// next starts the next look-up, nil if none may be started.
func (s *state) next(now time.Time) *entry {
	width := s.options.Width
	if s.probing {
		width = 1
	}
	if s.held || s.closed || s.running >= width || s.wait(now) > 0 {
		return nil
	}
	queue := &s.configured
	if queue.Len() == 0 {
		queue = &s.persons
	}
	place := queue.Peek()
	if place == nil {
		return nil
	}
	e := place.Value
	e.turn = place.Turn()
	queue.Take(place)
	s.dequeue(e, place)
	s.running++
	s.started++
	e.started = s.started
	return e
}

// wait returns how long no look-up may be started.
func (s *state) wait(now time.Time) time.Duration {
	return max(s.paused.Sub(now), s.until.Sub(now), 0)
}

// finish takes in how a look-up ended, and reports whether the answer is another.
func (s *state) finish(e *entry, address messenger.Address, err *messenger.Error, now time.Time) bool {
	before := e.answer
	if e.failures > 0 {
		s.failing--
	}
	e.due = now.Add(e.learn(address, err, s.options))
	if e.failures > 0 {
		s.failing++
	}
	if e.answer.State != Unknown {
		s.settled(e)
	}
	s.service(e, err, now)
	return e.answer.differs(before)
}

// service takes in what a look-up says of the service. One that was under way when
// others failed says nothing of the time after that.
func (s *state) service(e *entry, err *messenger.Error, now time.Time) {
	switch {
	case waitsAlone(err):
	case err != nil && err.Class == messenger.Throttled:
		if until := now.Add(max(err.RetryAfter, s.options.RetryBase)); until.After(s.paused) {
			s.paused = until
		}
		s.since, s.probing = s.started, true
	case err != nil && err.Class == messenger.MessengerPermanent:
		s.until = now.Add(backoff.Around(s.options.SlowRetry))
		s.since, s.probing = s.started, true
	case e.started <= s.since:
	case err == nil || err.Class.Answered():
		s.failures, s.failed, s.failedAlike = 0, nil, 0
		s.until, s.probing = time.Time{}, false
	default:
		s.failTogether(e, now)
	}
}

// failTogether takes in a failure that may be the service's.
func (s *state) failTogether(e *entry, now time.Time) {
	if e != s.failed {
		s.failed = e
		s.failedAlike++
	}
	if s.failedAlike < alike {
		return
	}
	s.failures++
	s.until, s.since, s.probing = now.Add(backoff.Delay(s.options.RetryBase, s.options.RetryCap, s.failures)), s.started, true
}

// release ends a look-up, after its caller was told. One that all others wait with has
// not used its turn.
func (s *state) release(e *entry, now time.Time) {
	s.running--
	e.started = 0
	switch {
	case s.closed:
		return
	case !now.Before(e.due):
		s.enqueue(e, e.turn)
		return
	case e.repeats():
		e.timer = s.alarm(e.due.Sub(now), e)
	}
	if e.recipient.Person && e.failures == 0 {
		e.idle = s.idle.Push("", e)
	}
}

// retry looks up at once what has failed. Persons that do not exist are left.
func (s *state) retry(now time.Time) {
	s.failures, s.failed, s.failedAlike, s.failing = 0, nil, 0, 0
	s.until, s.probing = time.Time{}, now.Before(s.paused)
	for _, e := range s.entries {
		e.failures = 0
		if e.answer.Err != nil && !(e.recipient.Person && e.answer.State == Broken) {
			s.expire(e)
		}
	}
}

// expire has a recipient looked up now, unless the service asked to wait with it.
func (s *state) expire(e *entry) {
	if waitsAlone(e.answer.Err) {
		return
	}
	e.due = time.Time{}
	s.enqueue(e, 0)
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

// close stops all timers for good.
func (s *state) close() {
	s.closed = true
	for _, e := range s.entries {
		stop(e.timer)
	}
}
