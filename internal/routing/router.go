package routing

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Router decides who hears of which request. It may be used by several goroutines.
type Router interface {
	// Route decides who hears of a request. With an error, it names those of whom is
	// known that they hear of it. The error names the rule that cannot be judged, and
	// repeats nothing that a requester typed. It may take a call to Teleport.
	Route(ctx context.Context, request accessrequest.Request) (Route, error)
	// Candidates returns as whom the messenger may know a Requester, the most likely first.
	// The error wraps accessrequest.ErrNotAllowed if the role of the identity may not read
	// users: the requester is another recipient from then on. It may take a call to
	// Teleport.
	Candidates(ctx context.Context, who Recipient) ([]Recipient, error)
	// TellsRequesters reports whether requesters hear what comes of their requests.
	TellsRequesters() bool
	// Configured returns the recipients that the rules name, each once, in order.
	Configured() []Recipient
	// Changed returns a channel that is closed once the rules are others than at the
	// time of the call, or requests have to be looked at again. Who asks for it before asking for a route misses no change.
	Changed() <-chan struct{}
}

// Route is who hears of a request, each once, in a stable order.
type Route struct {
	Recipients []Recipient
	// ByRule are those of the recipients that rules name in place of others. If none of
	// them can be found, Otherwise are the recipients.
	ByRule, Otherwise []Recipient
	// Suppressed is set if a route says that no other recipients are to hear.
	Suppressed bool
	// Mentions are the groups that the messages to some of the recipients mention.
	Mentions []Mention
	// Reminders are those of the request. They may name further recipients.
	Reminders []Reminder
}

// Mention is a group that the messages to channels mention.
type Mention struct {
	Group Recipient
	// In are the channels, among others.
	In []Recipient
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
	// Kind is what the recipient has to be. A Person of the kind User is named by the id
	// that the messenger has for a user.
	Kind Kind
	// Requester is set for who asks, and Name is that user of Teleport. Trait is the one
	// that says how the messenger knows the user, "" if only the name does.
	Requester bool
	Trait     string
}

// Kind is what a recipient is.
type Kind string

// The kinds of recipients.
const (
	// Any is whatever the messenger knows by the name.
	Any     Kind = ""
	Channel Kind = "channel"
	User    Kind = "user"
	// Group recipients are mentioned in channels, and get no messages of their own.
	Group Kind = "group"
)

// MayBe reports whether what was found may be the recipient: one person's direct messages, or
// else not.
func (r Recipient) MayBe(direct bool) bool {
	return r.Kind == Any || r.Kind == Group || direct == (r.Kind == User)
}

// Source is what Teleport says besides the requests.
type Source interface {
	// MonitoringRules returns the Access Monitoring Rules: the same value until they are
	// others. They must not be changed.
	MonitoringRules() *accessrequest.MonitoringRules
	// MonitoringRulesChanged returns a channel that is closed once they are others than
	// at the time of the call.
	MonitoringRulesChanged() <-chan struct{}
	// Traits returns the traits of a user, none of one that is not known. The error is
	// accessrequest.ErrNotAllowed if the identity's role may not read them.
	Traits(ctx context.Context, user string) (map[string][]string, error)
	// Labels returns the labels of resources, in their order. The error is
	// accessrequest.ErrNotAllowed if the identity's role does not show one of them.
	Labels(ctx context.Context, resources []accessrequest.Resource) ([]map[string]string, error)
}

// RuleRouter routes by Rules, which can be replaced at any time, and by the Access
// Monitoring Rules of its source.
type RuleRouter struct {
	source Source

	mu sync.Mutex
	s  ruleState
}

// ruleState is guarded by RuleRouter.mu.
type ruleState struct {
	rules Rules
	// routes are those of the rules, compiled.
	routes []*route
	// monitored are the Access Monitoring Rules, nil if there are none to use, and next
	// is from when on they may be compiled anew.
	monitored *monitored
	next      time.Time
	// found is what was found out about them by judging requests, by name.
	found map[string]finding
	// requester is why requesters are not found by their trait.
	requester finding
	// configured are the recipients that the rules name.
	configured []Recipient
	// changed is closed when the rules are replaced.
	changed chan struct{}
}

var _ Router = (*RuleRouter)(nil)

// NewRuleRouter makes a RuleRouter that routes by its own rules alone.
func NewRuleRouter(rules Rules) *RuleRouter {
	return NewMonitoringRouter(rules, nil)
}

// NewMonitoringRouter makes a RuleRouter that uses the Access Monitoring Rules of a source,
// too. Follow puts changes of those into effect.
func NewMonitoringRouter(rules Rules, source Source) *RuleRouter {
	r := &RuleRouter{source: source, s: ruleState{changed: make(chan struct{})}}
	r.Replace(rules)
	return r
}

// Replace makes other rules those to route by. They must not be changed afterwards.
func (r *RuleRouter) Replace(rules Rules) {
	routes := compileRoutes(rules.Routes)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.rules, r.s.routes = rules, routes
	r.s.next, r.s.requester = time.Time{}, finding{}
	r.refresh(time.Now())
	r.change()
}

// LookAgain has all requests looked at as after a change of the rules.
func (r *RuleRouter) LookAgain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.change()
}

// change tells that the rules are others. The caller holds mu.
func (r *RuleRouter) change() {
	all := r.s.rules.all()
	if r.s.monitored != nil {
		all = append(all, named(r.s.monitored.recipients)...)
	}
	r.s.configured = sortRecipients(all)
	close(r.s.changed)
	r.s.changed = make(chan struct{})
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
