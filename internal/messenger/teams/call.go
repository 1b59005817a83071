package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teams/card"
)

// The calls, by the names that errors give them.
const (
	callToken  = "token"
	callCreate = "create conversation"
	callSend   = "send to conversation"
	callReply  = "reply to activity"
	callUpdate = "update activity"
	callRoster = "get paged members"
	callUsers  = "list users"
	callUser   = "get user"
)

// request is one call of the connector or of Microsoft Graph.
type request struct {
	call, method string
	url          *url.URL
	// scope is what the bot signs in for.
	scope string
	// address is the conversation that it is about, if any. Teams limits each for itself.
	address string
	// body is sent as JSON unless it is nil.
	body any
}

// sends reports whether a call carries a message.
func (r request) sends() bool {
	return r.call == callSend || r.call == callReply || r.call == callUpdate || r.call == callCreate && r.address != ""
}

// bucket is whom a call is limited with: Teams limits a bot in each conversation, and in all of
// them (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit).
func (r request) bucket() messenger.Bucket {
	if r.address == "" {
		return messenger.Bucket{Method: r.call}
	}
	return messenger.Bucket{Method: "conversation", Address: r.address}
}

// do sends a request and decodes the answer.
func (t *Teams) do(ctx context.Context, r request, answer any) error {
	if err := t.bot.Caller.Paused(r.call, r.bucket()); err != nil {
		return err
	}
	token, err := t.tokens.Get(ctx, r.scope, func(ctx context.Context) (string, error) { return t.signIn(ctx, r.scope) })
	if err != nil {
		return err
	}
	var encoded []byte
	if r.body != nil {
		if encoded, err = card.Encode(r.body); err != nil {
			return unsendable(r.call)
		}
	}
	sent, err := t.request(ctx, r.method, r.url, "application/json; charset=utf-8", encoded)
	if err != nil {
		return unsendable(r.call)
	}
	sent.Header.Set("Authorization", "Bearer "+token)
	response, body, err := t.send(sent, r.call, r.bucket())
	if err != nil {
		return err
	}
	if response.StatusCode == http.StatusUnauthorized {
		// The next call signs in anew, unless another has done so since.
		t.tokens.Invalidate(r.scope, time.Now().Add(time.Nanosecond))
	}
	if !isSuccess(response) {
		return t.refused(r, response, body)
	}
	if json.Unmarshal(body, answer) != nil {
		return messenger.BadResponse(r.call)
	}
	return nil
}

func unsendable(call string) error {
	// The cause is not wrapped, because it may repeat the content.
	return &messenger.Error{Class: messenger.ContentRejected, Call: call, Code: "unsendable", What: "this message cannot be sent to {service}"}
}

func (t *Teams) request(ctx context.Context, method string, to *url.URL, kind string, body []byte) (*http.Request, error) {
	sent, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	sent.Header.Set("User-Agent", t.bot.UserAgent)
	if len(body) > 0 {
		sent.Header.Set("Content-Type", kind)
	}
	return sent, nil
}

// send sends a request and reads the answer.
func (t *Teams) send(sent *http.Request, call string, bucket messenger.Bucket) (*http.Response, []byte, error) {
	response, err := t.bot.Caller.Do(sent, call, bucket)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, nil, messenger.BadResponse(call)
	}
	return response, body, nil
}

func isSuccess(response *http.Response) bool {
	return response.StatusCode >= http.StatusOK && response.StatusCode < http.StatusMultipleChoices
}

// signIn returns a token for a scope, by the client credentials flow
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).
func (t *Teams) signIn(ctx context.Context, scope string) (string, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {t.app}, "client_secret": {t.secret}, "scope": {scope},
	}
	to := t.cloud.login.JoinPath(t.tenant, "oauth2", "v2.0", "token")
	sent, err := t.request(ctx, http.MethodPost, to, "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err != nil {
		return "", unsendable(callToken)
	}
	bucket := messenger.Bucket{Method: callToken}
	response, body, err := t.send(sent, callToken, bucket)
	if err != nil {
		return "", err
	}
	if !isSuccess(response) {
		return "", t.notSignedIn(response, body)
	}
	var answer struct {
		Token string `json:"access_token"`
		Type  string `json:"token_type"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Token == "" || !strings.EqualFold(answer.Type, "Bearer") || strings.ContainsAny(answer.Token, " \r\n") {
		return "", messenger.BadResponse(callToken)
	}
	return answer.Token, nil
}
