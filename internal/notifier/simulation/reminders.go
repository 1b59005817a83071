package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// knownWithin is how soon an engine acts upon what its feed says.
const knownWithin = 15 * time.Second

// reminders gives half of the configurations reminders. It throws dice of its own, so that
// the rest of the plan does not depend on it.
func (g *generator) reminders() {
	r := dice(g.plan.seed).about("reminders")
	remind := func(rules *ruleSet) {
		if chance(r, 0.5) {
			rules.remind = pick(r, []time.Duration{2 * time.Minute}, []time.Duration{3 * time.Minute, 9 * time.Minute},
				[]time.Duration{2 * time.Minute, 4 * time.Minute, 25 * time.Minute})
		}
		if chance(r, 0.3) {
			rules.boss = later{pick(r, "#audit", "bob@example.com"), pick(r, 4*time.Minute, 15*time.Minute)}
		}
	}
	remind(&g.plan.rules)
	for i, m := range g.plan.moments {
		if m, ok := m.(configured); ok {
			remind(&m.rules)
			g.plan.moments[i] = m
		}
	}
}

// remindedAfter is for how long the request has been pending of which a note reminds, 0 for a
// message that is none.
func remindedAfter(m message.Message) time.Duration {
	var minutes int
	if _, err := fmt.Sscanf(m.Status, "Still pending after %d minutes", &minutes); err != nil {
		return 0
	}
	return time.Duration(minutes) * time.Minute
}

// note makes a note. The caller holds the lock.
func (c *chat) note(at place, by writer, m message.Message, key string, stage stage) messenger.Ref {
	p := &posted{
		place: at, id: fmt.Sprintf("%s.%s.%dn", at.request, at.channel, c.counts[at]),
		key: key, by: by, made: c.now(), shown: []shown{{time.Now(), m}}, stage: stage, after: remindedAfter(m),
	}
	c.notes = append(c.notes, p)
	c.world.trace.add("chat", "%s, by %s, says %s after %s%s", p.id, by.bot, stage, p.after, plainly(m))
	return p.ref()
}

// withBoss is channelsOf with who hears only later, and the requester. Rules that suppress a request keep it from
// them as well.
func (w *world) withBoss(s *subject, rules ruleSet) map[string]string {
	found := w.channelsOf(s, rules)
	names, _ := rules.recipients(s.asked.role)
	suppressed := rules.routed() && len(names) == 0
	if rules.boss.name != "" && !suppressed {
		found[rules.boss.name] = w.chat.channelOf(rules.boss.name)
	}
	if w.tellsRequester(s, rules) {
		found[mallet] = malletDirect
	}
	return found
}

// checkInTime checks that no note is begun once its engine knows that the request is decided.
func (w *world) checkInTime(o *operator, request string) {
	o.session.mu.Lock()
	known := o.session.resolved[request]
	o.session.mu.Unlock()
	if !known.IsZero() && time.Since(known) > knownWithin {
		w.violate(ruleReminders, "%s reminds of %s, and knows for %s that it is decided", o.name, request, time.Since(known))
	}
}

// checkReminders checks that whoever waits for a decision was reminded, at the last time if
// not before, and no recipient twice of one time.
func (w *world) checkReminders() {
	type reminder struct {
		place
		bot   string
		after time.Duration
	}
	made, last := map[reminder]int{}, map[place]time.Duration{}
	w.chat.mu.Lock()
	for _, n := range w.chat.notes {
		if n.stage != remindsStage {
			continue
		}
		made[reminder{n.place, n.by.bot, n.after}]++
		last[n.place] = max(last[n.place], n.after)
	}
	w.chat.mu.Unlock()
	for r, n := range made {
		// A note may have gone to the new channel by the name that the old one had.
		if more := n - 1; r.channel != newChannel && more > w.doublesOf(r.place, w.chat.unclearNotes) {
			w.violate(ruleReminders, "%s was reminded %d times of %s after %s", r.channel, n, r.request, r.after)
		}
	}
	for _, s := range w.announced() {
		if v := s.latest(); v.gone || v.request.State != accessrequest.Pending {
			continue
		}
		for name, channel := range w.withBoss(s, w.rules) {
			at := place{s.id(), channel}
			if want := w.rules.lastReminder(name, slices.Collect(maps.Keys(w.channelsOf(s, w.rules)))); last[at] < want && w.remindable(at) {
				w.violate(ruleReminders, "%s was reminded after %s of %s, which is pending, not after %s", channel, last[at], s.id(), want)
			}
		}
	}
}

// lastReminder is after how long a recipient is reminded last, given who hears at once.
func (s ruleSet) lastReminder(name string, atOnce []string) (last time.Duration) {
	if name == s.boss.name {
		last = s.boss.after
	}
	if len(s.remind) > 0 && slices.Contains(atOnce, name) {
		last = max(last, slices.Max(s.remind))
	}
	return last
}

// remindable reports whether there is a message that can be followed.
func (w *world) remindable(at place) bool {
	return slices.ContainsFunc(w.chat.all(), func(p *posted) bool { return p.place == at && !w.excused(p) })
}
