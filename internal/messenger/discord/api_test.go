package discord

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

const (
	token     = "MTIz.secret.token"
	channelID = "200000000000000001"
	messageID = "300000000000000001"
	botID     = "400000000000000001"

	routeMe      = "GET /users/@me"
	routeDirect  = "POST /users/@me/channels"
	routeChannel = "GET /channels/" + channelID
	routeHistory = "GET /channels/" + channelID + "/messages"
	routePost    = "POST /channels/" + channelID + "/messages"
	routeEdit    = "PATCH /channels/" + channelID + "/messages/" + messageID
)

// echo answers with the message as it was sent, which is what Discord does.
const echo = "echo"

// api is a server that answers each route with the next of its answers, and
// with the last one from then on.
type api struct {
	mu      sync.Mutex
	answers map[string][]answer
	calls   []call
}

type answer struct {
	status int
	header map[string]string
	body   string
}

type call struct {
	route  string
	query  string
	header http.Header
	body   map[string]any
}

func ok(body string) answer { return answer{body: body} }

func refuse(status int, body string) answer { return answer{status: status, body: body} }

var (
	posted = ok(echo)
	me     = ok(`{"id":"` + botID + `","bot":true}`)
)

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "bad body", http.StatusBadRequest)
		return
	}
	c := call{route: r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api"), query: r.URL.RawQuery, header: r.Header}
	if len(raw) > 0 && json.Unmarshal(raw, &c.body) != nil {
		http.Error(w, "bad JSON", http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, c)
	queue := a.answers[c.route]
	if len(queue) == 0 {
		http.Error(w, "unexpected call", http.StatusNotImplemented)
		return
	}
	if len(queue) > 1 {
		a.answers[c.route] = queue[1:]
	}
	queue[0].write(w, c)
}

func (a answer) write(w http.ResponseWriter, c call) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	if a.body == echo {
		message := map[string]any{"id": messageID, "content": c.body["content"], "embeds": c.body["embeds"]}
		_ = json.NewEncoder(w).Encode(message)
		return
	}
	_, _ = io.WriteString(w, a.body)
}

// routes returns the routes that were called, in order.
func (a *api) routes() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var routes []string
	for _, c := range a.calls {
		routes = append(routes, c.route)
	}
	return routes
}

func (a *api) last() call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[len(a.calls)-1]
}

// newDiscord returns a bot that talks to a server with the given answers.
func newDiscord(t *testing.T, answers map[string][]answer) (*Discord, *api) {
	t.Helper()
	a := &api{answers: answers}
	server := httptest.NewServer(a)
	client := messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true})
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	d, err := New(Config{Token: token, BaseURL: server.URL + "/api/", HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	return d, a
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
