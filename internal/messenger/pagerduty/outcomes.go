package pagerduty

import (
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The codes of refusals with status 400, which has none of PagerDuty's own but sentences.
const (
	// codeKey is that of one whose sentence is about the routing key.
	codeKey = "invalid_routing_key"
	// codeEvent is that of any other.
	codeEvent = "invalid_event"
)

const (
	whatEvent = "{service} refuses this event as it is"
	whatLate  = "{service} has given up waiting for the event"

	adviceKey = "Replace the integration key by that of an integration of the type Events API v2, and check the region of the account"
)

// outcomes are what PagerDuty answers that does not take an event, by what it means: statuses by
// https://developer.pagerduty.com/docs/events-api-v2-overview, under Response Codes & Retry
// Logic. Version 1 of the API answered too many calls with 403.
var outcomes = map[string]messenger.Error{
	codeKey:   {Class: messenger.MessengerPermanent, What: "{service} does not know the integration key", Advice: adviceKey},
	codeEvent: {Class: messenger.ContentRejected, What: whatEvent},
	"403":     {Class: messenger.Throttled},
	"408":     {Class: messenger.Transient, What: whatLate, Unclear: true},
	"413":     {Class: messenger.ContentRejected, What: whatEvent},
	"429":     {Class: messenger.Throttled},
}

// isSomethingElse reports whether a status says that something else than PagerDuty has answered.
func isSomethingElse(status int) bool {
	return status < http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusMethodNotAllowed ||
		status == http.StatusProxyAuthRequired
}
