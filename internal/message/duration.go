package message

import (
	"strings"
	"time"
)

const day = 24 * time.Hour

// spell writes a duration the way people say it, with its two largest units:
// "8 hours", "1 day 12 hours". It rounds to the minute, because Teleport's own
// arithmetic leaves odd seconds on what was asked for as whole hours.
func spell(d time.Duration) string {
	d = d.Round(time.Minute)
	if d < time.Minute {
		return "less than a minute"
	}
	var parts []string
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", day}, {"hour", time.Hour}, {"minute", time.Minute}} {
		n := d / unit.size
		d -= n * unit.size
		if n > 0 && len(parts) < 2 {
			parts = append(parts, plural(int(n), unit.name))
		}
	}
	return strings.Join(parts, " ")
}
