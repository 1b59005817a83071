package messenger

import (
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// delay is what RFC 9110 and the services write for a number of seconds.
var delay = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// FuzzParseRetryAfter: whatever the header is, the pause has its bounds, and it is never
// shorter than what the service has asked for.
func FuzzParseRetryAfter(f *testing.F) {
	for _, header := range []string{
		"", "0", "1", "120", "0.3", "4.35", "1.0000000001", "86399.9999999999", "86400", "99999999999999999999",
		"1" + strings.Repeat("0", 400), "-1", "-0", "NaN", "Inf", "-Inf", "1e3", "0x10", "0x1p4", "1_000", " 7 ", "7\t", "7;8", "soon",
		"Fri, 06 Mar 2026 17:00:00 GMT", "Friday, 06-Mar-26 17:00:00 GMT", "Fri Mar  6 17:00:00 2026", "Fri, 31 Dec 9999 23:59:59 GMT",
		time.Now().Add(time.Hour).UTC().Format(http.TimeFormat),
	} {
		f.Add(header, int64(time.Minute))
	}
	f.Add("soon", int64(-1))
	f.Add("soon", int64(1)<<62)
	f.Fuzz(func(t *testing.T, header string, fallback int64) {
		before := time.Now()
		got := ParseRetryAfter(header, time.Duration(fallback))
		if got < 0 || got > maxRetryAfter {
			t.Fatalf("the pause is %s", got)
		}
		header = strings.TrimSpace(header)
		if least, ok := asked(header, before); ok && got < least {
			t.Errorf("the pause is %s, and the service has asked for %s", got, least)
		}
		if header == "" && got != min(max(time.Duration(fallback), 0), maxRetryAfter) {
			t.Errorf("without a header, the pause is %s", got)
		}
	})
}

// asked is the pause that a header asks for at a time, at most a day; false if the header is
// neither a number nor a date. It is short by what it takes to round or to read the header.
func asked(header string, now time.Time) (time.Duration, bool) {
	if delay.MatchString(header) {
		seconds, _ := new(big.Rat).SetString(header)
		exact := new(big.Rat).Mul(seconds, big.NewRat(int64(time.Second), 1))
		nanoseconds := new(big.Int).Quo(exact.Num(), exact.Denom())
		if nanoseconds.Cmp(big.NewInt(int64(maxRetryAfter))) > 0 {
			return maxRetryAfter, true
		}
		return time.Duration(nanoseconds.Int64()) - time.Nanosecond, true
	}
	date, err := time.Parse(http.TimeFormat, header)
	return min(date.Sub(now.Add(10*time.Second)), maxRetryAfter), err == nil
}
