package simulation

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// pluginName is how Access Monitoring Rules call the operators.
const pluginName = "chat"

// monitoring is one of Teleport's Access Monitoring Rules.
type monitoring struct {
	kind ruleKind
	to   []string
}

func (r monitoring) String() string { return fmt.Sprintf("%s=%v", r.kind, r.to) }

// ruleKind says of which requests a rule is, if it can be used.
type ruleKind string

const (
	forAny ruleKind = "any"
	forDBA ruleKind = "dba"
	// forTeam takes the requester's traits to be judged, and matches none.
	forTeam ruleKind = "team"
	// unreadable has a condition that is none, beyond has parts that this version does not know.
	unreadable ruleKind = "unreadable"
	beyond     ruleKind = "beyond"
	// forOthers is for another plugin.
	forOthers ruleKind = "others"
)

// conditions are those of the rules.
var conditions = map[ruleKind]string{
	forAny: `true`, forDBA: `contains(access_request.spec.roles, "dba")`, forTeam: `contains(user.traits["team"], "none")`,
	unreadable: `contains(`, beyond: `true`, forOthers: `true`,
}

// matches reports whether the rule matches requests for a role.
func (r monitoring) matches(role string) bool {
	return r.kind == forAny || r.kind == forDBA && role == "dba"
}

// monitored: Teleport's Access Monitoring Rules become others.
type monitored struct {
	when
	rules []monitoring
}

func (m monitored) String() string {
	return fmt.Sprintf("the Access Monitoring Rules become %v", m.rules)
}

func (m monitored) play(w *world) {
	w.rules.monitored, w.ruledSince = m.rules, w.now()
	for _, o := range w.alive() {
		o.mu.Lock()
		o.rules = append(o.rules, w.rules)
		o.mu.Unlock()
	}
	w.teleport.monitor(m.rules)
}

// routingOf returns the rules as the engine takes them.
func (w *world) routingOf(rules ruleSet) routing.Rules {
	r := rules.routing(w.plan.monitors)
	r.Requester, r.RequesterTrait = rules.requester, rules.trait
	if w.plan.monitors {
		r.Plugin = pluginName
	}
	return r
}

// monitor makes the Access Monitoring Rules others.
func (t *teleport) monitor(rules []monitoring) {
	t.mu.Lock()
	t.rules.n++
	t.rules.all = rules
	now := t.rules
	watchers := make([]*session, 0, len(t.watchers))
	for w := range t.watchers {
		watchers = append(watchers, w)
	}
	t.mu.Unlock()
	t.world.trace.add("teleport", "has the Access Monitoring Rules %v", rules)
	for _, s := range watchers {
		s.ruled(now)
	}
}

// ruleVersion is what the Access Monitoring Rules are from one instant on, with its number.
type ruleVersion struct {
	n   int
	all []monitoring
}

// mirror is what a session knows of the Access Monitoring Rules. It is guarded by session.mu.
type mirror struct {
	n         int
	published *accessrequest.MonitoringRules
	// changed is closed when they become others.
	changed chan struct{}
}

// unmonitored reports whether there may have been no Access Monitoring Rule for requests for a
// role, as far as an operator knew, or none whose recipients could be found. Own rules count then.
func (w *world) unmonitored(role string, all []ruleSet) bool {
	return slices.ContainsFunc(all, func(rules ruleSet) bool {
		return !slices.ContainsFunc(rules.monitored, func(r monitoring) bool { return r.matches(role) })
	}) || slices.ContainsFunc(w.plan.faults, func(f fault) bool {
		return f.kind == unreadRules || f.kind == deniedRules || f.class == messenger.RecipientPermanent
	})
}

// ruled is called when there is another version of the Access Monitoring Rules.
func (s *session) ruled(v ruleVersion) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch%2 == 0 {
		return
	}
	c := callID{service: feedService, slot: s.slot, operator: s.name, method: "rules"}
	lag := between(s.world.dice.about("rules", s.name, v.n), time.Millisecond, 80*time.Millisecond)
	for _, f := range s.world.faultsOf(c) {
		if !chance(s.world.dice.about(f.salt, s.name, "rules", v.n), f.p) {
			continue
		}
		switch f.kind {
		case dropping, deniedRules:
			s.world.faulted()
			return
		case lagging:
			s.world.faulted()
			lag += between(s.world.dice.about(f.salt, "lag", v.n), 0, f.wait)
		default:
		}
	}
	epoch := s.epoch
	time.AfterFunc(lag, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.epoch == epoch && !s.isDead() && s.rules.n < v.n {
			s.publish(v, accessrequest.MonitoringRules{Known: s.rules.published.Known, Rules: v.rules()})
		}
	})
}

// readRules reads the Access Monitoring Rules with a list. The caller holds mu.
func (s *session) readRules() {
	s.world.teleport.mu.Lock()
	v := s.world.teleport.rules
	s.world.teleport.mu.Unlock()
	now := accessrequest.MonitoringRules{Known: true, Rules: v.rules()}
	if _, denied := s.world.feedFault(deniedRules, s.slot); denied {
		now.Rules, now.Problem = nil, "the role does not allow it"
	} else if _, unread := s.world.feedFault(unreadRules, s.slot); unread {
		v.n, now.Rules, now.Problem = s.rules.n, s.rules.published.Rules, "they cannot be read now"
	}
	s.publish(v, now)
}

// publish makes rules those that the engine sees. The caller holds mu.
func (s *session) publish(v ruleVersion, now accessrequest.MonitoringRules) {
	s.rules.n = v.n
	if reflect.DeepEqual(*s.rules.published, now) {
		return
	}
	s.world.trace.add(s.name, "knows %d Access Monitoring Rules %s", len(now.Rules), now.Problem)
	s.rules.published = &now
	close(s.rules.changed)
	s.rules.changed = make(chan struct{})
}

// rules returns the rules as Teleport gives them.
func (v ruleVersion) rules() (rules []accessrequest.MonitoringRule) {
	for i, r := range v.all {
		rule := accessrequest.MonitoringRule{
			Name: fmt.Sprintf("rule%d", i), Condition: conditions[r.kind], Plugin: pluginName, Recipients: r.to, Unknown: r.kind == beyond,
		}
		if r.kind == forOthers {
			rule.Plugin = "pager"
		}
		rules = append(rules, rule)
	}
	return rules
}

// MonitoringRules implements routing.Source.
func (s *session) MonitoringRules() *accessrequest.MonitoringRules {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.published
}

// MonitoringRulesChanged implements routing.Source.
func (s *session) MonitoringRulesChanged() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.changed
}

// Traits implements routing.Source.
func (s *session) Traits(ctx context.Context, user string) (map[string][]string, error) {
	return callTeleport(ctx, s.operator, "traits", "", callTimeout, func() (map[string][]string, error) {
		return traitsOf(user), nil
	})
}

// checkMonitoring checks that each of the Access Monitoring Rules is there, and that those which
// cannot be used are named.
func (w *world) checkMonitoring() {
	for _, o := range w.alive() {
		s := o.router.MonitoringRules(nil)
		if s.Ignored == w.plan.monitors || w.plan.monitors && (!s.Known || s.Problem != "") {
			w.violate(ruleStatus, "%s does not know the Access Monitoring Rules: %+v", o.name, s)
		}
		var want, have []string
		for i, r := range w.rules.monitored {
			if r.kind != forOthers {
				want = append(want, fmt.Sprintf("rule%d %t", i, r.kind == unreadable || r.kind == beyond))
			}
		}
		for _, r := range s.Rules {
			have = append(have, fmt.Sprintf("%s %t", r.Name, r.Problem != ""))
		}
		if !slices.Equal(have, want) {
			w.violate(ruleStatus, "%s names %v as Access Monitoring Rules, and which cannot be used; they are %v", o.name, have, want)
		}
	}
}

// monitoring adds Access Monitoring Rules that change, and that cannot be read for a while.
func (g *generator) monitoring() {
	inherits := slices.ContainsFunc(g.plan.moments, func(m moment) bool { _, ok := m.(inherited); return ok })
	if inherits && g.plan.chat.named {
		return
	}
	g.plan.monitors = true
	g.add(monitored{when(0), g.monitoringRules()})
	for range pick(g.Rand, 0, 1, 1, 2, 3) {
		g.add(monitored{when(g.between(time.Minute, 35*time.Minute)), g.monitoringRules()})
	}
	if g.maybe(0.3) {
		at := g.between(time.Minute, 35*time.Minute)
		for i := range 5 + g.IntN(40) {
			g.add(monitored{when(at + time.Duration(i)*time.Second), g.monitoringRules()})
		}
	}
	if g.maybe(0.3) {
		g.add(monitored{when(g.between(36*time.Minute, calm-promptly)), g.monitoringRules()})
	}
	for _, f := range []fault{
		{service: feedService, kind: unreadRules, slot: g.slot(), p: 1, wait: rulesReadEvery},
		{service: feedService, kind: deniedRules, slot: g.slot(), p: 1, wait: rulesReadEvery},
		{service: recordsService, kind: pick(g.Rand, refused, hanging, slow, denied), methods: []string{"traits"}},
	} {
		if g.maybe(0.3) {
			g.fault(f, 25*time.Minute)
		}
	}
}

// rulesReadEvery is how often sessions read the Access Monitoring Rules, at least.
const rulesReadEvery = resyncEvery * 11 / 10

// monitoringRules returns some Access Monitoring Rules.
func (g *generator) monitoringRules() (rules []monitoring) {
	for range pick(g.Rand, 0, 1, 1, 2, 3) {
		rules = append(rules, monitoring{
			kind: pick(g.Rand, forAny, forAny, forDBA, forTeam, unreadable, beyond, forOthers),
			to:   pick(g.Rand, []string{"#ops"}, []string{"#dev"}, []string{"#audit", "bob@example.com"}),
		})
	}
	return rules
}
