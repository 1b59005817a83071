package slack

import (
	"regexp"
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

	// maxButtonLabel, maxButtonValue, maxFormWord, maxFormLabel and maxInput are Slack's limits.
	maxButtonLabel = 75
	maxButtonValue = 2000
	maxFormWord    = 24
	maxFormLabel   = 2000
	maxInput       = 3000
	// maxAnswer is how long a private answer may be.
	maxAnswer = 1000
	// maxAtOnce is how much is done at a time for one account that presses.
	maxAtOnce = 4

	// maxFrame bounds what Slack sends at once. A click has the whole message with it.
	maxFrame = 1 << 20
	// helloWithin is how long Slack may take to use a connection, and maxSilence how long
	// nothing may come then, while Slack is asked every pingEvery.
	helloWithin = 10 * time.Second
	maxSilence  = 30 * time.Second
	pingEvery   = 10 * time.Second
	// writeWithin bounds the sending of a frame. Slack waits 3 seconds for an acknowledgement.
	writeWithin = 2 * time.Second
	// triggerWithin is how long a form may be opened after a click.
	triggerWithin = 3 * time.Second
	// linger is how long a connection is read at most whose end Slack has announced.
	linger = time.Minute
	// A connection that was open for less than steady is replaced after a delay, which grows
	// from reconnectBase to reconnectLimit.
	steady         = time.Minute
	reconnectBase  = time.Second
	reconnectLimit = time.Minute
	// maxFailures is how often in a row a connection fails until that is reported.
	maxFailures = 5
	// maxSeen is how many ids are remembered at least, of two for each click.
	maxSeen = 4096

	// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
	minRetryAfter = time.Second
)

// appTokenForm is what app-level tokens look like. Bot tokens, which are mistaken for them, begin
// with xoxb-.
var appTokenForm = regexp.MustCompile(`^xapp-[!-~]+$`)
