package discord

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// outcome is what one of Discord's error codes means.
type outcome struct {
	class  messenger.Class
	advice string
}

const (
	adviceRevoked = "Put a working bot token into the Secret"
	adviceChannel = "Check the channel id, and add the bot to the server"
	adviceView    = "Give the bot the permission View Channel"
	adviceSend    = "Give the bot the permissions View Channel, Send Messages and Embed Links"
	adviceText    = "Name a channel that holds messages"
	adviceID      = "Check that the id is that of a channel or user"
	adviceUser    = "Check the user id"
	adviceDirect  = "The user must share a server with the bot and allow its direct messages"
	adviceAutoMod = "Exempt the bot from the server's AutoMod rules"
	adviceAddress = "Check the address of the Discord API, and the proxy in front of it"
	adviceBlocked = "Discord refuses calls from this address; check the proxy in front of it"
)

// outcomes are Discord's documented error codes, from
// https://discord.com/developers/docs/topics/opcodes-and-status-codes. A code
// that is not listed counts as what its status says.
var outcomes = map[int]outcome{
	// The token cannot work.
	40001: {messenger.MessengerPermanent, adviceRevoked},
	40002: {messenger.MessengerPermanent, "Verify the account that owns the bot"},
	40333: {messenger.MessengerPermanent, adviceBlocked},
	50014: {messenger.MessengerPermanent, adviceRevoked},

	// This recipient cannot work.
	10003: {messenger.RecipientPermanent, adviceChannel},
	10004: {messenger.RecipientPermanent, adviceChannel},
	10013: {messenger.RecipientPermanent, adviceUser},
	40007: {messenger.RecipientPermanent, "Lift the bot's ban from the server"},
	50001: {messenger.RecipientPermanent, adviceView},
	50007: {messenger.RecipientPermanent, adviceDirect},
	50008: {messenger.RecipientPermanent, adviceText},
	50009: {messenger.RecipientPermanent, "Lower the channel's verification level for the bot"},
	50013: {messenger.RecipientPermanent, adviceSend},
	50024: {messenger.RecipientPermanent, adviceText},
	50083: {messenger.RecipientPermanent, "Reopen the thread, or use another channel"},
	50278: {messenger.RecipientPermanent, adviceDirect},

	// This rendering is refused.
	20009:  {messenger.ContentRejected, ""},
	40005:  {messenger.ContentRejected, ""},
	50006:  {messenger.ContentRejected, ""},
	50035:  {messenger.ContentRejected, ""},
	50109:  {messenger.ContentRejected, ""},
	200000: {messenger.ContentRejected, adviceAutoMod},
	240000: {messenger.ContentRejected, adviceAutoMod},

	// This one message is out of reach.
	10008: {messenger.MessageGone, ""},
	50005: {messenger.MessageGone, ""},
	50021: {messenger.MessageGone, ""},

	// Too many calls. The last is about edits of messages older than an hour.
	20016: {messenger.Throttled, ""},
	20028: {messenger.Throttled, ""},
	40003: {messenger.Throttled, ""},
	30046: {messenger.Throttled, ""},

	// Discord is in trouble.
	40006:  {messenger.Transient, ""},
	130000: {messenger.Transient, ""},
}

// refused returns the error for an answer that is not a success. Its body is
// read for the code only.
func (d *Discord) refused(r request, response *http.Response, body []byte) error {
	answer := parseRefusal(body)
	status := response.StatusCode
	code := fmt.Sprintf("http_%d", status)
	meaning, known := outcomes[answer.Code]
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
	return &messenger.Error{Class: meaning.class, Call: r.call, Code: code, Advice: meaning.advice}
}

// byStatus is the meaning of an answer whose code says nothing. Ten thousand
// answers of 401 or 403 within ten minutes make Discord ban the address, so
// that neither is transient.
func byStatus(r request, status int, isDiscords bool) outcome {
	switch {
	case status == http.StatusUnauthorized:
		return outcome{messenger.MessengerPermanent, adviceRevoked}
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
