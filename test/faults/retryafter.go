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
	// until is how long the calls of a bucket have to wait.
	until map[string]time.Time
	// refusals counts answers with 429, early the calls that did not wait.
	refusals, early int
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
	if time.Now().Before(t.until[bucket]) {
		t.early++
	}
}

// refused notes until when the bucket has to wait. A little is allowed for the
// time that passes between here and where the operator looks at its clock.
func (t *operatorTransport) refused(bucket, retryAfter string) {
	const slack = 20 * time.Millisecond
	seconds, err := strconv.ParseFloat(retryAfter, 64)
	if err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refusals++
	if t.until == nil {
		t.until = map[string]time.Time{}
	}
	if until := time.Now().Add(time.Duration(seconds*float64(time.Second)) - slack); until.After(t.until[bucket]) {
		t.until[bucket] = until
	}
}

func (t *operatorTransport) counts() (refusals, early int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refusals, t.early
}
