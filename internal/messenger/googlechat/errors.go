package googlechat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// refusal is what Google says in place of a success: a google.rpc.Status
// (https://cloud.google.com/apis/design/errors).
type refusal struct {
	// status is a google.rpc.Code, such as "NOT_FOUND"; empty if something else than Google
	// has answered.
	status string
	// reason is the reason of a google.rpc.ErrorInfo, such as "SERVICE_DISABLED", if there is one.
	reason string
}

// errorCode is what Google's codes look like. Anything else is not repeated.
var errorCode = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,62}$`)

func parseRefusal(body []byte) refusal {
	var answer struct {
		Error struct {
			Status  string `json:"status"`
			Details []struct {
				Reason string `json:"reason"`
			} `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil || !errorCode.MatchString(answer.Error.Status) {
		return refusal{}
	}
	r := refusal{status: answer.Error.Status}
	for _, detail := range answer.Error.Details {
		if r.reason == "" && errorCode.MatchString(detail.Reason) {
			r.reason = detail.Reason
		}
	}
	return r
}

// refused returns the error for an answer below 500 that is not a success.
func (g *GoogleChat) refused(r request, response *http.Response, said refusal) error {
	status := response.StatusCode
	meaning, code, known := said.meaning(r.call)
	quoted := code != ""
	if !quoted {
		meaning, code = byStatus(r, status), fmt.Sprintf("http_%d", status)
	}
	if status == http.StatusTooManyRequests || meaning.class == messenger.Throttled {
		return g.throttled(r, response.Header, code, quoted)
	}
	if !quoted && meaning.class == messenger.Transient {
		return messenger.NotTheService(r.call, status)
	}
	if meaning.class == messenger.ContentRejected && !r.sendsMessage() {
		// There is nothing in the call but an id.
		meaning = outcome{class: messenger.RecipientPermanent, what: whatNoName, advice: adviceRecipient}
	}
	return &messenger.Error{
		Class: meaning.class, Call: r.call, Code: code, What: meaning.what, Advice: meaning.advice,
		Quoted: quoted, Unknown: quoted && !known, NotToken: meaning.notToken, Foreign: meaning.foreign,
	}
}

// byStatus is the meaning of an answer of something in front of Google Chat.
func byStatus(r request, status int) outcome {
	if status == http.StatusRequestEntityTooLarge && r.sendsMessage() {
		return outcome{class: messenger.ContentRejected, what: "{service} finds this message too large"}
	}
	return outcome{class: messenger.Transient}
}

// throttled pauses a space, or all of them where several are paused at once: then it is the
// quota of the app that is used up.
func (g *GoogleChat) throttled(r request, header http.Header, code string, quoted bool) error {
	bucket := r.bucket()
	if g.bot.Caller.Throttle.PausedElsewhere(bucket) {
		bucket.Address = ""
	}
	wait := messenger.ParseRetryAfter(header.Get("Retry-After"), retryAfter)
	e := g.bot.Caller.ThrottledError(r.call, code, bucket, max(wait, minRetryAfter))
	e.Quoted = quoted
	return e
}

// named returns the error of an answer in the 500s with the code that Google gives.
func named(err error, said refusal) error {
	e, ok := err.(*messenger.Error) //nolint:errorlint // It is not wrapped: HTTPCaller has made it.
	if !ok || said.status == "" {
		return err
	}
	more := *e
	more.Code, more.Quoted = said.status, true
	return &more
}

// grantCode is what the codes of that endpoint look like.
var grantCode = regexp.MustCompile(`^[A-Za-z][A-Za-z_]{2,40}$`)

// refused returns the error for an answer of the endpoint for access tokens (RFC 6749, section 5.2).
func (t *tokens) refused(response *http.Response, body []byte) error {
	var answer struct {
		Error string `json:"error"`
	}
	// What is no JSON names no error.
	_ = json.Unmarshal(body, &answer)
	if response.StatusCode == http.StatusTooManyRequests {
		wait := messenger.ParseRetryAfter(response.Header.Get("Retry-After"), retryAfter)
		return t.bot.Caller.ThrottledError(callGrant, "http_429", messenger.Bucket{Method: callGrant}, max(wait, minRetryAfter))
	}
	meaning, known := grants[answer.Error]
	switch {
	case known:
		return &messenger.Error{
			Class: messenger.MessengerPermanent, Call: callGrant, Code: answer.Error, What: meaning.what, Advice: meaning.advice,
			Quoted: true, NotToken: meaning.notToken,
		}
	case grantCode.MatchString(answer.Error):
		return &messenger.Error{Class: messenger.Transient, Call: callGrant, Code: answer.Error, Quoted: true, Unknown: true}
	default:
		return messenger.NotTheService(callGrant, response.StatusCode)
	}
}

// badAddress is the failure of a call that no request can be made of.
func badAddress(call string) error {
	return &messenger.Error{
		Class: messenger.MessengerPermanent, Call: call, Code: "bad_address",
		What: "the address of {service} cannot be called", Advice: "Name another address", NotToken: true,
	}
}

// keyUnusable is the failure of a key that signs nothing.
func keyUnusable() error {
	return &messenger.Error{
		Class: messenger.MessengerPermanent, Call: callGrant, Code: "key_unusable",
		What: "nothing can be signed for {service} with the key of the service account", Advice: adviceKey,
	}
}

// notGranted is the failure of a call that was not made, because there was no access token in
// time.
func notGranted() error {
	return &messenger.Error{Class: messenger.Transient, Call: callGrant, Code: "timeout", What: "{service} did not give an access token in time"}
}

// gone is the error for a reference that cannot be one of Google Chat's, or to a message that
// was deleted.
func gone(call string) error {
	return &messenger.Error{Class: messenger.MessageGone, Call: call, Code: "message_gone"}
}
