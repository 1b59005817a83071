package googlechat

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// scope lets a Chat app do what it may do in the spaces that it is in. It takes no approval by
// an administrator (https://developers.google.com/workspace/chat/authenticate-authorize).
const scope = "https://www.googleapis.com/auth/chat.bot"

// callGrant is how errors name the request for an access token.
const callGrant = "oauth2.token"

// tokens gets access tokens for the key of a service account, and holds the latest
// (https://developers.google.com/identity/protocols/oauth2/service-account).
type tokens struct {
	bot     *messenger.Bot
	account *serviceAccount
	// url is the endpoint that gives them.
	url string
	// asks has all who want a token at the same time share one call. It keeps no answer.
	asks messenger.LookupCache[accessToken]

	mu   sync.Mutex
	held accessToken
}

// accessToken lets the app in. It was asked for at a time, is to be renewed from another on, and
// is used until a third.
type accessToken struct {
	value               string
	asked, renew, until time.Time
}

func (t *tokens) init(bot *messenger.Bot, account *serviceAccount) {
	t.bot, t.account = bot, account
	t.url = bot.URL.JoinPath("token").String()
	if bot.URL.String() == publicAPI {
		t.url = endpoints[0]
	}
}

// get returns an access token. A patient caller is Check, which renews it before its time; for
// all others it is waited for only so long, since it is asked for before each of their calls
// while none is to be had.
func (t *tokens) get(ctx context.Context, patient bool) (string, error) {
	now, held := time.Now(), t.latest()
	if now.Before(held.renew) || !patient && now.Before(held.until) {
		return held.value, nil
	}
	within, cancel := ctx, func() {}
	if !patient {
		within, cancel = context.WithTimeout(ctx, tokenWithin)
	}
	defer cancel()
	token, err := t.asks.Get(within, "", func(ctx context.Context) (accessToken, error) {
		if other := t.latest(); other.asked.After(held.asked) && now.Before(other.renew) {
			return other, nil
		}
		return t.ask(ctx)
	})
	switch {
	case err == nil:
		return token.value, nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("%w: %w", notGranted(), ctx.Err())
	case within.Err() != nil:
		return "", notGranted()
	case now.Before(held.until):
		// What is wrong is told once it matters.
		return held.value, nil
	default:
		return "", err
	}
}

func (t *tokens) latest() accessToken {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.held
}

// drop forgets the token, unless it was asked for since the given time.
func (t *tokens) drop(since time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held.asked.Before(since) {
		t.held = accessToken{asked: t.held.asked}
	}
}

// tokenForm is what an access token looks like: it is sent in a header.
var tokenForm = regexp.MustCompile(`^[!-~]+$`)

// ask asks for an access token. Nothing of what the token was wanted for has happened then, so
// that no failure of it is unclear.
func (t *tokens) ask(ctx context.Context) (accessToken, error) {
	token, err := t.exchange(ctx, time.Now())
	if err != nil && ctx.Err() == nil {
		e := *messenger.AsError(err)
		e.Unclear = false
		return accessToken{}, &e
	}
	if err == nil {
		t.mu.Lock()
		t.held = token
		t.mu.Unlock()
	}
	return token, err
}

func (t *tokens) exchange(ctx context.Context, now time.Time) (accessToken, error) {
	sent, err := t.request(ctx, now)
	if err != nil {
		return accessToken{}, err
	}
	response, err := t.bot.Caller.Do(sent, callGrant, messenger.Bucket{Method: callGrant})
	if err != nil {
		return accessToken{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return accessToken{}, messenger.BadResponse(callGrant)
	}
	if response.StatusCode != http.StatusOK {
		return accessToken{}, t.refused(response, body)
	}
	var granted struct {
		AccessToken string  `json:"access_token"`
		ExpiresIn   float64 `json:"expires_in"`
	}
	if json.Unmarshal(body, &granted) != nil || !tokenForm.MatchString(granted.AccessToken) {
		return accessToken{}, messenger.BadResponse(callGrant)
	}
	life := tokenLife
	if granted.ExpiresIn > 0 {
		life = messenger.RetryAfterSeconds(granted.ExpiresIn, tokenLife)
	}
	end := now.Add(life)
	return accessToken{
		value: granted.AccessToken, asked: now, renew: end.Add(-min(renewBefore, life/2)), until: end.Add(-min(tokenMargin, life/4)),
	}, nil
}

func (t *tokens) request(ctx context.Context, now time.Time) (*http.Request, error) {
	assertion, err := t.account.assertion(now)
	if err != nil {
		return nil, err
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	sent, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, badAddress(callGrant)
	}
	sent.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sent.Header.Set("User-Agent", t.bot.UserAgent)
	return sent, nil
}

// assertion says who asks, in a JSON Web Token signed with the key (RFC 7519, RFC 7523).
func (a *serviceAccount) assertion(now time.Time) (string, error) {
	header := map[string]string{"alg": "RS256", "typ": "JWT"}
	if a.keyID != "" {
		header["kid"] = a.keyID
	}
	claims := map[string]any{
		"iss": a.email, "scope": scope, "aud": a.audience, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(),
	}
	token, err := messenger.SignJWT(header, claims, func(sum []byte) ([]byte, error) {
		return rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA256, sum)
	})
	if err != nil {
		// The cause is not wrapped: it is about the key.
		return "", keyUnusable()
	}
	return token, nil
}
