package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// act is when in a soak something happens.
type act int

const (
	// hard events may end the process that delivers, and come first.
	hard act = iota + 1
	// soft events the process has to survive. What it takes more of after them than before has
	// leaked.
	soft
)

// event is something bad that happens to the operator or to what it needs.
type event struct {
	kind
	// after is how long there is peace before it.
	after time.Duration
	// chance picks what it happens to.
	chance uint64
}

// kind is a kind of event.
type kind struct {
	name string
	act  act
	// lasts is how long what is broken stays so.
	lasts time.Duration
	play  func(*soak, context.Context, event) (details string, err error)
}

const (
	// shortestGap and longestGap bound the time between two events.
	shortestGap, longestGap = 4 * time.Second, 10 * time.Second
)

// schedule deals the events that an act may have at most: every kind comes once before any comes
// again, in an order and with gaps that the seed decides. How many there is time for depends on
// how soon the operator recovers.
func schedule(seed uint64, of act, kinds []kind, length time.Duration) []event {
	random := newRandom(seed, of)
	var events []event
	var deck []kind
	for at := time.Duration(0); at < length; {
		if len(deck) == 0 {
			deck = shuffled(random, of, kinds)
		}
		e := event{kind: deck[0], after: gap(random), chance: random.Uint64()}
		at += e.after + e.lasts
		events, deck = append(events, e), deck[1:]
	}
	return events
}

func newRandom(seed uint64, of act) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(of))) }

func gap(random *rand.Rand) time.Duration {
	return shortestGap + time.Duration(random.Int64N(int64(longestGap-shortestGap)))
}

// shuffled are the kinds of an act in a random order.
func shuffled(random *rand.Rand, of act, kinds []kind) []kind {
	var deck []kind
	for _, k := range kinds {
		if k.act == of {
			deck = append(deck, k)
		}
	}
	random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}
