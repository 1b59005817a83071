package main

import (
	"context"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

const (
	// rulesAtOnce is how many Access Monitoring Rules are judged for each request.
	rulesAtOnce = 100
	// evaluations is how often that is measured.
	evaluations = 1000
)

// ruleBook is a Teleport with many rules.
type ruleBook struct {
	rules *accessrequest.MonitoringRules
}

func (b ruleBook) MonitoringRules() *accessrequest.MonitoringRules { return b.rules }

func (b ruleBook) MonitoringRulesChanged() <-chan struct{} { return nil }

func (b ruleBook) Traits(context.Context, string) (map[string][]string, error) {
	return map[string][]string{"team": {"dev", "on-call"}}, nil
}

func (b ruleBook) Labels(_ context.Context, resources []accessrequest.Resource) ([]map[string]string, error) {
	return make([]map[string]string, len(resources)), nil
}

// measureRules measures how long it takes to find out who hears of a request.
func measureRules(ctx context.Context, _ *platform) (map[string]float64, error) {
	book := ruleBook{&accessrequest.MonitoringRules{Known: true}}
	for i := range rulesAtOnce {
		book.rules.Rules = append(book.rules.Rules, accessrequest.MonitoringRule{
			Name: fmt.Sprint("rule-", i), Plugin: "slack", Recipients: []string{fmt.Sprint("channel-", i)},
			Condition: fmt.Sprintf(`contains_any(set("role-%d", "admin"), access_request.spec.roles) && `+
				`regexp.match(access_request.spec.roles, "role-*") && user.traits["team"].contains("dev")`, i),
		})
	}
	router := routing.NewMonitoringRouter(routing.Rules{Plugin: "slack"}, book)
	request := accessrequest.Request{User: "alice", Roles: []string{"role-7", "role-50"}}
	var took []time.Duration
	for range evaluations {
		start := time.Now()
		route, err := router.Route(ctx, request)
		took = append(took, time.Since(start))
		if err != nil || len(route.ByRule) != len(request.Roles) {
			return nil, fmt.Errorf("%d rules match, want %d: %w", len(route.ByRule), len(request.Roles), err)
		}
	}
	return map[string]float64{"rule_evaluation_us": float64(median(took).Nanoseconds()) / 1e3}, nil
}
