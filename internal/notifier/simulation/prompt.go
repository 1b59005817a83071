package simulation

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// promptly is how soon something is shown that nothing hinders.
	promptly = 20 * time.Second
	// aftermath is for how long a fault that is over may still be felt: what cannot
	// work is tried again every 5 minutes or so.
	aftermath = 8 * time.Minute
)

// checkPrompt checks that faults elsewhere have not delayed what nothing hindered.
func (w *world) checkPrompt() {
	for _, s := range w.teleport.all() {
		if s.asked.dryRun || s.asked.picky > 0 || w.tampered(s.id()) {
			continue
		}
		for n, v := range s.history() {
			at := v.from.Sub(w.began)
			if v.gone || at > calm || n < s.last() && s.history()[n+1].from.Sub(v.from) < promptly {
				continue
			}
			for _, channel := range w.channelsOf(s, w.rules) {
				if w.unhindered(s.id(), channel, at) {
					w.checkShown(s, channel, n)
				}
			}
		}
	}
}

// unhindered reports whether nothing was in the way of telling a channel of something
// that happened at an instant.
func (w *world) unhindered(request, channel string, at time.Duration) bool {
	if channel == newChannel {
		// It is known once its name is looked up again.
		return false
	}
	for _, f := range w.plan.faults {
		elsewhere := f.service == chatService && f.channel != "" && f.channel != channel && f.scope == 0 ||
			f.request != "" && f.request != request
		if !elsewhere && f.overlaps(at-aftermath-f.wait, at+promptly) {
			return false
		}
	}
	for _, m := range w.plan.moments {
		switch m.(type) {
		case created, reviewed, decided, removed, resynced, tampered:
			continue
		}
		if at-aftermath < m.at() && m.at() < at+promptly {
			return false
		}
	}
	return w.ruledSince < at-aftermath && len(w.alive()) > 0 && w.alive()[0].began < at-aftermath
}

// checkShown checks that a channel was shown a version of a request soon.
func (w *world) checkShown(s *subject, channel string, n int) {
	v := s.history()[n]
	until := v.from.Add(promptly)
	told := false
	for _, p := range w.chat.all() {
		if p.place != (place{s.id(), channel}) {
			continue
		}
		told = true
		if w.excused(p) {
			return
		}
		for _, shown := range p.shown {
			if shown.message.State == v.request.State && len(shown.message.Reviews) == len(v.request.Reviews) && shown.at.Before(until) {
				return
			}
		}
	}
	if told || v.request.State == accessrequest.Pending {
		w.violate(rulePrompt, "%s did not see within %s that %s is %s, although nothing was in the way",
			channel, promptly, s.id(), v.request.State)
	}
}
