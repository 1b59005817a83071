package api

import (
	"fmt"
	"strings"
)

const (
	wantRecipient = "must be a channel or a person, without spaces around it and without line breaks or other invisible characters"
	wantRole      = "must have role names of 1 to 256 characters as keys, without spaces around them"
	wantOne       = "must notify at least one recipient: set recipients, roleToRecipients, suggestedReviewersPolicy: Notify or requesterPolicy: Notify"
	wantOnDiscord = "must set recipients or roleToRecipients, because Discord bots cannot look people up by e-mail address"
	wantPolicy    = `supported values: "Notify", "Ignore"`
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

// secretRefusals tries every reference of a Secret and a key.
func secretRefusals() []refusal {
	var all []refusal
	for reference, format := range map[string]string{
		"identitySecretRef":         "teleport: {identitySecretRef: %s}",
		"caSecretRef":               "teleport: {caSecretRef: %s}",
		"slack.tokenSecretRef":      "messenger: {slack: {tokenSecretRef: %s}}",
		"discord.tokenSecretRef":    "messenger: {type: Discord, slack: null, discord: {tokenSecretRef: %s}}",
		"mattermost.tokenSecretRef": "messenger: {type: Mattermost, slack: null, mattermost: {url: 'https://chat.example.com', tokenSecretRef: %s}}",
	} {
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

// flowMap is a map of n different roles with as many recipients each, which are
// of at least the given length.
func flowMap(n, recipients, length int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf("role-%d: %s", i, flowList(recipients, length))
	}
	return "{" + strings.Join(items, ", ") + "}"
}
