package slack

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Slack counts "characters" and does not say which. UTF-16 units are never
// fewer than any other way of counting that it may mean.
var count message.Count = message.CountUTF16

const (
	// maxTextFacts leaves room for the status, reviews and link below the 4,000
	// characters over which chat.update refuses a text.
	maxTextFacts = 1500

	// maxHeader is Slack's limit for a header block.
	maxHeader = 150
	// maxFieldsPerSection is Slack's limit; a fact takes two of them.
	maxFieldsPerSection = 10
	// maxFacts is how many facts are shown. Our own messages have fewer.
	maxFacts = 20
	// maxFactsSum is what all facts may take of the about 12,000 characters that
	// users report as Slack's limit for the text of all blocks. What follows
	// the facts takes at most 4,000.
	maxFactsSum = 6000

	// maxValue bounds a value in a field, for which Slack takes 2,000.
	maxValue = 200
	// maxLong bounds a text in a section, for which Slack takes 3,000.
	maxLong = 2900
	// maxList and maxLongList bound lists, as does maxItems; maxItem bounds one
	// item of a list without what limits it.
	maxList     = 500
	maxLongList = 1200
	maxItems    = 25
	maxItem     = 200
	// maxLabel bounds our own labels, which are shorter.
	maxLabel = 60
	// maxDecision bounds the reason of the final state.
	maxDecision = 1000

	// maxReviews is how many reviews are listed in the message, and maxTextReviews
	// in its text; a thread holds them all.
	maxReviews      = 6
	maxTextReviews  = 3
	maxAuthor       = 80
	maxReviewReason = 200
	// maxID bounds the request's id.
	maxID = 80

	// In the top-level text there is less room for the same things.
	maxTextLong     = 800
	maxTextList     = 300
	maxTextDecision = 300
	maxTextReason   = 80

	// historySize and historyPages bound the search for a message by its key: 10,000
	// messages of others, in fewer calls than Slack's limit of 50 a minute allows, so
	// that one search ends before it is throttled.
	historySize  = 500
	historyPages = 20
	// historyRest is how many more pages are read once a message is found. A double of
	// it came soon after or before.
	historyRest = 4
	// historyWindow is how long the first span is that is searched forward from the
	// given time. Each further one is twice as long.
	historyWindow = 2 * messenger.ClockMargin
	// historyEnd is how long after now the history certainly ends.
	historyEnd = 24 * time.Hour

	// channelPage and channelPages bound the search for a channel by its name.
	// Slack allows about 20 such calls a minute.
	channelPage  = 400
	channelPages = 15
	// channelsFresh is how long a list of channels serves further look-ups.
	channelsFresh = time.Minute
	// channelsPause is how long to wait after a page before the list is made again
	// for a name that it lacks: twice as long as Slack's limit demands.
	channelsPause = 6 * time.Second

	// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
	minRetryAfter = time.Second
)
