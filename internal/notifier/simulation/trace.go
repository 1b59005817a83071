package simulation

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// clock shows an instant of a world, counted from its beginning.
func clock(d time.Duration) string {
	d = d.Truncate(time.Millisecond)
	return fmt.Sprintf("%d:%02d:%06.3f", int(d.Hours()), int(d.Minutes())%60, (d % time.Minute).Seconds())
}

// trace is all that happened in a world.
type trace struct {
	began time.Time

	mu     sync.Mutex
	events []traced
}

// traced is one thing that happened; it is put into words when it is printed.
type traced struct {
	at     time.Duration
	who    string
	format string
	args   []any
}

// add notes that something happened. The arguments must not change afterwards.
func (t *trace) add(who, format string, args ...any) {
	now := time.Since(t.began)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, traced{now, who, format, args})
}

// last returns when something happened last.
func (t *trace) last() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.events) == 0 {
		return 0
	}
	return t.events[len(t.events)-1].at
}

// write writes what happened.
func (t *trace) write(out io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.events {
		_, _ = fmt.Fprintf(out, "%14s  %-8s %s\n", clock(e.at), e.who, fmt.Sprintf(e.format, e.args...))
	}
}
