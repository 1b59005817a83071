package googlechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The calls, by the names that Google's reference gives them.
const (
	callSpaces  = "spaces.list"
	callSpace   = "spaces.get"
	callDirect  = "spaces.findDirectMessage"
	callMembers = "spaces.members.list"
	callPost    = "spaces.messages.create"
	callRead    = "spaces.messages.get"
	callEdit    = "spaces.messages.patch"
)

// query are the parameters of a call.
type query map[string]string

// request is one call of the API.
type request struct {
	// call names it in errors.
	call string
	// method is that of HTTP, and path is below the version of the API, without any
	// character that has a meaning there.
	method, path string
	query        query
	// space is the id of the space that it is about, if any.
	space string
	// body is sent as JSON unless it is nil.
	body any
}

// bucket is what Google limits together: in a space all that is written and all that is read,
// else each method (https://developers.google.com/workspace/chat/limits).
func (r request) bucket() messenger.Bucket {
	switch {
	case r.sendsMessage():
		return messenger.Bucket{Method: "write", Address: r.space}
	case r.space != "":
		return messenger.Bucket{Method: "read", Address: r.space}
	default:
		return messenger.Bucket{Method: r.call}
	}
}

// sendsMessage reports whether the request carries the content of a message.
func (r request) sendsMessage() bool { return r.call == callPost || r.call == callEdit }

// errUnauthorized is an answer with status 401.
var errUnauthorized = errors.New("unauthorized")

// do makes a call and decodes the answer. An access token that is refused is renewed once: it
// may have been revoked before its time.
func (g *GoogleChat) do(ctx context.Context, r request, answer any) error {
	started := time.Now()
	body, err := g.send(ctx, r, false)
	if errors.Is(err, errUnauthorized) {
		g.tokens.drop(started)
		body, err = g.send(ctx, r, true)
	}
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || json.Unmarshal(body, answer) != nil {
		// The cause may repeat parts of the answer.
		return messenger.BadResponse(r.call)
	}
	return nil
}

// send makes a call once and returns the body of a success. If it is not the last attempt, a
// token that is refused gives errUnauthorized.
func (g *GoogleChat) send(ctx context.Context, r request, last bool) ([]byte, error) {
	if err := g.bot.Caller.Waits(r.call, r.bucket()); err != nil {
		return nil, err
	}
	token, err := g.tokens.get(ctx, r.call == callSpaces)
	if err != nil {
		return nil, err
	}
	sent, err := g.encode(ctx, r, token)
	if err != nil {
		return nil, err
	}
	response, err := g.bot.Caller.Do(sent, r.call, r.bucket())
	if response == nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, readErr := io.ReadAll(response.Body)
	switch {
	case err != nil:
		// The service is in trouble, and may say which.
		return nil, named(err, parseRefusal(body))
	case readErr != nil:
		return nil, messenger.BadResponse(r.call)
	case response.StatusCode == http.StatusUnauthorized && !last:
		return nil, errUnauthorized
	case response.StatusCode > http.StatusOK && response.StatusCode < http.StatusMultipleChoices:
		// Something in between says that it has taken the call.
		return nil, messenger.BadResponse(r.call)
	case response.StatusCode != http.StatusOK:
		return nil, g.refused(r, response, parseRefusal(body))
	}
	return body, nil
}

func (g *GoogleChat) encode(ctx context.Context, r request, token string) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		var encoded bytes.Buffer
		encoder := json.NewEncoder(&encoded)
		// Escapes would count, and are for pages only.
		encoder.SetEscapeHTML(false)
		if encoder.Encode(r.body) != nil {
			// The cause is not wrapped, because it may repeat the content.
			return nil, &messenger.Error{Class: messenger.ContentRejected, Call: r.call, Code: "unsendable", What: "this message cannot be sent to {service}"}
		}
		body = &encoded
	}
	address := *g.bot.URL.JoinPath("v1")
	address.Path += "/" + r.path
	values := url.Values{}
	for name, value := range r.query {
		values.Set(name, value)
	}
	address.RawQuery = values.Encode()
	sent, err := http.NewRequestWithContext(ctx, r.method, address.String(), body)
	if err != nil {
		return nil, badAddress(r.call)
	}
	sent.Header.Set("Authorization", "Bearer "+token)
	sent.Header.Set("User-Agent", g.bot.UserAgent)
	if body != nil {
		sent.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return sent, nil
}
