package simulation

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// promptly is how soon something is shown that nothing hinders.
	promptly = 20 * time.Second
	// inTurn is how soon the requests of a flood are shown, which wait for each other.
	inTurn = 40 * time.Second
	// leftAlone is for how long an operator leaves the claim of another one alone.
	leftAlone = 30 * time.Second
	// aftermath is for how long a fault that is over may still be felt: what cannot
	// work is tried again every 5 minutes or so.
	aftermath = 8 * time.Minute
)

// checkPrompt checks that faults elsewhere have not delayed what nothing hindered.
func (w *world) checkPrompt() {
	for _, s := range w.announced() {
		for n, v := range s.history() {
			at := v.from.Sub(w.began)
			if v.gone || at > calm || n < s.last() && s.history()[n+1].from.Sub(v.from) < promptly {
				continue
			}
			for _, channel := range w.channelsOf(s, w.rules) {
				if w.ruledSince < at-aftermath && w.unhindered(s.id(), channel, at) && !w.shown(s, channel, n, v.from) {
					w.violate(rulePrompt, "%s did not see within %s that %s is %s, although nothing was in the way",
						channel, promptly, s.id(), v.request.State)
				}
			}
		}
	}
}

// checkRules checks that requests that were pending when the rules changed last were
// announced where they had not been, if nothing hindered that.
func (w *world) checkRules() {
	if w.ruledSince == 0 {
		return
	}
	changed := w.began.Add(w.ruledSince)
	for _, s := range w.announced() {
		n, ok := s.at(changed)
		if later, _ := s.at(changed.Add(promptly)); !ok || later != n {
			continue
		}
		v := s.history()[n]
		if v.gone || v.request.State != accessrequest.Pending {
			continue
		}
		for _, channel := range w.channelsOf(s, w.rules) {
			if w.unhindered(s.id(), channel, w.ruledSince) && !w.toldBy(place{s.id(), channel}, changed.Add(promptly)) {
				w.violate(ruleRules, "%s did not hear of %s within %s of the rules %s, although nothing was in the way",
					channel, s.id(), promptly, w.rules)
			}
		}
	}
}

// toldBy reports whether a message was there in time, or cannot be judged.
func (w *world) toldBy(at place, until time.Time) bool {
	return slices.ContainsFunc(w.chat.all(), func(p *posted) bool {
		return p.place == at && (p.shown[0].at.Before(until) || w.excused(p))
	})
}

// announced returns the requests that nothing in themselves keeps from being announced.
func (w *world) announced() []*subject {
	return slices.DeleteFunc(w.teleport.all(), func(s *subject) bool {
		return s.asked.dryRun || s.asked.picky > 0 || w.tampered(s.id())
	})
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
		if m.at() == at {
			// It is what happened.
			continue
		}
		felt := aftermath
		if _, ok := m.(monitored); ok {
			felt = rulesReadEvery + promptly
		}
		if at-felt < m.at() && m.at() < at+promptly {
			return false
		}
	}
	return len(w.alive()) > 0 && w.alive()[0].began < at-aftermath
}

// shown reports whether a channel was shown a version of a request soon after an
// instant. One that is resolved need not be shown where it was not announced.
func (w *world) shown(s *subject, channel string, n int, since time.Time) bool {
	v := s.history()[n]
	until := since.Add(promptly)
	if s.asked.user == flooder {
		until = since.Add(inTurn)
	}
	if w.chat.profile.unedited {
		until = until.Add(pace)
	}
	told := false
	for _, p := range w.chat.all() {
		if p.place != (place{s.id(), channel}) {
			continue
		}
		told = true
		if w.excused(p) {
			return true
		}
		if edits := w.chat.profile.edits; len(w.alive()) > 1 && edits > 0 && since.After(p.shown[0].at.Add(edits)) {
			// One that claims to edit what cannot be edited any more may get in the way of the
			// other, which follows it by a message.
			until = until.Add(leftAlone)
		}
		for _, shown := range p.shown {
			same := shown.message.State == v.request.State && len(shown.message.Reviews) == len(v.request.Reviews)
			// What is told together may have changed again by then.
			later := w.chat.profile.unedited && shown.at.After(since)
			if (same || later) && shown.at.Before(until) {
				return true
			}
		}
	}
	return !told && v.request.State != accessrequest.Pending
}
