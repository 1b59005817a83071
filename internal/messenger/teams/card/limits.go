package card

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// limits are in bytes of JSON, structures included. A message to a Workflow has at most 28 KB
// (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using#rate-limiting-for-connectors),
// one of a bot about 100 KB in UTF-16
// (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages). A card
// that both take is what readers want to see.
var limits = message.Limits{
	Title: 300, Status: 400, Label: 120, ID: 400,
	Facts: 20, FactsSum: 11_000,
	Value: 700, Long: 3000, List: 2000, LongList: 3000, Items: 25, Item: 600,
	Decision: 2000,
	Reviews:  10, ReviewsSum: 4500, Author: 600, ReviewReason: 900,
}

// followLimits are for a card that follows one which has said more.
var followLimits = message.Limits{
	Title: 300, Status: 400, Label: 120, ID: 400,
	Facts: 4, FactsSum: 2500,
	Value: 400, Long: 800, List: 600, LongList: 800, Items: 5, Item: 200,
	Decision: 2000,
	Reviews:  3, ReviewsSum: 3000, Author: 600, ReviewReason: 900,
}

// maxBytes bounds a card, and leaves room for what is around it.
const maxBytes = 26 << 10

// What structures take in JSON.
const (
	lineRoom = 90
	runRoom  = 60
)

// count measures a text with its marks as it stands in JSON.
func count(text string) int {
	n := len(text) + strings.Count(text, `"`) + strings.Count(text, `\`)
	n += lineRoom * strings.Count(text, lineEnd)
	n += runRoom * (2*strings.Count(text, codeMark) + 2*strings.Count(text, quoteMark))
	// Each second brace in a row begins another run.
	last := ' '
	for _, r := range text {
		if r == '{' && last == '{' {
			n += runRoom
		}
		last = r
	}
	return n
}
