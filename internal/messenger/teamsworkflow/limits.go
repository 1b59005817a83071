package teamsworkflow

import "time"

// minRetryAfter keeps a "Retry-After: 0" from becoming a busy loop.
const minRetryAfter = 250 * time.Millisecond
