package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
)

// receipts notes when the chat service got the message of each request.
type receipts struct {
	mu   sync.Mutex
	byID map[string]receipt
	// changed is closed, and replaced, at each receipt.
	changed chan struct{}
}

type receipt struct {
	first, last time.Time
	messages    int
}

func newReceipts() *receipts {
	return &receipts{byID: map[string]receipt{}, changed: make(chan struct{})}
}

// add notes a new message. Edits and replies are none.
func (r *receipts) add(post messengertest.Post) {
	if post.ThreadOf != "" || post.Revisions != 1 {
		return
	}
	id := requestOf(post)
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.byID[id]
	if known.messages == 0 {
		known.first = post.Created
	}
	known.messages++
	known.last = post.Created
	r.byID[id] = known
	close(r.changed)
	r.changed = make(chan struct{})
}

// await waits until the request has a number of messages.
func (r *receipts) await(ctx context.Context, id string, messages int) (receipt, error) {
	for {
		r.mu.Lock()
		found, changed := r.byID[id], r.changed
		r.mu.Unlock()
		if found.messages >= messages {
			return found, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return receipt{}, fmt.Errorf("%d of %d messages of a request have come: %w", found.messages, messages, context.Cause(ctx))
		}
	}
}

// delay waits for the message of a request and returns how long it took.
func (r *receipts) delay(ctx context.Context, made request) (time.Duration, error) {
	got, err := r.await(ctx, made.id, 1)
	return got.first.Sub(made.at), err
}

// delays is delay for several requests, in their order.
func (r *receipts) delays(ctx context.Context, made []request) ([]time.Duration, error) {
	all := make([]time.Duration, 0, len(made))
	for _, m := range made {
		d, err := r.delay(ctx, m)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// once fails if any request has more than one message: what is measured then is
// not what is promised.
func (r *receipts) once() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, got := range r.byID {
		if got.messages != 1 {
			return fmt.Errorf("request %s has %d messages", id, got.messages)
		}
	}
	return nil
}

// posts is how many messages there are.
func (r *receipts) posts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	posts := 0
	for _, got := range r.byID {
		posts += got.messages
	}
	return posts
}

// requestOf is the request that a message is about, "" for one about none.
func requestOf(post messengertest.Post) string { return tally.RequestID.FindString(post.Text) }
