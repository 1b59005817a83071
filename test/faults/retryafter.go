package main

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// operatorTransport sees what an operator sends to its messenger.
type operatorTransport struct {
	next   http.RoundTripper
	bucket func(r *http.Request, body string) string

	mu sync.Mutex
	// pauses are when the calls of a bucket have to wait.
	pauses map[string]window
	// refusals counts answers with 429, early the calls that did not wait.
	refusals, early int
}

// window is a time in which nothing may be sent.
type window struct {
	from, until time.Time
}

// RoundTrip implements http.RoundTripper.
func (t *operatorTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	bucket := t.bucket(r, body)
	t.sent(bucket)
	response, err := t.next.RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		t.refused(bucket, response.Header.Get("Retry-After"))
	}
	return response, err
}

func (t *operatorTransport) sent(bucket string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, w := time.Now(), t.pauses[bucket]
	if now.After(w.from) && now.Before(w.until) {
		t.early++
	}
}

// reaction is what passes, on a busy machine, until an operator has read a
// refusal and all its other calls know of it.
const reaction = time.Second

// refused notes until when the bucket has to wait.
func (t *operatorTransport) refused(bucket, retryAfter string) {
	seconds, err := strconv.ParseFloat(retryAfter, 64)
	if err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refusals++
	if t.pauses == nil {
		t.pauses = map[string]window{}
	}
	now, w := time.Now(), t.pauses[bucket]
	if now.After(w.until) {
		w.from = now.Add(reaction)
	}
	// The operator reads the answer after this, so that it cannot be early.
	if until := now.Add(time.Duration(seconds * float64(time.Second))); until.After(w.until) {
		w.until = until
	}
	t.pauses[bucket] = w
}

func (t *operatorTransport) counts() (refusals, early int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refusals, t.early
}
