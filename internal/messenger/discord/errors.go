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
	quoted := known || answer.Code > 0
	unknown := quoted && !known && status != http.StatusUnauthorized
	if quoted {
		code = strconv.Itoa(answer.Code)
	}
	if !known || status == http.StatusUnauthorized {
		meaning = byStatus(r, status, answer.isDiscords)
	}
	if status == http.StatusTooManyRequests || meaning.class == messenger.Throttled {
		throttled := d.throttled(r, response.Header, answer, code)
		throttled.What, throttled.Quoted = meaning.what, quoted
		return throttled
	}
	if meaning.class == messenger.ContentRejected && !r.sendsMessage() {
		// There is nothing in the call but an id.
		meaning = outcome{class: messenger.RecipientPermanent, what: "{service} cannot make anything of the id", advice: adviceID}
	}
	switch {
	case !answer.isDiscords && meaning.class == messenger.Transient:
		return messenger.NotTheService(r.call, status)
	case !quoted:
		meaning.what += fmt.Sprintf(" (HTTP status %d)", status)
	case unknown:
		// Of an unknown code, the status tells no more than the class.
		meaning.what = ""
	}
	return &messenger.Error{
		Class: meaning.class, Call: r.call, Code: code, What: meaning.what, Advice: meaning.advice,
		Quoted: quoted, Unknown: unknown, NotToken: meaning.notToken, Foreign: answer.Code == notAuthor,
	}
}

// byStatus is the meaning of an answer whose code says nothing. Ten thousand
// answers of 401 or 403 within ten minutes make Discord ban the address, so
// that neither is transient.
func byStatus(r request, status int, isDiscords bool) outcome {
	switch {
	case status == http.StatusUnauthorized:
		return outcome{class: messenger.MessengerPermanent, what: whatRefused, advice: adviceRevoked}
	case status == http.StatusForbidden && isDiscords && r.call == callEdit:
		return outcome{class: messenger.MessageFinal, what: whatMayNot, advice: adviceSend}
	case status == http.StatusForbidden && isDiscords && r.call != callMe:
		return outcome{class: messenger.RecipientPermanent, what: whatMayNot, advice: adviceSend}
	case status == http.StatusForbidden:
		return outcome{class: messenger.MessengerPermanent, what: whatBlocked, advice: adviceBlocked, notToken: true}
	case status == http.StatusBadRequest && isDiscords:
		return outcome{class: messenger.ContentRejected, what: "{service} refuses this message as it is"}
	case status == http.StatusRequestEntityTooLarge:
		return outcome{class: messenger.ContentRejected, what: whatTooLarge}
	default:
		return outcome{class: messenger.Transient, what: "{service} refuses the call"}
	}
}
