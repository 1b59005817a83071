package directory

import "github.com/accessnotifier/accessnotifier/internal/notifier/fair"

// persons keeps how many persons are remembered within bounds.
type persons struct {
	// most is how many may be.
	most int
	// remembered is how many are.
	remembered int
	// unanswered counts those without an answer yet, by the requester who named them
	// first.
	unanswered map[string]int
	// idle are those that can be forgotten, the least recently used first.
	idle fair.Queue[*entry]
}

// full reports whether the requester has named too many at a time.
func (p *persons) full(requester string) bool {
	return p.unanswered[requester] >= max(p.most/8, 1)
}

// surplus returns who is to be forgotten so that there is room for another, nil if there
// is room, and false if there can be none.
func (p *persons) surplus() (*entry, bool) {
	if p.remembered < p.most {
		return nil, true
	}
	oldest := p.idle.Peek()
	if oldest == nil {
		return nil, false
	}
	return oldest.Value, true
}

// add counts a person.
func (p *persons) add(e *entry) {
	p.remembered++
	p.unanswered[e.namedBy]++
}

// answered takes in that there is an answer for a person, or that there will be none.
func (p *persons) answered(e *entry) {
	if p.unanswered[e.namedBy]--; p.unanswered[e.namedBy] == 0 {
		delete(p.unanswered, e.namedBy)
	}
}

// drop takes in that a person was forgotten.
func (p *persons) drop(e *entry) {
	p.remembered--
	p.engage(e)
	if e.answer.State == Unknown {
		p.answered(e)
	}
}

// rest makes a person one that can be forgotten, after all others.
func (p *persons) rest(e *entry) {
	p.engage(e)
	e.idle = p.idle.Push("", e)
}

// engage makes a person one that cannot be forgotten.
func (p *persons) engage(e *entry) {
	if e.idle != nil {
		p.idle.Remove(e.idle)
		e.idle = nil
	}
}
