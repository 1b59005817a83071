package controllers

import (
	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
)

// RoutingRules returns who is notified of what, as the supervisor has it.
func RoutingRules(spec *v1alpha1.AccessNotifierSpec) routing.Rules {
	return routing.Rules{
		RoleToRecipients:   spec.RecipientsByRole(),
		Routes:             routes(spec.Routes),
		Always:             spec.Recipients,
		SuggestedReviewers: spec.NotifySuggestedReviewers(),
		Requester:          spec.NotifyRequester(),
		RequesterTrait:     spec.RequesterTrait,
		Plugin:             spec.RulesPluginName(),
	}
}

func routes(written []v1alpha1.Route) (rules []routing.RouteRule) {
	for _, route := range written {
		rule := routing.RouteRule{Name: route.Name, Suppress: route.IsSuppressing()}
		if route.Match != nil {
			rule.Match = match.Source{Roles: route.Match.Roles, Condition: route.Match.Condition}
		}
		for _, recipient := range route.Recipients {
			if recipient.Channel != "" {
				rule.Recipients = append(rule.Recipients, routing.Recipient{Name: string(recipient.Channel), Kind: routing.Channel})
			} else {
				rule.Recipients = append(rule.Recipients, routing.Recipient{Name: string(recipient.User), Kind: routing.User})
			}
		}
		rules = append(rules, rule)
	}
	return rules
}
