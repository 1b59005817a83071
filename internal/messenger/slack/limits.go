package slack

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Slack counts "characters" and does not say which. UTF-16 units are never
// fewer than any other way of counting that it may mean.
var count message.Count = message.CountUTF16

// limits are those of the blocks. Slack takes 150 characters for a header, 2,000 for a
// field and 3,000 for a section, and users report about 12,000 as the limit for the text
// of all blocks. What follows the facts takes at most 4,000.
var limits = message.Limits{
	Title: 150, Status: 200, Label: 58, ID: 80,
	Facts: 20, FactsSum: 6000,
	Value: 200, Long: 2900, List: 500, LongList: 1200, Items: 25, Item: 200,
	Decision: 1000,
	// A thread holds all reviews.
	Reviews: 6, Author: 80, ReviewReason: 200,
}

// textLimits are those of the top-level text, in which there is less room for the same
// things.
var textLimits = message.Limits{
	Title: 150, Status: 200, Label: 60, ID: 80,
	Facts: 20, FactsSum: 1 << 20, // see maxTextFacts
	Value: 200, Long: 800, List: 300, LongList: 300, Items: 25, Item: 200,
	Decision: 300,
	Reviews:  3, Author: 80, ReviewReason: 80,
}

const (
	// maxTextFacts leaves room for the status, reviews and link below the 4,000
	// characters over which chat.update refuses a text.
	maxTextFacts = 1500
	// maxFieldsPerSection is Slack's limit; a fact takes two of them.
	maxFieldsPerSection = 10

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
