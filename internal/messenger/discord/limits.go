package discord

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Discord counts "characters" and does not say which. UTF-16 units are never
// fewer than any other way of counting that it may mean, and escapes count.
var count message.Count = message.CountUTF16

// Discord allows 2,000 characters of content; per embed 25 fields, 256 for the
// title and a field's name, 1,024 for a field's value, 4,096 for the
// description, 2,048 for the footer, and 6,000 for all of them together. What
// an embed of ours holds at most, the facts included, stays below 5,900.
const (
	// maxTitle bounds the title, which is ours.
	maxTitle = 100
	// maxStatus bounds the description, which is ours, too.
	maxStatus = 200
	// maxLabel bounds our own labels, which are shorter.
	maxLabel = 60

	// maxFacts is how many facts are shown; ours are fewer. Four more fields may
	// follow them.
	maxFacts = 20
	// maxFactsSum is what all facts may take, labels included.
	maxFactsSum = 3600
	// maxValue bounds a short value, maxLong a long one.
	maxValue = 150
	maxLong  = 1000
	// maxInline is how long a line may be that stands beside others: an embed is
	// about 70 characters wide, and has up to three fields in a row.
	maxInline = 24
	// maxList and maxLongList bound lists, as does maxItems; maxItem bounds one
	// item without what limits it.
	maxList     = 450
	maxLongList = 950
	maxItems    = 25
	maxItem     = 200

	// maxDecision bounds the reason of the final state.
	maxDecision = 500
	// maxReviewsSum and maxReviews bound the list of reviews.
	maxReviewsSum   = 900
	maxReviews      = 10
	maxAuthor       = 80
	maxReviewReason = 200

	// maxID bounds the request's id in the footer.
	maxID = 80

	// historyPage and historyPages bound the search for a message by its key. A
	// page must fit into what is read of an answer, other people's messages
	// included.
	historyPage  = 50
	historyPages = 20

	// maxKeys is how many keys of posted messages are remembered.
	maxKeys = 2048
	// maxBucketName bounds what is taken from a header; the names have 32 or 64
	// characters.
	maxBucketName = 128

	// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
	minRetryAfter = 250 * time.Millisecond
)
