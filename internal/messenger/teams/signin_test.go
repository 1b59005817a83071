package teams

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// lying answers who wants to sign in, and fails the test of whoever goes on without a token.
type lying struct {
	t      *testing.T
	status int
	body   string
	err    error
}

// RoundTrip implements http.RoundTripper.
func (l lying) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/token") {
		l.t.Errorf("a call of %s without a token", r.URL.Path)
	}
	if l.err != nil {
		return nil, l.err
	}
	return &http.Response{StatusCode: l.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(l.body)), Request: r}, nil
}

// slow hangs where bots sign in.
type slow struct {
	next  http.RoundTripper
	hangs bool
}

// RoundTrip implements http.RoundTripper.
func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.hangs && strings.HasSuffix(r.URL.Path, "/token") {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return s.next.RoundTrip(r)
}

// TestASlowSignInKeepsMessagesBack, so that none takes effect later than is reckoned with, and it is
// clear that none was sent.
func TestASlowSignInKeepsMessagesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, server := simulated(t, messengertest.Options{})
		door := &slow{next: server.Transport(), hangs: true}
		bot.bot.Caller.Client = &http.Client{Transport: door}
		to := messenger.Address{ID: server.AddChannel("ops")}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		_, err := bot.Post(ctx, to, small, "")
		wantCode(t, "Post", err, messenger.Transient, "timeout")
		if took := time.Since(began); took != signInWithin || messenger.AsError(err).Unclear {
			t.Errorf("Post took %s and is %+v", took, err)
		}
		door.hangs = false
		if err := bot.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := bot.Post(t.Context(), to, small, ""); err != nil || server.SignIns() != 1 {
			t.Errorf("Post after Check = %v, with %d sign-ins", err, server.SignIns())
		}
	})
}

// TestASignInThatFailsLeavesNoDoubt: the message that it was for was not sent.
func TestASignInThatFailsLeavesNoDoubt(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		service lying
		code    string
	}{
		"trouble":         {lying{status: 502}, "http_502"},
		"a page":          {lying{status: 200, body: "<html>"}, "bad_response"},
		"no content":      {lying{status: 204}, "bad_response"},
		"a redirect":      {lying{status: 302}, "http_302"},
		"no token":        {lying{status: 200, body: `{"token_type":"Bearer"}`}, "bad_response"},
		"a token of two":  {lying{status: 200, body: `{"token_type":"Bearer","access_token":"a\r\nX-Evil: 1"}`}, "bad_response"},
		"a control sign":  {lying{status: 200, body: `{"token_type":"Bearer","access_token":"a\u0000b"}`}, "bad_response"},
		"a letter":        {lying{status: 200, body: `{"token_type":"Bearer","access_token":"é"}`}, "bad_response"},
		"connection lost": {lying{err: io.ErrUnexpectedEOF}, "connection_failed"},
		"caller is gone":  {lying{err: context.Canceled}, "timeout"},
	} {
		tt.service.t = t
		bot, err := New(messenger.Config{
			Secrets: messenger.Secrets{SecretClient: "x"}, Settings: Descriptor().ExampleSettings(), HTTPClient: &http.Client{Transport: tt.service},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		if name == "caller is gone" {
			ctx = ended
		}
		_, err = bot.Post(ctx, messenger.Address{ID: "19:0a1b2c3d@thread.tacv2"}, small, "")
		e := messenger.AsError(err)
		if tt.code == "connection_failed" && e.Code == "connection_lost" {
			e.Code = tt.code
		}
		if e.Class != messenger.Transient || e.Code != tt.code || e.Unclear || errors.Is(err, context.Canceled) != (ctx == ended) {
			t.Errorf("%s: %v, %+v", name, err, e)
		}
	}
}
