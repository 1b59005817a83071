package messenger

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ParseRetryAfter reads a Retry-After header: seconds, whole or fractional, or
// an HTTP date (RFC 9110, section 10.2.3). The result lies between 0 and one
// day. A header that is missing or makes no sense gives fallback.
func ParseRetryAfter(header string, fallback time.Duration) time.Duration {
	header = strings.TrimSpace(header)
	// A number that is too large for a float is read as infinite.
	if seconds, err := strconv.ParseFloat(header, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return RetryAfterSeconds(seconds, fallback)
	}
	if date, err := http.ParseTime(header); err == nil {
		return clampRetryAfter(time.Until(date))
	}
	return clampRetryAfter(fallback)
}

// RetryAfterSeconds is ParseRetryAfter for a number, such as the retry_after of
// Discord's error body.
func RetryAfterSeconds(seconds float64, fallback time.Duration) time.Duration {
	if math.IsNaN(seconds) || seconds < 0 {
		return clampRetryAfter(fallback)
	}
	// Clamped first: a float too large for a Duration converts to anything.
	seconds = min(seconds, maxRetryAfter.Seconds())
	return clampRetryAfter(time.Duration(seconds * float64(time.Second)))
}

func clampRetryAfter(d time.Duration) time.Duration {
	return min(max(d, 0), maxRetryAfter)
}
