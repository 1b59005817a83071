package messenger

import (
	"net/mail"
	"strings"
)

// EmailAddress returns the e-mail address that a text is, white space around it left
// out, and false for a text that is anything else or more than that. What a requester
// typed is looked up only if it is one.
func EmailAddress(text string) (address string, ok bool) {
	text = strings.TrimSpace(text)
	parsed, err := mail.ParseAddress(text)
	return text, err == nil && parsed.Address == text
}

// NotAUserID is the error for a text that was to be a user's id, and is not.
func NotAUserID(advice string) *Error {
	return &Error{
		Class: RecipientPermanent, Call: "resolve", Code: "invalid_user_id",
		What: "the recipient is no id of a user of {service}", Advice: advice,
	}
}

// NotAnEmailAddress is the error for a text that was to name a person, and does not.
func NotAnEmailAddress() *Error {
	return &Error{
		Class:  RecipientPermanent,
		Call:   "resolve",
		Code:   "invalid_email_address",
		What:   "the recipient is no e-mail address, by which people are found at {service}",
		Advice: "Write the e-mail address",
	}
}
