package controllers

import (
	"time"

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
		Reminders:          reminders(spec.Reminders),
		SuggestedReviewers: spec.NotifySuggestedReviewers(),
		Requester:          spec.NotifyRequester(),
		RequesterTrait:     spec.RequesterTrait,
		Plugin:             spec.RulesPluginName(),
	}
}

func routes(written []v1alpha1.Route) (rules []routing.RouteRule) {
	for _, route := range written {
		rule := routing.RouteRule{
			Name: route.Name, Suppress: route.IsSuppressing(),
			Recipients: recipients(route.Recipients), Reminders: reminders(route.Reminders),
		}
		if route.Match != nil {
			rule.Match = match.Source{Roles: route.Match.Roles, Condition: route.Match.Condition}
		}
		rules = append(rules, rule)
	}
	return rules
}

func reminders(written []v1alpha1.Reminder) (all []routing.Reminder) {
	for _, reminder := range written {
		all = append(all, routing.Reminder{
			After:      time.Duration(reminder.AfterMinutes) * time.Minute,
			Recipients: recipients(reminder.Recipients),
			Mention:    reminder.IsMentioning(),
		})
	}
	return all
}

func recipients(written []v1alpha1.RouteRecipient) (all []routing.Recipient) {
	for _, recipient := range written {
		switch {
		case recipient.Channel != "":
			all = append(all, routing.Recipient{Name: string(recipient.Channel), Kind: routing.Channel})
		case recipient.Group != "":
			all = append(all, routing.Recipient{Name: string(recipient.Group), Kind: routing.Group})
		default:
			all = append(all, routing.Recipient{Name: string(recipient.User), Kind: routing.User})
		}
	}
	return all
}
