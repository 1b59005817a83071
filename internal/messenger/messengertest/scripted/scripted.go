// Package scripted is a chat service that answers what a test tells it to. It is
// for what a strict simulator would never say, and for looking at what was sent.
package scripted

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Answer is what the service says to one call.
type Answer struct {
	// Status is the HTTP status. Default 200.
	Status int
	// Header are the headers beside those of net/http.
	Header map[string]string
	// Body is the body.
	Body string
	// Echo makes the body out of the one that was sent, if it is set.
	Echo func(sent string) string
}

// Call is one call that the service got.
type Call struct {
	// Route is the key under which its answer was looked for.
	Route string
	// Query is the query of its URL, as it was sent.
	Query string
	// Header are its headers.
	Header http.Header
	// Body is its body.
	Body string
}

// JSON returns the body of the call, which must be an object.
func (c Call) JSON(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(c.Body), &v); err != nil {
		t.Fatalf("%s was sent %q, which is no JSON: %v", c.Route, c.Body, err)
	}
	return v
}

// Form returns the body of the call, which must be a form.
func (c Call) Form(t *testing.T) url.Values {
	t.Helper()
	form, err := url.ParseQuery(c.Body)
	if err != nil {
		t.Fatalf("%s was sent %q, which is no form: %v", c.Route, c.Body, err)
	}
	return form
}

// Service answers each route with the next of its answers, and with the last one
// from then on. A route without answers gets the status 501.
type Service struct {
	// URL is its address.
	URL string
	// Client calls it.
	Client *http.Client

	route   func(*http.Request) string
	mu      sync.Mutex
	answers map[string][]Answer
	calls   []Call
}

// Start runs a service until the end of the test. The route of a request is the
// key of its answers.
func Start(t *testing.T, route func(*http.Request) string, answers map[string][]Answer) *Service {
	t.Helper()
	s := &Service{route: route, answers: answers}
	server := httptest.NewServer(s)
	s.URL = server.URL
	s.Client = messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true})
	t.Cleanup(func() {
		s.Client.CloseIdleConnections()
		server.Close()
	})
	return s
}

// Below returns routes such as "GET /posts", for paths below a prefix. Paths are
// escaped as they were sent.
func Below(prefix string) func(*http.Request) string {
	return func(r *http.Request) string {
		return r.Method + " " + strings.TrimPrefix(r.URL.EscapedPath(), prefix)
	}
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "bad body", http.StatusBadRequest)
		return
	}
	answer, ok := s.next(Call{Route: s.route(r), Query: r.URL.RawQuery, Header: r.Header, Body: string(body)})
	if !ok {
		http.Error(w, "unexpected call", http.StatusNotImplemented)
		return
	}
	for name, value := range answer.Header {
		w.Header().Set(name, value)
	}
	if answer.Status != 0 {
		w.WriteHeader(answer.Status)
	}
	if answer.Echo != nil {
		answer.Body = answer.Echo(string(body))
	}
	_, _ = io.WriteString(w, answer.Body)
}

func (s *Service) next(c Call) (Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
	queue := s.answers[c.Route]
	if len(queue) == 0 {
		return Answer{}, false
	}
	if len(queue) > 1 {
		s.answers[c.Route] = queue[1:]
	}
	return queue[0], true
}

// Calls returns all calls, in order.
func (s *Service) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Last returns the last call.
func (s *Service) Last() Call {
	calls := s.Calls()
	return calls[len(calls)-1]
}

// Routes returns the routes that were called, in order.
func (s *Service) Routes() []string {
	var routes []string
	for _, c := range s.Calls() {
		routes = append(routes, c.Route)
	}
	return routes
}

// CheckRoutes checks that these routes were called, in order, and no others.
func (s *Service) CheckRoutes(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.Routes()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// CheckError checks that an error is the *messenger.Error that is wanted, or nil,
// and that it tells nothing of a server that says "secret" wherever it can. What the
// error says of what happened is left to tests of sentences.
func CheckError(t *testing.T, err error, want *messenger.Error) {
	t.Helper()
	got, _ := errors.AsType[*messenger.Error](err)
	if err != nil && got == nil {
		t.Fatalf("error %v (%T) is not an *Error", err, err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(messenger.Error{}, "What", "Quoted")); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "127.0.0.1")) {
		t.Errorf("error %q holds a secret", err)
	}
}
