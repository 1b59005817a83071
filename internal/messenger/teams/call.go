package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

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
	if err := t.bot.Caller.Waits(r.call, r.bucket()); err != nil {
		return err
	}
	token, err := t.token(ctx, r.scope)
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
	answered, err := t.send(sent, r.call, r.bucket())
	if err != nil {
		return err
	}
	if answered.status == http.StatusUnauthorized {
		// The next call signs in anew.
		t.tokens.drop(r.scope, token)
	}
	if !answered.isSuccess() {
		return t.refused(r, answered)
	}
	if json.Unmarshal(answered.body, answer) != nil {
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

// answered is an answer that was read.
type answered struct {
	status int
	header http.Header
	body   []byte
}

func (a answered) isSuccess() bool {
	return a.status >= http.StatusOK && a.status < http.StatusMultipleChoices
}

// send sends a request and reads the answer.
func (t *Teams) send(sent *http.Request, call string, bucket messenger.Bucket) (answered, error) {
	response, err := t.bot.Caller.Do(sent, call, bucket)
	if err != nil {
		return answered{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answered{}, messenger.BadResponse(call)
	}
	return answered{response.StatusCode, response.Header, body}, nil
}
