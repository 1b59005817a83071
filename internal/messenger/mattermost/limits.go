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
const (
	// maxFields is how many facts are shown. Our own messages have fewer.
	maxFields = 20
	// maxFacts is what all facts may take.
	maxFacts = 6000

	// maxTitle and maxLabel bound our own words, which are shorter.
	maxTitle  = 150
	maxStatus = 200
	maxLabel  = 60
	// maxValue bounds a value that stands on one line, maxLong any other.
	maxValue = 200
	maxLong  = 2900
	// maxList and maxLongList bound lists, as does maxItems; maxItem bounds one
	// item.
	maxList     = 500
	maxLongList = 1200
	maxItems    = 25
	maxItem     = 200
	// maxDecision bounds the reason of the final state.
	maxDecision = 1000

	// maxReviews is how many reviews are listed in the message; a thread holds
	// them all.
	maxReviews      = 6
	maxAuthor       = 80
	maxReviewReason = 200
	// maxID bounds the request's id.
	maxID = 80

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

	// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
	minRetryAfter = time.Second
)
