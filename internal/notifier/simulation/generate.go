package simulation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// generate makes the plan of a seed.
func generate(seed uint64) plan {
	r := dice(seed).about("plan")
	g := &generator{Rand: r, plan: plan{seed: seed, chat: profiles[r.IntN(len(profiles))]}}
	g.setting()
	g.operators()
	for range 1 + g.IntN(5) {
		g.story()
	}
	if g.maybe(0.015) {
		g.flood()
	}
	g.trouble()
	g.reconfigure()
	if g.maybe(0.04) {
		g.missed()
	}
	if g.maybe(0.04) {
		g.overtaken()
	}
	// What another plugin has posted at a service without edits cannot be taken over.
	if g.maybe(0.2) && !g.plan.chat.unedited {
		g.inheritance()
	}
	// What else there is of a seed does not depend on these.
	if g.Rand = dice(seed).about("monitoring"); g.maybe(0.15) {
		g.monitoring()
	}
	if g.Rand = dice(seed).about("cut short"); g.maybe(0.04) && g.plan.stranger == 0 {
		g.cutShort()
	}
	if g.Rand = dice(seed).about("half told"); g.maybe(0.06) && g.plan.stranger == 0 {
		g.halfTold()
	}
	g.clicks()
	g.reminders()
	g.requester()
	g.plan.moments = slices.DeleteFunc(g.plan.moments, func(m moment) bool { return m.at() > calm })
	g.plan.sort()
	return g.plan
}

// newChannel is a channel that takes the place of one that was deleted.
const newChannel = "C9"

// flooding is how many requests come at once in a flood.
const flooding = 300

// generator makes a plan out of chance.
type generator struct {
	*rand.Rand
	plan plan
	// slots is how many operators there are.
	slots int
}

func (g *generator) maybe(p float64) bool { return chance(g.Rand, p) }

func (g *generator) between(low, high time.Duration) time.Duration {
	return between(g.Rand, low, high)
}

func (g *generator) add(m moment) { g.plan.moments = append(g.plan.moments, m) }

// setting says who there is and what the chat service is like.
func (g *generator) setting() {
	p := &g.plan
	p.people = []recipient{
		{name: "#ops", channel: "C1"},
		{name: "#dev", channel: "C2"},
		{name: "#audit", channel: "C3"},
		{name: "alice@example.com", channel: "D1", direct: true},
		{name: "bob@example.com", channel: "D2", direct: true},
	}
	p.rules = g.rules()
	p.chat.skew = g.between(-90*time.Second, 90*time.Second)
	if g.maybe(0.15) && !p.chat.unedited {
		p.chat.edits = g.between(2*time.Minute, 40*time.Minute)
	}
	if g.maybe(0.2) && !p.chat.unedited {
		p.chat.named = true
		g.add(identified{when(g.between(time.Minute, 30*time.Minute))})
	}
	if g.maybe(0.1) {
		g.add(moved{when(g.between(2*time.Minute, 30*time.Minute)), "#ops", newChannel})
	}
}

// rules returns a configuration.
func (g *generator) rules() ruleSet {
	all := pick(g.Rand,
		[]string{"#ops"},
		[]string{"#ops", "#dev"},
		[]string{"#ops", "alice@example.com"},
		[]string{"#ops", "#dev", "#audit"})
	rules := ruleSet{all: all, reviewers: g.maybe(0.3)}
	if g.maybe(0.3) {
		rules.dba = pick(g.Rand, []string{}, []string{"#audit"}, []string{"#audit", "bob@example.com"})
	}
	return rules
}

// operators says when operators come and go.
func (g *generator) operators() {
	g.slots = pick(g.Rand, 1, 1, 2, 2, 3)
	if g.slots == 2 && g.maybe(0.1) {
		g.plan.stranger = 2
	}
	for slot := 1; slot <= g.slots; slot++ {
		begin := g.between(0, 5*time.Second)
		if slot > 1 || g.maybe(0.2) {
			begin = g.between(0, 8*time.Minute)
		}
		g.add(started{when(begin), slot})
		for range pick(g.Rand, 0, 0, 1, 1, 2, 4) {
			g.interrupt(slot)
		}
	}
	if g.maybe(0.05) {
		g.add(rebotted{when(g.between(time.Minute, 30*time.Minute))})
	}
	if g.maybe(0.2) {
		for range 1 + g.IntN(2) {
			g.add(configured{when(g.between(time.Minute, 35*time.Minute)), g.rules()})
		}
	}
	if g.maybe(0.2) {
		g.add(resynced{when(g.between(time.Minute, 35*time.Minute)), 1 + g.IntN(g.slots)})
	}
}

// reconfigure changes the rules late, when little else happens: that takes effect at once.
func (g *generator) reconfigure() {
	if g.maybe(0.15) {
		g.add(configured{when(g.between(36*time.Minute, calm-promptly)), g.rules()})
	}
}

// interrupt ends an operator, and mostly starts another in its place.
func (g *generator) interrupt(slot int) {
	end := g.between(20*time.Second, 30*time.Minute)
	g.end(end, slot)
	if g.maybe(0.85) {
		g.add(started{when(end + g.short(5*time.Minute)), slot})
	}
}

// end ends an operator. Those of two clusters stay: what one of them has announced, the
// other leaves alone.
func (g *generator) end(at time.Duration, slot int) {
	if g.plan.stranger > 0 {
		return
	}
	if g.maybe(0.7) {
		g.add(killed{when(at), slot})
		return
	}
	g.add(stopped{when(at), slot})
}

// short returns a duration that is mostly short: of each order of magnitude there are
// as many.
func (g *generator) short(most time.Duration) time.Duration {
	d := most
	for range g.IntN(5) {
		d /= 10
	}
	return g.between(d/10, d)
}

// story makes one access request and says what becomes of it.
func (g *generator) story() {
	index := len(g.plan.asked)
	at := g.between(0, 20*time.Minute)
	a := asked{user: "eve", role: pick(g.Rand, "editor", "editor", "dba"), dryRun: g.maybe(0.04)}
	if g.maybe(0.3) {
		a.reviewers = pick(g.Rand, []string{"bob@example.com"}, []string{"ghost@example.com", "bob@example.com"}, []string{"#dev", "C2"})
	}
	if g.maybe(0.08) {
		a.picky = 1 + g.IntN(2)
	}
	a.pending = g.between(at+30*time.Second, at+time.Hour)
	a.access = g.between(a.pending, min(a.pending+30*time.Minute, earlyEnds))
	if g.maybe(0.5) {
		a.pending = g.between(lateExpiry, lateExpiry+30*time.Minute)
		a.access = g.between(a.pending, allEnded)
	}
	g.plan.asked = append(g.plan.asked, a)
	g.add(created{when(at), index})
	g.life(index, at)
	if g.maybe(0.3) {
		// Something happens to the operators while it is announced.
		g.end(at+g.short(time.Minute), 1+g.IntN(g.slots))
		g.add(started{when(at + time.Minute + g.short(3*time.Minute)), 1 + g.IntN(g.slots)})
	}
	if g.maybe(0.06) {
		g.add(unposted{when(at + g.short(10*time.Minute)), index, pick(g.Rand, "C1", "C2")})
	}
	if g.maybe(0.1) {
		g.add(tampered{when(at + g.short(20*time.Minute)), index, pick(g.Rand, spoils...), g.Uint64()})
	}
}

// flooder is the user who asks many times at once.
const flooder = "mallory"

// flood makes one user ask many times at once, and another once.
func (g *generator) flood() {
	at := g.between(10*time.Minute, 20*time.Minute)
	for i := range flooding {
		index := len(g.plan.asked)
		a := asked{user: flooder, role: "editor", pending: at + 15*time.Minute, access: at + 15*time.Minute}
		after := time.Duration(i) * time.Millisecond
		if i == flooding-1 {
			a.user, after = "eve", 2*time.Second
		}
		g.plan.asked = append(g.plan.asked, a)
		g.add(created{when(at + after), index})
	}
}

// life says who reviews a request and how it ends.
func (g *generator) life(index int, at time.Duration) {
	for n := range pick(g.Rand, 0, 0, 1, 2, 3) {
		at += g.short(10 * time.Minute)
		g.add(reviewed{when(at), index, fmt.Sprintf("reviewer%d", n), pick(g.Rand, accessrequest.Approved, accessrequest.Denied)})
	}
	at += g.short(15 * time.Minute)
	switch pick(g.Rand, "pending", "pending", "approved", "approved", "reversed", "denied", "promoted", "removed") {
	case "approved":
		g.add(decided{when(at), index, accessrequest.Approved})
		if g.maybe(0.2) {
			g.add(removed{when(at + g.short(10*time.Minute)), index})
		}
	case "reversed":
		g.add(decided{when(at), index, accessrequest.Approved})
		g.add(decided{when(at + g.short(10*time.Minute)), index, accessrequest.Denied})
	case "denied":
		g.add(decided{when(at), index, accessrequest.Denied})
	case "promoted":
		g.add(decided{when(at), index, accessrequest.Promoted})
	case "removed":
		g.add(removed{when(at), index})
	}
}
