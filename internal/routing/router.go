package routing

import (
	"slices"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Router decides who hears of which request. It may be used by several goroutines.
type Router interface {
	// Recipients returns who hears of the request, each once, in a stable order. With
	// an error, it returns those of whom is known that they hear of it. The error names
	// the rule that cannot be judged, and repeats nothing that a requester typed.
	Recipients(request accessrequest.Request) ([]Recipient, error)
	// Configured returns the recipients that the rules name, each once, in order.
	Configured() []Recipient
	// Changed returns a channel that is closed once the rules are others than at the
	// time of the call. Who asks for it before asking for recipients misses no change.
	Changed() <-chan struct{}
}

// Recipient is one recipient as the operator or the requester wrote it.
type Recipient struct {
	// Name is the recipient in the messenger's terms, such as a channel name, a
	// channel id or an e-mail address.
	Name string
	// Person is set if only the requester's text names the recipient. Name is an
	// e-mail address then, and may only be looked up as one. A person whom the
	// messenger does not know is skipped; a configured recipient is a problem to
	// report.
	Person bool
}

// RuleRouter routes by Rules, which can be replaced at any time.
type RuleRouter struct {
	mu sync.Mutex
	s  ruleState
}

// ruleState is guarded by RuleRouter.mu.
type ruleState struct {
	rules Rules
	// configured are the recipients that the rules name.
	configured []Recipient
	// changed is closed when the rules are replaced.
	changed chan struct{}
}

var _ Router = (*RuleRouter)(nil)

// NewRuleRouter makes a RuleRouter.
func NewRuleRouter(rules Rules) *RuleRouter {
	return &RuleRouter{s: ruleState{rules: rules, configured: rules.Configured(), changed: make(chan struct{})}}
}

// Replace makes other rules those to route by. They must not be changed afterwards.
func (r *RuleRouter) Replace(rules Rules) {
	configured := rules.Configured()
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.s.changed)
	r.s = ruleState{rules: rules, configured: configured, changed: make(chan struct{})}
}

// Recipients implements Router. Rules can always be judged.
func (r *RuleRouter) Recipients(request accessrequest.Request) ([]Recipient, error) {
	r.mu.Lock()
	rules := r.s.rules
	r.mu.Unlock()
	return rules.Recipients(request), nil
}

// Configured implements Router.
func (r *RuleRouter) Configured() []Recipient {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.s.configured)
}

// Changed implements Router.
func (r *RuleRouter) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.s.changed
}
