// Package queue holds the ids of requests that are to be looked at, now or later.
//
// It does what client-go's delaying queue does, for a fraction of the memory: that one keeps two
// goroutines and room for a thousand ids in a channel, for each of a thousand notifiers.
package queue

import (
	"container/heap"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/gate"
)

// Queue hands ids out in the order in which they were added, each to one caller at a time. One
// that is added while it waits is handed out once; while it is handed out, once more when that is
// done. It is safe for concurrent use. Make one with New.
type Queue struct {
	mu   sync.Mutex
	more *sync.Cond
	s    state
}

// state is guarded by Queue.mu.
type state struct {
	// ready are handed out in this order.
	ready []string
	// due are those in ready, and those to be handed out again when they are done.
	due map[string]struct{}
	// out are handed out and not done.
	out   map[string]struct{}
	later later
	// timer is when the first of later is due, nil before there was one.
	timer *time.Timer
	// gate is closed once the queue is shut down.
	gate gate.Gate
}

// New returns an empty queue.
func New() *Queue {
	q := &Queue{s: state{out: map[string]struct{}{}}}
	q.more = sync.NewCond(&q.mu)
	return q
}

// Add has an id handed out.
func (q *Queue) Add(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.add(id)
}

// add is Add with the lock held.
func (q *Queue) add(id string) {
	if _, is := q.s.due[id]; is || q.s.gate == gate.Closed {
		return
	}
	if q.s.due == nil {
		q.s.due = map[string]struct{}{}
	}
	q.s.due[id] = struct{}{}
	if _, is := q.s.out[id]; !is {
		q.push(id)
	}
}

func (q *Queue) push(id string) {
	q.s.ready = append(q.s.ready, id)
	q.more.Signal()
}

// AddAfter has an id handed out after a time. Of several times the earliest holds.
func (q *Queue) AddAfter(id string, after time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.s.gate == gate.Closed:
	case after <= 0:
		q.add(id)
	case q.s.later.put(id, time.Now().Add(after)):
		q.wake(after)
	}
}

// wake has what is due added after a time.
func (q *Queue) wake(after time.Duration) {
	if q.s.timer == nil {
		q.s.timer = time.AfterFunc(after, q.addDue)
		return
	}
	q.s.timer.Reset(after)
}

// addDue adds what is due by now.
func (q *Queue) addDue() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.s.gate == gate.Closed {
		return
	}
	for now := time.Now(); q.s.later.Len() > 0; {
		first := q.s.later.entries[0]
		if left := first.at.Sub(now); left > 0 {
			q.wake(left)
			return
		}
		heap.Pop(&q.s.later)
		q.add(first.id)
	}
}

// Get waits for an id. It is to be given to Done. Once the queue is shut down and empty, ok is
// false.
func (q *Queue) Get() (id string, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.s.ready) == 0 && q.s.gate != gate.Closed {
		q.more.Wait()
	}
	if len(q.s.ready) == 0 {
		return "", false
	}
	id, q.s.ready[0] = q.s.ready[0], ""
	q.s.ready = q.s.ready[1:]
	delete(q.s.due, id)
	q.s.out[id] = struct{}{}
	if len(q.s.due) == 0 {
		// There may have been tens of thousands.
		q.s.ready, q.s.due = nil, nil
	}
	return id, true
}

// Done ends what Get has begun.
func (q *Queue) Done(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.s.out, id)
	if _, is := q.s.due[id]; is {
		q.push(id)
	}
}

// Len returns how many ids wait to be handed out.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.s.ready)
}

// ShutDown has nothing added any more. What is in the queue is still handed out.
func (q *Queue) ShutDown() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.s.gate.Close()
	q.s.later = later{}
	if q.s.timer != nil {
		q.s.timer.Stop()
	}
	q.more.Broadcast()
}
