package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// The requester whom the chat service knows by e-mail address, with the direct messages, and one
// whom it knows by a trait alone.
const (
	mallet       = "mallet@example.com"
	malletDirect = "D3"
	byTrait      = "eve"
	// requesterTrait names the trait.
	requesterTrait = "chat"
	// endsSoonBefore is how long before the end of the access requesters hear of it.
	endsSoonBefore = 15 * time.Minute
)

// stage is what a note says, "" for a message that is none.
type stage string

const (
	remindsStage stage = "still pending"
	outcomeStage stage = "outcome"
	soonStage    stage = "access ends soon"
	endedStage   stage = "access has ended"
)

// requester has a quarter of the worlds tell requesters. It throws dice of its own, so that the
// rest of the plan does not depend on it.
func (g *generator) requester() {
	r := dice(g.plan.seed).about("requester")
	if !chance(r, 0.25) {
		return
	}
	trait := pick(r, "", "", requesterTrait)
	tell := func(rules *ruleSet) { rules.requester, rules.trait = chance(r, 0.85), trait }
	tell(&g.plan.rules)
	for i, m := range g.plan.moments {
		if m, ok := m.(configured); ok {
			tell(&m.rules)
			g.plan.moments[i] = m
		}
	}
	for i := range g.plan.asked {
		if a := &g.plan.asked[i]; a.user != flooder {
			a.user = pick(r, mallet, mallet, mallet, byTrait, "ghost@example.com")
		}
	}
	g.plan.people = append(g.plan.people, recipient{name: mallet, channel: malletDirect, direct: true})
}

// traitsOf are what Teleport says of a user: what may name a person, and what names a channel.
func traitsOf(user string) map[string][]string {
	traits := map[string][]string{"team": {user}, requesterTrait: {"C1", "#ops"}}
	if user == byTrait {
		traits[requesterTrait] = []string{"C1", mallet}
	}
	return traits
}

// tellsRequester reports whether the requester hears of a request under a configuration.
func (w *world) tellsRequester(s *subject, rules ruleSet) bool {
	known := s.asked.user == mallet || s.asked.user == byTrait && rules.trait != ""
	return rules.requester && w.plan.chat.people && known
}

// stageOf tells notes from messages, which name the cluster to requesters.
func stageOf(m message.Message) stage {
	switch {
	case remindedAfter(m) > 0:
		return remindsStage
	case !m.ToOwner:
		return ""
	case m.Status == "Access ends soon":
		return soonStage
	case m.Status == "Access has ended":
		return endedStage
	case slices.ContainsFunc(m.Fields, func(f message.Field) bool { return f.Label == "Cluster" }):
		return ""
	default:
		return outcomeStage
	}
}

// checkStage checks that a note about to be made says what is true as far as its engine knows.
func (w *world) checkStage(o *operator, m message.Message) {
	s := w.teleport.subject(m.RequestID)
	if s == nil || stageOf(m) == remindsStage {
		w.checkInTime(o, m.RequestID)
		return
	}
	o.session.mu.Lock()
	known := o.session.view[s.id()]
	o.session.mu.Unlock()
	ends := s.accessEnds()
	late := known.presence == accessrequest.Present && !known.heard.IsZero() && time.Since(known.heard) > knownWithin
	wrong := func(why string) {
		w.violate(ruleRequester, "%s says of %s: %s, which is %s: %s", o.name, s.id(), stageOf(m), w.describe(s), why)
	}
	switch state := known.request.State; stageOf(m) {
	case outcomeStage:
		if late && state.Resolved() && state != m.State {
			wrong("it says " + string(m.State))
		}
	case soonStage:
		if time.Now().Before(ends.Add(-endsSoonBefore-clocks)) || time.Now().After(ends.Add(knownWithin)) {
			wrong("it is not the time")
		}
		fallthrough
	default:
		if late && state == accessrequest.Denied {
			wrong("it is known that there is no access")
		}
		if stageOf(m) == endedStage && time.Now().Before(ends.Add(-clocks)) {
			wrong("it is too early")
		}
	}
}

// accessEnds is when the access ends, if there is any.
func (s *subject) accessEnds() time.Time { return s.history()[0].request.AccessExpires }

// checkRequesters checks that requesters hear of each stage once, in their direct messages, and
// that none lacks.
func (w *world) checkRequesters() {
	type told struct {
		place
		bot   string
		stage stage
	}
	made := map[told]int{}
	heard := map[place]map[stage]bool{}
	w.chat.mu.Lock()
	for _, n := range w.chat.notes {
		if n.stage == remindsStage && n.channel != malletDirect {
			continue
		}
		made[told{n.place, n.by.bot, n.stage}]++
		if heard[n.place] == nil {
			heard[n.place] = map[stage]bool{}
		}
		heard[n.place][n.stage] = true
	}
	w.chat.mu.Unlock()
	for t, n := range made {
		if t.channel != malletDirect || t.stage == remindsStage {
			w.violate(ruleRequester, "%s hears of %s: %s", t.channel, t.request, t.stage)
		}
		if more := n - 1; more > w.doublesOf(t.place, w.chat.unclearNotes) {
			w.violate(ruleRequester, "the requester of %s hears %d times: %s", t.request, n, t.stage)
		}
	}
	for _, s := range w.announced() {
		for _, want := range w.stages(s) {
			if at := (place{s.id(), malletDirect}); !heard[at][want] {
				w.violate(ruleRequester, "the requester of %s, which is %s, does not hear: %s", s.id(), w.describe(s), want)
			}
		}
	}
}

// stages are those of which the requester must have heard.
func (w *world) stages(s *subject) (all []stage) {
	always := !slices.ContainsFunc(w.everConfigured(), func(rules ruleSet) bool { return !w.tellsRequester(s, rules) })
	v := s.latest()
	if !always || !w.remindable(place{s.id(), malletDirect}) || !v.gone && v.request.State == accessrequest.Pending {
		return nil
	}
	all = append(all, outcomeStage)
	ends := s.accessEnds()
	if v.request.State != accessrequest.Approved || !v.gone || v.from.Before(ends) {
		return all
	}
	if !w.witnessed(s) {
		return all
	}
	soon := ends.Add(-endsSoonBefore)
	approved := s.history()[s.outcome()].from
	if at := soon.Sub(w.began); soon.After(approved.Add(aftermath)) && w.unhindered(s.id(), malletDirect, at) {
		all = append(all, soonStage)
	}
	return append(all, endedStage)
}

// String implements fmt.Stringer.
func (s stage) String() string { return fmt.Sprintf("%q", string(s)) }
