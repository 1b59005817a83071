package directory

import "github.com/accessnotifier/accessnotifier/internal/notifier/fair"

// queue holds the recipients that wait to be looked up: first those that are configured,
// then the persons, by turns of who named them.
type queue struct {
	configured, persons fair.Queue[*entry]
}

// push has a recipient wait, in turn with what its requester named before.
func (q *queue) push(e *entry, turn fair.Turn) {
	switch {
	case e.places[e.requester] != nil:
	case e.recipient.Person:
		e.places[e.requester] = q.persons.Restore(e.requester, e, turn)
	case len(e.places) == 0:
		e.places[e.requester] = q.configured.Push("", e)
	}
}

// of returns the queue in which a recipient waits.
func (q *queue) of(e *entry) *fair.Queue[*entry] {
	if e.recipient.Person {
		return &q.persons
	}
	return &q.configured
}

// take removes the next recipient, which has used its turn; nil if there is none.
func (q *queue) take() *entry {
	place := q.configured.Peek()
	if place == nil {
		place = q.persons.Peek()
	}
	if place == nil {
		return nil
	}
	e := place.Value
	e.turn = place.Turn()
	q.of(e).Take(place)
	q.remove(e, place)
	return e
}

// remove removes a recipient from all places but the one that was taken.
func (q *queue) remove(e *entry, taken *fair.Entry[*entry]) {
	for _, place := range e.places {
		if place != taken {
			q.of(e).Remove(place)
		}
	}
	clear(e.places)
}
