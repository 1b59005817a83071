package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// The rules of the oracle.
const (
	// ruleCrash: engines run until they are told to stop, and then stop.
	ruleCrash = "runs and stops"
	// ruleLost: every pending request is posted to everyone who should hear of it.
	ruleLost = "nothing lost"
	// ruleTwice: nothing is posted twice, but after an outcome that no operator can know.
	ruleTwice = "nothing twice"
	// ruleTold: only the recipients that should hear of a request do.
	ruleTold = "no other is told"
	// ruleLateNews: what was resolved before anyone was told is not announced.
	ruleLateNews = "no news of what is over"
	// ruleTruth: every message shows the truth in the end.
	ruleTruth = "always true"
	// ruleFalseEnd: no message says that a request is over that is not.
	ruleFalseEnd = "no false end"
	// rulePace: where nothing is edited, no operator sends the next message about a request too soon.
	rulePace = "pace"
	// ruleReminders: who waits for a decision is reminded, once each time, and not after it.
	ruleReminders = "reminders"
	// ruleRequester: who asks hears of each stage of a request, once, while it is true.
	ruleRequester = "requesters hear"
	// ruleReplies: every review has its reply, once.
	ruleReplies = "replies"
	// ruleQuiet: once all is done, nothing is called or written.
	ruleQuiet = "quiet when done"
	// ruleBusy: calls are bounded by what happens.
	ruleBusy = "bounded calls"
	// rulePrompt: what nothing hinders happens at once.
	rulePrompt = "recipients are independent"
	// ruleRules: rules that change route pending requests at once.
	ruleRules = "rules take effect"
	// ruleRetryAfter: the chat service is not called before it wants to be.
	ruleRetryAfter = "back-pressure"
	// ruleStatus: a snapshot says how things are.
	ruleStatus = "it says so"
	// ruleTyped: what a requester typed is never looked up but as an e-mail address.
	ruleTyped = "user text is data"
)

// violation is a rule that a world has broken.
type violation struct {
	at   time.Duration
	rule string
	text string
}

func (v violation) String() string {
	return fmt.Sprintf("%s: %s: %s", clock(v.at), v.rule, v.text)
}

// violate notes that a rule is broken.
func (w *world) violate(rule, format string, args ...any) {
	v := violation{at: w.now(), rule: rule, text: fmt.Sprintf(format, args...)}
	w.trace.add("oracle", "%s: %s", v.rule, v.text)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, v)
}

// judge waits until everything that was planned is over, and compares what readers
// see with what Teleport knows: once while requests are pending, and once when all
// have ended.
func (w *world) judge() {
	w.sleep(firstLook)
	w.look()
	quiet := w.listen(0)
	w.sleep(firstLook + listening)
	quiet("for an hour")

	w.sleep(lastLook)
	w.look()
	for _, o := range w.alive() {
		o.stop()
	}
	w.sleep(lastLook + time.Minute)
	// What is closed is not opened by the next operator.
	w.start(1)
	quiet = w.listen(repeatedCalls * w.unclosed())
	w.sleep(worldEnds)
	quiet("after another start")
	w.running(1).stop()
	w.sleep(worldEnds + 2*stopsWithin)
}

// look checks what readers see, and how the engines say that they are.
func (w *world) look() {
	w.checkOnce()
	w.checkHeard()
	w.checkTruth()
	w.checkReplies()
	w.checkReminders()
	w.checkRequesters()
	w.checkPrompt()
	w.checkRules()
	w.checkStatus()
	w.checkMonitoring()
	w.checkClicks()
	w.checkCalls()
}

// tampered reports whether a stranger wrote the record of a request: then it is only
// promised that nothing else suffers.
func (w *world) tampered(request string) bool {
	w.records.mu.Lock()
	defer w.records.mu.Unlock()
	return len(w.records.tampered[request]) > 0
}

// hopeless counts the places where something is wrong for ever, because their channel is
// no more: a message shows something wrong, or lacks a reply, or is one that no operator knows, or
// no operator can know whether there is the message or the reply that was claimed there, because
// it did not hear, or whether there is any, because a stranger wrote the record.
func (w *world) hopeless() int {
	w.chat.mu.Lock()
	defer w.chat.mu.Unlock()
	if len(w.chat.closed) == 0 {
		return 0
	}
	places := map[place]bool{}
	for _, p := range w.chat.messages {
		if w.chat.closed[p.channel] {
			wrong := p.unknown || !w.recorded(p) || w.chat.unclearReplies[p.place] > 0 || w.edits(p.place) || w.lacksReply(p)
			wrong = wrong || w.teleport.subject(p.request).differs(p.last())
			places[p.place] = places[p.place] || wrong
		}
	}
	for _, at := range w.chat.keys {
		if _, told := places[at]; w.chat.closed[at.channel] && !told {
			places[at] = true
		}
	}
	for channel := range w.chat.closed {
		for _, s := range w.teleport.all() {
			if w.tampered(s.id()) {
				places[place{s.id(), channel}] = true
			}
		}
	}
	maps.DeleteFunc(places, func(_ place, wrong bool) bool { return !wrong })
	return len(places)
}

// lacksReply reports whether a review is neither in a message that is replied to, nor below it.
func (w *world) lacksReply(p *posted) bool {
	return w.plan.chat.replier && slices.ContainsFunc(w.teleport.subject(p.request).latest().request.Reviews, func(r accessrequest.Review) bool {
		shown := slices.ContainsFunc(p.shown[0].message.Reviews, func(m message.Review) bool { return m.Author == r.Author })
		return !shown && !slices.ContainsFunc(p.replies, func(m reply) bool { return m.review.Author == r.Author })
	})
}

// differs reports whether a message does not show the latest of a request.
func (s *subject) differs(m message.Message) bool {
	v := s.latest()
	if v.gone && v.request.State == accessrequest.Pending {
		return m.State == accessrequest.Pending
	}
	return m.State != v.request.State || len(m.Reviews) != len(v.request.Reviews)
}

// channelsOf returns where a request should be announced under a configuration, by the
// name of the recipient.
func (w *world) channelsOf(s *subject, rules ruleSet) map[string]string {
	names, byRule := rules.recipients(s.asked.role)
	found := map[string]string{}
	for _, name := range names {
		found[name] = w.chat.channelOf(name)
	}
	if byRule || !rules.reviewers || !w.plan.chat.people {
		return found
	}
	for _, name := range s.asked.reviewers {
		for _, p := range w.plan.people {
			if p.direct && p.name == name {
				found[name] = p.channel
			}
		}
	}
	return found
}
