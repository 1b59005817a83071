package teamsworkflow

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// answeredBy returns what becomes of a post that a handler answers.
func answeredBy(t *testing.T, answer http.HandlerFunc) (messenger.Ref, error) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	client := messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true, Timeout: time.Second})
	t.Cleanup(client.CloseIdleConnections)
	w, err := New(messenger.Config{Secrets: messenger.Secrets{SecretWorkflows: second}, URL: server.URL, HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := w.Post(t.Context(), messenger.Address{ID: "ops"}, message.Message{Title: "Role request", State: accessrequest.Pending}, "key")
	if err != nil {
		for _, secret := range []string{"canary", "sig=", server.URL, "workflows/2", "<html"} {
			if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, secret) {
				t.Errorf("the error holds %q: %s", secret, text)
			}
		}
	}
	return ref, err
}

func with(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// TestAnswersThatNoWorkflowGives have a class, and give nothing away.
func TestAnswersThatNoWorkflowGives(t *testing.T) {
	const typed = `{"error":{"code":7,"message":"canary"}}`
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		class  messenger.Class
		code   string
		// unclear is true where the card may be there.
		unclear bool
	}{
		"a redirect":                  {with(302, "canary", "Location", "/canary"), messenger.Transient, "http_302", false},
		"a redirect that keeps POST":  {with(307, "", "Location", "http://127.0.0.1:1/canary"), messenger.Transient, "http_307", false},
		"a page":                      {with(200, "<html>canary"), messenger.Transient, "bad_response", true},
		"a run of another kind":       {with(200, "", headerRun, "../canary"), messenger.Transient, "bad_response", true},
		"nothing":                     {with(204, ""), messenger.Transient, "bad_response", true},
		"a code that is a number":     {with(400, typed), messenger.ContentRejected, "400", false},
		"a code that is a sentence":   {with(400, `{"error":{"code":"canary is not\r\nallowed"}}`), messenger.ContentRejected, "400", false},
		"an error that is a list":     {with(401, `{"error":["canary"]}`), messenger.RecipientPermanent, "401", false},
		"a page for no workflow":      {with(404, "<html>canary"), messenger.Transient, "http_404", false},
		"a refusal without end":       {with(403, strings.Repeat("canary", 1<<20)), messenger.RecipientPermanent, "403", false},
		"a code of next year":         {with(409, `{"error":{"code":"OfNextYear"}}`), messenger.Transient, "OfNextYear", false},
		"too many, at once":           {with(429, "", "Retry-After", "0"), messenger.Throttled, "429", false},
		"too many, for a century":     {with(429, "", "Retry-After", "3000000000"), messenger.Throttled, "429", false},
		"too many, until who knows":   {with(429, "", "Retry-After", "canary"), messenger.Throttled, "429", false},
		"trouble":                     {with(500, "canary"), messenger.Transient, "http_500", true},
		"another protocol":            {with(101, ""), messenger.Transient, "http_101", false},
		"an answer that breaks off":   {hangUp, messenger.Transient, "connection_lost", true},
		"an answer that is no answer": {noHTTP, messenger.Transient, "connection_lost", true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := answeredBy(t, tt.answer)
			e := messenger.AsError(err)
			if err == nil || e.Class != tt.class || e.Code != tt.code || e.Unclear != tt.unclear {
				t.Errorf("Post = %+v, want %s of class %s, unclear %t", e, tt.code, tt.class, tt.unclear)
			}
			if e.Class == messenger.Throttled && (e.RetryAfter < minRetryAfter || e.RetryAfter > 24*time.Hour) {
				t.Errorf("it waits for %s", e.RetryAfter)
			}
		})
	}
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func noHTTP(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_, _ = conn.Write([]byte("canary\r\n\r\n"))
		_ = conn.Close()
	}
}

// TestAnAcceptedCardIsAccepted whatever comes behind the status: a body without end, or one that
// comes by drips, is not waited for longer than a call may take.
func TestAnAcceptedCardIsAccepted(t *testing.T) {
	drip := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(headerRun, "08584RUN")
		w.WriteHeader(http.StatusAccepted)
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("."))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		id     string
	}{
		"an empty body":               {with(202, "", headerRun, "08584RUN"), "08584RUN"},
		"no id":                       {with(202, ""), "key"},
		"an id that is none":          {with(202, "", headerRun, "a/b c"), "key"},
		"an id without end":           {with(202, "", headerRun, strings.Repeat("a", 1000)), "key"},
		"a large body":                {with(202, strings.Repeat("x", 4<<20)), "key"},
		"drips":                       {drip, "08584RUN"},
		"an answer of the workflow's": {with(200, "ok", headerRun, "08584RUN"), "08584RUN"},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			ref, err := answeredBy(t, tt.answer)
			if want := (messenger.Ref{Channel: "ops", ID: tt.id}); err != nil || ref != want {
				t.Errorf("Post = %v, %v, want %v", ref, err, want)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestNoRedirectIsFollowed, which would take the card, or the signature, elsewhere.
func TestNoRedirectIsFollowed(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		_, err := answeredBy(t, with(status, "", "Location", other.URL))
		if e := messenger.AsError(err); e.Class != messenger.Transient || e.Unclear {
			t.Errorf("a redirect with %d is %+v", status, e)
		}
	}
	if n := elsewhere.Load(); n > 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

// TestWhatIsSent is one request, with nothing of a recipient or a key but what a header may hold.
func TestWhatIsSent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	heads := make(chan *http.Request, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err == nil {
			heads <- r
			_, _ = conn.Write([]byte("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"))
		}
	}()
	client := messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true})
	defer client.CloseIdleConnections()
	w, err := New(messenger.Config{
		Secrets: messenger.Secrets{SecretWorkflows: "ops " + first}, URL: "http://" + listener.Addr().String(), HTTPClient: client, Version: "1.2",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Post(t.Context(), messenger.Address{ID: "ops"}, message.Message{Title: "a\r\nb"}, "key"); err != nil {
		t.Fatal(err)
	}
	r := <-heads
	if r.Method != http.MethodPost || r.Header.Get(headerTracking) != "ops.key" || r.Header.Get("User-Agent") != "access-notifier/1.2" ||
		r.Header.Get("Content-Type") != "application/json; charset=utf-8" || r.URL.RawQuery != "api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=a-_b" {
		t.Errorf("sent is %s %s with %v", r.Method, r.URL, r.Header)
	}
	// An address that did not come from Resolve leads nowhere.
	if _, err := w.Post(t.Context(), messenger.Address{ID: "x\r\nHost: evil"}, message.Message{}, "key"); messenger.AsError(err).Code != "no_workflow" {
		t.Errorf("Post to an address that is none = %v", err)
	}
}
