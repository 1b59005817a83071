package discord

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// refused returns the error for an answer that is not a success. Its body is
// read for the code only.
func (d *Discord) refused(r request, response *http.Response, body []byte) error {
	answer := parseRefusal(body)
	status := response.StatusCode
	code := fmt.Sprintf("http_%d", status)
	meaning, known := outcomeOf(r, answer.Code)
	if known || answer.Code > 0 {
		code = strconv.Itoa(answer.Code)
	}
	if !known || status == http.StatusUnauthorized {
		meaning = byStatus(r, status, answer.isDiscords)
	}
	if status == http.StatusTooManyRequests || meaning.class == messenger.Throttled {
		return d.throttled(r, response.Header, answer, code)
	}
	if meaning.class == messenger.ContentRejected && !r.sendsMessage() {
		// There is nothing in the call but an id.
		meaning = outcome{messenger.RecipientPermanent, adviceID}
	}
	return &messenger.Error{
		Class: meaning.class, Call: r.call, Code: code, Advice: meaning.advice, Foreign: answer.Code == notAuthor,
	}
}

// byStatus is the meaning of an answer whose code says nothing. Ten thousand
// answers of 401 or 403 within ten minutes make Discord ban the address, so
// that neither is transient.
func byStatus(r request, status int, isDiscords bool) outcome {
	switch {
	case status == http.StatusUnauthorized:
		return outcome{messenger.MessengerPermanent, adviceRevoked}
	case status == http.StatusForbidden && isDiscords && r.call == callEdit:
		return outcome{messenger.MessageFinal, adviceSend}
	case status == http.StatusForbidden && isDiscords && r.call != callMe:
		return outcome{messenger.RecipientPermanent, adviceSend}
	case status == http.StatusForbidden:
		return outcome{messenger.MessengerPermanent, adviceBlocked}
	case status == http.StatusBadRequest && isDiscords, status == http.StatusRequestEntityTooLarge:
		return outcome{messenger.ContentRejected, ""}
	default:
		return outcome{messenger.Transient, adviceAddress}
	}
}
