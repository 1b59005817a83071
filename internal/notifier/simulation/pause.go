package simulation

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// pause is a number of calls that have to wait.
type pause struct {
	after    callID
	scope    messenger.Scope
	from, to time.Time
	broken   int
}

// holds reports whether the pause is about a call.
func (p pause) holds(c callID) bool {
	switch p.scope {
	case messenger.ScopeAddress:
		return c.method == p.after.method && c.channel == p.after.channel
	case messenger.ScopeMethod:
		return c.method == p.after.method
	default:
		return true
	}
}

// A call that was about to begin when the service asked to wait may still begin: that
// takes no longer than aboutToBegin. Of others, patience is how many are not complained
// of.
const (
	aboutToBegin = 15 * time.Second
	patience     = 3
)

// obeys checks that a call does not break a pause. The caller holds mu.
func (o *operator) obeys(c callID) {
	now := time.Now()
	if c.service != chatService || c.method == "check" || c.method == "resolve" {
		return
	}
	for i := range o.pauses {
		p := &o.pauses[i]
		if now.Before(p.from.Add(aboutToBegin)) || !now.Before(p.to) || !p.holds(c) {
			continue
		}
		if p.scope == messenger.ScopeAddress && o.world.identified() {
			// What was told by name goes on by name, and what another plugin has told by id: the
			// channel has two addresses, and each waits when the service says so at that one.
			continue
		}
		if p.broken++; p.broken == patience {
			o.world.violate(ruleRetryAfter, "%s calls %s again and again %s before the service wants it, after %s",
				o.name, c, p.to.Sub(now).Round(time.Millisecond), p.after)
		}
	}
}

// identified reports whether channels that are known by name are known by their ids as well: names
// have become ids, or another plugin has told in them.
func (w *world) identified() bool {
	return w.plan.chat.named && slices.ContainsFunc(w.plan.moments, func(m moment) bool {
		switch m.(type) {
		case identified, inherited:
			return m.at() <= w.now()
		default:
			return false
		}
	})
}
