package api

import (
	"fmt"
	"strings"
)

// The messengers with which reviewers can decide in chat, and all that each needs for it.
const (
	reviewSlack      = "messenger: {slack: {appTokenSecretRef: {name: bot}}}\n"
	reviewDiscord    = "messenger: {type: Discord, slack: null, discord: {tokenSecretRef: {name: bot}}}\nrecipients: ['1100000000000000001']\n"
	reviewMattermost = "messenger: {type: Mattermost, slack: null, mattermost: {url: 'https://chat.example.com', tokenSecretRef: {name: bot}}}\n"
)

// reviewRefusals tries what is about deciding in chat.
func reviewRefusals() []refusal {
	review := func(text string) string { return reviewSlack + "review: {" + text + "}" }
	full := func(identity string) string { return review("mode: Full, identity: " + identity) }
	domains := func(text string) string { return full("{emailIsUsername: {domains: [" + text + "]}}") }
	domain := func(text string) string { return domains(fmt.Sprintf("%q", text)) }
	const (
		wantOneOf     = "must set exactly one of trait and emailIsUsername"
		wantTrait     = "must be the name of a user trait, without spaces around it"
		wantDomain    = "must be a domain in lower case, such as example.com"
		wantMessenger = "must be Off unless the messenger is Slack, Discord or Mattermost"
		wantAppToken  = "must be set for review in Slack: an app-level token"
		trait         = "identity: {trait: uid}"
	)
	all := []refusal{
		{"review of nothing", review(""), "at least 1 properties"},
		{"unknown mode", review("mode: ApproveOnly, " + trait), `supported values: "Off", "DenyOnly", "Full"`},
		{"mode without quotes, which YAML takes for false", review("mode: Off"), `spec.review.mode in body must be of type string: "boolean"`},
		{"empty mode", review("mode: '', " + trait), `supported values: "Off", "DenyOnly", "Full"`},
		{"identity without anything", full("{}"), wantOneOf},
		{"identity that is off", review("mode: 'Off', identity: {}"), wantOneOf},
		{"identity by both", full("{trait: uid, emailIsUsername: {domains: [example.com]}}"), wantOneOf},
		{"empty trait of reviewers", full("{trait: ''}"), "at least 1 chars long"},
		{"long trait of reviewers", full("{trait: " + strings.Repeat("é", 65) + "}"), "may not be more than 64"},
		{"trait of reviewers with spaces around", full("{trait: ' uid'}"), wantTrait},
		{"addresses without domains", full("{emailIsUsername: {}}"), "spec.review.identity.emailIsUsername.domains: Required value"},
		{"addresses in no domain", domains(""), "at least 1 items"},
		{"addresses in many domains", domains(flowDomains(17)), "must have at most 16 items"},
		{"domain twice", domains("example.com, example.com"), "Duplicate value"},
		{"long domain", domain(strings.Repeat("a.", 126) + "aa"), "may not be more than 253"},
		{"empty domain", domain(""), "at least 1 chars long"},
		{"empty condition of review", review("when: ''"), "at least 1 chars long"},
		{"long condition of review", review("when: '" + strings.Repeat("x", 64<<10) + "'"), "may not be more than 1024"},
		{"unknown policy for reasons", review("mode: 'Off', reason: Always"), `supported values: "Optional", "Required"`},
		{"empty policy for reasons", review("reason: ''"), `supported values: "Optional", "Required"`},
		{
			"e-mail addresses of Discord", reviewDiscord + "review: {mode: DenyOnly, identity: {emailIsUsername: {domains: [example.com]}}}",
			"must not be set for Discord, which tells no e-mail addresses: set identity.trait",
		},
		{"review in Slack without an app token", "review: {mode: DenyOnly, " + trait + "}", "spec.messenger.slack.appTokenSecretRef: Invalid value: " + wantAppToken},
	}
	for _, text := range []string{
		"Example.com", "@example.com", "example.com.", ".example.com", "example", "*.example.com", "exa_mple.com", "-a.example.com",
		"a-.example.com", "exämple.com", "example.com ", "example.com\n", strings.Repeat("a", 64) + ".com", "a..b",
	} {
		all = append(all, refusal{fmt.Sprintf("domain %q", text), domain(text), wantDomain})
	}
	for kind, messenger := range map[string]string{
		"Google Chat": "messenger: {type: GoogleChat, slack: null, googleChat: {serviceAccountSecretRef: {name: app}}}\nrecipients: [spaces/AAAAMpdlehY]\n",
		"Teams":       "messenger: {type: Teams, slack: null, teams: " + teamsBot + "}\nrecipients: ['19:0a1b2c3d@thread.tacv2']\n",
		"e-mail":      "messenger: {type: Email, slack: null, email: {address: 'smtp.example.com:587', from: teleport@example.com}}\nrecipients: [alice@example.com]\n",
		"PagerDuty":   "messenger: {type: PagerDuty, slack: null, pagerDuty: {routingKeySecretRef: {name: key}}}\nrecipients: null\nreminders: [{afterMinutes: 1, recipients: [{channel: a}]}]\n",
		"webhook":     "messenger: {type: Webhook, slack: null, webhook: {url: 'https://siem.example.com', signingSecretRef: {name: hook}}}\nrecipients: [a]\n",
	} {
		for _, mode := range []string{"DenyOnly", "Full"} {
			all = append(all, refusal{mode + " by " + kind, messenger + "review: {mode: " + mode + ", " + trait + "}", "spec.review.mode: Invalid value: " + wantMessenger})
		}
	}
	return all
}

// reviews are specs by which reviewers can decide in chat, or could.
func reviews() map[string]string {
	return map[string]string{
		"review in Slack": reviewSlack + "review: {mode: Full, identity: {trait: slack_uid}, reason: Required, when: 'request.user != \"\"'}",
		"denial in Slack by addresses": reviewSlack + "review: {mode: DenyOnly, reason: Optional, identity: {emailIsUsername: {domains: " +
			"[example.com, a-b.xn--exmple-cua.example, " + strings.Repeat("a.", 125) + "aa, " + strings.Repeat("a", 63) + ".com]}}}",
		"review in Slack by the default":    reviewSlack + "review: {mode: Full}",
		"denial in Discord by the default":  reviewDiscord + "review: {mode: DenyOnly}",
		"review in Discord":                 reviewDiscord + "review: {mode: Full, identity: {trait: " + strings.Repeat("é", 64) + "}}",
		"review in Mattermost":              reviewMattermost + "review: {mode: DenyOnly, identity: {trait: a b}}",
		"review in Mattermost by addresses": reviewMattermost + "review: {mode: Full, identity: {emailIsUsername: {domains: [" + flowDomains(16) + "]}}}",
		"longest condition of review":       "review: {when: '" + strings.Repeat("é", 1024) + "'}",
		"review that is off":                "review: {mode: 'Off'}",
		"review that is off for a moment":   "review: {mode: 'Off', identity: {trait: uid}, when: 'true'}",
		"review that is off by default":     "review: {identity: {emailIsUsername: {domains: [example.com]}}}",
		"app token without review":          reviewSlack,
		"addresses of Discord that is off":  reviewDiscord + "review: {mode: 'Off', identity: {emailIsUsername: {domains: [example.com]}}}",
		"webhook without review":            "messenger: {type: Webhook, slack: null, webhook: {url: 'https://siem.example.com', signingSecretRef: {name: hook}}}\nrecipients: [a]\nreview: {mode: 'Off'}",
	}
}

// flowDomains are n domains in a list.
func flowDomains(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("d%d.example.com", i)
	}
	return strings.Join(all, ", ")
}
