package teams

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// refusal is the body of an answer of the connector, or of Microsoft Graph, that is an error
// (https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#errorresponse-object,
// https://learn.microsoft.com/graph/errors).
type refusal struct {
	Error struct {
		Code string `json:"code"`
	} `json:"error"`
	// Message is all that the connector says of a token that it does not take.
	Message string `json:"message"`
}

// errorCode is what codes look like. Anything else is not repeated.
var errorCode = regexp.MustCompile(`^[A-Z][A-Za-z0-9_]{2,63}$`)

// codeOf reads the code of an error, and whether the answer is one of Teams at all.
func codeOf(body []byte) (code string, isTeams bool) {
	var r refusal
	if json.Unmarshal(body, &r) != nil {
		return "", false
	}
	// One of them is written with a space.
	if code = strings.ReplaceAll(r.Error.Code, " ", ""); errorCode.MatchString(code) {
		return code, true
	}
	return "", r.Error.Code != "" || r.Message != ""
}

// refused returns the error for an answer that is not a success. Its body is read for the code only.
func (t *Teams) refused(r request, a answered) error {
	status := a.status
	code, isTeams := codeOf(a.body)
	if status == http.StatusTooManyRequests {
		return t.throttled(r.call, code, r.bucket(), a.header)
	}
	meaning, known := meaningOf(r, code)
	switch {
	case known:
	case !isTeams:
		return messenger.NotTheService(r.call, status)
	case status == http.StatusUnauthorized && code == "":
		meaning = unauthorized
	default:
		meaning = outcome{class: byStatus(r, status)}
	}
	e := &messenger.Error{
		Class: meaning.class, Call: r.call, Code: code, What: meaning.what, Advice: meaning.advice,
		Quoted: code != "", Unknown: code != "" && !known, NotToken: meaning.notToken,
	}
	if code == "" {
		e.Code = fmt.Sprintf("http_%d", status)
	}
	return e
}

// byStatus is the class of an answer whose code says nothing. Whatever can be wrong with a
// recipient is told by one that is known.
func byStatus(r request, status int) messenger.Class {
	switch {
	case r.sends() && (status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge):
		return messenger.ContentRejected
	case status == http.StatusForbidden, status == http.StatusBadRequest:
		return messenger.RecipientPermanent
	default:
		return messenger.Transient
	}
}

// throttled pauses a bucket. Teams limits a bot in each conversation, and in its tenant, and does
// not say which limit was met. A second conversation that is refused while the first still waits
// speaks for the tenant.
func (t *Teams) throttled(call, code string, bucket messenger.Bucket, header http.Header) *messenger.Error {
	if t.bot.Caller.Throttle.PausedElsewhere(bucket) {
		bucket.Address = ""
	}
	wait := max(messenger.ParseRetryAfter(header.Get("Retry-After"), messenger.DefaultRetryAfter), minRetryAfter)
	e := t.bot.Caller.ThrottledError(call, "http_429", bucket, wait)
	if code != "" {
		e.Code, e.Quoted = code, true
	}
	return e
}

// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
const minRetryAfter = 250 * time.Millisecond

// notSignedIn returns the error for an answer of the place where a bot signs in
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
func (t *Teams) notSignedIn(a answered) error {
	var answer struct {
		Error string `json:"error"`
		Codes []int  `json:"error_codes"`
	}
	switch err := json.Unmarshal(a.body, &answer); {
	case a.status == http.StatusTooManyRequests:
		return t.throttled(callToken, "", messenger.Bucket{Method: callToken}, a.header)
	case err != nil || answer.Error == "":
		return messenger.NotTheService(callToken, a.status)
	case len(answer.Codes) == 0:
		return &messenger.Error{Class: messenger.Transient, Call: callToken, Code: fmt.Sprintf("http_%d", a.status), What: whatNotIn}
	}
	code := fmt.Sprintf("AADSTS%d", answer.Codes[0])
	meaning, known := signIns[code]
	return &messenger.Error{
		Class: meaning.class, Call: callToken, Code: code, What: meaning.what, Advice: meaning.advice,
		Quoted: true, Unknown: !known, NotToken: meaning.notToken,
	}
}
