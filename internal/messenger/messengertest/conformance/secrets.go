package conformance

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// way is a way in which a call can fail, with the canary wherever it fits.
type way struct {
	status int
	body   string
	err    error
	// garbled is true for a success that no caller can read: it may have been one.
	garbled bool
}

// tooMuch is the way of an answer that is larger than is read, and noObject that of an object
// without members.
const (
	tooMuch  = "too much"
	noObject = "no object"
)

func ways() map[string]way {
	const page = "<html>" + canary + "</html>"
	const refusal = `{"ok":false,"error":"` + canary + ` <!here>","code":"` + canary + `","id":"` + canary + `","message":"` + canary + `"}`
	all := map[string]way{
		"page":            {status: 200, body: page, garbled: true},
		"nothing":         {status: 200, garbled: true},
		"half of a JSON":  {status: 200, body: `{"` + canary, garbled: true},
		"a text":          {status: 200, body: `"` + canary + `"`, garbled: true},
		"a number":        {status: 200, body: `7`, garbled: true},
		noObject:          {status: 200, body: `{}`},
		"null":            {status: 200, body: `null`},
		"no content":      {status: 204},
		tooMuch:           {status: 200, body: strings.Repeat(canary, 1<<18), garbled: true},
		"transport error": {err: errors.New("https://user:" + canary + "@" + host)},
		"URL error":       {err: &url.Error{Op: "Post", URL: "http://" + host + "/" + token, Err: errors.New(canary)}},
		"dial error":      {err: &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Name: host, Err: canary, IsNotFound: true}}},
		"broken body":     {status: 200, body: "{", err: errors.New(canary)},
	}
	for _, status := range []string{"301", "302", "307", "400", "401", "403", "404", "405", "409", "413", "418", "429", "500", "502", "599"} {
		n := int(status[0]-'0')*100 + int(status[1]-'0')*10 + int(status[2]-'0')
		all[status+" with a page"] = way{status: n, body: page}
		all[status+" with JSON"] = way{status: n, body: refusal}
		all[status+" with nothing"] = way{status: n}
	}
	return all
}

// RoundTrip implements http.RoundTripper.
func (w way) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.err != nil && w.status == 0 {
		return nil, w.err
	}
	body := io.Reader(strings.NewReader(w.body))
	if w.err != nil {
		body = io.MultiReader(body, broken{w.err})
	}
	return &http.Response{
		StatusCode: w.status, Status: canary, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Location": {"https://" + host + "/" + token}, "Retry-After": {canary}, "X-Oauth-Scopes": {canary},
			"X-Ratelimit-Bucket": {canary}, "X-Ratelimit-Scope": {canary},
		},
		Body: io.NopCloser(body), ContentLength: -1, Request: r,
	}, nil
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// counting counts the requests that it passes on.
type counting struct {
	next http.RoundTripper
	n    *atomic.Int64
	// door is the path of requests that go elsewhere, and are not counted.
	door      string
	elsewhere http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.door != "" && r.URL.Path == c.door {
		return c.elsewhere.RoundTrip(r)
	}
	c.n.Add(1)
	return c.next.RoundTrip(r)
}

// checkSecrets makes every call fail in every way. Each failure has a class,
// and none tells a secret.
func checkSecrets(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	user := b.sim.AddUser(email)
	ref := b.post(t, sample(accessrequest.Pending), key)
	for how, w := range ways() {
		var sent atomic.Int64
		b.client = &http.Client{
			Transport:     counting{next: w, n: &sent, door: subject.Door, elsewhere: b.sim.Transport()},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		for name, call := range b.every(ref, user) {
			// A bot of its own has neither pauses nor memories.
			b.bot = b.another(t, nil)
			before := sent.Load()
			err := call(t.Context())
			if sent.Load() == before || noAnswer(err) {
				continue
			}
			if err == nil && (subject.AnyBody && w.status/100 == 2 || subject.EmptyList && how == noObject && name == "Check") {
				continue
			}
			if err == nil {
				// A list of channels that is too large to read leaves a name what it is.
				if how != tooMuch || !strings.HasPrefix(name, "Resolve ") {
					t.Errorf("%s takes %s for a success", name, how)
				}
				continue
			}
			e := failure(t, name+" with "+how, err)
			// A reply may begin with reading the message, which has no effect.
			writes := name == "Post" || name == "Reply" && how != tooMuch
			if w.garbled && writes && (e.Class != messenger.Transient || !e.Unclear) {
				t.Errorf("%s with %s = %+v, want it to be transient and unclear", name, how, e)
			}
		}
	}
}
