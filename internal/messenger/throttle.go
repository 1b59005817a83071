package messenger

import (
	"crypto/sha256"
	"sync"
	"time"
)

// Bucket is a set of calls that a service limits together. The zero value holds
// every call of a token.
type Bucket struct {
	// Method is the service's name for the method, or for its limit.
	Method string
	// Address narrows the bucket down to one channel; empty where the service
	// limits a method for the whole token.
	Address string
}

// Scope tells how far the bucket reaches.
func (b Bucket) Scope() Scope {
	switch {
	case b.Address != "":
		return ScopeAddress
	case b.Method != "":
		return ScopeMethod
	default:
		return ScopeToken
	}
}

// wider returns the buckets that hold the calls of b, the widest first.
func (b Bucket) wider() []Bucket {
	all := []Bucket{{}}
	if b.Method != "" {
		all = append(all, Bucket{Method: b.Method})
	}
	if b.Address != "" {
		all = append(all, b)
	}
	return all
}

// Throttle remembers which calls of one token have to wait. Services limit
// tokens, not notifiers: all notifiers with one token share one Throttle.
//
// The zero value is ready for use, and safe for concurrent use.
type Throttle struct {
	mu    sync.Mutex
	until map[Bucket]time.Time
}

// Pause stops the calls of a bucket for d. It never shortens a pause.
func (t *Throttle) Pause(bucket Bucket, d time.Duration) {
	if d <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropExpired()
	if until := time.Now().Add(d); until.After(t.until[bucket]) {
		t.makeRoom(bucket)
		t.until[bucket] = until
	}
}

// Paused returns how long calls of the bucket still have to wait, 0 for not at
// all, and the widest scope in which calls have to wait that long.
func (t *Throttle) Paused(bucket Bucket) (wait time.Duration, scope Scope) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range bucket.wider() {
		if left := time.Until(t.until[b]); left > wait {
			wait, scope = left, b.Scope()
		}
	}
	return wait, scope
}

// Refuse returns the error of a call that is not made because its bucket is paused, nil if it
// is not.
func (t *Throttle) Refuse(call string, bucket Bucket) error {
	wait, scope := t.Paused(bucket)
	if wait <= 0 {
		return nil
	}
	return &Error{Class: Throttled, Call: call, Code: "paused", What: whatPaused, RetryAfter: wait, Scope: scope}
}

// PausedElsewhere reports whether calls of the bucket's method have to wait at another
// address. A bucket that is not about one address has no other.
func (t *Throttle) PausedElsewhere(bucket Bucket) bool {
	if bucket.Address == "" {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropExpired()
	for other := range t.until {
		if other.Method == bucket.Method && other.Address != "" && other.Address != bucket.Address {
			return true
		}
	}
	return false
}

// idle reports whether no pause is running.
func (t *Throttle) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropExpired()
	return len(t.until) == 0
}

func (t *Throttle) dropExpired() {
	now := time.Now()
	for bucket, until := range t.until {
		if !until.After(now) {
			delete(t.until, bucket)
		}
	}
}

// makeRoom forgets the pause that ends first if there are too many. Forgetting
// one costs a call that is refused.
func (t *Throttle) makeRoom(bucket Bucket) {
	if t.until == nil {
		t.until = make(map[Bucket]time.Time)
	}
	if _, known := t.until[bucket]; known || len(t.until) < maxPauses {
		return
	}
	var first Bucket
	for candidate, until := range t.until {
		if first == (Bucket{}) || until.Before(t.until[first]) {
			first = candidate
		}
	}
	delete(t.until, first)
}

// Throttles hands out one Throttle for all whom a service limits together. It
// keeps the hash of a key, which may hold a token, never the key. The zero value
// is ready for use, and safe for concurrent use.
type Throttles struct {
	mu    sync.Mutex
	byKey map[[sha256.Size]byte]*sharedThrottle
}

type sharedThrottle struct {
	Throttle
	users int
}

// Acquire returns the Throttle of a key. The caller calls release when it no
// longer uses it; calls after the first do nothing. A throttle without users is
// kept until its last pause is over, so that a notifier that is replaced does not
// run into the limit again.
func (t *Throttles) Acquire(key string) (throttle *Throttle, release func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropUnused()
	hash := sha256.Sum256([]byte(key))
	shared := t.byKey[hash]
	if shared == nil {
		shared = &sharedThrottle{}
		if t.byKey == nil {
			t.byKey = make(map[[sha256.Size]byte]*sharedThrottle)
		}
		t.byKey[hash] = shared
	}
	shared.users++
	return &shared.Throttle, sync.OnceFunc(func() { t.release(shared) })
}

func (t *Throttles) release(shared *sharedThrottle) {
	t.mu.Lock()
	defer t.mu.Unlock()
	shared.users--
	t.dropUnused()
}

// dropUnused drops the throttles that are neither in use nor paused. A service may
// ask for pauses of a day, and tokens may be changed at any pace, so that at most
// maxUnusedThrottles others are kept; dropping one costs calls that are refused.
func (t *Throttles) dropUnused() {
	kept := 0
	for hash, shared := range t.byKey {
		if shared.users > 0 {
			continue
		}
		kept++
		if kept > maxUnusedThrottles || shared.idle() {
			kept--
			delete(t.byKey, hash)
		}
	}
}
