package mattermost

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Session calls the API of a server with one token.
type Session struct {
	// URL is the address of the server.
	URL string
	// Token is a session's or a bot's; empty before the log-in.
	Token string
}

// callTimeout bounds one call on a busy machine.
const callTimeout = 30 * time.Second

var client = messenger.NewHTTPClient(messenger.TransportConfig{Timeout: callTimeout, AllowLoopback: true})

// Answer is what a server answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// ErrorID returns the id in a refusal, "" if there is none.
func (a Answer) ErrorID() string {
	var refusal struct {
		ID         string `json:"id"`
		StatusCode int    `json:"status_code"`
	}
	if json.Unmarshal(a.Body, &refusal) != nil || refusal.StatusCode == 0 {
		return ""
	}
	return refusal.ID
}

// Send makes a call, whatever the answer. The path is below /api/v4; a body that
// is not nil is sent as JSON.
func (s Session) Send(ctx context.Context, method, path string, body any) (Answer, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return Answer{}, fmt.Errorf("encoding a call: %w", err)
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.URL+"/api/v4"+path, content)
	if err != nil {
		return Answer{}, fmt.Errorf("making a call: %w", err)
	}
	if s.Token != "" {
		request.Header.Set("Authorization", "Bearer "+s.Token)
	}
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, fmt.Errorf("calling Mattermost: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer := Answer{Status: response.StatusCode, Header: response.Header}
	if answer.Body, err = io.ReadAll(response.Body); err != nil {
		return Answer{}, fmt.Errorf("reading an answer: %w", err)
	}
	return answer, nil
}

// Do makes a call that has to succeed, and decodes the answer unless into is nil.
func (s Session) Do(ctx context.Context, method, path string, body, into any) error {
	_, err := s.do(ctx, method, path, body, into)
	return err
}

func (s Session) do(ctx context.Context, method, path string, body, into any) (http.Header, error) {
	answer, err := s.Send(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	if answer.Status >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	if into == nil {
		return answer.Header, nil
	}
	if err := json.Unmarshal(answer.Body, into); err != nil {
		return nil, fmt.Errorf("%s %s: decoding the answer: %w", method, path, err)
	}
	return answer.Header, nil
}
