package simulation

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// clocks is by how much clocks may differ where it is said that a time is over.
const clocks = 5 * time.Second

// checkTruth checks that each message shows what Teleport knows.
func (w *world) checkTruth() {
	all := w.chat.all()
	for i, p := range all {
		if w.excused(p) || w.followed(p, all[i:]) {
			continue
		}
		s := w.teleport.subject(p.request)
		wants := w.wants(s, p)
		if state := p.last().State; !slices.Contains(wants, state) {
			w.violate(ruleTruth, "%s shows %s, which is %s: %v", p.id, state, w.describe(s), wants)
			continue
		}
		v := s.latest()
		if shown := len(p.last().Reviews); !v.gone && shown != len(v.request.Reviews) && !p.last().Plain {
			w.violate(ruleTruth, "%s shows %d reviews of %d", p.id, shown, len(v.request.Reviews))
		}
		if buttons := w.plan.buttons && p.last().State == accessrequest.Pending && !p.last().ToOwner; buttons != (p.last().Buttons != nil) {
			w.violate(ruleClicks, "%s shows %s with the buttons %v", p.id, p.last().State, p.last().Buttons)
		}
	}
}

// excused reports whether no operator can keep a message true.
func (w *world) excused(p *posted) bool {
	s, c := w.teleport.subject(p.request), w.chat
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case p.deleted, c.closed[p.channel], w.unrecorded(p.request), w.retired[p.by.bot], s.asked.picky == 2, w.tampered(p.request):
		return true
	case !c.profile.finds() || c.unsearched[p.place] > 0:
		// If no operator heard that it was posted, nothing leads to it.
		return !w.recorded(p)
	default:
		return false
	}
}

// followed reports whether a later message took the place of one that could not be
// edited any more.
func (w *world) followed(p *posted, later []*posted) bool {
	return slices.ContainsFunc(later, func(q *posted) bool {
		return q.place == p.place && q.by.bot == p.by.bot && q.key != p.key && q.follows != ""
	})
}

// describe says what Teleport knows.
func (w *world) describe(s *subject) string {
	v := s.latest()
	if !v.gone {
		return "there, " + string(v.request.State)
	}
	return "gone since " + clock(v.from.Sub(w.began)) + ", last " + string(v.request.State)
}

// wants returns the states that a message may show.
func (w *world) wants(s *subject, p *posted) []accessrequest.State {
	v := s.latest()
	state := v.request.State
	if !v.gone {
		return []accessrequest.State{state}
	}
	if state.Resolved() {
		return w.orUnknown(s, p, []accessrequest.State{state})
	}
	expires := v.request.Expires
	switch shown := p.shown[len(p.shown)-1].at; {
	case !v.from.Before(expires):
		return w.orUnknown(s, p, []accessrequest.State{accessrequest.Expired})
	case shown.Before(expires.Add(-clocks)):
		return w.orUnknown(s, p, []accessrequest.State{accessrequest.Removed})
	default:
		return w.orUnknown(s, p, []accessrequest.State{accessrequest.Removed, accessrequest.Expired})
	}
}

// orUnknown adds that it is not known how the request ended, and what was decided before,
// unless an engine that is still there was told, and knows that others were. One of another
// installation leaves the message, and its record, alone.
func (w *world) orUnknown(s *subject, p *posted, states []accessrequest.State) []accessrequest.State {
	for _, o := range w.alive() {
		if o.bot == p.by.bot && o.session.witnessed(s.id(), s.outcome()) && w.records.readBy(o.name, s.id()) {
			return states
		}
	}
	for _, v := range s.history() {
		if v.request.State.Resolved() {
			states = append(states, v.request.State)
		}
	}
	end, expires := s.latest(), s.history()[0].request.Expires
	switch {
	case end.from.Before(expires):
		// It was removed before its time to decide was over, and before a decision was
		// seen. Who asks for it only when that time is over can say no more than that it is.
		states = append(states, accessrequest.Removed, accessrequest.Expired)
	case end.from.Before(end.request.AccessExpires):
		// Its time to decide was over. Whether it was approved is not known only once
		// the access is over as well.
		states = append(states, accessrequest.Expired)
	}
	return append(states, accessrequest.Gone)
}

// witnessed reports whether an operator, be it one that has ended, heard how a request ended.
func (w *world) witnessed(s *subject) bool {
	return slices.ContainsFunc(w.operators, func(o *operator) bool { return o.session.witnessed(s.id(), s.outcome()) })
}

// outcome is the number of the version that tells how a request ended: the first with
// its last state, or the one that says that a pending request is gone.
func (s *subject) outcome() int {
	state := s.latest().request.State
	if state == accessrequest.Pending {
		return s.last()
	}
	n := s.last()
	for n > 0 && s.history()[n-1].request.State == state {
		n--
	}
	return n
}

// checkEnd checks what a message is about to show: that a request is over may be said
// only of one that is.
func (w *world) checkEnd(by writer, m message.Message) {
	s := w.teleport.subject(m.RequestID)
	if s == nil {
		return
	}
	v, expires := s.latest(), s.history()[0].request.Expires
	switch m.State {
	case accessrequest.Expired:
		if !v.gone || time.Now().Before(expires.Add(-clocks)) {
			w.violate(ruleFalseEnd, "%s makes a message show that %s has expired, which is %s", by.operator, s.id(), w.describe(s))
		}
	case accessrequest.Removed, accessrequest.Gone:
		if !v.gone {
			w.violate(ruleFalseEnd, "%s makes a message show that %s is no more, which is %s", by.operator, s.id(), w.describe(s))
		}
	default:
	}
}

// checkReplies checks that no reply is there twice, and that none lacks.
func (w *world) checkReplies() {
	if !w.plan.chat.replier {
		return
	}
	for _, p := range w.chat.all() {
		if w.excused(p) {
			continue
		}
		w.checkRepliesTwice(p)
	}
	for _, s := range w.teleport.all() {
		w.checkRepliesLack(s)
	}
}

func (w *world) checkRepliesTwice(p *posted) {
	seen, more := map[string]bool{}, 0
	for _, r := range p.replies {
		if seen[r.key] {
			more++
		}
		seen[r.key] = true
	}
	allowed := 0
	w.chat.mu.Lock()
	if !w.chat.profile.finds() || w.chat.unsearched[p.place] > 0 || w.unrecorded(p.request) {
		allowed = w.chat.unclearReplies[p.place] + w.deaths()*len(p.replies)
	}
	w.chat.mu.Unlock()
	if more > allowed {
		w.violate(ruleReplies, "%s has %d replies twice, %d were to be expected", p.id, more, allowed)
	}
}

// checkRepliesLack checks that each review of a request that is there has a reply, or
// was in the first post.
func (w *world) checkRepliesLack(s *subject) {
	v := s.latest()
	if v.gone {
		return
	}
	told := map[string]map[string]bool{}
	for _, p := range w.chat.all() {
		if p.request != s.id() || w.excused(p) {
			continue
		}
		if told[p.channel] == nil {
			told[p.channel] = map[string]bool{}
		}
		for _, review := range p.shown[0].message.Reviews {
			told[p.channel][review.Author] = true
		}
		for _, r := range p.replies {
			told[p.channel][r.review.Author] = true
		}
	}
	if v.request.State.Resolved() {
		// The outcome tells the requester of the last.
		delete(told, malletDirect)
	}
	for channel, authors := range told {
		for _, review := range v.request.Reviews {
			if !authors[review.Author] {
				w.violate(ruleReplies, "%s has no reply about the review of %s by %s", channel, s.id(), review.Author)
			}
		}
	}
}
