package simulation

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// checkHeard checks that all who should hear of a request hear how it ended, if one of them had
// heard of it before. Who is named at one time only is not waited for, nor who does not work; and
// of a request that another plugin has announced, all have heard that did.
func (w *world) checkHeard() {
	for _, s := range w.announced() {
		over, isOver := s.over()
		if !isOver || w.unrecorded(s.id()) || len(w.plan.inheritedBy(s.index)) > 0 || !w.heardBefore(s, over) {
			continue
		}
		for name, channel := range w.alwaysNamed(s) {
			at := place{s.id(), channel}
			told := slices.ContainsFunc(w.chat.all(), func(p *posted) bool { return p.place == at })
			if !told && w.works(channel, over.Sub(w.began)) {
				w.violate(ruleLost, "%s has no message about %s, of which another had heard before it was over", name, s.id())
			}
		}
	}
}

// seenWithin is how long before the end of a request a message must have been there, so that no
// operator can take the request for one of which no recipient heard.
const seenWithin = 5 * time.Second

// over returns since when a request is not pending any more.
func (s *subject) over() (time.Time, bool) {
	for _, v := range s.history() {
		if v.gone || v.request.State.Resolved() {
			return v.from, true
		}
	}
	return time.Time{}, false
}

// heardBefore reports whether a recipient had heard of a request, and a record said so, well before
// it was over.
func (w *world) heardBefore(s *subject, over time.Time) bool {
	return slices.ContainsFunc(w.chat.all(), func(p *posted) bool {
		return p.request == s.id() && p.by.bot == w.bot && p.shown[0].message.State == accessrequest.Pending &&
			p.shown[0].at.Before(over.Add(-seenWithin)) && w.recorded(p)
	})
}

// alwaysNamed returns the channels that all rules name which an operator ever had.
func (w *world) alwaysNamed(s *subject) map[string]string {
	found := w.channelsOf(s, w.rules)
	for _, rules := range w.everConfigured() {
		channels := w.channelsOf(s, rules)
		for name := range found {
			if channels[name] == "" {
				delete(found, name)
			}
		}
	}
	return found
}

// works reports whether nothing made a channel look broken for good about an instant.
func (w *world) works(channel string, at time.Duration) bool {
	if w.plan.monitors || channel == newChannel || w.chat.closed[channel] || len(w.retired) > 0 {
		return false
	}
	return !slices.ContainsFunc(w.plan.faults, func(f fault) bool {
		broken := f.kind == refused && f.class != messenger.Transient
		return f.service == chatService && broken && (f.channel == "" || f.channel == channel) && f.overlaps(at-aftermath, at+aftermath)
	})
}
