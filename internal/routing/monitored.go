package routing

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing/condition"
)

const (
	// maxRuleRecipients bounds the recipients of one Access Monitoring Rule,
	// maxMonitored those of all: each is looked up.
	maxRuleRecipients = 64
	maxMonitored      = 1024
	// maxName bounds a recipient in characters, as the AccessNotifier does.
	maxName = 256
	// maxSchedules bounds the schedules of one rule.
	maxSchedules = 32
)

// monitored is the Access Monitoring Rules that name one plugin, compiled. It is not
// changed once it is made.
type monitored struct {
	plugin string
	// from is what it was made of.
	from  *accessrequest.MonitoringRules
	rules []*monitoredRule
	// recipients are those that the usable rules name, each once.
	recipients []string
}

// monitoredRule is one compiled rule.
type monitoredRule struct {
	accessrequest.MonitoringRule
	condition *condition.Condition
	schedules []schedule
	// names are the recipients, cleaned.
	names []string
	// problem is why the rule is left out, "" if it is not.
	problem string
	// whole is the rule itself where this stands for one that is left out for want of room.
	whole *monitoredRule
}

// errRemindersOnly is why a rule is left out whose notifier has recipients of reminders only.
var errRemindersOnly = errors.New("this messenger is for reminders only, so no rule alerts at once: " +
	"name its recipients in reminders, and another notifier in the rule")

// compileMonitored compiles the Access Monitoring Rules that name the plugin of the others. What
// has not changed is taken over from what was compiled before.
func compileMonitored(from *accessrequest.MonitoringRules, rules Rules, before *monitored) *monitored {
	known := map[string]*monitoredRule{}
	if before != nil {
		for _, rule := range before.rules {
			known[rule.Name] = rule
		}
	}
	m := &monitored{plugin: rules.Plugin, from: from}
	all := map[string]bool{}
	for _, rule := range from.Rules {
		if rule.Plugin != rules.Plugin {
			continue
		}
		compiled := known[rule.Name]
		if compiled == nil || !reflect.DeepEqual(compiled.MonitoringRule, rule) {
			compiled = compileRule(rule, rules.RemindersOnly)
		}
		m.rules = append(m.rules, compiled.within(all))
	}
	m.recipients = slices.Sorted(maps.Keys(all))
	return m
}

// within adds the recipients of a rule to all, and returns the rule. One for whose
// recipients there is no room is left out for as long as there is none.
func (r *monitoredRule) within(all map[string]bool) *monitoredRule {
	whole := cmp.Or(r.whole, r)
	further := slices.DeleteFunc(slices.Clone(whole.names), func(name string) bool { return all[name] })
	switch {
	case whole.problem != "":
		return whole
	case len(all)+len(further) <= maxMonitored:
		for _, name := range further {
			all[name] = true
		}
		return whole
	case r.whole != nil:
		return r
	default:
		return &monitoredRule{MonitoringRule: r.MonitoringRule, whole: r, problem: fmt.Sprintf(
			"all rules together name more than %d recipients: name channels in place of people", maxMonitored)}
	}
}

func compileRule(rule accessrequest.MonitoringRule, remindersOnly bool) *monitoredRule {
	out := &monitoredRule{MonitoringRule: rule}
	err := errRemindersOnly
	if !remindersOnly {
		err = out.read(rule)
	}
	if err != nil {
		out.problem = err.Error()
	}
	return out
}

// read reads a rule. An error says why it cannot be used.
func (r *monitoredRule) read(rule accessrequest.MonitoringRule) (err error) {
	if rule.Unknown {
		return errors.New("it has parts that this version does not know, which may limit it: upgrade the operator")
	}
	if r.condition, err = condition.Compile(rule.Condition); err != nil {
		return fmt.Errorf("its condition cannot be read: %w", err)
	}
	if len(rule.Schedules) > maxSchedules {
		return fmt.Errorf("it has more than %d schedules", maxSchedules)
	}
	for _, name := range slices.Sorted(maps.Keys(rule.Schedules)) {
		compiled, err := newSchedule(rule.Schedules[name])
		if err != nil {
			return fmt.Errorf("its schedule %.64q cannot be read: %w", name, err)
		}
		r.schedules = append(r.schedules, compiled)
	}
	r.names, err = recipientNames(rule.Recipients)
	return err
}

// recipientNames cleans the recipients of a rule, each once. They obey the same rules as
// those of an AccessNotifier.
func recipientNames(written []string) (names []string, err error) {
	if len(written) > maxRuleRecipients {
		return nil, fmt.Errorf("it has more than %d recipients", maxRuleRecipients)
	}
	for i, name := range written {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
		case utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) || !utf8.ValidString(name):
			return nil, fmt.Errorf("its recipient number %d is no channel or person", i+1)
		case !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("it names no recipient")
	}
	return names, nil
}

// applies reports whether a request was made while the rule applies.
func (r *monitoredRule) applies(created time.Time) bool {
	return len(r.schedules) == 0 || slices.ContainsFunc(r.schedules, func(s schedule) bool { return s.includes(created) })
}
