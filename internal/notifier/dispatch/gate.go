package dispatch

import "time"

// gate lets calls of one kind through: of a method at an address, of a method, or all.
type gate struct {
	// until is when the pause ends that the service asked for.
	until time.Time
	// probing is set from then until a call works: one call at a time, so that a
	// limit that is not over is met by one.
	probing bool
	// since is the last delivery that was started before the pause. What it and
	// earlier ones find says nothing about the time after it.
	since uint64
	// running is how many calls are under way.
	running int
}

func (g *gate) open(now time.Time) bool {
	return !now.Before(g.until) && (!g.probing || g.running == 0)
}

// pause closes the gate. It never shortens a pause.
func (g *gate) pause(until time.Time, started uint64) {
	if until.After(g.until) {
		g.until = until
	}
	g.probing, g.since = true, started
}

// answered notes that a call was not throttled.
func (g *gate) answered(started uint64) {
	if started > g.since {
		g.probing = false
	}
}
