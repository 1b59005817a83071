package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// plugin is the writer of what another plugin has left behind.
const plugin = "plugin"

// inherited: a request that another plugin has announced before the first operator starts, as
// a bot that may be another one.
type inherited struct {
	when
	index    int
	channels []string
	bot      string
	// spoiled is set where a part of the plugin's data is lost.
	spoiled bool
}

func (m inherited) String() string {
	return fmt.Sprintf("%s was announced by another plugin in %v, as %s", name(m.index), m.channels, m.bot)
}

func (m inherited) play(w *world) {
	w.teleport.create(m.index)
	request := w.teleport.subject(name(m.index)).latest().request
	var refs []string
	for _, channel := range m.channels {
		refs = append(refs, w.chat.inherit(request, channel, m.bot))
	}
	if m.bot != w.bot {
		w.retired[m.bot] = true
	}
	data := map[string]string{"user": request.User, "roles": strings.Join(request.Roles, ","), "messages": strings.Join(refs, ",")}
	w.records.mu.Lock()
	defer w.records.mu.Unlock()
	if m.spoiled {
		data["messages"] = data["messages"][:len(data["messages"])/2]
		w.records.tampered[request.ID] = append(w.records.tampered[request.ID], "another plugin's data")
	}
	w.records.plugin[request.ID] = data
}

// overwritten: an edit takes effect that another plugin had begun when it was stopped.
type overwritten struct {
	when
	index int
}

func (m overwritten) String() string {
	return fmt.Sprintf("an edit of %s by another plugin takes effect", name(m.index))
}

func (m overwritten) play(w *world) {
	w.chat.mu.Lock()
	defer w.chat.mu.Unlock()
	for _, p := range w.chat.messages {
		if p.request == name(m.index) && p.by.operator == plugin && !p.deleted {
			p.shown = append(p.shown, shown{time.Now(), p.shown[0].message})
		}
	}
}

// inherit makes a message that another plugin has posted, and returns its reference.
func (c *chat) inherit(r accessrequest.Request, channel, bot string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := place{r.ID, channel}
	c.counts[at]++
	p := &posted{
		place: at,
		id:    fmt.Sprintf("%s.%s.%dx", at.request, channel, c.counts[at]),
		by:    writer{plugin, bot},
		made:  c.now(),
		shown: []shown{{time.Now(), message.New(r, accessrequest.Cluster{})}},

		unknown: true,
	}
	c.messages = append(c.messages, p)
	return p.ref().String()
}

// inheritedBy returns the channels in which another plugin has announced a request.
func (p plan) inheritedBy(index int) []string {
	for _, m := range p.moments {
		if m, ok := m.(inherited); ok && m.index == index {
			return m.channels
		}
	}
	return nil
}

// changesRecipients reports whether a moment makes others the recipients.
func changesRecipients(m moment) bool {
	switch m.(type) {
	case configured, moved, monitored:
		return true
	default:
		return false
	}
}

// refusesRecipients reports whether a fault has recipients found not to work.
func refusesRecipients(f fault) bool {
	recipient := f.class == messenger.RecipientPermanent || f.class == messenger.PermissionMissing
	return f.kind == refused && recipient && f.concerns(callID{method: "resolve", slot: f.slot, channel: f.channel})
}

// inheritance makes a request that another plugin has announced. Operators of two clusters would
// both take it over. Where channels are known by name only, whom the plugin has told is clear
// only as long as the same recipients are told, and all of them work.
func (g *generator) inheritance() {
	named := g.plan.chat.named
	others := slices.ContainsFunc(g.plan.moments, changesRecipients) || slices.ContainsFunc(g.plan.faults, refusesRecipients)
	if g.plan.stranger > 0 || named && others {
		return
	}
	index := len(g.plan.asked)
	a := asked{user: "eve", role: "editor", pending: g.between(lateExpiry, lateExpiry+30*time.Minute)}
	if g.maybe(0.5) {
		a.pending = g.between(30*time.Second, time.Hour)
	}
	a.access = g.between(a.pending, max(a.pending+time.Minute, min(a.pending+30*time.Minute, allEnded)))
	g.plan.asked = append(g.plan.asked, a)
	var channels []string
	for _, p := range g.plan.people {
		told := p.channel == g.plan.people[0].channel || g.maybe(0.4)
		if named {
			told = slices.Contains(g.plan.rules.all, p.name)
		}
		if told {
			channels = append(channels, p.channel)
		}
	}
	m := inherited{index: index, channels: channels, bot: pick(g.Rand, "B1", "B1", "B0"), spoiled: g.maybe(0.15)}
	g.plan.moments = slices.Insert(g.plan.moments, 0, moment(m))
	if g.maybe(0.5) {
		g.add(overwritten{when(g.between(0, lateness)), index})
	}
	g.life(index, 0)
}
