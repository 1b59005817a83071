package messenger

import (
	"sync"
	"time"
)

// Belief is whether a service works whose every Check costs something. The zero value holds
// nothing; it is safe for concurrent use.
type Belief struct {
	mu    sync.Mutex
	until time.Time
}

// Holds reports whether the service is believed to work.
func (b *Belief) Holds() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Before(b.until)
}

// Set takes in whether the service has let a call in, be it to refuse it, and for how long that
// is believed.
func (b *Belief) Set(works bool, believed time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Time{}
	if works {
		b.until = time.Now().Add(believed)
	}
}
