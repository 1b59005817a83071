package googlechat

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// scope lets a Chat app do what it may do in the spaces that it is in. It takes no approval by
// an administrator (https://developers.google.com/workspace/chat/authenticate-authorize).
const scope = "https://www.googleapis.com/auth/chat.bot"

// callGrant is how errors name the request for an access token.
const callGrant = "oauth2.token"

// tokens gets access tokens for the key of a service account, and keeps the latest
// (https://developers.google.com/identity/protocols/oauth2/service-account).
type tokens struct {
	bot     *messenger.Bot
	account *serviceAccount
	// url is the endpoint that gives them.
	url   string
	cache messenger.LookupCache[accessToken]
}

// accessToken lets the app in until it is to be renewed.
type accessToken struct {
	value string
	until time.Time
}

func (t *tokens) init(bot *messenger.Bot, account *serviceAccount) {
	t.bot, t.account, t.cache.TTL = bot, account, tokenLife
	t.url = bot.URL.JoinPath("token").String()
	if bot.URL.String() == publicAPI {
		t.url = endpoints[0]
	}
}

// get returns an access token that still lasts.
func (t *tokens) get(ctx context.Context) (string, error) {
	token, err := t.cache.Get(ctx, "", t.ask)
	if err != nil || time.Now().Before(token.until) {
		return token.value, err
	}
	t.renew(time.Now())
	token, err = t.cache.Get(ctx, "", t.ask)
	return token.value, err
}

// renew has the next caller ask for another token, unless that was done since the given time.
func (t *tokens) renew(since time.Time) { t.cache.Invalidate("", since) }

// tokenForm is what an access token looks like: it is sent in a header.
var tokenForm = regexp.MustCompile(`^[!-~]+$`)

// ask asks for an access token. Nothing of what the token was wanted for has happened then, so
// that no failure of it is unclear.
func (t *tokens) ask(ctx context.Context) (accessToken, error) {
	asked := time.Now()
	token, err := t.exchange(ctx, asked)
	if err != nil && ctx.Err() == nil {
		e := *messenger.AsError(err)
		e.Unclear = false
		return accessToken{}, &e
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
	life := messenger.RetryAfterSeconds(granted.ExpiresIn, tokenLife)
	return accessToken{value: granted.AccessToken, until: now.Add(life - min(tokenMargin, life/2))}, nil
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
