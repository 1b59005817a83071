package notifier

import (
	"context"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// lanes holds the lanes of a notifier, so that one address never delays another.
type lanes struct {
	// deliver brings one request up to date at the address of a lane.
	deliver func(context.Context, *lane, string)
	timing  Timing
	running sync.WaitGroup

	mu     sync.Mutex
	byID   map[string]*lane
	closed bool
	// held is set while no lane may start anything: the token is refused.
	held bool
	// until is when the lanes may go on after the service throttled the token.
	until time.Time
	timer *time.Timer
	// careful is set from then on until a call works: all lanes together run one
	// delivery at a time, so that a limit that is not over is met by one call.
	careful bool
	// opened is set when that is over and the lanes have not gone on yet.
	opened bool
	// active is how many deliveries are running.
	active int
}

func newLanes(timing Timing, deliver func(context.Context, *lane, string)) *lanes {
	return &lanes{deliver: deliver, timing: timing, byID: map[string]*lane{}}
}

// add asks for the request to be brought up to date at the address.
func (ls *lanes) add(ctx context.Context, to messenger.Address, id string) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l, ok := ls.byID[to.ID]
	if !ok {
		l = &lane{address: to, states: map[string]laneState{}}
		ls.byID[to.ID] = l
	}
	l.enqueue(id)
	ls.pump(ctx, l)
}

// pump starts as many deliveries of a lane as may run now. The caller holds mu.
func (ls *lanes) pump(ctx context.Context, l *lane) {
	now := time.Now()
	if ls.closed || ls.held || now.Before(ls.until) || ctx.Err() != nil {
		return
	}
	for !ls.careful || ls.active == 0 {
		id, wait, ok := l.next(now)
		if wait > 0 {
			stopTimer(l.timer)
			l.timer = time.AfterFunc(wait, func() { ls.wake(ctx, l) })
		}
		if !ok {
			break
		}
		ls.active++
		ls.running.Go(func() {
			ls.deliver(ctx, l, id)
			ls.finished(ctx, l, id)
		})
	}
	if l.idle() {
		ls.forget(l)
	}
}

// forget drops a lane, unless its address has another one by now. The caller holds
// mu.
func (ls *lanes) forget(l *lane) {
	stopTimer(l.timer)
	if ls.byID[l.address.ID] == l {
		delete(ls.byID, l.address.ID)
	}
}

func (ls *lanes) wake(ctx context.Context, l *lane) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.pump(ctx, l)
}

func (ls *lanes) finished(ctx context.Context, l *lane, id string) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l.finish(id)
	ls.active--
	if ls.careful || ls.opened {
		ls.opened = false
		ls.pumpEach(ctx)
		return
	}
	ls.pump(ctx, l)
}

// again puts the request that is under way back to the end of its lane.
func (ls *lanes) again(l *lane, id string) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l.states[id] = runningAgain
}

// succeeded opens the lane. It returns the problem that is over, if any.
func (ls *lanes) succeeded(l *lane) *messenger.Error {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	over := l.problem
	l.failures, l.problem, l.careful = streak{}, nil, false
	ls.opened = ls.opened || ls.careful
	ls.careful = false
	if !l.until.After(time.Now()) {
		l.until = time.Time{}
	}
	return over
}

// failed makes the lane back off, and returns how it has failed. Calls that fail
// together count as one.
func (ls *lanes) failed(l *lane) streak {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	now := time.Now()
	if l.failures.count > 0 && now.Before(l.until) {
		return l.failures
	}
	l.failures.fail(now)
	l.until = now.Add(ls.timing.backoff(l.failures.count))
	return l.failures
}

// pause holds the lane for as long as the service said.
func (ls *lanes) pause(l *lane, d time.Duration) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l.careful = true
	if until := time.Now().Add(d); until.After(l.until) {
		l.until = until
	}
}

// pauseAll holds every lane for as long as the service said.
func (ls *lanes) pauseAll(ctx context.Context, d time.Duration) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	until := time.Now().Add(d)
	if ls.closed || !until.After(ls.until) {
		return
	}
	ls.until, ls.careful = until, true
	stopTimer(ls.timer)
	ls.timer = time.AfterFunc(d, func() { ls.pumpAll(ctx) })
}

// block notes that the address cannot work and slows the lane down. It reports
// whether that is news.
func (ls *lanes) block(l *lane, problem *messenger.Error) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	news := l.problem == nil
	l.problem = problem
	l.until = time.Now().Add(ls.timing.slow())
	return news
}

// hold keeps all lanes from starting anything until release.
func (ls *lanes) hold() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.held = true
}

// release lets all lanes go on.
func (ls *lanes) release(ctx context.Context) {
	ls.mu.Lock()
	ls.held = false
	ls.mu.Unlock()
	ls.pumpAll(ctx)
}

// retry ends the back-off of all lanes, because the reason may be over.
func (ls *lanes) retry(ctx context.Context) {
	ls.mu.Lock()
	for _, l := range ls.byID {
		if l.failures.count > 0 && l.problem == nil {
			l.until = time.Time{}
		}
	}
	ls.mu.Unlock()
	ls.pumpAll(ctx)
}

// unblock lets addresses that cannot work be tried at the next retry. Where there
// is nothing to try with, they are taken to work.
func (ls *lanes) unblock() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, l := range ls.byID {
		if l.problem != nil {
			l.until = time.Time{}
		}
		if len(l.states) == 0 {
			l.problem = nil
		}
	}
}

func (ls *lanes) pumpAll(ctx context.Context) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.pumpEach(ctx)
}

// pumpEach pumps every lane. The caller holds mu.
func (ls *lanes) pumpEach(ctx context.Context) {
	for _, l := range ls.byID {
		ls.pump(ctx, l)
	}
}

// close keeps lanes from starting anything and waits for what is under way.
func (ls *lanes) close() {
	ls.mu.Lock()
	ls.closed = true
	stopTimer(ls.timer)
	for _, l := range ls.byID {
		stopTimer(l.timer)
	}
	ls.mu.Unlock()
	ls.running.Wait()
}

// problems returns the addresses that cannot work.
func (ls *lanes) problems() map[string]*messenger.Error {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	found := map[string]*messenger.Error{}
	for id, l := range ls.byID {
		if l.problem != nil {
			found[id] = l.problem
		}
	}
	return found
}

func stopTimer(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}
