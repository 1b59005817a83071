package webhook

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// caller is an endpoint that answers as it is told, and remembers what it got.
type caller struct {
	answers []int
	headers []http.Header
	bodies  []string
	urls    []string
	body    io.ReadCloser
}

// RoundTrip implements http.RoundTripper.
func (c *caller) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c.headers, c.bodies = append(c.headers, r.Header), append(c.bodies, string(sent))
	c.urls = append(c.urls, r.URL.String())
	status := http.StatusAccepted
	if len(c.answers) > 0 {
		status, c.answers = c.answers[0], c.answers[1:]
	}
	body := c.body
	if body == nil {
		body = http.NoBody
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: body, Request: r}, nil
}

func newEndpoint(t *testing.T, c http.RoundTripper, secrets messenger.Secrets) *Webhook {
	t.Helper()
	w, err := New(messenger.Config{Secrets: secrets, URL: "https://siem.example.com/hook", HTTPClient: &http.Client{Transport: c}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *Webhook) mustPost(t *testing.T, sample, key string) messenger.Ref {
	t.Helper()
	ref, err := w.Post(t.Context(), messenger.Address{ID: recipient}, samples()[sample], key)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

var fresh, old = messengertest.SigningSecrets("fresh"), messengertest.SigningSecrets("old")

// TestBothSecretsSign while they change, as the library of Standard Webhooks verifies it, and
// no other does.
func TestBothSecretsSign(t *testing.T) {
	c := &caller{}
	w := newEndpoint(t, c, messenger.Secrets{SecretSigning: fresh + "\n", SecretPrevious: old})
	w.mustPost(t, "pending", "key")
	for secret, want := range map[string]bool{fresh: true, old: true, messengertest.SigningSecrets("other"): false} {
		verifier, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify([]byte(c.bodies[0]), c.headers[0]); (err == nil) != want {
			t.Errorf("verifying = %v, want %t", err, want)
		}
		if err := verifier.Verify([]byte(c.bodies[0]+" "), c.headers[0]); err == nil {
			t.Error("another body is taken for what was signed")
		}
	}
}

// TestARepeatedEventIsTheSame, under a signature of its own time, and one that says something
// else is another.
func TestARepeatedEventIsTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &caller{}
		w := newEndpoint(t, c, messenger.Secrets{SecretSigning: fresh})
		first := w.mustPost(t, "pending", "key")
		time.Sleep(time.Hour)
		if again := w.mustPost(t, "pending", "key"); again != first || c.bodies[1] != c.bodies[0] {
			t.Errorf("the event came as %v and as %v:\n%s", first, again, strings.Join(c.bodies, "\n"))
		}
		if c.headers[0].Get(headerTimestamp) == c.headers[1].Get(headerTimestamp) {
			t.Error("the second signature is as old as the first")
		}
		for sample, key := range map[string]string{"approved": "key", "pending": "other"} {
			if other := w.mustPost(t, sample, key); other == first {
				t.Errorf("%s under %s has the id of the first", sample, key)
			}
		}
	})
}

// TestAPingIsSent only where no event has been let in for an hour.
func TestAPingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &caller{}
		w := newEndpoint(t, c, messenger.Secrets{SecretSigning: fresh})
		want := func(calls int, failing bool) {
			t.Helper()
			if err := w.Check(t.Context()); (err != nil) != failing || len(c.bodies) != calls {
				t.Errorf("Check = %v after %d calls, want %d", err, len(c.bodies), calls)
			}
		}
		want(1, false)
		time.Sleep(59 * time.Minute)
		want(1, false)
		w.mustPost(t, "pending", "key")
		time.Sleep(59 * time.Minute)
		want(2, false)
		time.Sleep(time.Minute)
		want(3, false)
		c.answers = []int{http.StatusBadGateway, http.StatusUnauthorized, http.StatusNoContent}
		if _, err := w.Post(t.Context(), messenger.Address{ID: recipient}, samples()["pending"], "key"); err == nil {
			t.Error("Post takes 502 for a success")
		}
		want(5, true)
		want(6, false)
		want(6, false)
	})
}

// TestARefusedPingIsNotAboutAnEvent: it has nothing in it that a receiver could refuse.
func TestARefusedPingIsNotAboutAnEvent(t *testing.T) {
	for _, status := range []int{400, 401, 403, 410, 413, 415, 422} {
		c := &caller{answers: []int{status, status, status, http.StatusNoContent}}
		w := newEndpoint(t, c, messenger.Secrets{SecretSigning: fresh})
		for range 3 {
			if e := messenger.AsError(w.Check(t.Context())); e.Class != messenger.MessengerPermanent || e.Unknown || e.What == whatEvent {
				t.Errorf("a ping that is answered by %d fails with %+v", status, e)
			}
		}
		if err := w.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestNoEventIsGivenUp where the receiver refuses all of them, as many do whose secret is another.
func TestNoEventIsGivenUp(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []int
		want    messenger.Class
		calls   int
	}{
		"a ping is let in":      {[]int{204, 400, 422, 204}, messenger.ContentRejected, 4},
		"a ping is refused":     {[]int{204, 400, 422, 400}, messenger.MessengerPermanent, 4},
		"a ping gets no answer": {[]int{204, 400, 422, 502}, messenger.Transient, 4},
		"the endpoint is gone":  {[]int{204, 400, 410}, messenger.RecipientPermanent, 3},
	} {
		c := &caller{answers: tt.answers}
		w := newEndpoint(t, c, messenger.Secrets{SecretSigning: fresh})
		if err := w.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		for _, sample := range []string{"denied", "plain"} {
			_, err = w.Post(t.Context(), messenger.Address{ID: recipient}, samples()[sample], "key")
		}
		if got := messenger.AsError(err).Class; err == nil || got != tt.want || len(c.bodies) != tt.calls {
			t.Errorf("%s: %v after %d calls, want class %s after %d", name, err, len(c.bodies), tt.want, tt.calls)
		}
	}
}

// endless is a body that goes on for as long as it is read.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) { e.read += len(p); return len(p), nil }
func (*endless) Close() error                 { return nil }

// TestBodiesAreNotRead beyond what lets a connection be used again.
func TestBodiesAreNotRead(t *testing.T) {
	body := &endless{}
	w := newEndpoint(t, &caller{body: body}, messenger.Secrets{SecretSigning: fresh})
	w.mustPost(t, "pending", "key")
	if body.read > 64<<10 {
		t.Errorf("%d bytes were read of an answer", body.read)
	}
}

// TestAuthorizationIsSent where a receiver wants one, and to no other.
func TestAuthorizationIsSent(t *testing.T) {
	for _, value := range []string{"", "Splunk 0193f1a2-7c1d"} {
		c := &caller{}
		newEndpoint(t, c, messenger.Secrets{SecretSigning: fresh, SecretAuthorization: value + "\n"}).mustPost(t, "pending", "key")
		if got := c.headers[0]["Authorization"]; strings.Join(got, ",") != value {
			t.Errorf("Authorization is %q, want %q", got, value)
		}
	}
}

// TestTheAddressIsCalledAsItIsWritten: a slash at its end may be what the receiver goes by.
func TestTheAddressIsCalledAsItIsWritten(t *testing.T) {
	for _, address := range []string{"https://siem.example.com/hook/", "https://siem.example.com/hook", "https://siem.example.com/", "https://siem.example.com"} {
		c := &caller{}
		w, err := New(messenger.Config{
			Secrets: messenger.Secrets{SecretSigning: fresh}, URL: " " + address + "\n", HTTPClient: &http.Client{Transport: c},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.mustPost(t, "pending", "key")
		if c.urls[0] != address {
			t.Errorf("%s was called as %s", address, c.urls[0])
		}
	}
	for _, address := range []string{"https://", "https:///", "https://:443/"} {
		if _, err := New(messenger.Config{Secrets: messenger.Secrets{SecretSigning: fresh}, URL: address}); err == nil {
			t.Errorf("%s is taken for an address", address)
		}
	}
}

// TestSecretsThatCannotSignAreRefused without being repeated.
func TestSecretsThatCannotSignAreRefused(t *testing.T) {
	bytes := func(n int) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", n))) }
	for name, spoil := range map[string]func(messenger.Secrets){
		"no prefix":          func(s messenger.Secrets) { s[SecretSigning] = bytes(32) },
		"no base64":          func(s messenger.Secrets) { s[SecretSigning] = "whsec_!" + bytes(32) },
		"too short":          func(s messenger.Secrets) { s[SecretSigning] = "whsec_" + bytes(23) },
		"too long":           func(s messenger.Secrets) { s[SecretSigning] = "whsec_" + bytes(65) },
		"public key":         func(s messenger.Secrets) { s[SecretSigning] = "whpk_" + bytes(32) },
		"the previous":       func(s messenger.Secrets) { s[SecretPrevious] = bytes(32) },
		"two as one":         func(s messenger.Secrets) { s[SecretPrevious] = fresh + " " + old },
		"two lines":          func(s messenger.Secrets) { s[SecretAuthorization] = "Bearer ssss\r\nX: ssss" },
		"not an ASCII value": func(s messenger.Secrets) { s[SecretAuthorization] = "Bearer ssssé" },
	} {
		secrets := messenger.Secrets{SecretSigning: fresh}
		spoil(secrets)
		_, err := New(messenger.Config{Secrets: secrets, URL: "https://siem.example.com"})
		if err == nil || strings.Contains(err.Error(), "ssss") || strings.Contains(err.Error(), bytes(23)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
