package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// marking puts the canary into every refusal of a service, wherever a body has
// room for it, so that an error that repeats any of it is found out.
type marking struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (m marking) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := m.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	body = marked(response.StatusCode, body)
	response.Header.Set("X-Request-Id", canary)
	response.Header.Set("Content-Length", strconv.Itoa(len(body)))
	response.ContentLength = int64(len(body))
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

func marked(status int, body []byte) []byte {
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		if status < http.StatusBadRequest {
			return body
		}
		return append(body, " "+canary...)
	}
	if inner, ok := fields["error"].(map[string]any); ok {
		inner["message"] = canary
	}
	names := []string{"message", "detailed_error", "request_id"}
	if ok, isSlack := fields["ok"]; isSlack {
		names = []string{"needed", "provided", "warning"}
		if ok == true {
			return body
		}
	} else if status < http.StatusBadRequest {
		return body
	}
	for _, name := range names {
		fields[name] = canary
	}
	// Decoded JSON always encodes.
	again, _ := json.Marshal(fields)
	return again
}
