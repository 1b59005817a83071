package simulation

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// trouble adds faults. A world has a few kinds of them rather than all, so that what
// happens remains clear; one in ten has none.
func (g *generator) trouble() {
	kinds := []func(){g.unclear, g.unclear, g.unclear, g.refusals, g.refusals, g.throttles, g.service, g.store, g.store, g.feed, g.feed, g.blindness}
	for range pick(g.Rand, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6) {
		kinds[g.IntN(len(kinds))]()
	}
}

// fault adds a fault that lasts for up to most. Most begin a little before something
// happens, which they may spoil then.
func (g *generator) fault(f fault, most time.Duration) {
	f.from = g.between(0, calm-10*time.Minute)
	if g.maybe(0.7) {
		busy := g.plan.moments[g.IntN(len(g.plan.moments))].at()
		f.from = max(min(busy-g.short(time.Minute), calm-time.Minute), 0)
	}
	f.to = min(f.from+max(g.short(most), time.Second), calm)
	f.salt = g.Uint64()
	if f.p == 0 {
		f.p = pick(g.Rand, 1, 0.5, 0.2)
	}
	g.plan.faults = append(g.plan.faults, f)
}

// slot returns the place of one operator, or 0 for all.
func (g *generator) slot() int {
	if g.maybe(0.6) {
		return 0
	}
	return 1 + g.IntN(g.slots)
}

// unclear makes calls of the chat service have outcomes that their callers do not
// know.
func (g *generator) unclear() {
	methods := pick(g.Rand, nil, []string{"post", "follow"}, []string{"post", "follow"}, []string{"update"}, []string{"reply"}, []string{"update", "reply"})
	kind := pick(g.Rand, late, late, late, hanging, lostBefore, lostAfter, slow, busy)
	g.fault(fault{service: chatService, kind: kind, methods: methods, slot: g.slot(), channel: g.channel(), wait: g.between(time.Second, time.Minute)}, 30*time.Minute)
}

// channel returns one channel, or "" for all.
func (g *generator) channel() string {
	return pick(g.Rand, "", "", "", "C1", "C2", "D1")
}

// refusals make calls of the chat service fail for a reason that goes away.
func (g *generator) refusals() {
	switch g.IntN(5) {
	case 0: // a token is revoked, and mended
		g.fault(fault{service: chatService, kind: refused, class: messenger.MessengerPermanent, p: 1}, 25*time.Minute)
	case 1: // a channel is removed, and restored
		g.fault(fault{service: chatService, kind: refused, class: messenger.RecipientPermanent, p: 1,
			channel: pick(g.Rand, "C1", "C2", "D1"), methods: []string{"post", "follow", "update", "reply", "find"}}, 25*time.Minute)
	case 2: // a name cannot be found for a while
		g.fault(fault{service: chatService, kind: refused, class: messenger.RecipientPermanent, p: 1,
			channel: pick(g.Rand, "C1", "C2", "D1"), methods: []string{"resolve"}}, 25*time.Minute)
	case 3: // a permission lacks
		g.fault(fault{service: chatService, kind: refused, class: messenger.PermissionMissing, p: 1,
			methods: pick(g.Rand, []string{"reply"}, []string{"update"}, []string{"find"}, []string{"post", "follow"})}, 25*time.Minute)
	default: // the service has hiccups
		g.fault(fault{service: chatService, kind: refused, class: messenger.Transient, slot: g.slot(), channel: g.channel()}, 25*time.Minute)
	}
}

// throttles make the chat service ask to wait.
func (g *generator) throttles() {
	f := fault{service: chatService, kind: throttled, wait: g.between(time.Second, 5*time.Minute)}
	switch pick(g.Rand, messenger.ScopeAddress, messenger.ScopeMethod, messenger.ScopeToken) {
	case messenger.ScopeAddress:
		f.scope, f.channel = messenger.ScopeAddress, pick(g.Rand, "C1", "C2", "D1")
	case messenger.ScopeMethod:
		f.scope, f.methods = messenger.ScopeMethod, []string{pick(g.Rand, "post", "update", "reply", "find")}
	default:
		f.scope = messenger.ScopeToken
	}
	g.fault(f, 20*time.Minute)
}

// service makes the whole chat service work badly.
func (g *generator) service() {
	f := fault{service: chatService, kind: pick(g.Rand, refused, hanging, slow, late, lostAfter), class: messenger.Transient, p: 1}
	g.fault(f, 30*time.Minute)
}

// store makes Teleport's calls go wrong.
func (g *generator) store() {
	methods := pick(g.Rand, nil, nil, []string{"swap"}, []string{"swap"}, []string{"swap"}, []string{"load", "load-all"}, []string{"refresh"})
	kind := pick(g.Rand, refused, hanging, lostBefore, lostAfter, lostAfter, late, late, slow)
	if g.maybe(0.05) {
		g.fault(fault{service: recordsService, kind: full, methods: []string{"swap"}, request: name(g.IntN(len(g.plan.asked))), p: 1}, 30*time.Minute)
		return
	}
	g.fault(fault{service: recordsService, kind: kind, methods: methods, slot: g.slot()}, 20*time.Minute)
}

// feed makes what is heard of Teleport go wrong.
func (g *generator) feed() {
	kind := pick(g.Rand, disconnected, disconnected, lagging, dropping, repeating, trailing, trailing, omitting, omitting, emptyList, failingList, slowList)
	f := fault{service: feedService, kind: kind, slot: g.slot()}
	switch kind {
	case disconnected, emptyList, failingList, slowList, trailing:
		f.p = 1
	case omitting:
		f.p, f.request = 1, name(g.IntN(len(g.plan.asked)))
	default:
	}
	f.wait = g.between(time.Second, 40*time.Second)
	g.fault(f, 25*time.Minute)
	if kind == trailing || kind == omitting || kind == emptyList {
		// They show only where lists are read.
		same := g.plan.faults[len(g.plan.faults)-1]
		lost := fault{service: feedService, kind: disconnected, slot: same.slot, p: 1, salt: g.Uint64()}
		lost.from = same.from + g.short(time.Minute)
		lost.to = min(lost.from+g.short(time.Minute), same.to)
		if lost.from < lost.to {
			g.plan.faults = append(g.plan.faults, lost)
		}
	}
}

// blindness makes searches fail.
func (g *generator) blindness() {
	g.fault(fault{service: chatService, kind: pick(g.Rand, cannotLook, refused, hanging), class: messenger.Transient, methods: []string{"find"}}, 20*time.Minute)
}
