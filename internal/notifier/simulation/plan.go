package simulation

import (
	"fmt"
	"slices"
	"time"
)

// The hours of a world. Nothing is planned after calm; what is still pending then
// ends between lateExpiry and allEnded.
const (
	calm       = 40 * time.Minute
	firstLook  = calm + 2*time.Hour
	listening  = 60 * time.Minute
	earlyEnds  = calm + 80*time.Minute
	lateExpiry = calm + 3*time.Hour + 30*time.Minute
	allEnded   = calm + 4*time.Hour + 20*time.Minute
	lastLook   = calm + 4*time.Hour + 45*time.Minute
	worldEnds  = lastLook + 30*time.Minute
)

// The bounds that the engine may rely on.
const (
	// callTimeout is for how long one call to the chat service or to Teleport is
	// waited for at most: T of the engine's sums. listTimeout is for all records.
	callTimeout = 10 * time.Second
	listTimeout = time.Minute
	// lateness is for how long a call may still land after it was given up: D.
	lateness = 10 * time.Second
	// searchLag is for how long a message may be missing from a search: E.
	searchLag = 2 * time.Second
)

// plan is all that will happen in a world.
type plan struct {
	seed   uint64
	chat   profile
	people []recipient
	rules  ruleSet
	// stranger is the slot of an operator of another cluster, which uses the same
	// records by mistake; 0 for none.
	stranger int
	// monitors is set if the operators use Teleport's Access Monitoring Rules.
	monitors bool
	// buttons is set if reviewers can decide in chat.
	buttons bool

	asked   []asked
	moments []moment
	faults  []fault
}

// recipient is who may be told, by a name, in a channel.
type recipient struct {
	name    string
	channel string
	direct  bool
}

// ruleSet is a configuration: the names that hear of requests for any role, and for the
// role dba, and Teleport's Access Monitoring Rules.
type ruleSet struct {
	all, dba  []string
	reviewers bool
	monitored []monitoring
	// remind is after how long they are reminded, and boss who hears only later.
	remind []time.Duration
	boss   later
	// requester is set if requesters hear of their requests, found by a trait if there is one.
	requester bool
	trait     string
}

// later is who hears of a request only after so long.
type later struct {
	name  string
	after time.Duration
}

func (s ruleSet) String() string {
	text := fmt.Sprintf("*=%v dba=%v reviewers=%t remind=%v boss=%v", s.all, s.dba, s.reviewers, s.remind, s.boss)
	if s.requester {
		text += " requester" + s.trait
	}
	if len(s.monitored) > 0 {
		text += fmt.Sprintf(" monitored=%v", s.monitored)
	}
	return text
}

// names returns all names.
func (s ruleSet) names() []string {
	all := slices.Concat(s.all, s.dba, []string{s.boss.name})
	for _, r := range s.monitored {
		all = append(all, r.to...)
	}
	return all
}

// own returns the rules without those of Teleport.
func (s ruleSet) own() ruleSet {
	s.monitored = nil
	return s
}

// recipients returns the names that hear of requests for a role, and whether Teleport's rules
// or routes name them, in place of the suggested reviewers.
func (s ruleSet) recipients(role string) (names []string, byRule bool) {
	for _, r := range s.monitored {
		if r.matches(role) {
			names, byRule = append(names, r.to...), true
		}
	}
	if byRule && !s.routed() {
		return names, true
	}
	if role == "dba" && s.dba != nil {
		return append(names, s.dba...), byRule
	}
	return append(names, s.all...), byRule
}

// routed reports whether the rules are given as routes, which add up with those of Teleport.
func (s ruleSet) routed() bool { return len(s.all) == 2 && !s.reviewers }

// asked is an access request that a requester will make.
type asked struct {
	user      string
	role      string
	reviewers []string
	// pending and access are when the request and the access end.
	pending, access time.Duration
	// picky tells what of it the chat service refuses: nothing, the full rendering,
	// or every rendering.
	picky  int
	dryRun bool
}

// name is how the trace calls a request. It is the request's id.
func name(request int) string {
	return fmt.Sprintf("r%d", request)
}

// moment is something that happens at an instant.
type moment interface {
	fmt.Stringer
	at() time.Duration
	play(w *world)
}

// size is how many moments and faults there are.
func (p plan) size() int {
	return len(p.moments) + len(p.faults)
}

// only returns the plan with the moments and faults that keep says yes to. Moments
// come first.
func (p plan) only(keep func(i int) bool) plan {
	less := p
	less.moments, less.faults = nil, nil
	for i, m := range p.moments {
		if keep(i) {
			less.moments = append(less.moments, m)
		}
	}
	for i, f := range p.faults {
		if keep(len(p.moments) + i) {
			less.faults = append(less.faults, f)
		}
	}
	return less
}

// sort puts moments and faults in the order in which they happen or begin.
func (p plan) sort() {
	slices.SortStableFunc(p.moments, func(a, b moment) int { return int(a.at() - b.at()) })
	slices.SortStableFunc(p.faults, func(a, b fault) int { return int(a.from - b.from) })
}
