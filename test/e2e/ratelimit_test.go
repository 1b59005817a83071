//go:build e2e

package e2e

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/test/e2e/mattermost"
)

// The limit of the server of TestRateLimit.
const (
	perSecond = 10
	maxBurst  = 20
)

// TestRateLimit runs a second server with limits, and an operator that has to
// share its token's limit with a caller that does not care.
func TestRateLimit(t *testing.T) {
	server := must(shared.startChat(t.Context(),
		"MM_RATELIMITSETTINGS_ENABLE=true",
		"MM_RATELIMITSETTINGS_PERSEC="+strconv.Itoa(perSecond),
		"MM_RATELIMITSETTINGS_MAXBURST="+strconv.Itoa(maxBurst),
		"MM_RATELIMITSETTINGS_VARYBYUSER=true",
		"MM_RATELIMITSETTINGS_VARYBYREMOTEADDR=false",
	))(t)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("client", func(t *testing.T) { obeys(t, server) })
	t.Run("operator", func(t *testing.T) {
		var watched *watch
		o := startOperator(t, server.URL(), func(next http.RoundTripper) http.RoundTripper {
			watched = &watch{next: next}
			return watched
		})
		var ids []string
		for n := range 25 {
			ids = append(ids, o.ask(t, n))
			exhaust(t, server)
		}
		o.settles(t, 2*time.Minute)
		for n, id := range ids {
			o.decide(t, n, id)
		}
		o.settles(t, 2*time.Minute)
		refused, early := watched.counts()
		t.Logf("%d refusals with 429", refused)
		if refused == 0 {
			t.Error("nothing was refused with 429: the test proves nothing")
		}
		if early > 0 {
			t.Errorf("%d calls did not wait as Retry-After says", early)
		}
	})
}

// obeys: a refusal is understood, and until it is over nothing is sent.
func obeys(t *testing.T, server *mattermost.Server) {
	ctx, bot := t.Context(), newClient(t, server.URL(), shared.bot.Session.Token)
	exhaust(t, server)
	err := bot.Check(ctx)
	wantClass(t, "check", err, messenger.Throttled)
	refusal := messenger.AsError(err)
	if refusal.RetryAfter <= 0 || refusal.RetryAfter > maxBurst*time.Second || refusal.Scope != messenger.ScopeToken {
		t.Errorf("the refusal is %+v, want a pause for the whole token", refusal)
	}
	if again := messenger.AsError(bot.Check(ctx)); again.Code != "paused" {
		t.Errorf("the next call ended with %s, want it not to be sent", again.Code)
	}
	calm(t, refusal.RetryAfter+pollEvery)
	if err := bot.Check(ctx); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

// exhaust uses the token's limit up.
func exhaust(t *testing.T, server *mattermost.Server) {
	t.Helper()
	session := mattermost.Session{URL: server.URL(), Token: shared.bot.Session.Token}
	for range 10 * maxBurst {
		if must(session.Send(t.Context(), http.MethodGet, "/users/me", nil))(t).Status == http.StatusTooManyRequests {
			return
		}
	}
	t.Fatal("the server has no limit")
}

// watch counts refusals, and calls that come before a refusal's Retry-After is
// over.
type watch struct {
	next           http.RoundTripper
	mu             sync.Mutex
	from, until    time.Time
	refused, early int
}

// reaction is what passes, on a busy machine, until our client has read a refusal
// and all its other calls know of it.
const reaction = 300 * time.Millisecond

// RoundTrip implements http.RoundTripper.
func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	if now := time.Now(); now.After(w.from) && now.Before(w.until) {
		w.early++
	}
	w.mu.Unlock()
	response, err := w.next.RoundTrip(r)
	if err != nil || response.StatusCode != http.StatusTooManyRequests {
		return response, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused++
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		now := time.Now()
		if now.After(w.until) {
			w.from = now.Add(reaction)
		}
		w.until = now.Add(time.Duration(seconds) * time.Second)
	}
	return response, nil
}

func (w *watch) counts() (refused, early int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused, w.early
}
