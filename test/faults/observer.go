package main

import (
	"context"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
)

// observer watches the messages of a simulator as they change.
type observer struct {
	mu      sync.Mutex
	changed time.Time
	// first is closed, by request, when its first message is there.
	first map[string]chan struct{}
	// posted is when the first message was made, by request and channel.
	posted map[tally.Due]time.Time
	// shown is when it first showed a status.
	shown map[shown]time.Time
	// hooks are called with each change, before the operator has its answer.
	hook func(messengertest.Post)
}

// shown is a status that a message shows.
type shown struct {
	tally.Due
	status string
}

func observe(chat messengertest.Simulator) *observer {
	o := &observer{changed: time.Now(), first: map[string]chan struct{}{}, posted: map[tally.Due]time.Time{}, shown: map[shown]time.Time{}}
	chat.Subscribe(o.see)
	return o
}

func (o *observer) see(post messengertest.Post) {
	o.mu.Lock()
	o.changed = time.Now()
	hook := o.hook
	if id := tally.RequestID.FindString(post.Text); id != "" && post.ThreadOf == "" {
		d := tally.Due{Request: id, Recipient: post.Channel}
		if _, known := o.posted[d]; !known {
			o.posted[d] = o.changed
		}
		s := shown{d, tally.StatusOf(post.Text)}
		if _, known := o.shown[s]; !known {
			o.shown[s] = o.changed
		}
		seen := o.firstOf(id)
		select {
		case <-seen:
		default:
			close(seen)
		}
	}
	o.mu.Unlock()
	if hook != nil {
		hook(post)
	}
}

// firstOf returns the channel that the first message of a request closes. The
// caller holds mu.
func (o *observer) firstOf(id string) chan struct{} {
	seen, ok := o.first[id]
	if !ok {
		seen = make(chan struct{})
		o.first[id] = seen
	}
	return seen
}

// await returns once a recipient has a message about the request.
func (o *observer) await(ctx context.Context, id string) error {
	o.mu.Lock()
	seen := o.firstOf(id)
	o.mu.Unlock()
	select {
	case <-seen:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// onChange makes f hear of every change, in place of what heard before.
func (o *observer) onChange(f func(messengertest.Post)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hook = f
}

func (o *observer) lastChange() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changed
}

// postedAt returns when a channel got its first message about a request.
func (o *observer) postedAt(id, channel string) (time.Time, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, ok := o.posted[tally.Due{Request: id, Recipient: channel}]
	return at, ok
}

// shownAt returns when a channel's message about a request first showed a status.
func (o *observer) shownAt(id, channel, status string) (time.Time, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, ok := o.shown[shown{tally.Due{Request: id, Recipient: channel}, status}]
	return at, ok
}

// postedBetween counts the messages that were made after one time, and not after another.
func (o *observer) postedBetween(from, to time.Time) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	count := 0
	for _, at := range o.posted {
		if at.After(from) && !at.After(to) {
			count++
		}
	}
	return count
}

// channels returns the channels that heard of a request.
func (o *observer) channels(id string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var found []string
	for d := range o.posted {
		if d.Request == id {
			found = append(found, d.Recipient)
		}
	}
	return found
}
