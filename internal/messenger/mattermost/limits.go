package mattermost

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Mattermost counts runes.
var count message.Count = message.CountRunes

// Mattermost takes 16,383 runes for a message, 760,000 for the props, and 300,000
// bytes for the body of a call by default. Ours stay far below, because no reviewer
// reads that much.
var limits = message.Limits{
	Title: 150, Status: 200, Label: 60, ID: 80,
	Facts: 20, FactsSum: 6000,
	Value: 200, Long: 2900, List: 500, LongList: 1200, Items: 25, Item: 200,
	Decision: 1000,
	// A thread holds all reviews.
	Reviews: 6, Author: 80, ReviewReason: 200,
}

const (
	// maxEmail is how long an e-mail address can be (RFC 5321, section 4.5.3.1.3).
	maxEmail = 254

	// maxErrorID is longer than any of Mattermost's.
	maxErrorID = 100

	// historyPage and historyCalls bound the search for a message by its key, and
	// threadPages that for a reply. A page of our own messages stays below the limit
	// for an answer. It is a power of two, to be halved where others' do not.
	historyPage  = 64
	historyCalls = 200
	threadPages  = 64

	// maxLabel is how long the label of a button may be, and maxFormWord the title of a form and
	// the label of its input, in bytes, whose text has at most maxInput characters
	// (model/integration_action.go).
	maxLabel    = 40
	maxFormWord = 24
	maxInput    = 3000
	// maxAnswer is how long an answer to a click may be.
	maxAnswer = 1000
	// maxCall is how many bytes are read of a call to us.
	maxCall = 64 << 10
	// formLives is for how long a form can be sent.
	formLives = time.Hour
	// decideWithin is how long Mattermost is let wait for a decision: less than three seconds,
	// for which proxies in between wait at the very least.
	decideWithin = 2500 * time.Millisecond
	// openWithin bounds the call that opens a form: Mattermost takes it for three seconds.
	openWithin = 2500 * time.Millisecond

	// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
	minRetryAfter = time.Second
)
