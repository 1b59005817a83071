package main

import (
	"cmp"
	"slices"
	"time"
)

// percentile returns the smallest value that at least p percent of the values
// do not exceed. There must be one.
func percentile[T cmp.Ordered](values []T, p int) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max((len(sorted)*p+99)/100, 1)-1]
}

// median returns the middle value; of an even number, the lower of both.
func median[T cmp.Ordered](values []T) T {
	return percentile(values, 50)
}

// rate returns how many of n happened in a second.
func rate(n int, within time.Duration) float64 {
	return float64(n) / within.Seconds()
}

// rounded gives durations as people read them.
func rounded(durations []time.Duration) []time.Duration {
	all := make([]time.Duration, 0, len(durations))
	for _, d := range durations {
		precision := time.Millisecond
		if d < 100*time.Millisecond {
			precision = 100 * time.Microsecond
		}
		all = append(all, d.Round(precision))
	}
	return all
}
