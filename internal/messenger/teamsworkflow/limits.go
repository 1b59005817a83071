package teamsworkflow

import "time"

const (
	// maxCalls is how many calls are made at a time. Teams takes four in a second for a channel
	// (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using#rate-limiting-for-connectors):
	// more of them would be refused, or wait until they are given up, after which it is not known what
	// became of them.
	maxCalls = 4
	// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
	minRetryAfter = 250 * time.Millisecond
)
