package teleport

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	rulesv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accessmonitoringrules/v1"
	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// maxRules and maxRulesSize bound the Access Monitoring Rules that a session keeps.
	maxRules     = 10_000
	maxRulesSize = 8 << 20
	// rulesTimeout bounds the reading of all of them, which requests wait for.
	rulesTimeout = 20 * time.Second
)

var errTooManyRules = errors.New("more Access Monitoring Rules than are kept")

// ruleList is a full list of the rules that concern plugins.
type ruleList struct {
	began time.Time
	rules map[string]accessrequest.MonitoringRule
	size  int
	// problem is why there are none, or not all. While it may pass, what is known of the
	// rules stays.
	problem string
	passing bool
}

// readRules reads all rules. A server or a role that does not give them is no failure.
func (l *connection) readRules(ctx context.Context) *ruleList {
	found := &ruleList{began: time.Now(), rules: map[string]accessrequest.MonitoringRule{}}
	ctx, cancel := context.WithTimeout(ctx, rulesTimeout)
	defer cancel()
	seen := 0
	err := l.client.EachMonitoringRule(ctx, func(r *rulesv1.AccessMonitoringRule) error {
		rule, concerns := convertRule(r)
		if seen++; seen > 10*maxRules {
			return errTooManyRules
		}
		if !concerns {
			return nil
		}
		if found.size += sizeOfRule(rule); len(found.rules) == maxRules || found.size > maxRulesSize {
			return errTooManyRules
		}
		found.rules[rule.Name] = rule
		return nil
	})
	found.explain(err, l.remote)
	return found
}

func (l *ruleList) explain(err error, p remote) {
	switch code := codeOf(err); {
	case err == nil:
	case errors.Is(err, errTooManyRules):
		l.problem = tooManyRules
	case code == codes.Unimplemented:
		l.problem = fmt.Sprintf("Teleport at %s has no Access Monitoring Rules: it is of an older version, or an edition without them.", p.address)
	case code == codes.PermissionDenied:
		l.problem = "Access Monitoring Rules are not used. " + p.explainDenied(err)
	default:
		l.problem = fmt.Sprintf("The Access Monitoring Rules of Teleport at %s cannot be read now; it is tried again.", p.address)
		l.passing = true
	}
}

var tooManyRules = fmt.Sprintf("Teleport has more Access Monitoring Rules than are kept, %d or %d MB: those beyond are left out.",
	maxRules, maxRulesSize>>20)

// ruleMirror mirrors the rules. Lists and events may trail behind each other: an event is
// believed against a list that began to be read until eventGrace after it. Whatever is
// wrong after that, the next list mends.
type ruleMirror struct {
	mu    sync.Mutex
	rules map[string]accessrequest.MonitoringRule
	size  int
	// heard is when events last spoke of rules.
	heard map[string]time.Time
	// published is what was made of it all for readers, nil if that is out of date.
	published *accessrequest.MonitoringRules
	known     bool
	problem   string
	// changed is closed at every change.
	changed chan struct{}
}

func newRuleMirror() *ruleMirror {
	return &ruleMirror{
		rules: map[string]accessrequest.MonitoringRule{}, heard: map[string]time.Time{}, changed: make(chan struct{}),
	}
}

// change makes a change known. The caller holds mu.
func (m *ruleMirror) change() {
	m.published = nil
	close(m.changed)
	m.changed = make(chan struct{})
}

// put takes over what an event says of a rule; nil is that it is gone, or concerns no
// plugin any more.
func (m *ruleMirror) put(name string, rule *accessrequest.MonitoringRule, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.heard) > maxRules {
		clear(m.heard)
	}
	m.heard[name] = now
	old, known := m.rules[name]
	if known {
		m.size -= sizeOfRule(old)
		delete(m.rules, name)
	}
	switch {
	case rule == nil && !known:
		return
	case rule == nil:
	case len(m.rules) == maxRules || m.size+sizeOfRule(*rule) > maxRulesSize:
		m.problem = tooManyRules
	default:
		m.rules[name] = *rule
		m.size += sizeOfRule(*rule)
	}
	m.change()
}

// replace takes over a full list.
func (m *ruleMirror) replace(l *ruleList) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer func(known bool, problem string, rules map[string]accessrequest.MonitoringRule) {
		if m.known != known || m.problem != problem || !reflect.DeepEqual(m.rules, rules) {
			m.change()
		}
	}(m.known, m.problem, m.rules)
	m.known, m.problem = true, l.problem
	if l.passing {
		return
	}
	for name, at := range m.heard {
		if l.began.Sub(at) >= eventGrace {
			delete(m.heard, name)
			continue
		}
		delete(l.rules, name)
		if rule, ok := m.rules[name]; ok && l.problem == "" {
			l.rules[name] = rule
		}
	}
	m.rules, m.size = l.rules, 0
	for _, rule := range m.rules {
		m.size += sizeOfRule(rule)
	}
}

// MonitoringRules returns the Access Monitoring Rules for plugins: the same value until
// they are others. They must not be changed.
func (s *Session) MonitoringRules() *accessrequest.MonitoringRules {
	m := s.monitoring
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.published == nil {
		m.published = &accessrequest.MonitoringRules{Known: m.known, Problem: m.problem}
		for _, name := range slices.Sorted(maps.Keys(m.rules)) {
			m.published.Rules = append(m.published.Rules, m.rules[name])
		}
	}
	return m.published
}

// MonitoringRulesChanged returns a channel that is closed once the rules are others than
// at the time of the call.
func (s *Session) MonitoringRulesChanged() <-chan struct{} {
	m := s.monitoring
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

// applyRule mirrors an event about a rule, and reports whether it is one.
func (r *runner) applyRule(event types.Event) bool {
	if event.Resource == nil || event.Resource.GetKind() != types.KindAccessMonitoringRule {
		return false
	}
	name := ruleName(event.Resource.GetName())
	switch event.Type {
	case types.OpDelete:
		r.monitoring.put(name, nil, time.Now())
	case types.OpPut:
		wrapped, ok := event.Resource.(types.Resource153Unwrapper)
		if !ok {
			return true
		}
		put, ok := wrapped.Unwrap().(*rulesv1.AccessMonitoringRule)
		if !ok {
			return true
		}
		rule, concerns := convertRule(put)
		if !concerns {
			r.monitoring.put(name, nil, time.Now())
			return true
		}
		r.monitoring.put(name, &rule, time.Now())
	default:
	}
	return true
}
