package listen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"time"
)

// Outcome is what became of a call.
type Outcome string

// The outcomes. Handed on is a call that a messenger has answered, in whichever way.
const (
	HandedOn   Outcome = "handed_on"
	NotFound   Outcome = "not_found"
	Malformed  Outcome = "malformed"
	TooLarge   Outcome = "too_large"
	TooOften   Outcome = "too_often"
	Overloaded Outcome = "overloaded"
	Panicked   Outcome = "panicked"
)

// door answers calls.
type door struct {
	Options
	rates *rates
	// busy holds a place for each call that is with a messenger.
	busy chan struct{}
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	d.count(d.answer(w, r))
}

func (d *door) count(o Outcome) {
	if d.Count != nil {
		d.Count(o)
	}
}

func (d *door) answer(w http.ResponseWriter, r *http.Request) Outcome {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return refuse(w, http.StatusMethodNotAllowed, Malformed)
	}
	namespace, name, ok := parse(r.URL)
	if !ok {
		return refuse(w, http.StatusNotFound, NotFound)
	}
	receive, ok := d.Find(namespace, name)
	if !ok {
		return refuse(w, http.StatusNotFound, NotFound)
	}
	if !d.rates.allow(Path(namespace, name), time.Now()) {
		w.Header().Set("Retry-After", "1")
		return refuse(w, http.StatusTooManyRequests, TooOften)
	}
	if !d.read(w, r) {
		return TooLarge
	}
	select {
	case d.busy <- struct{}{}:
		defer func() { <-d.busy }()
	default:
		w.Header().Set("Retry-After", "1")
		return refuse(w, http.StatusServiceUnavailable, Overloaded)
	}
	return d.handOn(receive, w, r)
}

// read reads the body into memory, and answers if it cannot.
func (d *door) read(w http.ResponseWriter, r *http.Request) bool {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return true
	}
	status := http.StatusRequestTimeout
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		status = http.StatusRequestEntityTooLarge
	}
	w.Header().Set("Connection", "close")
	refuse(w, status, TooLarge)
	return false
}

// handOn has the messenger answer.
func (d *door) handOn(receive http.HandlerFunc, w http.ResponseWriter, r *http.Request) (o Outcome) {
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	defer func() {
		thrown := recover()
		if thrown == nil {
			return
		}
		if thrown == http.ErrAbortHandler { //nolint:errorlint // It is thrown as it is.
			panic(thrown)
		}
		// What was thrown may hold a part of the body.
		d.Log.Error(errPanicked, "Receiving a click panicked", "type", fmt.Sprintf("%T", thrown), "stack", string(debug.Stack()))
		o = refuse(w, http.StatusInternalServerError, Panicked)
	}()
	receive(w, r.WithContext(ctx))
	return HandedOn
}

var errPanicked = errors.New("a defect of Access Notifier")

// refuse answers with a status and its name, and nothing else.
func refuse(w http.ResponseWriter, status int, o Outcome) Outcome {
	http.Error(w, http.StatusText(status), status)
	return o
}
