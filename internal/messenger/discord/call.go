package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The calls, by the names that Discord's documentation gives them.
const (
	callMe         = "get current user"
	callOpenDirect = "create DM"
	callChannel    = "get channel"
	callHistory    = "get channel messages"
	callMessage    = "get channel message"
	callPost       = "create message"
	callEdit       = "edit message"
	callReopen     = "modify channel"
)

// request is one call of the API.
type request struct {
	// call names it in errors, and stands for its route in rate limits.
	call string
	// method and path are those of HTTP; the path is below the base URL.
	method, path string
	// channel is the id of the channel that it is about, if any. Discord limits
	// each channel for itself.
	channel string
	// body is sent as JSON unless it is nil.
	body any
	// anonymous is true for a call that needs no token.
	anonymous bool
}

// sendsMessage reports whether the request carries the content of a message.
func (r request) sendsMessage() bool {
	return r.call == callPost || r.call == callEdit
}

// do sends a request and decodes the answer.
func (d *Discord) do(ctx context.Context, r request, answer any) error {
	sent, err := d.encode(ctx, r)
	if err != nil {
		// The cause is not wrapped, because it may repeat the content.
		return &messenger.Error{Class: messenger.ContentRejected, Call: r.call, Code: "unsendable", What: "this message cannot be sent to {service}"}
	}
	response, err := d.bot.Caller.Do(sent, r.call, d.buckets.key(r))
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	d.observe(r, response.Header)
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return messenger.BadResponse(r.call)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return d.refused(r, response, body)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return messenger.BadResponse(r.call)
	}
	return nil
}

func (d *Discord) encode(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, d.bot.URL.String()+r.path, body)
	if err != nil {
		return nil, err
	}
	if !r.anonymous {
		sent.Header.Set("Authorization", "Bot "+d.bot.Token)
	}
	sent.Header.Set("User-Agent", d.bot.UserAgent)
	if body != nil {
		sent.Header.Set("Content-Type", "application/json")
	}
	return sent, nil
}
