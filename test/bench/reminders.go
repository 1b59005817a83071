package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// reminded is how many requests are reminded of, about remindedIn after they were made:
	// Teleport's clock is behind by so much less than a minute.
	reminded   = 200
	remindedIn = 8 * time.Second
	// settled is for how long the second operator is watched: it leaves what the first had
	// claimed alone for half a minute, and looks for it then.
	settled = 45 * time.Second
)

// reminders counts the reminders of each request.
type reminders struct {
	mu   sync.Mutex
	byID map[string]int
}

// add notes a message that answers another: nothing else does here.
func (r *reminders) add(post messengertest.Post) {
	if post.ThreadOf == "" || post.Revisions != 1 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byID[requestOf(post)]++
}

// count returns of how many requests there are reminders.
func (r *reminders) count() int { return len(r.all()) }

func (r *reminders) all() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.byID)
}

// measureReminders kills the operator in the middle of its reminders, and counts those that
// come twice.
func measureReminders(ctx context.Context, p *platform) (values map[string]float64, err error) {
	w, err := p.newWorldAt(ctx, "reminders", service.Slack, func() time.Time { return time.Now().Add(remindedIn - time.Minute) })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	w.environment = pod
	notifier := w.notifier(0, identitySecret)
	notifier.Spec.Reminders = []v1alpha1.Reminder{{AfterMinutes: 1}}
	if err := w.plane.Client().Create(ctx, notifier); err != nil {
		return nil, fmt.Errorf("creating an AccessNotifier: %w", err)
	}
	seen := &reminders{byID: map[string]int{}}
	w.chat.Subscribe(seen.add)
	o, err := w.startReady(ctx, 1)
	if err != nil {
		return nil, err
	}
	for range reminded {
		if _, err := w.ask(); err != nil {
			return nil, err
		}
	}
	early, err := w.killAmid(ctx, o, seen)
	if err != nil {
		return nil, err
	}
	twice := 0
	for _, n := range seen.all() {
		twice += n - 1
	}
	note("  %d of %d reminders had come at the kill -9", early, reminded)
	return map[string]float64{"reminders_after_restart_duplicated": float64(twice)}, w.receipts.once()
}

// killAmid kills the operator once some reminders have come, and waits until another one has
// made the rest and is done. It returns how many had come.
func (w *world) killAmid(ctx context.Context, o *operator, seen *reminders) (early int, err error) {
	err = wait.Until(ctx, time.Millisecond, func() (bool, error) { return seen.count() >= reminded/10, nil })
	if err != nil {
		return 0, fmt.Errorf("waiting for the first reminders: %w%s", err, o.LogTail())
	}
	o.Kill()
	if early = seen.count(); early == reminded {
		return 0, errors.New("all reminders came before the kill")
	}
	next, err := w.startOperator(ctx)
	if err != nil {
		return 0, err
	}
	err = wait.Until(ctx, pollEvery, func() (bool, error) { return seen.count() == reminded, nil })
	if err != nil {
		return 0, fmt.Errorf("waiting for the last of %d reminders, of which %d came: %w%s", reminded, seen.count(), err, next.LogTail())
	}
	return early, wait.Pause(ctx, settled)
}
