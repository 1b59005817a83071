package simulation

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// lasting makes a request that stays pending after all else has happened, and returns its place.
func (g *generator) lasting(at time.Duration) int {
	index := len(g.plan.asked)
	a := asked{user: "eve", role: "editor", pending: g.between(lateExpiry, lateExpiry+30*time.Minute)}
	a.access = g.between(a.pending, allEnded)
	g.plan.asked = append(g.plan.asked, a)
	g.add(created{when(at), index})
	return index
}

func (g *generator) killAll(at time.Duration) {
	for slot := 1; slot <= g.slots; slot++ {
		g.add(killed{when(at), slot})
	}
}

// missed makes a request while no operator is connected to Teleport. Nothing happens to it
// after that: only a list shows it.
func (g *generator) missed() {
	at := g.between(10*time.Minute, 30*time.Minute)
	g.lasting(at)
	g.plan.faults = append(g.plan.faults, fault{
		service: feedService, kind: disconnected, p: 1, salt: g.Uint64(),
		from: at - g.short(time.Minute), to: at + g.short(5*time.Minute),
	})
}

// overtaken decides on a request soon after it was reviewed, while edits take effect late:
// one operator may show the decision while another's edit, of the review, is under way.
func (g *generator) overtaken() {
	at := g.between(10*time.Minute, 30*time.Minute)
	index := g.lasting(at - time.Minute)
	g.add(reviewed{when(at), index, "reviewer0", accessrequest.Approved})
	g.add(decided{when(at + g.between(time.Second, callTimeout)), index, accessrequest.Approved})
	g.plan.faults = append(g.plan.faults, fault{
		service: chatService, kind: late, p: 0.5, salt: g.Uint64(), methods: []string{"update"},
		from: at, to: at + 2*callTimeout,
	})
}

// cutShort kills the operators while a post is under way, and starts another before it takes
// effect: that one finds the claim when it starts.
func (g *generator) cutShort() {
	at := g.between(10*time.Minute, 30*time.Minute)
	g.lasting(at)
	end := at + g.between(200*time.Millisecond, 5*time.Second)
	g.killAll(end)
	g.add(started{when(end + g.short(5*time.Second)), 1})
	g.plan.faults = append(g.plan.faults, fault{
		service: chatService, kind: late, p: 1, salt: g.Uint64(), methods: []string{"post"}, from: at, to: end,
	})
}

// halfTold kills the operators when not all recipients have heard of a request, since a channel
// waits for what was posted before. The request is over before another operator starts.
func (g *generator) halfTold() {
	at := g.between(10*time.Minute, 30*time.Minute)
	g.lasting(at)
	index := g.lasting(at + 2*seenWithin)
	end := at + 2*seenWithin + g.between(time.Second, time.Minute)
	g.plan.faults = append(g.plan.faults, fault{
		service: chatService, kind: throttled, p: 1, salt: g.Uint64(), wait: 3 * time.Minute,
		channel: pick(g.Rand, "C1", "C1", "C2", "D1"), methods: []string{"post"}, from: at, to: end,
	})
	g.killAll(end)
	over := end + seenWithin + g.short(2*time.Minute)
	if g.maybe(0.7) {
		g.add(removed{when(over), index})
	} else {
		g.add(decided{when(over), index, pick(g.Rand, accessrequest.Approved, accessrequest.Denied)})
	}
	g.add(started{when(over + g.short(5*time.Minute)), 1})
}
