package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// when is the instant of a moment.
type when time.Duration

func (w when) at() time.Duration { return time.Duration(w) }

// created: a requester asks for access.
type created struct {
	when
	index int
}

func (m created) String() string { return name(m.index) + " is created" }

func (m created) play(w *world) { w.teleport.create(m.index) }

// reviewed: a reviewer votes, which does not decide.
type reviewed struct {
	when
	index  int
	author string
	state  accessrequest.State
}

func (m reviewed) String() string {
	return fmt.Sprintf("%s is reviewed by %s: %s", name(m.index), m.author, m.state)
}

func (m reviewed) play(w *world) {
	w.teleport.change(m.index, "is reviewed by "+m.author, func(r *accessrequest.Request) {
		if r.State == accessrequest.Pending {
			r.Reviews = append(slices.Clone(r.Reviews), m.review())
		}
	})
}

func (m reviewed) review() accessrequest.Review {
	return accessrequest.Review{
		Author: m.author, State: m.state, Reason: "as " + m.author + " sees it",
		Created: time.Now().UTC(), Thresholds: []uint32{0},
	}
}

// decided: the request has another state from now on. One that is denied may have
// been approved before.
type decided struct {
	when
	index int
	state accessrequest.State
}

func (m decided) String() string { return fmt.Sprintf("%s becomes %s", name(m.index), m.state) }

func (m decided) play(w *world) {
	w.teleport.change(m.index, "becomes "+string(m.state), func(r *accessrequest.Request) {
		r.State, r.ResolveReason = m.state, "because"
		if m.state == accessrequest.Approved {
			r.Expires = r.AccessExpires
		}
		if m.state == accessrequest.Promoted {
			r.PromotedTo = "admins"
		}
	})
}

// removed: an administrator deletes the request.
type removed struct {
	when
	index int
}

func (m removed) String() string { return name(m.index) + " is deleted" }

func (m removed) play(w *world) { w.teleport.remove(m.index, "is deleted") }

// started, stopped and killed: what becomes of operators.
type started struct {
	when
	slot int
}

func (m started) String() string { return fmt.Sprintf("an operator starts in slot %d", m.slot) }

func (m started) play(w *world) { w.start(m.slot) }

type stopped struct {
	when
	slot int
}

func (m stopped) String() string {
	return fmt.Sprintf("the operator in slot %d is told to stop", m.slot)
}

func (m stopped) play(w *world) {
	if o := w.running(m.slot); o != nil {
		o.stop()
	}
}

type killed struct {
	when
	slot int
}

func (m killed) String() string { return fmt.Sprintf("the operator in slot %d is killed", m.slot) }

func (m killed) play(w *world) {
	if o := w.running(m.slot); o != nil {
		o.kill()
	}
}

// configured: every operator gets other rules while it works.
type configured struct {
	when
	rules ruleSet
}

func (m configured) String() string { return "the rules become " + m.rules.String() }

func (m configured) play(w *world) {
	rules := m.rules
	rules.monitored = w.rules.monitored
	w.rules, w.ruledSince = rules, w.now()
	for _, o := range w.alive() {
		o.configure(rules)
	}
}

// rebotted: every operator is replaced by one with the token of another bot.
type rebotted struct{ when }

func (m rebotted) String() string { return "the bot becomes another" }

func (m rebotted) play(w *world) {
	w.retired[w.bot] = true
	w.bot = fmt.Sprintf("B%d", 1+len(w.retired))
	for _, o := range w.alive() {
		o.stop()
		<-o.ended
		w.start(o.slot)
	}
}

// resynced: an operator is asked to look at everything again.
type resynced struct {
	when
	slot int
}

func (m resynced) String() string { return fmt.Sprintf("slot %d is asked to look again", m.slot) }

func (m resynced) play(w *world) {
	if o := w.running(m.slot); o != nil {
		w.trace.add(o.name, "is asked to look again")
		o.engine.Resync()
	}
}

// identified: names of channels can be resolved to their ids from now on.
type identified struct{ when }

func (m identified) String() string { return "addresses become ids" }

func (m identified) play(w *world) {
	w.trace.add("chat", "addresses become ids")
	w.chat.mu.Lock()
	defer w.chat.mu.Unlock()
	w.chat.named = false
}

// moved: a channel is deleted, and another one has its name.
type moved struct {
	when
	name, channel string
}

func (m moved) String() string { return fmt.Sprintf("%s is made anew as %s", m.name, m.channel) }

func (m moved) play(w *world) {
	w.trace.add("chat", "%s", m)
	w.chat.mu.Lock()
	defer w.chat.mu.Unlock()
	w.chat.closed[w.chat.channels[m.name]] = true
	w.chat.channels[m.name] = m.channel
}

// unposted: a reader deletes the messages about a request in a channel.
type unposted struct {
	when
	index   int
	channel string
}

func (m unposted) String() string {
	return fmt.Sprintf("the messages about %s in %s are deleted", name(m.index), m.channel)
}

func (m unposted) play(w *world) {
	w.chat.mu.Lock()
	defer w.chat.mu.Unlock()
	for _, p := range w.chat.messages {
		if p.request == name(m.index) && p.channel == m.channel && !p.deleted {
			p.deleted = true
			w.trace.add("chat", "%s is deleted by a reader", p.id)
		}
	}
}

// tampered: a stranger writes the record of a request.
type tampered struct {
	when
	index int
	how   string
	salt  uint64
}

func (m tampered) String() string {
	return fmt.Sprintf("a stranger writes the record of %s: %s", name(m.index), m.how)
}

func (m tampered) play(w *world) {
	w.records.tamper(name(m.index), m.how, func(text string) string {
		return spoil(w.dice.about(m.salt), m.how, text)
	})
}
