package mattermost

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const token = "secret1234567890abcdefghij"

// echo answers with the post as it was sent, which is what Mattermost does.
const echo = "echo"

// api is a server that answers each route with the next of its answers, and
// with the last one from then on. Its health is good unless it says otherwise.
type api struct {
	mu      sync.Mutex
	answers map[string][]answer
	calls   []sentCall
}

type answer struct {
	status int
	header map[string]string
	body   string
}

type sentCall struct {
	route  string
	query  string
	header http.Header
	body   string
}

const ping = "GET /system/ping"

// confirmed are the routes of a refusal that is final, and what comes after it.
func confirmed(route string, after ...string) []string {
	return append([]string{route, ping, route, ping, route}, after...)
}

var (
	healthy   = answer{body: `{"status":"OK","database_status":"OK","filestore_status":"OK"}`}
	unhealthy = answer{status: 500, body: `{"status":"UNHEALTHY","database_status":"UNHEALTHY"}`}
)

func ok(body string) answer { return answer{body: body} }

func refusal(status int, id string) answer {
	return answer{status: status, body: `{"id":"` + id + `","message":"secret message","detailed_error":"secret"}`}
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "bad body", http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	route := r.Method + " " + strings.TrimPrefix(r.URL.EscapedPath(), "/chat/api/v4")
	a.calls = append(a.calls, sentCall{route, r.URL.RawQuery, r.Header, string(body)})
	queue := a.answers[route]
	if len(queue) == 0 {
		http.Error(w, "unexpected call", http.StatusNotImplemented)
		return
	}
	if len(queue) > 1 {
		a.answers[route] = queue[1:]
	}
	for name, value := range queue[0].header {
		w.Header().Set(name, value)
	}
	if queue[0].status != 0 {
		w.WriteHeader(queue[0].status)
	}
	if queue[0].body == echo {
		_, _ = io.WriteString(w, `{"id":"`+postID+`",`+strings.TrimPrefix(string(body), "{"))
		return
	}
	_, _ = io.WriteString(w, queue[0].body)
}

// routes returns what was called, in order.
func (a *api) routes() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var routes []string
	for _, c := range a.calls {
		routes = append(routes, c.route)
	}
	return routes
}

func (a *api) last() sentCall {
	return a.call(len(a.routes()) - 1)
}

func (a *api) call(n int) sentCall {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[n]
}

// newBot returns a bot that talks to a server with the given answers.
func newBot(t *testing.T, answers map[string][]answer) (*Mattermost, *api) {
	t.Helper()
	if answers[ping] == nil {
		answers[ping] = []answer{healthy}
	}
	a := &api{answers: answers}
	server := httptest.NewServer(a)
	client := messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true})
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	m, err := New(Config{URL: server.URL + "/chat/", Token: token, HTTPClient: client, UserAgent: "access-notifier/test"})
	if err != nil {
		t.Fatal(err)
	}
	return m, a
}

// decoded is the JSON that was sent.
func decoded(t *testing.T, body string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%q is no JSON: %v", body, err)
	}
	return v
}

func checkError(t *testing.T, err error, want *messenger.Error) {
	t.Helper()
	got, _ := errors.AsType[*messenger.Error](err)
	if err != nil && got == nil {
		t.Fatalf("error %v (%T) is not an *Error", err, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "127.0.0.1")) {
		t.Errorf("error %q holds a secret", err)
	}
}
