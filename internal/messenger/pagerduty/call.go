package pagerduty

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The calls, by the names that errors give them.
const (
	callCheck = "check"
	callEvent = "enqueue"
)

// path is that of the API.
const path = "/v2/enqueue"

// bucket holds all calls: the limit is about 120 of them in a minute for each integration key
// (https://developer.pagerduty.com/docs/events-api-rate-limits).
var bucket = messenger.Bucket{}

func (p *PagerDuty) sendMessage(ctx context.Context, ref messenger.Ref, m message.Message, action string) error {
	e := render(ref, m, action, p.severity)
	e.Payload.Timestamp = timestamp(time.Now())
	return p.send(ctx, callEvent, e)
}

// send sends an event.
func (p *PagerDuty) send(ctx context.Context, call string, e event) error {
	request, err := p.request(ctx, e)
	if err != nil {
		return &messenger.Error{
			Class: messenger.MessengerPermanent, Call: call, Code: "bad_address",
			What: "the address of {service} cannot be called", Advice: "Name another address", NotToken: true,
		}
	}
	response, err := p.bot.Caller.Do(request, call, bucket)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return messenger.BadResponse(call)
	}
	return p.outcome(call, e.DedupKey, response, body)
}

func (p *PagerDuty) request(ctx context.Context, e event) (*http.Request, error) {
	e.RoutingKey = p.routingKey
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.bot.URL.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", p.bot.UserAgent)
	request.Header.Set("Content-Type", "application/json")
	return request, nil
}

// answer is the body of one.
type answer struct {
	Status   string   `json:"status"`
	DedupKey string   `json:"dedup_key"`
	Errors   []string `json:"errors"`
}

// outcome is what an answer below 500 means. Only one that is PagerDuty's own has taken the
// event.
func (p *PagerDuty) outcome(call, dedupKey string, response *http.Response, body []byte) error {
	var a answer
	err := json.Unmarshal(body, &a)
	status := response.StatusCode
	switch {
	case status == http.StatusAccepted && err == nil && a.Status == "success" && a.DedupKey == dedupKey:
		return nil
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return messenger.BadResponse(call)
	case isSomethingElse(status):
		return messenger.NotTheService(call, status)
	}
	code := strconv.Itoa(status)
	if status == http.StatusBadRequest {
		code = refusal(a, body)
	}
	e, known := outcomes[code]
	if e.Class == messenger.Throttled && known {
		wait := messenger.ParseRetryAfter(response.Header.Get("Retry-After"), messenger.DefaultRetryAfter)
		e = *p.bot.Caller.ThrottledError(call, code, bucket, wait)
	}
	e.Call, e.Code, e.Quoted, e.Unknown = call, code, true, !known
	return &e
}

// refusal is the code of a refusal with status 400: what it says is either a list of sentences,
// or a sentence that is no JSON.
func refusal(a answer, body []byte) string {
	said := strings.Join(a.Errors, "\n")
	if said == "" {
		said = string(body)
	}
	said = strings.ToLower(said)
	if strings.Contains(said, "routing_key") || strings.Contains(said, "routing key") {
		return codeKey
	}
	return codeEvent
}
