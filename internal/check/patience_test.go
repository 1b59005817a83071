package check

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// TestAThrottledCallIsMadeAgain after the time that the service asks for, and not for ever.
func TestAThrottledCallIsMadeAgain(t *testing.T) {
	throttled := &messenger.Error{Class: messenger.Throttled, Code: "ratelimited", RetryAfter: 30 * time.Second}
	refused := &messenger.Error{Class: messenger.RecipientPermanent, Code: "not_in_channel"}
	for name, tt := range map[string]struct {
		answers []error
		want    error
		after   time.Duration
	}{
		"at last":    {[]error{throttled, throttled, nil}, nil, time.Minute},
		"refused":    {[]error{throttled, refused}, refused, 30 * time.Second},
		"not at all": {[]error{throttled, throttled, throttled, nil}, throttled, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, calls := time.Now(), 0
				err := patiently(t.Context(), func() error {
					calls++
					return tt.answers[calls-1]
				})
				if !errors.Is(err, tt.want) || time.Since(start) != tt.after {
					t.Errorf("patiently() = %v after %v, want %v after %v", err, time.Since(start), tt.want, tt.after)
				}
			})
		})
	}
}
