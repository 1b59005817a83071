package mattermost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// call is one request to the API.
type call struct {
	// name is how errors name it: the method and the route.
	name   string
	method string
	// path holds the segments of the path below /api/v4, not escaped.
	path  []string
	query url.Values
	// body is sent as JSON, if it is not nil.
	body any
	// anonymous calls carry no token.
	anonymous bool
}

// confirmations is how often a refusal that would be final must be repeated, by
// a server that says in between that it is well. With its database down,
// Mattermost takes a good token for a wrong one, and what exists for missing or
// forbidden; and when the database is back, it still does so once for each of its
// old connections.
const confirmations = 2

var id = regexp.MustCompile(`^[a-z0-9]{26}$`)

// isID reports whether s can be the id of anything.
func isID(s string) bool { return id.MatchString(s) }

// reply is what the server answered.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) ok() bool {
	return r.status == http.StatusOK || r.status == http.StatusCreated
}

// refusal returns the error for an answer that is not ok.
func (r reply) refusal(name string) *messenger.Error {
	return classified(name, r.status, r.errorID())
}

// decode reads the body as JSON.
func (r reply) decode(into any) error { return json.Unmarshal(r.body, into) }

// do makes a call and decodes what it answers.
func (m *Mattermost) do(ctx context.Context, c call, into any) error {
	answer, err := m.send(ctx, c)
	if err != nil {
		return err
	}
	for range confirmations {
		if answer.ok() || !doubtful(answer.refusal(c.name)) {
			break
		}
		if err := m.requireHealthy(ctx, unhealthyError(c.name)); err != nil {
			return err
		}
		if answer, err = m.send(ctx, c); err != nil {
			return err
		}
	}
	if !answer.ok() {
		return answer.refusal(c.name)
	}
	if answer.decode(into) != nil {
		// The cause may repeat parts of the answer.
		return messenger.BadResponse(c.name)
	}
	return nil
}

// send makes a call and obeys the rate limit in the answer. By default,
// Mattermost limits addresses, and can be set to limit users; channels and methods
// have no limits of their own. So a pause is for everything.
func (m *Mattermost) send(ctx context.Context, c call) (reply, error) {
	request, err := m.newRequest(ctx, c)
	if err != nil {
		return reply{}, err
	}
	response, err := m.bot.Caller.Do(request, c.name, messenger.Bucket{})
	if response == nil {
		return reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	answer := reply{status: response.StatusCode, header: response.Header}
	body, readErr := io.ReadAll(response.Body)
	answer.body = body
	switch {
	case err != nil:
		// The server is in trouble, and may say which.
		return answer, err
	case readErr != nil:
		return reply{}, messenger.BadResponse(c.name)
	}
	if answer.status == http.StatusTooManyRequests {
		wait := messenger.ParseRetryAfter(answer.header.Get("Retry-After"), messenger.DefaultRetryAfter)
		return reply{}, m.bot.Caller.ThrottledError(c.name, "ratelimited", messenger.Bucket{}, max(wait, minRetryAfter))
	}
	if answer.header.Get("X-Ratelimit-Remaining") == "0" {
		m.bot.Caller.Throttle.Pause(messenger.Bucket{}, resetAfter(answer.header))
	}
	return answer, nil
}

// resetAfter reads X-Ratelimit-Reset, which holds the seconds to go.
func resetAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(header.Get("X-Ratelimit-Reset"), 64)
	if err != nil {
		return minRetryAfter
	}
	return messenger.RetryAfterSeconds(seconds, minRetryAfter)
}

func (m *Mattermost) newRequest(ctx context.Context, c call) (*http.Request, error) {
	segments := make([]string, len(c.path))
	for i, segment := range c.path {
		segments[i] = url.PathEscape(segment)
	}
	address := m.bot.URL.JoinPath(segments...)
	address.RawQuery = c.query.Encode()
	var body io.Reader
	if c.body != nil {
		encoded, err := json.Marshal(c.body)
		if err != nil {
			return nil, fmt.Errorf("%s: encoding the request: %w", c.name, err)
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, c.method, address.String(), body)
	if err != nil {
		return nil, errors.New(c.name + ": the address of the server makes no request")
	}
	if !c.anonymous {
		request.Header.Set("Authorization", "Bearer "+m.bot.Token)
	}
	if c.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("User-Agent", m.bot.UserAgent)
	return request, nil
}

// requireHealthy returns the refusal unless the server says that it is healthy.
func (m *Mattermost) requireHealthy(ctx context.Context, refusal error) error {
	healthy, err := m.isHealthy(ctx)
	switch {
	case healthy:
		return nil
	case mustWait(err):
		return err
	default:
		return refusal
	}
}

// isHealthy asks the server for the health of its database. It needs no token.
//
// The state of the server as a whole does not matter: it is bad, and the status
// 500, also when only the file store fails or goroutines are many (api/v4/source/
// system.yaml; getSystemPing in api4/system.go). Refusals are right all the same.
func (m *Mattermost) isHealthy(ctx context.Context) (bool, error) {
	answer, err := m.send(ctx, call{
		name:      "GET /system/ping",
		method:    http.MethodGet,
		path:      []string{"system", "ping"},
		query:     url.Values{"get_server_status": {"true"}},
		anonymous: true,
	})
	if answer.status != http.StatusOK && answer.status != http.StatusInternalServerError {
		return false, err
	}
	var health struct {
		DatabaseStatus string `json:"database_status"`
	}
	return answer.decode(&health) == nil && health.DatabaseStatus == "OK", err
}

// mustWait reports whether a call was not answered because of us: its context
// ended, or the token has to wait.
func mustWait(err error) bool {
	known, ok := errors.AsType[*messenger.Error](err)
	return err != nil && (!ok || known.Class == messenger.Throttled)
}

// errorID returns the id in a refusal, or nothing if it is not one of
// Mattermost's.
func (r reply) errorID() string {
	var refusal struct {
		ID string `json:"id"`
	}
	if r.decode(&refusal) != nil {
		return ""
	}
	if strings.HasPrefix(refusal.ID, rejectedByPlugin) || errorCode.MatchString(refusal.ID) {
		return refusal.ID
	}
	return ""
}
