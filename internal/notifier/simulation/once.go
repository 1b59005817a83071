package simulation

import (
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// checkOnce checks that each pending request is announced once to each recipient, and
// to no other.
func (w *world) checkOnce() {
	found, followers := map[place][]*posted{}, map[string][]*posted{}
	for _, p := range w.chat.all() {
		switch {
		case w.retired[p.by.bot]:
			// What a bot has posted that is no more is out of reach.
		case p.follows == "":
			found[p.place] = append(found[p.place], p)
		default:
			followers[p.key] = append(followers[p.key], p)
		}
	}
	for _, s := range w.teleport.all() {
		w.checkTold(s, found)
	}
	for at, messages := range found {
		w.checkTwice(at, messages)
	}
	for _, messages := range followers {
		w.checkTwice(messages[0].place, messages)
	}
	w.checkNews()
}

// checkTold checks that no recipient waits for news of a request, and that no other has
// them.
func (w *world) checkTold(s *subject, found map[place][]*posted) {
	v := s.latest()
	pending := !v.gone && v.request.State == accessrequest.Pending && !s.asked.dryRun
	if pending && s.asked.picky < 2 && !w.tampered(s.id()) {
		for name, channel := range w.withBoss(s, w.rules) {
			if len(found[place{s.id(), channel}]) == 0 {
				w.violate(ruleLost, "%s has no message about %s, which is pending", name, s.id())
			}
		}
	}
	allowed := w.everTold(s)
	for at := range found {
		if at.request == s.id() && !slices.Contains(allowed, at.channel) {
			w.violate(ruleTold, "%s has a message about %s", at.channel, s.id())
		}
	}
}

// everTold returns the channels in which a request might ever have been announced.
func (w *world) everTold(s *subject) []string {
	allowed := slices.Clone(w.plan.inheritedBy(s.index))
	if s.asked.dryRun {
		return nil
	}
	all := w.everConfigured()
	if w.unmonitored(s.asked.role, all) {
		for _, rules := range all {
			all = append(all, rules.own())
		}
	}
	for _, rules := range all {
		for name, channel := range w.withBoss(s, rules) {
			allowed = append(allowed, channel)
			for _, p := range w.plan.people {
				if p.name == name {
					allowed = append(allowed, p.channel)
				}
			}
		}
	}
	return allowed
}

// everConfigured returns the rules that some operator ever had.
func (w *world) everConfigured() []ruleSet {
	var all []ruleSet
	for _, o := range w.operators {
		all = append(all, o.configured()...)
	}
	return all
}

// checkTwice checks that there are no more messages in one place than outcomes that
// no operator could know.
func (w *world) checkTwice(at place, messages []*posted) {
	if more := len(messages) - 1; more > w.doubles(at) {
		w.violate(ruleTwice, "%s has %d messages about %s, %d more than one were to be expected",
			at.channel, len(messages), at.request, w.doubles(at))
	}
}

// doubles is how many messages too many there may be in one place. Where messages can
// be looked up there is no excuse.
func (w *world) doubles(at place) int { return w.doublesOf(at, w.chat.unclear) }

// doublesOf is the same for a kind of calls, given how many of them were unclear.
func (w *world) doublesOf(at place, calls map[place]int) int {
	c := w.chat
	c.mu.Lock()
	unclear, unsearched := calls[at], c.unsearched[at]
	for _, p := range c.messages {
		if p.place == at && p.deleted {
			// It cannot be found again.
			unsearched++
		}
	}
	c.mu.Unlock()
	w.records.mu.Lock()
	unwritten, tampered := w.records.unwritten[at.request], len(w.records.tampered[at.request])
	w.records.mu.Unlock()
	excused := 2 * tampered * len(w.operators)
	if w.unrecorded(at.request) {
		excused += len(w.operators)
	}
	if !c.profile.finds() {
		return excused + unclear + unwritten + w.deaths()
	}
	return excused + unsearched
}

// deaths is how many operators were killed or told to stop.
func (w *world) deaths() int {
	return len(w.operators) - len(w.alive())
}

// checkNews checks that each request was pending when it was announced first, wherever
// that was. Where nothing can be found out, it may have been announced if an operator died, or
// did not hear how a post ended, in any place.
func (w *world) checkNews() {
	told := map[string]bool{}
	for _, p := range w.chat.all() {
		if told[p.request] || w.tampered(p.request) {
			continue
		}
		told[p.request] = true
		state := p.shown[0].message.State
		maybe := func(at place) bool { return at.request == p.request && w.doubles(at) > 0 }
		if state != accessrequest.Pending && !slices.ContainsFunc(w.chat.intended(), maybe) {
			w.violate(ruleLateNews, "%s was announced although it was %s already", p.request, state)
		}
	}
}

// unrecorded reports whether there was no room for the record of a request for a while.
func (w *world) unrecorded(request string) bool {
	return slices.ContainsFunc(w.plan.faults, func(f fault) bool { return f.kind == full && f.request == request })
}

// recorded reports whether a record ever named a message.
func (w *world) recorded(p *posted) bool {
	w.records.mu.Lock()
	defer w.records.mu.Unlock()
	return slices.ContainsFunc(w.records.past[p.request], func(text string) bool {
		return strings.Contains(text, p.id)
	})
}
