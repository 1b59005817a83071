package googlechat

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func TestAssertions(t *testing.T) {
	account, err := parseAccount(messengertest.ServiceAccountKey("word"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	assertion, err := account.assertion(now)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(assertion, ".")
	var header, claims map[string]any
	for i, into := range []any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	if header["alg"] != "RS256" || header["kid"] != account.keyID {
		t.Errorf("the header is %v", header)
	}
	if claims["iss"] != account.email || claims["aud"] != endpoints[0] || claims["scope"] != scope ||
		claims["iat"] != 1.8e9 || claims["exp"] != 1.8e9+3600 || claims["sub"] != nil {
		t.Errorf("the claims are %v", claims)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&account.key.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
		t.Errorf("the signature: %v", err)
	}
}

// TestTokensLeadToGoogle unless the operator has calls led elsewhere, with tokens as well.
func TestTokensLeadToGoogle(t *testing.T) {
	for url, want := range map[string]string{
		"":                                endpoints[0],
		"https://chat.googleapis.com/":    endpoints[0],
		"https://gateway.example/google/": "https://gateway.example/google/token",
	} {
		g, err := New(messenger.Config{URL: url, Secrets: messenger.Secrets{SecretServiceAccount: standIn()}})
		if err != nil || g.tokens.url != want {
			t.Errorf("with the address %q tokens are asked for at %q, %v; want %q", url, g.tokens.url, err, want)
		}
	}
}

// TestTokensAreKeptAndRenewed before they end.
func TestTokensAreKeptAndRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := messengertest.NewGoogleChat(messengertest.Options{})
		asked := 0
		client := &http.Client{Transport: counter{sim.Transport(), &asked}}
		g := simulated(t, client)
		for hour := range 3 {
			for range 5 {
				if err := g.Check(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if asked != hour+1 {
				t.Errorf("after %d hours %d tokens were asked for, want %d", hour, asked, hour+1)
			}
			time.Sleep(54 * time.Minute)
			if err := g.Check(t.Context()); err != nil || asked != hour+1 {
				t.Errorf("after 54 minutes: %v, with %d tokens", err, asked)
			}
			time.Sleep(6 * time.Minute)
		}
	})
}

// counter counts requests for access tokens.
type counter struct {
	next  http.RoundTripper
	asked *int
}

// RoundTrip implements http.RoundTripper.
func (c counter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/token" {
		*c.asked++
	}
	return c.next.RoundTrip(r)
}

func simulated(t *testing.T, client *http.Client) *GoogleChat {
	t.Helper()
	g, err := New(messenger.Config{
		URL: "http://chat.simulated", HTTPClient: client,
		Secrets: messenger.Secrets{SecretServiceAccount: messengertest.ServiceAccountKey(messengertest.DefaultToken)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestARefusedTokenIsRenewedOnce, and what was to be done is done.
func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	unauthorized := refusalOf(401, "UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED")
	g, a := newBot(t, map[string][]answer{
		routeSpaces: {{Body: `{}`}, unauthorized, {Body: `{}`}, unauthorized},
		routeToken:  {granted, {Body: `{"access_token":"ya29.b","expires_in":3599}`}, {Body: `{"access_token":"ya29.c","expires_in":3599}`}},
	})
	for range 2 {
		if err := g.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	a.CheckRoutes(t, routeToken, routeSpaces, routeSpaces, routeToken, routeSpaces)
	if got := a.Last().Header.Get("Authorization"); got != "Bearer ya29.b" {
		t.Errorf("the header is %q", got)
	}
	e := messenger.AsError(g.Check(t.Context()))
	if e.Class != messenger.MessengerPermanent || e.Code != "ACCESS_TOKEN_EXPIRED" || !e.Quoted {
		t.Errorf("a token that is refused twice: %+v", e)
	}
}

// TestOneTokenIsAskedForAtATime, however many calls wait for it.
func TestOneTokenIsAskedForAtATime(t *testing.T) {
	g, a := newBot(t, map[string][]answer{routeSpaces: {{Body: `{}`}}})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := g.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n := 0
	for _, c := range a.Calls() {
		if c.Route == routeToken {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d tokens were asked for", n)
	}
}

// TestTroubleWithTokensIsToldAsSuch, and nothing is unclear: the call was not made.
func TestTroubleWithTokensIsToldAsSuch(t *testing.T) {
	for name, tt := range map[string]struct {
		answer answer
		class  messenger.Class
		code   string
	}{
		"revoked":             {answer{Status: 400, Body: `{"error":"invalid_grant","error_description":"secret"}`}, messenger.MessengerPermanent, "invalid_grant"},
		"disabled":            {answer{Status: 401, Body: `{"error":"disabled_client"}`}, messenger.MessengerPermanent, "disabled_client"},
		"a code of next year": {answer{Status: 400, Body: `{"error":"of_next_year"}`}, messenger.Transient, "of_next_year"},
		"internal_failure":    {answer{Status: 500, Body: `{"error":"internal_failure"}`}, messenger.Transient, "http_500"},
		"a page":              {answer{Status: 403, Body: `<html>secret</html>`}, messenger.Transient, "http_403"},
		"a page with 200":     {answer{Body: `<html>secret</html>`}, messenger.Transient, "bad_response"},
		"no token":            {answer{Body: `{"expires_in":3599}`}, messenger.Transient, "bad_response"},
		"a token of two":      {answer{Body: `{"access_token":"secret\r\nX-Evil: 1"}`}, messenger.Transient, "bad_response"},
		"too many":            {answer{Status: 429, Header: map[string]string{"Retry-After": "7"}}, messenger.Throttled, "http_429"},
		"unavailable":         {answer{Status: 503, Header: map[string]string{"Retry-After": "7"}}, messenger.Throttled, "http_503"},
	} {
		g, a := newBot(t, map[string][]answer{routeToken: {tt.answer}, routePost: {posted}})
		_, err := g.Post(t.Context(), address, message.Message{}, "key")
		e := messenger.AsError(err)
		if e.Class != tt.class || e.Code != tt.code || e.Call != callGrant || e.Unclear || strings.Contains(e.Error(), "secret") {
			t.Errorf("%s: %+v", name, e)
		}
		if e.Class == messenger.Throttled && e.RetryAfter != 7*time.Second {
			t.Errorf("%s: wait %s", name, e.RetryAfter)
		}
		a.CheckRoutes(t, routeToken)
	}
}

// TestAShortTokenIsRenewedInTime: one that lasts for a minute is not renewed with each call.
func TestAShortTokenIsRenewedInTime(t *testing.T) {
	g, a := newBot(t, map[string][]answer{
		routeSpaces: {{Body: `{}`}}, routeToken: {{Body: `{"access_token":"ya29.a","expires_in":60}`}},
	})
	for range 3 {
		if err := g.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	a.CheckRoutes(t, routeToken, routeSpaces, routeSpaces, routeSpaces)
}

// TestATokenThatDoesNotSay when it ends is not asked for with each call.
func TestATokenThatDoesNotSay(t *testing.T) {
	for _, body := range []string{`{"access_token":"ya29.a"}`, `{"access_token":"ya29.a","expires_in":0}`, `{"access_token":"ya29.a","expires_in":-1}`} {
		g, a := newBot(t, map[string][]answer{routeSpaces: {{Body: `{}`}}, routeToken: {{Body: body}}})
		for range 3 {
			if err := g.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		a.CheckRoutes(t, routeToken, routeSpaces, routeSpaces, routeSpaces)
	}
}

// hanging is a service whose endpoint for tokens can hang, or fail.
type hanging struct {
	next   http.RoundTripper
	hangs  atomic.Bool
	status atomic.Int32
}

// RoundTrip implements http.RoundTripper.
func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/token" && h.hangs.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if status := h.status.Load(); r.URL.Path == "/token" && status != 0 {
		return &http.Response{StatusCode: int(status), Body: http.NoBody, Request: r}, nil
	}
	return h.next.RoundTrip(r)
}

// TestAnEndpointForTokensThatHangs holds up no call for long, and leaves none unclear.
func TestAnEndpointForTokensThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := messengertest.NewGoogleChat(messengertest.Options{})
		service := &hanging{next: sim.Transport()}
		service.hangs.Store(true)
		g := simulated(t, &http.Client{Transport: service, Timeout: messenger.DefaultTimeout})
		began := time.Now()
		var all sync.WaitGroup
		all.Go(func() {
			if e := messenger.AsError(g.Check(t.Context())); e.Code != "timeout" || time.Since(began) < messenger.DefaultTimeout {
				t.Errorf("a check ends after %s with %+v", time.Since(began), e)
			}
		})
		synctest.Wait()
		for range 5 {
			all.Go(func() {
				_, err := g.Post(t.Context(), address, message.Message{}, "key")
				if e := messenger.AsError(err); e.Class != messenger.Transient || e.Code != "timeout" || e.Unclear || time.Since(began) > tokenWithin {
					t.Errorf("a post ends after %s with %+v", time.Since(began), e)
				}
			})
		}
		all.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := g.Post(ctx, address, message.Message{}, "key")
		if e := messenger.AsError(err); !errors.Is(err, context.DeadlineExceeded) || e.Unclear {
			t.Errorf("a post whose caller has gone: %+v", e)
		}
		service.hangs.Store(false)
		if err := g.Check(t.Context()); err != nil {
			t.Errorf("once it answers again: %v", err)
		}
	})
}

// TestATokenThatCannotBeRenewed is used for as long as it lasts.
func TestATokenThatCannotBeRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := messengertest.NewGoogleChat(messengertest.Options{})
		service := &hanging{next: sim.Transport()}
		g := simulated(t, &http.Client{Transport: service})
		if err := g.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		service.status.Store(http.StatusBadGateway)
		time.Sleep(tokenLife - renewBefore)
		for range 4 {
			if err := g.Check(t.Context()); err != nil {
				t.Fatalf("a check before the end of the token: %v", err)
			}
			time.Sleep(tokenMargin)
		}
		if e := messenger.AsError(g.Check(t.Context())); e.Call != callGrant || e.Code != "http_502" {
			t.Errorf("a check at the end of the token: %+v", e)
		}
		service.status.Store(0)
		if err := g.Check(t.Context()); err != nil {
			t.Errorf("once it answers again: %v", err)
		}
	})
}

// TestASuccessOfAnotherKind may have been one.
func TestASuccessOfAnotherKind(t *testing.T) {
	for _, status := range []int{201, 202, 204, 206} {
		g, _ := newBot(t, map[string][]answer{routePost: {{Status: status}}})
		_, err := g.Post(t.Context(), address, message.Message{}, "key")
		if e := messenger.AsError(err); e.Class != messenger.Transient || e.Code != "bad_response" || !e.Unclear {
			t.Errorf("status %d: %+v", status, e)
		}
	}
}
