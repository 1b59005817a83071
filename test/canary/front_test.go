package canary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/accessnotifier/accessnotifier/test/kit/canary"
)

// wire is a request as it came in.
type wire struct {
	// head is its line and its headers.
	head, body string
}

// front stands before a chat service. It keeps what comes in, and answers by itself while it is
// hostile: with what it was told, secrets and all, in every place where that fits.
type front struct {
	*httptest.Server
	name string
	nest *canary.Nest
	next http.Handler

	mu      sync.Mutex
	hostile bool
	answers int
	heard   []wire
}

func newFront(t *testing.T, nest *canary.Nest, name, service string) *front {
	t.Helper()
	target, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{name: name, nest: nest}
	f.next = &httputil.ReverseProxy{
		// The service has to see how it is called, which its signatures and addresses are about.
		Rewrite:        func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host },
		ModifyResponse: f.learn,
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	f.URL += target.Path
	return f
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	head, err := httputil.DumpRequest(r, false)
	if err != nil {
		panic("a request cannot be kept: " + err.Error())
	}
	f.mu.Lock()
	f.heard = append(f.heard, wire{string(head), string(body)})
	turn, hostile := f.answers, f.hostile
	if hostile {
		f.answers++
	}
	f.mu.Unlock()
	if hostile {
		echo(w, r, string(body), turn)
		return
	}
	f.next.ServeHTTP(w, r)
}

// setHostile makes the front answer by itself, or not any more.
func (f *front) setHostile(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hostile = on
}

// echoed is how often the front has answered by itself.
func (f *front) echoed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answers
}

// wires are all requests so far.
func (f *front) wires() []wire {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]wire(nil), f.heard...)
}

// accessToken is how services write those that they give away for a secret.
var accessToken = regexp.MustCompile(`"access_token": ?"([^"]+)"`)

// learn makes canaries of the secrets that the service itself gives away.
func (f *front) learn(r *http.Response) error {
	if r.StatusCode != http.StatusOK || !strings.HasSuffix(r.Request.URL.Path, "/token") {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	for _, found := range accessToken.FindAllSubmatch(body, -1) {
		if err := f.nest.Add(canary.Secret, f.name+"/access token", string(found[1])); err != nil {
			return err
		}
	}
	return nil
}

// statuses are those that a hostile service answers with, in turn.
var statuses = []int{200, 401, 400, 500, 403, 307, 404, 429, 409, 503, 413, 302, 418}

// echo answers with what was asked: in the status line, the headers, and each member of a body
// that a service could have its error in.
func echo(w http.ResponseWriter, r *http.Request, body string, turn int) {
	conn, out, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	said := r.Header.Get("Authorization") + " " + r.URL.RequestURI() + " " + body
	line := strings.Join(strings.Fields(said), " ")
	line = line[:min(len(line), 1500)]
	members := map[string]any{"ok": false, "errors": []string{said}, "success": false}
	for _, name := range []string{
		"error", "error_description", "message", "code", "id", "detailed_error", "status", "needed", "provided", "trace_id", "retry_after",
	} {
		members[name] = said
	}
	answer, err := json.Marshal(members)
	if err != nil {
		return
	}
	_, _ = fmt.Fprintf(out, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n", statuses[turn%len(statuses)], line, len(answer))
	_, _ = fmt.Fprintf(out, "Location: http://%s/%s\r\n", r.Host, url.PathEscape(line))
	for _, name := range []string{"Retry-After", "X-Oauth-Scopes", "X-Ratelimit-Bucket", "X-Ratelimit-Scope", "Www-Authenticate", "X-Request-Id"} {
		_, _ = fmt.Fprintf(out, "%s: %s\r\n", name, line)
	}
	_, _ = out.WriteString("\r\n" + string(answer))
	_ = out.Flush()
}
