package simulation

import (
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// deeds are the calls that change something, or that are made because something is
// not known.
var deeds = []string{"post", "follow", "note", "update", "reply", "find", "swap"}

// hopelessTries bounds the calls in an hour about a message in a channel that is no more:
// a claim and an edit every five minutes or so, by each operator.
const hopelessTries = 60

// repeatedCalls bounds the calls by which an operator that has just started ends a message
// anew that was final, but whose record had no room for that: a claim, an edit and its result,
// and the same for a message that follows it. It takes no more to find out whether there is the
// message that was claimed.
const repeatedCalls = 6

// Bounds of an idle engine's calls in an hour: a look at Teleport at each resync, and
// at the chat service now and then.
const (
	idleLists   = 12
	idleChecks  = 130
	idleLookUps = 16
)

// unclosed counts the messages whose request had no room for its record for a while, and those
// that were claimed: what was shown, or found out, then may not be recorded. Of a dry run nothing
// is recorded: what a stranger wrote of one is repaired, and closed, once that is gone.
func (w *world) unclosed() int {
	n, posted := 0, map[place]bool{}
	for _, p := range w.chat.all() {
		posted[p.place] = true
		if w.unrecorded(p.request) {
			n++
		}
	}
	for _, s := range w.teleport.all() {
		if s.asked.dryRun && s.latest().gone && w.tampered(s.id()) {
			n++
		}
	}
	for _, at := range w.chat.intended() {
		if !posted[at] && w.unrecorded(at.request) {
			posted[at] = true
			n++
		}
	}
	return n
}

// listen begins to listen to the engines; the function that it returns checks that
// they were quiet, but for reading and for so many repeated calls.
func (w *world) listen(repeated int) func(when string) {
	type count struct{ deeds, lists, checks, lookUps, reads int }
	counts := func(o *operator) count {
		return count{o.total(deeds...), o.total("load-all"), o.total("check"), o.total("resolve"), o.total("load", "refresh")}
	}
	before := map[*operator]count{}
	for _, o := range w.operators {
		before[o] = counts(o)
	}
	return func(when string) {
		requests := len(w.teleport.all())
		for _, o := range w.alive() {
			now, then := counts(o), before[o]
			if n := now.deeds - then.deeds; n > repeated+hopelessTries*w.hopeless()*len(w.alive()) {
				w.violate(ruleQuiet, "%s made %d calls %s, when nothing was left to do", o.name, n, when)
			}
			if now.lists-then.lists > idleLists || now.checks-then.checks > idleChecks ||
				now.lookUps-then.lookUps > idleLookUps*len(w.plan.people) || now.reads-then.reads > idleLists*requests*2 {
				w.violate(ruleQuiet, "%s was busy with reading %s: %+v, before %+v", o.name, when, now, then)
			}
		}
	}
}

// checkCalls checks that the calls to the chat service are bounded by what happened,
// and by for how long calls failed.
func (w *world) checkCalls() {
	events := 0
	for _, s := range w.teleport.all() {
		events += len(s.history())
	}
	trouble := 0
	for _, f := range w.plan.faults {
		trouble += int((f.to - f.from).Seconds())
	}
	for _, o := range w.operators {
		places := len(w.plan.people)
		most := 100 + 12*events*places + 2*trouble*places + int(w.now().Hours()+1)*hopelessTries*w.hopeless()*len(w.operators)
		if n := o.total(deeds...); n > most {
			w.violate(ruleBusy, "%s made %d calls for %d events in %d places and %d seconds of trouble", o.name, n, events, places, trouble)
		}
	}
}

// resolves is called when a name is looked up as a channel may be. Only the
// configuration may name channels.
func (w *world) resolves(o *operator, recipient string) {
	for _, rules := range o.configured() {
		if slices.Contains(rules.names(), recipient) {
			return
		}
	}
	w.violate(ruleTyped, "%s looks up %q, which only a requester has typed", o.name, recipient)
}

// pendingNow returns how many requests are pending that are announced.
func (w *world) pendingNow() (told, untold int) {
	for _, s := range w.teleport.all() {
		v := s.latest()
		if v.gone || v.request.State != accessrequest.Pending || s.asked.dryRun || w.tampered(s.id()) {
			continue
		}
		if len(w.channelsOf(s, w.rules)) > 0 {
			told++
			continue
		}
		untold++
	}
	return told, untold
}
