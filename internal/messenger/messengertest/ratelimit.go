package messengertest

import "time"

// RateLimit is a number of calls in a fixed window. The zero value is no limit.
type RateLimit struct {
	// Limit is how many calls the window holds.
	Limit int
	// Window is how long it takes until the count starts again.
	Window time.Duration
}

// RateLimits are the limits of one service. All are off by default.
type RateLimits struct {
	// Token holds for all calls of a token together: Discord's global limit,
	// Mattermost's limit per user. Slack has none; there it is the limit for all
	// posts in a workspace.
	Token RateLimit
	// Channel holds for the posts and edits in one channel; with Slack for posts.
	Channel RateLimit
	// Method holds for all calls of one method, by the name under which Calls
	// counts it.
	Method map[string]RateLimit
}

// unlimited is what services advertise where no limit is set.
const unlimited = 1000

// quota is how much of a limit is left.
type quota struct {
	limit, remaining int
	reset            time.Duration
	ok               bool
}

// limiter counts calls in fixed windows, each key for itself.
type limiter struct {
	windows map[string]*window
}

type window struct {
	start time.Time
	used  int
}

// take uses one call of the key's window up. A call over the limit does not
// count.
func (l *limiter) take(key string, limit RateLimit, now time.Time) quota {
	if limit.Limit <= 0 {
		return quota{limit: unlimited, remaining: unlimited - 1, reset: time.Second, ok: true}
	}
	if l.windows == nil {
		l.windows = map[string]*window{}
	}
	w := l.windows[key]
	if w == nil || now.Sub(w.start) >= limit.Window {
		w = &window{start: now}
		l.windows[key] = w
	}
	left := w.start.Add(limit.Window).Sub(now)
	if w.used >= limit.Limit {
		return quota{limit: limit.Limit, reset: left}
	}
	w.used++
	return quota{limit: limit.Limit, remaining: limit.Limit - w.used, reset: left, ok: true}
}

// seconds rounds d up to whole seconds, at least one.
func seconds(d time.Duration) int {
	return max(1, int((d+time.Second-1)/time.Second))
}
