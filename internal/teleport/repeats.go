package teleport

import "time"

// repeatAfter is how long a log line is not repeated.
const repeatAfter = 10 * time.Minute

// repeats keeps a log from saying the same thing again and again. The zero value
// is ready. Its keys are few and fixed.
type repeats struct {
	said map[string]*repeat
}

type repeat struct {
	last time.Time
	// count is how often it was not said since.
	count int
}

// due reports whether a line is to be logged now, and how often it was left out
// since it was logged last.
func (r *repeats) due(key string, now time.Time) (omitted int, due bool) {
	known := r.said[key]
	if known == nil {
		if r.said == nil {
			r.said = map[string]*repeat{}
		}
		r.said[key] = &repeat{last: now}
		return 0, true
	}
	if now.Sub(known.last) < repeatAfter {
		known.count++
		return 0, false
	}
	omitted = known.count
	known.last, known.count = now, 0
	return omitted, true
}
