package teleport

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// answerFor is how long an answer is believed, deniedFor how long it is believed that
	// the role does not allow to ask, and failedFor how long no question is repeated that
	// had no answer.
	answerFor = 10 * time.Minute
	deniedFor = 30 * time.Second
	failedFor = 5 * time.Second
	// maxAnswered bounds the answers to keep of one kind, in bytes.
	maxAnswered = 4 << 20
)

// lookup asks Teleport about things of one kind by name, and keeps the answers. Of questions
// about one name that overlap one is put, and several names are asked for in one call.
type lookup[V any] struct {
	// read answers for names. Those that it leaves out have the zero value. The error is
	// accessrequest.ErrNotAllowed if the role does not allow to ask for any.
	read func(ctx context.Context, names []string) (map[string]V, error)
	// sizeOf returns about how many bytes a value takes.
	sizeOf func(V) int
	// batch is how many names one call takes, and calls how many are made at once.
	batch, calls int

	mu sync.Mutex
	s  lookupState[V]
}

// lookupState is guarded by lookup.mu.
type lookupState[V any] struct {
	known map[string]*answer[V]
	size  int
	// queue are names to ask for, and running is how many calls are under way.
	queue   []string
	running int
	// denied is when the role last did not allow to ask, and denial says so.
	denied time.Time
	denial error
}

// answer is what is known of one name.
type answer[V any] struct {
	value V
	// read is when the value was read, failed when it last could not be, which err says why.
	read, failed time.Time
	err          error
	// done is closed when the question that is under way has ended; nil if none is.
	done chan struct{}
	size int
}

// ask returns what is known of names, and has the others asked for: waits are closed when
// that has ended. A value that is out of date is better than none. The error is why one of
// them is not known.
func (l *lookup[V]) ask(ctx context.Context, names []string) (found map[string]V, waits []<-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	found = make(map[string]V, len(names))
	for _, name := range names {
		a := l.s.known[name]
		if a != nil && !a.read.IsZero() {
			found[name] = a.value
		}
		switch {
		case a != nil && a.done != nil:
			waits = append(waits, a.done)
		case a != nil && !a.read.IsZero() && now.Sub(a.read) < answerFor:
		case now.Sub(l.s.denied) < deniedFor:
			err = l.s.denial
		case a != nil && now.Sub(a.failed) < failedFor:
			err = a.err
		default:
			waits = append(waits, l.enqueue(name, a))
		}
	}
	l.start(context.WithoutCancel(ctx))
	return found, waits, err
}

// get returns what Teleport says of names, which it waits for.
func (l *lookup[V]) get(ctx context.Context, names ...string) (map[string]V, error) {
	for {
		found, waits, err := l.ask(ctx, names)
		switch {
		case err != nil:
			return nil, err
		case len(waits) == 0:
			return found, nil
		}
		if err := awaitAll(ctx, waits); err != nil {
			return nil, err
		}
	}
}

// awaitAll waits until all waits are closed, or ctx ends.
func awaitAll(ctx context.Context, waits []<-chan struct{}) error {
	for _, wait := range waits {
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// enqueue has a name asked for. The caller holds mu.
func (l *lookup[V]) enqueue(name string, a *answer[V]) <-chan struct{} {
	if a == nil {
		a = &answer[V]{size: entryOverhead + len(name)}
		l.makeRoom(a.size)
		l.s.known[name] = a
		l.s.size += a.size
	}
	a.done = make(chan struct{})
	l.s.queue = append(l.s.queue, name)
	return a.done
}

// makeRoom forgets all answers if there is no room for n bytes more. The caller holds mu.
func (l *lookup[V]) makeRoom(n int) {
	if l.s.known == nil {
		l.s.known = map[string]*answer[V]{}
	}
	if l.s.size+n <= maxAnswered {
		return
	}
	for name, a := range l.s.known {
		if a.done == nil {
			l.s.size -= a.size
			delete(l.s.known, name)
		}
	}
}

// start makes calls for what waits. A call goes on for others when the first that asked gives
// up. The caller holds mu.
func (l *lookup[V]) start(ctx context.Context) {
	for l.s.running < l.calls && len(l.s.queue) > 0 {
		n := min(l.batch, len(l.s.queue))
		names := l.s.queue[:n:n]
		l.s.queue = l.s.queue[n:]
		l.s.running++
		go l.call(ctx, names)
	}
}

func (l *lookup[V]) call(ctx context.Context, names []string) {
	limited, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	found, err := l.read(limited, names)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	denied := errors.Is(err, accessrequest.ErrNotAllowed)
	if denied {
		l.s.denied, l.s.denial = now, err
	}
	for _, name := range names {
		a := l.s.known[name] // makeRoom keeps what is asked for
		switch {
		case denied:
		case err != nil:
			a.err, a.failed = err, now
		default:
			size := entryOverhead + len(name) + l.sizeOf(found[name])
			l.makeRoom(size - a.size)
			l.s.size += size - a.size
			a.value, a.read, a.size = found[name], now, size
		}
		close(a.done)
		a.done = nil
	}
	l.s.running--
	l.start(ctx)
}
