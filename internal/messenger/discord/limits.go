package discord

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Discord counts code points, after trimming (its staff in discord-api-docs#1315;
// the documentation says "characters"). UTF-16 units are never fewer, and escapes
// count.
var count message.Count = message.CountUTF16

// Discord allows 2,000 characters of content; per embed 25 fields, 256 for the
// title and a field's name, 1,024 for a field's value, 4,096 for the
// description, 2,048 for the footer, and 6,000 for all of them together. What
// an embed of ours holds at most, the facts included, stays below 5,900.
var limits = message.Limits{
	Title: 100, Status: 200, Label: 60, ID: 80,
	// Four more fields may follow the facts.
	Facts: 20, FactsSum: 3600,
	Value: 150, Long: 1000, List: 450, LongList: 950, Items: 25, Item: 200,
	Decision: 500,
	Reviews:  10, ReviewsSum: 900, Author: 80, ReviewReason: 200,
}

const (
	// maxInline is how long a line may be that stands beside others: an embed is
	// about 70 characters wide, and has up to three fields in a row.
	maxInline = 24

	// historyPage and historyPages bound the search for a message by its key. A page
	// is the largest that Discord gives, and is halved where other people's messages
	// make it larger than is read.
	historyPage  = 100
	historyPages = 100

	// maxKey is how long a nonce may be.
	maxKey = 25
	// maxKeys is how many keys of posted messages are remembered.
	maxKeys = 2048
	// maxBucketName bounds what is taken from a header; the names have 32 or 64
	// characters.
	maxBucketName = 128

	// maxLabel is how long the label of a button may be, and maxFormWord the title of a form and
	// the label of its input, whose text has at most maxInput characters
	// (https://discord.com/developers/docs/components/reference).
	maxLabel    = 80
	maxFormWord = 45
	maxInput    = 4000
	// maxAnswer is how long an answer to a click may be: as long as the content of a message.
	maxAnswer = 2000
	// maxInteraction is how many bytes are read of a call to us. It has the whole message in it.
	maxInteraction = 64 << 10

	// banned is how long to wait after a ban that does not say how long it lasts:
	// what led to it counts for ten minutes.
	banned = 10 * time.Minute
	// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
	minRetryAfter = 250 * time.Millisecond

	// maxAge is how far the time in a signature may be from now.
	maxAge = 5 * time.Minute
	// askAgainAfter is how often at most the application is asked for because of a signature
	// that does not fit, and askAfterFailure how often where it is not known at all.
	askAgainAfter   = time.Minute
	askAfterFailure = 10 * time.Second
	// askWithin bounds the calls that a click waits for: Discord waits for three seconds.
	askWithin = 2 * time.Second
	// tellAgainAfter is how long to wait before an answer is edited for a second time, and
	// maxTellWait how long at most before any other.
	tellAgainAfter = 200 * time.Millisecond
	maxTellWait    = 30 * time.Second
)
