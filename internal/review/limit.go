package review

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often one person may press, and all of a notifier together. A person who floods is
// refused before others are: their presses do not count towards those of all.
const (
	personEvery = 5 * time.Second
	personBurst = 6
	allPerSec   = 20
	allBurst    = 100
	// maxPersons bounds those who are remembered.
	maxPersons = 4096
)

// limiter refuses presses that come too often.
type limiter struct {
	all *rate.Limiter

	mu      sync.Mutex
	persons map[string]*rate.Limiter
}

func newLimiter() *limiter {
	return &limiter{all: rate.NewLimiter(allPerSec, allBurst), persons: map[string]*rate.Limiter{}}
}

// allow reports whether a person may press now.
func (l *limiter) allow(person string) bool { return l.person(person).Allow() && l.all.Allow() }

func (l *limiter) person(person string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, known := l.persons[person]
	if !known {
		l.makeRoom()
		p = rate.NewLimiter(rate.Every(personEvery), personBurst)
		l.persons[person] = p
	}
	return p
}

// makeRoom forgets who has not pressed for long, for whom nothing changes by that, and any other
// where there is none. The caller holds mu.
func (l *limiter) makeRoom() {
	if len(l.persons) < maxPersons {
		return
	}
	for person, p := range l.persons {
		if p.Tokens() >= personBurst {
			delete(l.persons, person)
		}
	}
	for person := range l.persons {
		if len(l.persons) < maxPersons {
			return
		}
		delete(l.persons, person)
	}
}
