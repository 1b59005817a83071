package slack

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const token = "xoxb-1234-secret"

// api is a server that answers each method with the next of its answers, and
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
	method string
	header http.Header
	form   url.Values
}

func ok(fields string) answer {
	if fields != "" {
		fields = "," + fields
	}
	return answer{body: `{"ok":true` + fields + `}`}
}

func refusal(code string) answer {
	return answer{body: `{"ok":false,"error":"` + code + `"}`}
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	a.calls = append(a.calls, call{method, r.Header, r.PostForm})
	queue := a.answers[method]
	if len(queue) == 0 {
		http.Error(w, "unexpected call", http.StatusNotImplemented)
		return
	}
	if len(queue) > 1 {
		a.answers[method] = queue[1:]
	}
	for name, value := range queue[0].header {
		w.Header().Set(name, value)
	}
	if queue[0].status != 0 {
		w.WriteHeader(queue[0].status)
	}
	_, _ = w.Write([]byte(queue[0].body))
}

// methods returns the methods that were called, in order.
func (a *api) methods() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var methods []string
	for _, c := range a.calls {
		methods = append(methods, c.method)
	}
	return methods
}

// last returns the form of the last call.
func (a *api) last() call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[len(a.calls)-1]
}

// newSlack returns a bot that talks to a server with the given answers.
func newSlack(t *testing.T, answers map[string][]answer) (*Slack, *api) {
	t.Helper()
	a := &api{answers: answers}
	server := httptest.NewServer(a)
	client := messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true})
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	s, err := New(Config{Token: token, BaseURL: server.URL + "/api", HTTPClient: client, UserAgent: "access-notifier/test"})
	if err != nil {
		t.Fatal(err)
	}
	return s, a
}

// payload is what was sent, with the JSON within the form unfolded.
func payload(t *testing.T, form url.Values) map[string]any {
	t.Helper()
	sent := make(map[string]any)
	for name := range form {
		sent[name] = form.Get(name)
	}
	delete(sent, "token")
	for _, name := range []string{"blocks", "metadata"} {
		if !form.Has(name) {
			continue
		}
		var value any
		if err := json.Unmarshal([]byte(form.Get(name)), &value); err != nil {
			t.Fatalf("%s is no JSON: %v", name, err)
		}
		sent[name] = value
	}
	return sent
}
