package messengertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"
	"time"
)

// callWithin is how long a service waits for an answer to what it tells us.
const callWithin = 3 * time.Second

// errReasonRefused is what a person sees whose reason the form does not take.
var errReasonRefused = errors.New("the form takes no such reason")

// calling is how a service calls an address of ours: over the network, unless it was told a
// handler. It is safe for concurrent use.
type calling struct {
	mu      sync.Mutex
	handler http.Handler
}

// CallTo implements CallingClicker.
func (c *calling) CallTo(handler http.Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handler = handler
}

// handled returns the handler, nil if there is none.
func (c *calling) handled() http.Handler {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.handler
}

// called is what was answered.
type called struct {
	status int
	header http.Header
	body   []byte
}

// decode reads an answer of JSON.
func (a called) decode(v any) error {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return fmt.Errorf("the answer is not JSON, but %q", kind)
	}
	return json.Unmarshal(a.body, v)
}

// post makes a call and takes the answer as soon as it is there, once. It returns ErrNotTaken if
// there is none in time, or if it is none that can be taken.
func (c *calling) post(url string, header http.Header, body []byte, take func(called) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotTaken, err)
	}
	request.Header = header.Clone()
	request.Header.Set("Content-Type", "application/json")
	if handler := c.handled(); handler != nil {
		err = inMemory(handler, request, take)
	} else {
		err = overNetwork(request, take)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotTaken, err)
	}
	return nil
}

// inMemory does not wait for a handler that takes too long. One that panics has answered nothing.
func inMemory(handler http.Handler, request *http.Request, take func(called) error) error {
	w := &memory{answer: called{header: http.Header{}}, take: take, gone: request.Context().Done()}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if thrown := recover(); thrown != nil {
				done <- fmt.Errorf("the handler panicked: %v", thrown)
			}
		}()
		request.RequestURI = request.URL.RequestURI()
		handler.ServeHTTP(w, request)
		w.WriteHeader(http.StatusOK)
		w.Flush()
		done <- w.err
	}()
	select {
	case err := <-done:
		return err
	case <-request.Context().Done():
		return request.Context().Err()
	}
}

// memory is a response that is kept.
type memory struct {
	answer called
	// take is called with the answer when it is flushed for the first time, unless its receiver
	// is gone, and has returned err.
	take  func(called) error
	gone  <-chan struct{}
	taken bool
	err   error
}

// Header implements http.ResponseWriter.
func (m *memory) Header() http.Header { return m.answer.header }

// WriteHeader implements http.ResponseWriter.
func (m *memory) WriteHeader(status int) {
	if m.answer.status == 0 {
		m.answer.status = status
	}
}

// Write implements http.ResponseWriter.
func (m *memory) Write(part []byte) (int, error) {
	m.WriteHeader(http.StatusOK)
	m.answer.body = append(m.answer.body, part...)
	return len(part), nil
}

// Flush implements http.Flusher. Handlers here write all of their answer first.
func (m *memory) Flush() {
	select {
	case <-m.gone:
		return
	default:
	}
	if !m.taken {
		m.taken, m.err = true, m.take(m.answer)
	}
}

// overNetwork calls as a service does: it keeps no connection, and follows no redirect.
func overNetwork(request *http.Request, take func(called) error) error {
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return err
	}
	return take(called{response.StatusCode, response.Header, body})
}
