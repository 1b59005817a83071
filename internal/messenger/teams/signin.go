package teams

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	// tokenFresh is how long a token is used. The shortest life that an administrator can give
	// it is ten minutes
	// (https://learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes).
	tokenFresh = 8 * time.Minute
	// signInWithin bounds how much later a call begins because the bot has to sign in first:
	// when a call that was given up cannot take effect any more is reckoned from its beginning.
	signInWithin = 2 * time.Second
)

// tokenForm is what a token looks like: it is sent in a header.
var tokenForm = regexp.MustCompile(`^[!-~]+$`)

// tokens are those that the bot has signed in for, by their scopes. The zero value is ready for
// use, and safe for concurrent use.
type tokens struct {
	mu      sync.Mutex
	byScope map[string]token
}

type token struct {
	value string
	until time.Time
}

func (t *tokens) get(scope string) (value string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.byScope[scope]
	return found.value, time.Now().Before(found.until)
}

func (t *tokens) put(scope, value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byScope == nil {
		t.byScope = map[string]token{}
	}
	t.byScope[scope] = token{value, time.Now().Add(tokenFresh)}
}

// drop forgets a token, unless another has taken its place since.
func (t *tokens) drop(scope, value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byScope[scope].value == value {
		delete(t.byScope, scope)
	}
}

// token returns a token for a scope. As a rule, Check has signed in lately.
func (t *Teams) token(ctx context.Context, scope string) (string, error) {
	if value, ok := t.tokens.get(scope); ok {
		return value, nil
	}
	brief, cancel := context.WithTimeout(ctx, signInWithin)
	defer cancel()
	value, err := t.signIn(brief, scope)
	if err == nil {
		return value, nil
	}
	// What the token is for has not begun, however signing in ended.
	failed := *messenger.AsError(err)
	failed.Unclear = false
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("%w: %w", &failed, ctx.Err())
	case brief.Err() != nil:
		return "", &messenger.Error{Class: messenger.Transient, Call: callToken, Code: "timeout", What: "{service} did not let the bot sign in in time"}
	default:
		return "", &failed
	}
}

// signIn gets a new token for a scope, by the client credentials flow
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).
func (t *Teams) signIn(ctx context.Context, scope string) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {t.app}, "scope": {scope}}
	path := []string{t.tenant, "oauth2", "v2.0", "token"}
	if err := t.credential.prove(form, t.app, t.cloud.authority.JoinPath(path...).String(), time.Now()); err != nil {
		return "", err
	}
	to := t.cloud.login.JoinPath(path...)
	sent, err := t.request(ctx, http.MethodPost, to, "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err != nil {
		return "", unsendable(callToken)
	}
	answered, err := t.send(sent, callToken, messenger.Bucket{Method: callToken})
	if err != nil {
		return "", err
	}
	if !answered.isSuccess() {
		return "", t.notSignedIn(answered)
	}
	var token struct {
		Value string `json:"access_token"`
		Type  string `json:"token_type"`
	}
	isToken := json.Unmarshal(answered.body, &token) == nil && strings.EqualFold(token.Type, "Bearer")
	if !isToken || !tokenForm.MatchString(token.Value) {
		return "", messenger.BadResponse(callToken)
	}
	t.tokens.put(scope, token.Value)
	return token.Value, nil
}
