package googlechat

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Google Chat counts the bytes of a whole message, cards included
// (https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create).
var count message.Count = func(s string) int { return len(s) }

// A message may have 32,000 bytes, and a card 100 widgets. What these leave is for the names of
// fields, and for what JSON escapes.
var limits = message.Limits{
	Title: 300, Status: 400, Label: 120, ID: 160,
	Facts: 20, FactsSum: 10_000,
	Value: 400, Long: 4000, List: 900, LongList: 2400, Items: 25, Item: 400,
	Decision: 2000,
	// A thread holds all reviews.
	Reviews: 6, ReviewsSum: 4000, Author: 160, ReviewReason: 500,
}

const (
	// publicAPI is the address of the API, without its version.
	publicAPI = "https://chat.googleapis.com"

	// tokenLife is how long an assertion, and a token that says nothing of it, lasts: at most
	// an hour, by Google's documentation.
	tokenLife = time.Hour
	// renewBefore is how long before its end a token is renewed, and tokenMargin how long before
	// that it is no longer used: what fails in between is tried again each minute.
	renewBefore = 5 * time.Minute
	tokenMargin = time.Minute
	// tokenWithin bounds how much later a message is sent because a token has to be had first.
	tokenWithin = 2 * time.Second

	// idBytes is how much of a hash makes a message's id, which may have 63 characters.
	idBytes = 20

	// retryAfter is how long to wait after a refusal that does not say: quotas are for 60 seconds
	// (https://developers.google.com/workspace/chat/limits).
	retryAfter = 30 * time.Second
	// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
	minRetryAfter = time.Second

	// memberPage is how many members are asked for of direct messages, which have two.
	memberPage = "10"
)
