package messenger

import "time"

const (
	// DefaultTimeout bounds one call from dialling to the last byte of the
	// answer. The services answer in well under a second; what takes longer is
	// better tried again than waited for.
	DefaultTimeout = 10 * time.Second
	// maxResponseBytes bounds what is read of an answer. A page of a channel's
	// history holds what others wrote, and can be larger: see ReadPage.
	maxResponseBytes = 1 << 20
	// maxToldBytes bounds what is read of an answer whose status says most.
	maxToldBytes = 4 << 10
	// DefaultRetryAfter is for a refusal that does not say how long to wait.
	DefaultRetryAfter = 30 * time.Second
	// ClockMargin is how much earlier a Finder begins to look, because a
	// service's clock may differ from ours.
	ClockMargin = 10 * time.Minute
	// maxRetryAfter bounds how long a service can silence us with one answer. Bans
	// last for hours: to call earlier prolongs them.
	maxRetryAfter = 24 * time.Hour
	// maxPauses bounds the buckets that one token remembers. Only those with a
	// pause that is still running are kept, so that it is not reached in
	// practice.
	maxPauses = 4096
	// maxUnusedThrottles bounds the tokens that are remembered although no notifier
	// uses them, because a pause is still running.
	maxUnusedThrottles = 256
	// pingAfter is how long a connection may be silent while a call waits for its
	// answer, and pingTimeout how long a ping may take then. HTTP/2 uses one
	// connection for all calls, and would go on with one whose packets are lost on
	// the way for as long as TCP tries, about 15 minutes.
	pingAfter   = 5 * time.Second
	pingTimeout = 4 * time.Second
	// idleConnections is how many connections to one host are kept for the next
	// call: as many as there may be deliveries under way at one address. Notifiers
	// share them.
	idleConnections = 64
)
