package simulation

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
)

// world is a plan that is being played.
type world struct {
	plan  plan
	dice  dice
	began time.Time
	trace *trace

	teleport *teleport
	records  *records
	chat     *chat

	// rules are those of the next operator. They, operators and incarnations are the
	// main goroutine's.
	rules        ruleSet
	ruledSince   time.Duration
	operators    []*operator
	incarnations [4]int
	// bot is that of the next operator; retired are those before.
	bot     string
	retired map[string]bool

	faults atomic.Int64

	mu         sync.Mutex
	calls      map[callID]int
	violations []violation
	presses    []*press
}

// newWorld makes a world, in a bubble of its own.
func newWorld(p plan) *world {
	w := &world{
		plan:  p,
		dice:  dice(p.seed),
		began: time.Now(),
		rules: p.rules,
		bot:   "B1",
		calls: map[callID]int{},

		retired: map[string]bool{},
	}
	w.trace = &trace{began: w.began}
	w.teleport, w.records, w.chat = newTeleport(w), newRecords(w), newChat(w)
	return w
}

// play lets the plan happen, and judges how it ends.
func (w *world) play() {
	for _, f := range w.plan.faults {
		time.AfterFunc(f.from, func() { w.trace.add("fault", "begins: %s", f) })
		time.AfterFunc(f.to, func() { w.trace.add("fault", "is over: %s", f) })
	}
	for _, m := range w.plan.moments {
		w.sleep(m.at())
		m.play(w)
	}
	w.sleep(calm)
	if len(w.alive()) == 0 {
		w.start(1)
	}
	w.judge()
}

// now is the time since the world began.
func (w *world) now() time.Duration {
	return time.Since(w.began)
}

// sleep lets time pass until an instant, and takes a look at the engines meanwhile.
func (w *world) sleep(until time.Duration) {
	for w.now() < until {
		every := lookEvery
		if w.now() >= calm+lookSeldom {
			every = lookSeldom
		}
		time.Sleep(min(w.now().Truncate(every)+every, until) - w.now())
		synctest.Wait()
		if w.now()%every == 0 {
			w.glance()
		}
	}
}

// faulted notes that a fault has touched something.
func (w *world) faulted() {
	w.faults.Add(1)
}

// nth counts the calls of one kind.
func (w *world) nth(c callID) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[c]++
	return w.calls[c]
}

// running returns the operator that runs in a slot, nil for none.
func (w *world) running(slot int) *operator {
	for _, o := range w.operators {
		if o.slot == slot && o.isRunning() {
			return o
		}
	}
	return nil
}

// alive returns the operators that run.
func (w *world) alive() []*operator {
	return slices.DeleteFunc(slices.Clone(w.operators), func(o *operator) bool { return !o.isRunning() })
}

// faultsOf returns the faults that may touch a call now.
func (w *world) faultsOf(c callID) []fault {
	var found []fault
	for _, f := range w.plan.faults {
		if f.service == c.service && f.active(w.now()) && f.concerns(c) {
			found = append(found, f)
		}
	}
	return found
}

// feedFault returns the fault of a kind that a slot's feed has now, if any.
func (w *world) feedFault(kind faultKind, slot int) (fault, bool) {
	for _, f := range w.faultsOf(callID{service: feedService, slot: slot}) {
		if f.kind == kind {
			w.faulted()
			return f, true
		}
	}
	return fault{}, false
}

// nextDisconnect returns how soon a slot's feed loses its connection.
func (w *world) nextDisconnect(slot int) (soon time.Duration, ok bool) {
	for _, f := range w.plan.faults {
		if f.kind != disconnected || f.slot != 0 && f.slot != slot || f.from <= w.now() {
			continue
		}
		if in := f.from - w.now(); !ok || in < soon {
			soon, ok = in, true
		}
	}
	return soon, ok
}

// refuses reports whether the chat service does not take a message as it is.
func (w *world) refuses(m message.Message) bool {
	s := w.teleport.subject(m.RequestID)
	return s != nil && (s.asked.picky == 2 || s.asked.picky == 1 && !m.Plain)
}

// installation is what the operator in a slot belongs to.
func (w *world) installation(slot int) string {
	if slot == w.plan.stranger {
		return "cluster-2"
	}
	return "cluster-1"
}

// botOf is the bot of the next operator in a slot.
func (w *world) botOf(slot int) string {
	if slot == w.plan.stranger {
		return "B9"
	}
	return w.bot
}

// routing returns the rules as the engine takes them. Whom Teleport's rules name, now or later,
// is reminded only if all are.
func (s ruleSet) routing(monitors bool) routing.Rules {
	var all []routing.Reminder
	if s.boss.name != "" {
		all = append(all, routing.Reminder{After: s.boss.after, Recipients: kinds([]string{s.boss.name})})
	}
	if monitors || !s.routed() {
		all = append(all, s.reminders()...)
	}
	if s.routed() {
		return routing.Rules{Routes: s.routes(), Reminders: all}
	}
	rules := map[string][]string{routing.AnyRole: s.all}
	if s.dba != nil {
		rules["dba"] = s.dba
	}
	return routing.Rules{RoleToRecipients: rules, SuggestedReviewers: s.reviewers, Reminders: all}
}

// reminders are those of whoever has heard.
func (s ruleSet) reminders() (all []routing.Reminder) {
	for _, after := range s.remind {
		all = append(all, routing.Reminder{After: after})
	}
	return all
}

// routes says the same as the rules do: worlds change from one to the other in mid-flight.
func (s ruleSet) routes() []routing.RouteRule {
	others := routing.RouteRule{Name: "others", Recipients: kinds(s.all), Reminders: s.reminders()}
	if s.dba == nil {
		return []routing.RouteRule{others}
	}
	others.Match = match.Source{Condition: `!("dba" in request.roles)`}
	dba := routing.RouteRule{Name: "dba", Match: match.Source{Roles: []string{"d*a"}}, Recipients: kinds(s.dba), Suppress: len(s.dba) == 0, Reminders: s.reminders()}
	return []routing.RouteRule{others, dba}
}

// kinds returns recipients with what they are.
func kinds(names []string) (recipients []routing.Recipient) {
	for _, name := range names {
		kind := routing.User
		if strings.HasPrefix(name, "#") {
			kind = routing.Channel
		}
		recipients = append(recipients, routing.Recipient{Name: name, Kind: kind})
	}
	return recipients
}

// said is an error as the trace shows it.
func said(err error) string {
	if err == nil {
		return "ok"
	}
	return err.Error()
}

// shorten cuts a text for the trace.
func shorten(text string) string {
	const most = 240
	text = strings.ReplaceAll(text, "\n", " ")
	if len(text) > most {
		return fmt.Sprintf("%s... (%d bytes)", text[:most], len(text))
	}
	return text
}
