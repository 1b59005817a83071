package discord

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// buckets remembers which calls share a limit: Discord names the limit of a
// route in its answers, and counts it for each channel.
type buckets struct {
	mu     sync.Mutex
	byCall map[string]string
}

// learn remembers the name of a call's limit.
func (b *buckets) learn(call, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byCall == nil {
		b.byCall = make(map[string]string)
	}
	b.byCall[call] = name
}

// key is the bucket of a request, by the name of its limit where that is known.
func (b *buckets) key(r request) messenger.Bucket {
	b.mu.Lock()
	defer b.mu.Unlock()
	if name, ok := b.byCall[r.call]; ok {
		return messenger.Bucket{Method: name, Address: r.channel}
	}
	return unnamed(r)
}

// unnamed is the bucket of a request before Discord has named its limit.
func unnamed(r request) messenger.Bucket {
	return messenger.Bucket{Method: r.call, Address: r.channel}
}

// observe learns from the headers of an answer, and waits in advance when they
// say that the next call would be one too many.
func (d *Discord) observe(r request, header http.Header) {
	if name := header.Get("X-RateLimit-Bucket"); name != "" && len(name) <= maxBucketName {
		d.buckets.learn(r.call, name)
	}
	remaining, err := strconv.Atoi(header.Get("X-RateLimit-Remaining"))
	if err == nil && remaining <= 0 {
		d.pause(r, resetAfter(header, 0))
	}
}

// pause stops the calls of a request's bucket, also for bots that share the
// throttle and have not learnt its name.
func (d *Discord) pause(r request, wait time.Duration) {
	d.bot.Caller.Throttle.Pause(unnamed(r), wait)
	d.bot.Caller.Throttle.Pause(d.buckets.key(r), wait)
}

// throttled pauses what Discord says is too much.
//
// A refusal that is not Discord's own is a ban of the address by the network in front
// of it. It is for all tokens there, of which each finds out for itself; one call of
// each at a time does not prolong it.
func (d *Discord) throttled(r request, header http.Header, body refusal, code string) *messenger.Error {
	fallback := messenger.DefaultRetryAfter
	if body.isForeign(header) {
		fallback = banned
	}
	wait := max(waitFor(header, body, fallback), minRetryAfter)
	if isGlobal(header, body) {
		return d.bot.Caller.ThrottledError(r.call, code, messenger.Bucket{}, wait)
	}
	d.pause(r, wait)
	return d.bot.Caller.ThrottledError(r.call, code, d.buckets.key(r), wait)
}

// waitFor prefers the body, which is the only one with fractions of seconds.
func waitFor(header http.Header, body refusal, fallback time.Duration) time.Duration {
	fallback = messenger.ParseRetryAfter(header.Get("Retry-After"), resetAfter(header, fallback))
	if body.RetryAfter == nil {
		return fallback
	}
	return messenger.RetryAfterSeconds(*body.RetryAfter, fallback)
}

func resetAfter(header http.Header, fallback time.Duration) time.Duration {
	return messenger.ParseRetryAfter(header.Get("X-RateLimit-Reset-After"), fallback)
}

// isGlobal reports whether a refusal is about every call of the token.
func isGlobal(header http.Header, body refusal) bool {
	global, _ := strconv.ParseBool(header.Get("X-RateLimit-Global"))
	return global || header.Get("X-RateLimit-Scope") == "global" || body.Global || body.isForeign(header)
}

// refusal is the body of an answer that is an error.
type refusal struct {
	Code       int      `json:"code"`
	RetryAfter *float64 `json:"retry_after"`
	Global     bool     `json:"global"`

	// isDiscords is true for JSON, and false for a page of something in between.
	isDiscords bool
}

// isForeign reports whether it is not Discord's own, but from the network in front of
// Discord, which counts addresses, not channels.
func (r refusal) isForeign(header http.Header) bool {
	return !r.isDiscords && header.Get("X-RateLimit-Bucket") == ""
}

func parseRefusal(body []byte) refusal {
	var r refusal
	if err := json.Unmarshal(body, &r); err != nil {
		return refusal{}
	}
	r.isDiscords = true
	return r
}
