package directory

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/fair"
	"github.com/accessnotifier/accessnotifier/internal/notifier/gate"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// state is what the mutex of a Directory guards.
type state struct {
	options Options
	// alarm has an entry looked up when it is due.
	alarm func(time.Duration, *entry) *time.Timer

	entries map[routing.Recipient]*entry
	// forgotten are those that made room for others, and that Options.Forgotten was not called with yet.
	forgotten []routing.Recipient
	queue     queue
	persons   persons
	service   service
	gate      gate.Gate
	// running is how many look-ups are under way, started how many ever were.
	running int
	started uint64
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
		s.persons.rest(e)
	}
	if !now.Before(e.due) {
		s.enqueue(e, 0)
	}
	return e.answer
}

var errTooMany = &messenger.Error{
	Class: messenger.RecipientPermanent, Call: "look-up", Code: CodeTooMany,
	What: "the requester has named too many people at a time for all to be found at {service}", Advice: "Name fewer people",
}

// remember makes an entry, nil if there is no room for another person.
func (s *state) remember(r routing.Recipient, requester string) *entry {
	e := &entry{recipient: r, namedBy: requester, places: map[string]*fair.Entry[*entry]{}}
	if r.Person {
		surplus, room := s.persons.surplus()
		if s.persons.full(requester) || !room {
			return nil
		}
		if surplus != nil {
			s.forget(surplus)
			s.forgotten = append(s.forgotten, surplus.recipient)
		}
		s.persons.add(e)
	}
	s.entries[r] = e
	return e
}

// forget drops a recipient.
func (s *state) forget(e *entry) {
	stop(e.timer)
	s.queue.remove(e, nil)
	if e.recipient.Person {
		s.persons.drop(e)
	}
	delete(s.entries, e.recipient)
}

// enqueue has a recipient looked up, in turn with what its requester named before.
func (s *state) enqueue(e *entry, turn fair.Turn) {
	if e.started > 0 || s.gate == gate.Closed {
		return
	}
	stop(e.timer)
	s.persons.engage(e)
	s.queue.push(e, turn)
}

// next starts the next look-up, nil if none may be started.
func (s *state) next(now time.Time) *entry {
	if s.gate != gate.Open || s.running >= s.service.width(s.options.Width) || s.service.wait(now) > 0 {
		return nil
	}
	e := s.queue.take()
	if e == nil {
		return nil
	}
	s.running++
	s.started++
	e.started = s.started
	return e
}

// finish takes in how a look-up ended, and reports whether the answer is another.
func (s *state) finish(e *entry, address messenger.Address, err *messenger.Error, now time.Time) bool {
	before := e.answer
	e.due = now.Add(e.learn(e.recipient.Person, address, err, s.options, now))
	if e.recipient.Person && before.State == Unknown && e.answer.State != Unknown {
		s.persons.answered(e)
	}
	s.service.learn(e.recipient, err, e.started, s.started, s.options, now)
	return e.answer.differs(before)
}

// release ends a look-up, after its caller was told. One that all others wait with has
// not used its turn.
func (s *state) release(e *entry, now time.Time) {
	s.running--
	e.started = 0
	switch {
	case s.gate == gate.Closed:
		return
	case !now.Before(e.due):
		s.enqueue(e, e.turn)
		return
	case e.repeats():
		e.timer = s.alarm(e.due.Sub(now), e)
	}
	if e.recipient.Person && e.failures == 0 {
		s.persons.rest(e)
	}
}

// backlog reports whether look-ups wait because they failed for a reason that should
// pass.
func (s *state) backlog() bool {
	for _, e := range s.entries {
		if e.failures > 0 {
			return true
		}
	}
	return false
}

// retry looks up at once what has failed. Persons that do not exist are left.
func (s *state) retry(now time.Time) {
	s.service.retry(now)
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
	s.gate.Close()
	for _, e := range s.entries {
		stop(e.timer)
	}
}
