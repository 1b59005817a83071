package teleporttest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"
	rulesv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accessmonitoringrules/v1"
	headerv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/header/v1"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// FieldSchedules is where a rule of the simulator has its schedules. Where those of a real
// server are is not settled.
const FieldSchedules = 8

// rulesPage is the largest page of Access Monitoring Rules.
const rulesPage = 200

// Rule is an Access Monitoring Rule.
type Rule struct {
	// Name identifies the rule.
	Name string
	// Subjects are what it is about; "access_request" by default.
	Subjects []string
	// Condition is a predicate over the request, in Teleport's language. The
	// server only keeps it.
	Condition string
	// Plugin is the name of the plugin that is to notify Recipients.
	Plugin     string
	Recipients []string
	// Schedules are sent in the field FieldSchedules of newer servers, and Automatic is
	// the decision of an automatic review, such as "APPROVED", in theirs.
	Schedules map[string]accessrequest.Schedule
	Automatic string
	// Raw are fields of the spec on the wire that the API module does not know.
	Raw []byte
}

// SetRules replaces the Access Monitoring Rules; watches hear of every rule
// that is new, changed or gone.
func (s *Server) SetRules(rules ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := make(map[string]*rulesv1.AccessMonitoringRule, len(rules))
	for _, rule := range rules {
		next[rule.Name] = rule.message()
	}
	for name, old := range s.rules {
		if next[name] == nil {
			s.publishDelete(types.KindAccessMonitoringRule, old.Version, name)
		}
	}
	s.rules = next
	for _, name := range slices.Sorted(maps.Keys(next)) {
		s.publish(types.OpPut, types.Resource153ToLegacy(next[name]))
	}
}

func (r Rule) message() *rulesv1.AccessMonitoringRule {
	subjects := r.Subjects
	if len(subjects) == 0 {
		subjects = []string{types.KindAccessRequest}
	}
	spec := &rulesv1.AccessMonitoringRuleSpec{Subjects: subjects, Condition: r.Condition}
	if r.Plugin != "" {
		spec.Notification = &rulesv1.Notification{Name: r.Plugin, Recipients: r.Recipients}
	}
	spec.ProtoReflect().SetUnknown(r.newer())
	return &rulesv1.AccessMonitoringRule{
		Kind:     types.KindAccessMonitoringRule,
		Version:  types.V1,
		Metadata: &headerv1.Metadata{Name: r.Name, Revision: uuid.NewString()},
		Spec:     spec,
	}
}

// newer returns the fields of the spec that the API module does not know.
func (r Rule) newer() []byte {
	out := slices.Clone(r.Raw)
	if r.Automatic != "" {
		out = RawBytes(out, 6, rawText(rawText(nil, 1, "builtin"), 2, r.Automatic))
		out = rawText(out, 7, "reviewed")
	}
	for _, name := range slices.Sorted(maps.Keys(r.Schedules)) {
		var week []byte
		for _, s := range r.Schedules[name].Shifts {
			week = RawBytes(week, 1, rawText(rawText(rawText(nil, 1, s.Weekday), 2, s.Start), 3, s.End))
		}
		if zone := r.Schedules[name].TimeZone; zone != "" {
			week = rawText(week, 2, zone)
		}
		out = RawBytes(out, FieldSchedules, RawBytes(rawText(nil, 1, name), 2, RawBytes(nil, 1, week)))
	}
	return out
}

// rulesService is the part of Teleport's service that reads rules.
type rulesService struct {
	rulesv1.UnimplementedAccessMonitoringRulesServiceServer
	s *Server
}

// GetAccessMonitoringRule returns one rule.
func (r rulesService) GetAccessMonitoringRule(ctx context.Context, req *rulesv1.GetAccessMonitoringRuleRequest) (*rulesv1.AccessMonitoringRule, error) {
	if err := r.s.authorize(callerFrom(ctx), types.VerbRead, types.KindAccessMonitoringRule); err != nil {
		return nil, err
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	rule, ok := r.s.rules[req.Name]
	if !ok {
		return nil, trace.NotFound("access_monitoring_rule %q doesn't exist", req.Name)
	}
	return rule, nil
}

// ListAccessMonitoringRules returns one page of rules by name.
func (r rulesService) ListAccessMonitoringRules(ctx context.Context, req *rulesv1.ListAccessMonitoringRulesRequest) (*rulesv1.ListAccessMonitoringRulesResponse, error) {
	rules, next, err := r.page(ctx, req.PageSize, req.PageToken, func(*rulesv1.AccessMonitoringRule) bool { return true })
	return &rulesv1.ListAccessMonitoringRulesResponse{Rules: rules, NextPageToken: next}, err
}

// ListAccessMonitoringRulesWithFilter returns one page of the rules that have
// all subjects and the notification name asked for.
func (r rulesService) ListAccessMonitoringRulesWithFilter(ctx context.Context, req *rulesv1.ListAccessMonitoringRulesWithFilterRequest) (*rulesv1.ListAccessMonitoringRulesWithFilterResponse, error) {
	match := func(rule *rulesv1.AccessMonitoringRule) bool {
		for _, subject := range req.Subjects {
			if !slices.Contains(rule.Spec.Subjects, subject) {
				return false
			}
		}
		return req.NotificationName == "" || req.NotificationName == rule.Spec.Notification.GetName()
	}
	rules, next, err := r.page(ctx, req.PageSize, req.PageToken, match)
	return &rulesv1.ListAccessMonitoringRulesWithFilterResponse{Rules: rules, NextPageToken: next}, err
}

func (r rulesService) page(ctx context.Context, size int64, token string, match func(*rulesv1.AccessMonitoringRule) bool) ([]*rulesv1.AccessMonitoringRule, string, error) {
	c := callerFrom(ctx)
	err := cmp.Or(
		r.s.authorize(c, types.VerbList, types.KindAccessMonitoringRule),
		r.s.authorize(c, types.VerbRead, types.KindAccessMonitoringRule),
	)
	if err != nil {
		return nil, "", err
	}
	if size <= 0 || size > rulesPage {
		size = rulesPage
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	var out []*rulesv1.AccessMonitoringRule
	for _, name := range slices.Sorted(maps.Keys(r.s.rules)) {
		rule := r.s.rules[name]
		if name < token || !match(rule) {
			continue
		}
		if int64(len(out)) == size {
			return out, name, nil
		}
		out = append(out, rule)
	}
	return out, "", nil
}
