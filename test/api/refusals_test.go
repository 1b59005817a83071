package api

import (
	"fmt"
	"strings"
)

const (
	wantRecipient = "must be a channel or a person, without spaces around it and without line breaks or other invisible characters"
	wantRole      = "must have role names of 1 to 256 characters as keys, without spaces around them"
	wantOne       = "must notify at least one recipient: set recipients, roleToRecipients, routes with recipients, suggestedReviewersPolicy: Notify or requesterPolicy: Notify"
	wantOnDiscord = "must set recipients, roleToRecipients, routes with recipients or requesterTrait, because Discord bots cannot look people up by e-mail address"
	wantPolicy    = `supported values: "Notify", "Ignore"`
	wantNotify    = "must set requesterPolicy: Notify together with requesterTrait"
	wantOwners    = "must set requesterTrait together with accessListReminders.policy: Notify, because Discord bots cannot look people up by e-mail address"
	wantAdoption  = `supported values: "Adopt", "Ignore"`
	wantName      = "must be the name of a Secret: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit"
	wantKey       = "must be a key of a Secret: letters, digits, '.', '_' and '-'"
)

func recipientRefusals() []refusal {
	recipient := func(text string) string { return fmt.Sprintf("recipients: [%q]", text) }
	ofRole := func(text string) string { return fmt.Sprintf("roleToRecipients: {editor: [%q]}", text) }
	role := func(text string) string { return fmt.Sprintf("roleToRecipients: {%q: [channel]}", text) }
	const discord = "messenger: {type: Discord, slack: null, discord: {tokenSecretRef: {name: bot}}}\n"
	return []refusal{
		{"empty recipient", recipient(""), "at least 1 chars long"},
		{"blank recipient", recipient("  "), wantRecipient},
		{"recipient with a space before it", recipient(" channel"), wantRecipient},
		{"recipient with a space after it", recipient("channel "), wantRecipient},
		{"recipient with a line break", recipient("channel\nother"), wantRecipient},
		{"recipient with a control character", recipient("channel\x07"), wantRecipient},
		{"recipient with a change of direction", recipient("channel\u202eother"), wantRecipient},
		{"recipient with an isolate", recipient("channel\u2066other"), wantRecipient},
		{"recipient with a space of no width", recipient("channel\u200bother"), wantRecipient},
		{"recipient with a separator of lines", recipient("channel\u2028other"), wantRecipient},
		{"recipient with a separator of paragraphs", recipient("channel\u2029other"), wantRecipient},
		{"recipient with a byte order mark", recipient("channel\ufeffother"), wantRecipient},
		{"recipient of a role with a change of direction", ofRole("channel\u202eother"), wantRecipient},
		{"long recipient", recipient(strings.Repeat("a", 257)), "may not be more than 256"},
		{"many recipients", "recipients: " + flowList(65, 1), "must have at most 64 items"},
		{"recipient twice", "recipients: [channel, channel]", "spec.recipients[1]: Duplicate value"},
		{"recipients that are no list", "recipients: channel", `spec.recipients in body must be of type array: "string"`},
		{"recipient that is a number", "recipients: [1096341521463377960]", `spec.recipients[0] in body must be of type string: "integer"`},

		{"empty recipient of a role", ofRole(""), "at least 1 chars long"},
		{"blank recipient of a role", ofRole(" "), wantRecipient},
		{"long recipient of a role", ofRole(strings.Repeat("a", 257)), "may not be more than 256"},
		{"many recipients of a role", "roleToRecipients: {editor: " + flowList(65, 1) + "}", "must have at most 64 items"},
		{"recipient of a role twice", "roleToRecipients: {editor: [channel, channel]}", "Duplicate value"},
		{"recipient of a role that is no list", "roleToRecipients: {editor: channel}", `must be of type array: "string"`},
		{"role without recipients", "roleToRecipients: {editor: []}", "must list at least one recipient for every role"},
		{"empty role", role(""), wantRole},
		{"role with a space before it", role(" editor"), wantRole},
		{"role with a space after it", role("editor "), wantRole},
		{"long role", role(strings.Repeat("r", 257)), wantRole},
		{"many roles", "roleToRecipients: " + flowMap(257, 1, 1), "must have at most 256 items"},

		{"unknown policy for suggested reviewers", "suggestedReviewersPolicy: Always", wantPolicy},
		{"empty policy for suggested reviewers", "suggestedReviewersPolicy: ''", wantPolicy},
		{"unknown policy for the requester", "requesterPolicy: notify", wantPolicy},
		{"trait of a requester who is not told", "requesterTrait: slack_id", wantNotify},
		{"trait of a requester who is ignored", "{requesterPolicy: Ignore, requesterTrait: slack_id}", wantNotify},
		{"empty trait", "{requesterPolicy: Notify, requesterTrait: ''}", "at least 1 chars long"},
		{"long trait", "{requesterPolicy: Notify, requesterTrait: " + strings.Repeat("a", 257) + "}", "may not be more than 256"},
		{"trait with spaces around", "{requesterPolicy: Notify, requesterTrait: ' email'}", "must be the name of a user trait, without spaces around it"},
		{"unknown policy for owners of access lists", "accessListReminders: {policy: Weekly}", wantPolicy},
		{"owners of access lists without a policy", "accessListReminders: {}", "spec.accessListReminders.policy: Required value"},
		{"trait of owners who are ignored", "{accessListReminders: {policy: Ignore}, requesterTrait: slack_id}", wantNotify},
		{"owners whom Discord cannot find", discord + "accessListReminders: {policy: Notify}", wantOwners},
		{"unknown policy for adoption", "adopt: Use", wantAdoption},
		{"empty policy for adoption", "adopt: ''", wantAdoption},
		{"suspend that is no boolean", "suspend: 'true'", `must be of type boolean: "string"`},

		{"no recipient", "{recipients: null, suggestedReviewersPolicy: Ignore}", wantOne},
		{
			"no recipient, with empty lists",
			"{recipients: [], roleToRecipients: {}, suggestedReviewersPolicy: Ignore, requesterPolicy: Ignore}", wantOne,
		},
		{"Discord without recipients", discord + "recipients: null", wantOnDiscord},
		{
			"Discord with people that it cannot find",
			discord + "recipients: []\nsuggestedReviewersPolicy: Notify\nrequesterPolicy: Notify", wantOnDiscord,
		},
	}
}

// notIDs are recipients that Discord cannot find.
func notIDs() []string {
	return []string{
		"access-requests", "#access-requests", "alice@example.com", "user:alice", "user:", "user: 1100000000000000001", "USER:1100000000000000001",
		"channel:1100000000000000001", "<#1100000000000000001>", "1100000000000000001/2", "１１０００００００００００００００００１",
	}
}

// discordRefusals tries, wherever recipients stand, what Discord cannot find.
func discordRefusals() []refusal {
	const (
		discord    = "messenger: {type: Discord, slack: null, discord: {tokenSecretRef: {name: bot}}}\nrecipients: %s\n"
		wantIDs    = "must list ids on Discord, 15 to 20 digits such as 1100000000000000001 for a channel, user:1100000000000000002 for a user"
		wantNaming = "must name channels and users by ids on Discord, 15 to 20 digits such as 1100000000000000001"
	)
	var all []refusal
	for _, name := range notIDs() {
		recipient := fmt.Sprintf("%q", name)
		list := "['1100000000000000001', " + recipient + "]"
		channel, user := "{channel: "+recipient+"}", "{user: "+recipient+"}"
		all = append(all,
			refusal{"Discord's recipient " + recipient, fmt.Sprintf(discord, list), "spec.recipients: Invalid value: " + wantIDs},
			refusal{"Discord's recipient of a role " + recipient, fmt.Sprintf(discord, "null") + "roleToRecipients: {'*': ['1100000000000000001'], editor: " + list + "}", "spec.roleToRecipients: Invalid value: " + wantIDs},
			refusal{"Discord's channel of a route " + recipient, fmt.Sprintf(discord, "null") + "routes: [{name: a, recipients: [" + channel + "]}]", "spec.routes: Invalid value: " + wantNaming},
			refusal{"Discord's user of a route " + recipient, fmt.Sprintf(discord, "null") + "routes: [{name: a, recipients: [" + user + "]}]", "spec.routes: Invalid value: " + wantNaming},
			refusal{"Discord's recipient of a route's reminder " + recipient, fmt.Sprintf(discord, "null") + "routes: [{name: a, recipients: [{user: '1100000000000000002'}], reminders: [{afterMinutes: 1, recipients: [" + user + "]}]}]", "spec.routes: Invalid value: " + wantNaming},
			refusal{"Discord's recipient of a reminder " + recipient, fmt.Sprintf(discord, "['1100000000000000001']") + "reminders: [{afterMinutes: 1, recipients: [" + channel + "]}]", "spec.reminders: Invalid value: " + wantNaming},
		)
	}
	return append(all, refusal{
		"Discord's user for a channel", fmt.Sprintf(discord, "null") + "routes: [{name: a, recipients: [{channel: 'user:1100000000000000001'}]}]", wantNaming,
	})
}

func reminderRefusals() []refusal {
	remind := func(text string) string { return "reminders: [{" + text + "}]" }
	to := func(recipients string) string { return remind("afterMinutes: 1, recipients: [" + recipients + "]") }
	return []refusal{
		{"no reminders", "reminders: []", "at least 1 items"},
		{"many reminders", "reminders: " + flowReminders(6, 1), "must have at most 5 items"},
		{"reminder without a time", remind("mention: true"), "spec.reminders[0].afterMinutes: Required value"},
		{"reminder at once", remind("afterMinutes: 0"), "greater than or equal to 1"},
		{"reminder after more than a week", remind("afterMinutes: 10081"), "less than or equal to 10080"},
		{"reminder after a text", remind("afterMinutes: 10m"), "must be of type integer"},
		{"reminder to an empty list", to(""), "at least 1 items"},
		{"reminder to many", "reminders: " + flowReminders(1, 17), "must have at most 16 items"},
		{"reminder to nothing", to("{}"), "must set exactly one of channel, user and group"},
		{"reminder to a group without a channel", to("{group: g}"), "must list a channel with a group"},
		{"reminder to a channel with a space", to("{channel: 'c '}"), "must be a channel or a person"},
		{"reminder that mentions by name", remind("afterMinutes: 1, mention: alice"), "must be of type boolean"},
		{"reminder of a route that suppresses", "routes: [{name: a, suppress: true, reminders: [{afterMinutes: 1}]}]", "must not be set without recipients"},
		{"many reminders of a route", "routes: [{name: a, recipients: [{channel: c}], reminders: " + flowReminders(6, 1) + "}]", "must have at most 5 items"},
		{"only reminders", "{recipients: null, suggestedReviewersPolicy: Ignore, reminders: " + flowReminders(1, 1) + "}", wantOne},
	}
}

// flowReminders is a list of n reminders with as many recipients each.
func flowReminders(n, recipients int) string {
	items := make([]string, n)
	for i := range items {
		channels := make([]string, recipients)
		for j := range channels {
			channels[j] = fmt.Sprintf("{channel: channel-%d}", j)
		}
		items[i] = fmt.Sprintf("{afterMinutes: %d, recipients: [%s]}", i+1, strings.Join(channels, ", "))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func routeRefusals() []refusal {
	route := func(text string) string { return "routes: [{name: a, " + text + "}]" }
	to := func(recipient string) string { return route("recipients: [" + recipient + "]") }
	const (
		wantEither    = "must set either recipients or suppress: true"
		wantKind      = "must set exactly one of channel, user and group"
		wantChannel   = "must list a channel with a group, which is mentioned there"
		wantRouteName = "must consist of lower case letters, digits and hyphens, and begin and end with a letter or digit"
	)
	return []refusal{
		{"route without a name", "routes: [{recipients: [{channel: c}]}]", "spec.routes[0].name: Required value"},
		{"route with a capital in its name", "routes: [{name: Prod, suppress: true}]", wantRouteName},
		{"route with a hyphen at the end of its name", "routes: [{name: prod-, suppress: true}]", wantRouteName},
		{"route with a long name", "routes: [{name: " + strings.Repeat("a", 64) + ", suppress: true}]", "may not be more than 63"},
		{"route twice", "routes: [{name: a, suppress: true}, {name: a, suppress: true}]", "Duplicate value"},
		{"many routes", "routes: " + flowRoutes(65, 1), "must have at most 64 items"},
		{"route without recipients", "routes: [{name: a}]", wantEither},
		{"route that suppresses not", route("suppress: false"), wantEither},
		{"route that notifies and suppresses", route("suppress: true, recipients: [{channel: c}]"), wantEither},
		{"route with an empty list", route("recipients: []"), "at least 1 items"},
		{"route with many recipients", "routes: " + flowRoutes(1, 65), "must have at most 64 items"},
		{"recipient of a route that is a text", to("channel"), "must be of type object"},
		{"recipient of a route that is nothing", to("{}"), wantKind},
		{"recipient of a route that is two things", to("{channel: c, user: u}"), wantKind},
		{"empty channel of a route", to("{channel: ''}"), "at least 1 chars long"},
		{"long user of a route", to("{user: " + strings.Repeat("a", 257) + "}"), "may not be more than 256"},
		{"channel of a route with a space before it", to("{channel: ' c'}"), wantRecipient},
		{"user of a route with a change of direction", to(`{user: "a\u202e"}`), wantRecipient},
		{"route that matches by nothing", route("suppress: true, match: {}"), "at least 1 properties"},
		{"route without roles", route("suppress: true, match: {roles: []}"), "at least 1 items"},
		{"route with an empty role", route("suppress: true, match: {roles: ['']}"), "at least 1 chars long"},
		{"route with a long role", route("suppress: true, match: {roles: [" + strings.Repeat("r", 257) + "]}"), "may not be more than 256"},
		{"route with a role twice", route("suppress: true, match: {roles: [r, r]}"), "Duplicate value"},
		{"route with many roles", route("suppress: true, match: {roles: " + flowList(65, 1) + "}"), "must have at most 64 items"},
		{"route with an empty condition", route("suppress: true, match: {condition: ''}"), "at least 1 chars long"},
		{"route with a long condition", route("suppress: true, match: {condition: '" + strings.Repeat("x", 64<<10) + "'}"), "may not be more than 4096"},
		{"group of a route without a channel", to("{group: g}, {user: u}"), wantChannel},
		{"recipient of a route that is a channel and a group", to("{channel: c, group: g}"), wantKind},
		{"only a route that suppresses", "{recipients: null, suggestedReviewersPolicy: Ignore, routes: [{name: a, suppress: true}]}", wantOne},
	}
}

func messageRefusals() []refusal {
	message := func(text string) string { return "message: {" + text + "}" }
	field := func(text string) string { return message("extraFields: [{" + text + "}]") }
	fields := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("{label: l%d, value: '\"\"'}", i))
		}
		return message("extraFields: [" + strings.Join(all, ", ") + "]")
	}
	const (
		wantZone  = "must be the name of a time zone in the IANA database, such as Europe/Berlin"
		wantLink  = "must be an address that begins with https:// and holds {id}, such as https://teleport.example.com/web/requests/{id}"
		wantLabel = "must be text on one line, without spaces around it and without invisible characters"
	)
	all := []refusal{
		{"message without anything", "message: {}", "at least 1 properties"},
		{"another language", message("locale: nl"), `supported values: "en", "ko", "ja", "de", "fr", "es"`},
		{"language with a country", message("locale: de-DE"), `supported values: "en", "ko", "ja", "de", "fr", "es"`},
		{"empty time zone", message("timeZone: ''"), "at least 1 chars long"},
		{"long time zone", message("timeZone: " + strings.Repeat("a", 65)), "may not be more than 64"},
		{"time zone of the machine", message("timeZone: Local"), wantZone},
		{"time zone that is a path", message("timeZone: ../etc"), wantZone},
		{"time zone that is a distance", message("timeZone: '+09:00'"), wantZone},
		{"no further fields", message("extraFields: []"), "at least 1 items"},
		{"many further fields", fields(9), "must have at most 8 items"},
		{"further field twice", field("label: a, value: x}, {label: a, value: y"), "Duplicate value"},
		{"further field without a label", field("value: x"), "label: Required value"},
		{"further field without a value", field("label: x"), "value: Required value"},
		{"further field with a long label", field("label: " + strings.Repeat("l", 33) + ", value: x"), "may not be more than 32"},
		{"further field with a space before its label", field("label: ' l', value: x"), wantLabel},
		{"further field with a line break", field(`label: "l\nm", value: x`), wantLabel},
		{"further field with a change of direction", field(`label: "l\u202em", value: x`), wantLabel},
		{"further field with an empty value", field("label: l, value: ''"), "at least 1 chars long"},
		{"further field with a long value", field("label: l, value: '" + strings.Repeat("x", 64<<10) + "'"), "may not be more than 4096"},
		{"long link", message("linkTemplate: 'https://a.example/{id}" + strings.Repeat("a", 256) + "'"), "may not be more than 256"},
		{"empty link", message("linkTemplate: ''"), "at least 1 chars long"},
	}
	for _, link := range []string{
		"http://a.example/{id}", "https://a.example/", "https://a.example/{ID}", "https://{id}.example/", "https://{cluster}/{id}",
		"https://a.example{id}", "https://u:p@a.example/{id}", "javascript:alert({id})", "https://a.example/{id}|x", "https://a.example/{id}#x",
		"https://a.example/{id} x", "https://a.example/{id}{user}", "https://a.example/{id}>", "https://a.example/{id}*", "https://a.example/é/{id}",
		"https://a.example/100%/{id}", "https://a.example/%{id}",
	} {
		all = append(all, refusal{"link " + link, message("linkTemplate: '" + link + "'"), wantLink})
	}
	return all
}

// secretReferences are how every reference of a Secret and a key is set.
var secretReferences = map[string]string{
	"email.caSecretRef":                  "messenger: {type: Email, slack: null, email: {address: 'smtp.example.com:587', from: a@example.com, caSecretRef: %s}}",
	"email.passwordSecretRef":            "messenger: {type: Email, slack: null, email: {address: 'smtp.example.com:587', from: a@example.com, username: u, passwordSecretRef: %s}}",
	"email.usernameSecretRef":            "messenger: {type: Email, slack: null, email: {address: 'smtp.example.com:587', from: a@example.com, passwordSecretRef: {name: p}, usernameSecretRef: %s}}",
	"teleport.identitySecretRef":         "teleport: {identitySecretRef: %s}",
	"teleport.caSecretRef":               "teleport: {caSecretRef: %s}",
	"slack.tokenSecretRef":               "messenger: {slack: {tokenSecretRef: %s}}",
	"slack.appTokenSecretRef":            "messenger: {slack: {appTokenSecretRef: %s}}",
	"discord.tokenSecretRef":             "messenger: {type: Discord, slack: null, discord: {tokenSecretRef: %s}}",
	"googleChat.serviceAccountSecretRef": "messenger: {type: GoogleChat, slack: null, googleChat: {serviceAccountSecretRef: %s}}",
	"mattermost.caSecretRef":             "messenger: {type: Mattermost, slack: null, mattermost: {url: 'https://chat.example.com', tokenSecretRef: {name: bot}, caSecretRef: %s}}",
	"mattermost.tokenSecretRef":          "messenger: {type: Mattermost, slack: null, mattermost: {url: 'https://chat.example.com', tokenSecretRef: %s}}",
	"pagerDuty.routingKeySecretRef":      "messenger: {type: PagerDuty, slack: null, pagerDuty: {routingKeySecretRef: %s}}\nrecipients: null\nreminders: [{afterMinutes: 1, recipients: [{channel: a}]}]",
	"teams.clientSecretSecretRef":        "messenger: {type: Teams, slack: null, teams: {tenantID: 01234567-89ab-cdef-0123-456789abcdef, appID: 01234567-89ab-cdef-0123-456789abcdef, clientSecretSecretRef: %s}}",
	"teams.certificateSecretRef":         "messenger: {type: Teams, slack: null, teams: {tenantID: 01234567-89ab-cdef-0123-456789abcdef, appID: 01234567-89ab-cdef-0123-456789abcdef, certificateSecretRef: %s}}",
	"teams.privateKeySecretRef":          "messenger: {type: Teams, slack: null, teams: {tenantID: 01234567-89ab-cdef-0123-456789abcdef, appID: 01234567-89ab-cdef-0123-456789abcdef, certificateSecretRef: {name: c}, privateKeySecretRef: %s}}",
	"teamsWorkflow.workflowsSecretRef":   "messenger: {type: TeamsWorkflow, slack: null, teamsWorkflow: {workflowsSecretRef: %s}}",
	"webhook.authorizationSecretRef":     "messenger: {type: Webhook, slack: null, webhook: {url: 'https://siem.example.com', signingSecretRef: {name: hook}, authorizationSecretRef: %s}}",
	"webhook.caSecretRef":                "messenger: {type: Webhook, slack: null, webhook: {url: 'https://siem.example.com', signingSecretRef: {name: hook}, caSecretRef: %s}}",
	"webhook.previousSecretRef":          "messenger: {type: Webhook, slack: null, webhook: {url: 'https://siem.example.com', signingSecretRef: {name: hook}, previousSecretRef: %s}}",
	"webhook.signingSecretRef":           "messenger: {type: Webhook, slack: null, webhook: {url: 'https://siem.example.com', signingSecretRef: %s}}",
}

// secretRefusals tries every reference of a Secret and a key.
func secretRefusals() []refusal {
	var all []refusal
	for path, format := range secretReferences {
		reference := strings.TrimPrefix(path, "teleport.")
		all = append(all, nameRefusals(reference, format)...)
		all = append(all, keyRefusals(reference, format)...)
	}
	return all
}

func tlsSecretRefusals() []refusal {
	return nameRefusals("tlsSecretRef", "teleport: {identitySecretRef: null, tlsSecretRef: %s}")
}

func nameRefusals(reference, format string) []refusal {
	named := func(name string) string {
		return fmt.Sprintf(format, fmt.Sprintf("{name: %q}", name))
	}
	return []refusal{
		{reference + " without a name", fmt.Sprintf(format, "{name: null}"), reference + ".name: Required value"},
		{reference + " with an empty name", named(""), "at least 1 chars long"},
		{reference + " with a long name", named(strings.Repeat("a", 254)), "may not be more than 253"},
		{reference + " with capitals in its name", named("Bot"), wantName},
		{reference + " with a namespace in its name", named("other/bot"), wantName},
		{reference + " with a path as its name", named("../bot"), wantName},
		{reference + " with a dash at the end of its name", named("bot-"), wantName},
		{reference + " with a line break in its name", named("bot\n"), wantName},
	}
}

func keyRefusals(reference, format string) []refusal {
	keyed := func(key string) string {
		return fmt.Sprintf(format, fmt.Sprintf("{name: bot, key: %q}", key))
	}
	prefix := reference + " with a key "
	return []refusal{
		{prefix + "that is empty", keyed(""), "at least 1 chars long"},
		{prefix + "that is long", keyed(strings.Repeat("a", 254)), "may not be more than 253"},
		{prefix + "with a slash", keyed("../token"), wantKey},
		{prefix + "with a space", keyed("my token"), wantKey},
		{prefix + "with a line break", keyed("token\n"), wantKey},
	}
}

// flowList is a list of n different recipients of at least the given length.
func flowList(n, length int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf("c%0*d", length, i)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// flowRoutes is a list of n routes with as many recipients each.
func flowRoutes(n, recipients int) string {
	items := make([]string, n)
	for i := range items {
		channels := make([]string, recipients)
		for j := range channels {
			channels[j] = fmt.Sprintf("{channel: c%d}", j)
		}
		items[i] = fmt.Sprintf("{name: route-%d, recipients: [%s]}", i, strings.Join(channels, ", "))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// flowMap is a map of n different roles with as many recipients each, which are
// of at least the given length.
func flowMap(n, recipients, length int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf("role-%d: %s", i, flowList(recipients, length))
	}
	return "{" + strings.Join(items, ", ") + "}"
}
