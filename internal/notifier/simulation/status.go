package simulation

import (
	"maps"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

const (
	// lookEvery is how often snapshots are taken while things happen, and lookSeldom how
	// often later.
	lookEvery  = 30 * time.Second
	lookSeldom = 5 * time.Minute
	// namedWithin is how soon a snapshot must name why something is not delivered. It
	// includes the time for which a claim is left alone.
	namedWithin = 3 * time.Minute
	// refusedFor is for how long an address is still taken to refuse calls after it has
	// ended to: for as long as the engine may wait with the next try.
	refusedFor = 7 * time.Minute
	// unnamedFor is how many snapshots in a row may name no reason once there is none
	// any more: what waited is then under way.
	unnamedFor = 3
)

// glance takes a snapshot of each engine: while something waits, it says why. One that
// leaves it to another engine, which claims the calls, leaves that to it as well: that
// one has its own time to find out.
func (w *world) glance() {
	named := slices.ContainsFunc(w.alive(), func(o *operator) bool {
		s := o.engine.Snapshot()
		begins := s.Undelivered > 0 && w.now()-o.began <= namedWithin
		return s.Messenger.Problem != nil || s.Records != nil || s.Rules != nil || len(s.Unresolved) > 0 || begins
	})
	for _, o := range w.alive() {
		s := o.engine.Snapshot()
		if s.Quarantined > 0 && !o.panicked {
			o.panicked = true
			w.violate(ruleCrash, "%s panicked about a request", o.name)
		}
		hopeless := max(w.hopeless(), w.noticed(o))
		waits := s.Undelivered > hopeless && time.Since(s.Oldest.Since) > namedWithin
		if !waits || named || !o.session.connected() || w.explains(s.Oldest) {
			o.unnamed = 0
			continue
		}
		most := unnamedFor
		if hopeless > 0 {
			// Since when the oldest of all waits says nothing of the others.
			most += int(namedWithin / lookEvery)
		}
		if o.unnamed++; o.unnamed == most {
			w.violate(ruleStatus, "%s has not delivered %d messages, %d of them without hope, since %s: %s, %s, failed at %s",
				o.name, s.Undelivered, hopeless, clock(s.Oldest.Since.Sub(w.began)), s.Oldest.Reason, s.Oldest.Message,
				clock(s.Oldest.FailedAt.Sub(w.began)))
		}
	}
}

// explains reports whether what a snapshot says of the oldest message can be why it waits: a call
// has failed lately, or one of a flood has; Teleport has forgotten the request unheard; another
// operator may have claimed it; or many calls wait for few that are slow.
func (w *world) explains(oldest *status.UndeliveredMessage) bool {
	switch oldest.Reason {
	case status.WaitingCallFailed:
		return time.Since(oldest.FailedAt) < refusedFor || w.crawls()
	case status.WaitingRecord:
		request := w.teleport.subject(oldest.Request)
		return request == nil || request.latest().gone
	case status.WaitingOther:
		return len(w.operators) > 1
	case status.WaitingSettlement:
		return true
	default:
		return w.narrow() || w.crawls()
	}
}

// noticed counts the places that a notice has named, but that no snapshot speaks of: their
// channel refuses calls, and none of the engine's configured recipients is there. A
// message is there from before a recipient was taken out of the rules, or its channel was
// made anew, or another plugin has posted it. What that one left names channels by their ids:
// where names are all that is known, no operator can tell whose they are.
func (w *world) noticed(o *operator) int {
	if !o.gave(status.NoticeRecipientFailed) {
		return 0
	}
	configured := map[string]bool{}
	rules := o.configured()
	for _, name := range rules[len(rules)-1].names() {
		configured[w.chat.channelOf(name)] = true
	}
	places := map[place]bool{}
	for _, at := range w.chat.intended() {
		places[at] = !configured[at.channel]
	}
	for _, p := range w.chat.all() {
		places[p.place] = !configured[p.channel] || w.plan.chat.named && p.by.operator == plugin
	}
	maps.DeleteFunc(places, func(at place, elsewhere bool) bool { return !elsewhere || !w.refusesAt(at.channel) })
	return len(places)
}

// refusesAt reports whether a channel refuses calls, or did so a little while ago: all of them,
// or those that a permission lacks for, which says nothing of other calls either.
func (w *world) refusesAt(channel string) bool {
	return w.chat.isClosed(channel) || slices.ContainsFunc(w.plan.faults, func(f fault) bool {
		refuses := f.class == messenger.RecipientPermanent && f.channel == channel || f.class == messenger.PermissionMissing
		return f.service == chatService && f.kind == refused && refuses && f.overlaps(w.now()-refusedFor, w.now())
	})
}

// crawls reports whether the chat service takes seconds for each call of a flood of requests,
// or has no answer to some of them, or asks to wait after some, while others work: nothing names
// that but how many deliveries are queued.
func (w *world) crawls() bool {
	return len(w.plan.asked) >= flooding && slices.ContainsFunc(w.plan.faults, func(f fault) bool {
		some := f.p < 1 && (f.kind == late || f.kind == hanging || f.kind == busy)
		return f.service == chatService && (some || f.kind == slow) && f.overlaps(w.now()-namedWithin, w.now())
	})
}

// narrow reports whether one channel only is in trouble that will pass, or has to wait still:
// that is neither the service's trouble nor the recipient's, and nothing names it but the time
// since when something waits.
func (w *world) narrow() bool {
	return slices.ContainsFunc(w.plan.faults, func(f fault) bool {
		passes := f.kind != refused || f.class == messenger.Transient
		return f.service == chatService && f.channel != "" && passes && f.overlaps(w.now()-f.pause(), w.now())
	})
}

// checkStatus checks that snapshots say that all is well.
func (w *world) checkStatus() {
	told, untold := w.pendingNow()
	for _, o := range w.alive() {
		s := o.engine.Snapshot()
		if !s.Counted || !s.Messenger.Known || !s.Decided {
			w.violate(ruleStatus, "%s does not know how it is: ready=%t checked=%t decided=%t", o.name, s.Counted, s.Messenger.Known, s.Decided)
		}
		if hopeless := w.hopeless(); hopeless > 0 && s.Undelivered <= hopeless {
			continue
		}
		if s.Messenger.Problem != nil || s.Records != nil || s.Rules != nil || len(s.Unresolved) > 0 {
			w.violate(ruleStatus, "%s still names what is over: messenger=%v records=%v rules=%v unresolved=%v",
				o.name, s.Messenger.Problem, s.Records, s.Rules, s.Unresolved)
		}
		if s.Undelivered > 0 || s.QueuedDeliveries > 0 || s.QueuedRequests > 0 {
			w.violate(ruleStatus, "%s has %d messages undelivered, %d deliveries and %d requests queued",
				o.name, s.Undelivered, s.QueuedDeliveries, s.QueuedRequests)
		}
		if w.plan.stranger == 0 && len(w.retired) == 0 && s.Clash > w.strange() {
			w.violate(ruleStatus, "%s sees %d records of others", o.name, s.Clash)
		}
		if w.plan.stranger > 0 {
			continue
		}
		if s.Open < told || s.Open > told+untold+w.strange() || s.Unannounced > untold+w.strange() {
			w.violate(ruleStatus, "%s counts %d open requests, %d of them unannounced; there are %d and %d",
				o.name, s.Open, s.Unannounced, told+untold, untold)
		}
	}
}

// strange is how many records strangers wrote to.
func (w *world) strange() int {
	w.records.mu.Lock()
	defer w.records.mu.Unlock()
	return len(w.records.tampered)
}
