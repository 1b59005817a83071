package email

import "github.com/accessnotifier/accessnotifier/internal/message"

// Servers take mail of ten megabytes and more. Ours stays far below, because no reviewer reads
// that much.
var limits = message.Limits{
	Title: 150, Status: 200, Label: 60, ID: 80,
	Facts: 20, FactsSum: 6000,
	Value: 200, Long: 2900, List: 500, LongList: 1200, Items: 25, Item: 200,
	Decision: 1000, Reviews: 6, Author: 80, ReviewReason: 400,
}

// followLimits are for what follows a mail that has said more.
var followLimits = message.Limits{
	Title: 150, Status: 200, Label: 60, ID: 80,
	Facts: 4, FactsSum: 900,
	Value: 100, Long: 300, List: 200, LongList: 300, Items: 5, Item: 100,
	Decision: 1000, Reviews: 3, Author: 80, ReviewReason: 400,
}
