package mattermost

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Mattermost counts runes.
var count message.Count = message.CountRunes

// Mattermost takes 16,383 runes for a message and 800,000 for the props. Ours
// stay far below, because nobody reads that much.
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

	// maxErrorID is longer than any of Mattermost's.
	maxErrorID = 100

	// historyPage and historyPages bound the search for a message by its key. A
	// page of our own messages stays well below the limit for an answer.
	historyPage  = 50
	historyPages = 20

	// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
	minRetryAfter = time.Second
)
