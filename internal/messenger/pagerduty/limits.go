package pagerduty

import "github.com/accessnotifier/accessnotifier/internal/message"

// PagerDuty takes 512 KB for an event, 1024 characters for its summary and 255 for the dedup_key
// (https://developer.pagerduty.com/docs/send-alert-event). It says nothing of the rest, which
// stays far below.
const (
	maxSummary = 1024
	maxSource  = 255
)

// limits are how much of each part an alert has.
var limits = message.Limits{
	Title: 150, Status: 200, Label: 60, ID: 80,
	Facts: 20, FactsSum: 6000,
	Value: 200, Long: 2900, List: 500, LongList: 1200, Items: 25, Item: 200,
	Decision: 1000,
	Reviews:  6, Author: 80, ReviewReason: 200,
}

// brief are the limits of what is read out.
var brief = message.Limits{
	Title: 150, Status: 200, Label: 60, ID: 80,
	Facts: 20, FactsSum: 6000,
	Value: 100, Long: 200, List: 200, LongList: 200, Items: 5, Item: 80,
	Decision: 1, Reviews: 1, Author: 80, ReviewReason: 1,
}
