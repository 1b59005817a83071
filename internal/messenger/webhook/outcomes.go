package webhook

import (
	"net/http"
	"strconv"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	whatUnsigned = "{service} does not accept the signature of events, or does not let the operator in"
	whatEvent    = "{service} refuses this event as it is"
	whatPing     = "{service} refuses even a ping, which says nothing, and so would refuse every event"
	whatLate     = "{service} has given up waiting for the event, or wants it later"

	adviceSigning = "Compare the signing secret, the authorization and the clocks of both sides"
	adviceEvent   = "Compare what the receiver takes with the schema of events: a shorter one is tried, which says where the request stands"
	advicePing    = "Compare the signing secret and the authorization of both sides, and let the receiver answer a ping as any event"
	adviceGone    = "Take the recipient out of the rules, or let the receiver accept its events again"
)

// statuses are what receivers answer that do not take an event, by what it means.
var statuses = map[int]messenger.Error{
	http.StatusBadRequest:            {Class: messenger.ContentRejected, What: whatEvent, Advice: adviceEvent},
	http.StatusUnauthorized:          {Class: messenger.MessengerPermanent, What: whatUnsigned, Advice: adviceSigning},
	http.StatusForbidden:             {Class: messenger.MessengerPermanent, What: whatUnsigned, Advice: adviceSigning},
	http.StatusRequestTimeout:        {Class: messenger.Transient, What: whatLate, Unclear: true},
	http.StatusGone:                  {Class: messenger.RecipientPermanent, What: "{service} says that the recipient is gone", Advice: adviceGone},
	http.StatusRequestEntityTooLarge: {Class: messenger.ContentRejected, What: whatEvent, Advice: adviceEvent},
	http.StatusUnsupportedMediaType:  {Class: messenger.ContentRejected, What: whatEvent, Advice: adviceEvent},
	http.StatusUnprocessableEntity:   {Class: messenger.ContentRejected, What: whatEvent, Advice: adviceEvent},
	http.StatusTooEarly:              {Class: messenger.Transient, What: whatLate},
}

// outcome is what an answer below 500 means. Every success is one, whatever its body says.
func (w *Webhook) outcome(call string, status int, header http.Header) error {
	code := strconv.Itoa(status)
	switch {
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return nil
	case status == http.StatusTooManyRequests:
		wait := messenger.ParseRetryAfter(header.Get("Retry-After"), messenger.DefaultRetryAfter)
		e := w.bot.Caller.ThrottledError(call, code, bucket, wait)
		e.Quoted = true
		return e
	case status < http.StatusBadRequest, status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return messenger.NotTheService(call, status)
	}
	e, known := statuses[status]
	if call == callPing && e.Class.Answered() {
		// It holds nothing to be refused for. Many receivers answer so to a wrong signature.
		e = messenger.Error{Class: messenger.MessengerPermanent, What: whatPing, Advice: advicePing}
	}
	e.Call, e.Code, e.Quoted, e.Unknown = call, code, true, !known
	return &e
}
