package api

import (
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// A refusal is a change to a good spec that the API server must refuse, and a
// part of what it must say.
type refusal struct {
	name    string
	changes string
	want    string
}

func TestBadSpecsAreRefused(t *testing.T) {
	namespace := newNamespace(t)
	for _, test := range refusals() {
		t.Run(test.name, func(t *testing.T) {
			err := plane.Client().Create(t.Context(), notifier(t, namespace, test.changes))
			if !apierrors.IsInvalid(err) {
				t.Fatalf("Create() error = %v, want Invalid", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("Create() said\n\t%v\nwant in it\n\t%s", err, test.want)
			}
		})
	}
}

func refusals() []refusal {
	var all []refusal
	for _, some := range [][]refusal{
		teleportRefusals(),
		messengerRefusals(),
		mattermostRefusals(),
		pagerDutyRefusals(),
		teamsRefusals(),
		webhookRefusals(),
		workflowRefusals(),
		emailRefusals(),
		recipientRefusals(),
		discordRefusals(),
		routeRefusals(),
		messageRefusals(),
		reviewRefusals(),
		reminderRefusals(),
		secretRefusals(),
		tlsSecretRefusals(),
		formerRefusals(),
	} {
		all = append(all, some...)
	}
	return all
}

const (
	wantAddress      = "must be HOST:PORT such as teleport.example.com:443 or [2001:db8::1]:443, with a port from 1 to 65535 and without a scheme, path or space"
	wantWebhookHTTPS = "must begin with https://; http:// is allowed for localhost, 127.0.0.1 and [::1], and with insecure: Allow for a Service of the cluster, such as http://events.siem.svc:8080"
	wantURL          = "must be a URL such as https://chat.example.com or https://example.com/mattermost, without user name, password, query or fragment"
	wantHTTPS        = "must begin with https://; http:// is allowed for localhost, 127.0.0.1 and [::1], and with insecure: Allow for a Service of the cluster"
	wantPort         = "must have a port from 1 to 65535, or none"
	wantOneRef       = "must set exactly one of identitySecretRef and tlsSecretRef"
)

func teleportRefusals() []refusal {
	address := func(text string) string { return fmt.Sprintf("teleport: {address: %q}", text) }
	return []refusal{
		{"no teleport", "teleport: null", "spec.teleport: Required value"},
		{"no address", "teleport: {address: null}", "spec.teleport.address: Required value"},
		{"empty address", address(""), "at least 1 chars long"},
		{"long address", address(strings.Repeat("a", 257) + ":443"), "may not be more than 260"},
		{"address without a port", address("teleport.example.com"), wantAddress},
		{"address with an empty port", address("teleport.example.com:"), wantAddress},
		{"address without a host", address(":443"), wantAddress},
		{"address with a scheme", address("https://teleport.example.com:443"), wantAddress},
		{"address with a path", address("teleport.example.com:443/web"), wantAddress},
		{"address with a user", address("user@teleport.example.com:443"), wantAddress},
		{"address with spaces", address("teleport.example.com: 443"), wantAddress},
		{"address with a line break", address("teleport.example.com:443\n"), wantAddress},
		{"two addresses", address("a.example.com:443,b.example.com:443"), wantAddress},
		{"IPv6 address without brackets", address("2001:db8::1:443"), wantAddress},
		{"port 0", address("teleport.example.com:0"), wantAddress},
		{"port 65536", address("teleport.example.com:65536"), wantAddress},
		{"port that is a name", address("teleport.example.com:https"), wantAddress},
		{"port with a sign", address("teleport.example.com:+443"), wantAddress},
		{"no identity", "teleport: {identitySecretRef: null}", wantOneRef},
		{"empty plugin name", "teleport: {pluginName: ''}", "at least 1 chars long"},
		{"long plugin name", "teleport: {pluginName: " + strings.Repeat("a", 257) + "}", "may not be more than 256"},
		{"plugin name with spaces around", "teleport: {pluginName: ' slack'}", "must be the name in Access Monitoring Rules, without spaces around it"},
		{"unknown policy for rules", "teleport: {accessMonitoringRules: Obey}", `supported values: "Use", "Ignore"`},
		{"two identities", "teleport: {tlsSecretRef: {name: tls}}", wantOneRef},
	}
}

func messengerRefusals() []refusal {
	const secret = "{tokenSecretRef: {name: bot}}"
	return []refusal{
		{"no messenger", "messenger: null", "spec.messenger: Required value"},
		{"no messenger type", "messenger: {type: null}", "spec.messenger.type: Required value"},
		{"unknown messenger", "messenger: {type: Pigeon}", `supported values: "Slack", "Discord", "Email", "GoogleChat", "Mattermost", "PagerDuty", "Teams", "TeamsWorkflow", "Webhook"`},
		{"messenger in lower case", "messenger: {type: slack}", `supported values: "Slack", "Discord", "Email", "GoogleChat", "Mattermost", "PagerDuty", "Teams", "TeamsWorkflow", "Webhook"`},
		{
			"Slack without its member", "messenger: {slack: null}",
			"must be set if type is Slack, and only then",
		},
		{
			"Slack with Discord's member", "messenger: {discord: " + secret + "}",
			"must be set if type is Discord, and only then",
		},
		{
			"Slack with Mattermost's member", "messenger: {mattermost: {url: 'https://chat.example.com', tokenSecretRef: {name: bot}}}",
			"must be set if type is Mattermost, and only then",
		},
		{
			"Discord with Slack's member", "messenger: {type: Discord}",
			"must be set if type is Slack, and only then",
		},
		{
			"Discord without its member", "messenger: {type: Discord, slack: null}",
			"must be set if type is Discord, and only then",
		},
		{
			"Google Chat without its member", "messenger: {type: GoogleChat, slack: null}",
			"must be set if type is GoogleChat, and only then",
		},
		{
			"Slack with Google Chat's member", "messenger: {googleChat: {serviceAccountSecretRef: {name: app}}}",
			"must be set if type is GoogleChat, and only then",
		},
		{
			"Google Chat without a service account", "messenger: {type: GoogleChat, slack: null, googleChat: {}}",
			"spec.messenger.googleChat.serviceAccountSecretRef: Required value",
		},
		{
			"Mattermost without its member", "messenger: {type: Mattermost, slack: null}",
			"must be set if type is Mattermost, and only then",
		},
		{"Slack without a token", "messenger: {slack: {tokenSecretRef: null}}", "spec.messenger.slack.tokenSecretRef: Required value"},
		{
			"Discord without a token", "messenger: {type: Discord, slack: null, discord: {}}",
			"spec.messenger.discord.tokenSecretRef: Required value",
		},
		{
			"Mattermost without a token", "messenger: {type: Mattermost, slack: null, mattermost: {url: 'https://chat.example.com'}}",
			"spec.messenger.mattermost.tokenSecretRef: Required value",
		},
		{
			"Mattermost without a URL", "messenger: {type: Mattermost, slack: null, mattermost: " + secret + "}",
			"spec.messenger.mattermost.url: Required value",
		},
		{
			"PagerDuty without its member", "messenger: {type: PagerDuty, slack: null}",
			"must be set if type is PagerDuty, and only then",
		},
		{
			"Slack with PagerDuty's member", "messenger: {pagerDuty: {routingKeySecretRef: {name: key}}}",
			"must be set if type is PagerDuty, and only then",
		},
		{
			"PagerDuty without an integration key", "messenger: {type: PagerDuty, slack: null, pagerDuty: {}}",
			"spec.messenger.pagerDuty.routingKeySecretRef: Required value",
		},
		{
			"Teams without its member", "messenger: {type: Teams, slack: null}",
			"must be set if type is Teams, and only then",
		},
		{
			"Slack with Teams' member", "messenger: {teams: " + teamsBot + "}",
			"must be set if type is Teams, and only then",
		},
		{
			"TeamsWorkflow without its member", "messenger: {type: TeamsWorkflow, slack: null}",
			"must be set if type is TeamsWorkflow, and only then",
		},
		{
			"Slack with TeamsWorkflow's member", "messenger: {teamsWorkflow: {workflowsSecretRef: {name: flows}}}",
			"must be set if type is TeamsWorkflow, and only then",
		},
		{
			"TeamsWorkflow without workflows", "messenger: {type: TeamsWorkflow, slack: null, teamsWorkflow: {}}",
			"spec.messenger.teamsWorkflow.workflowsSecretRef: Required value",
		},
		{
			"Webhook without its member", "messenger: {type: Webhook, slack: null}",
			"must be set if type is Webhook, and only then",
		},
		{
			"Slack with Webhook's member", "messenger: {webhook: {url: 'https://siem.example.com', signingSecretRef: {name: hook}}}",
			"must be set if type is Webhook, and only then",
		},
		{
			"Webhook without a signing secret", "messenger: {type: Webhook, slack: null, webhook: {url: 'https://siem.example.com'}}",
			"spec.messenger.webhook.signingSecretRef: Required value",
		},
		{
			"Webhook without a URL", "messenger: {type: Webhook, slack: null, webhook: {signingSecretRef: {name: hook}}}",
			"spec.messenger.webhook.url: Required value",
		},
	}
}

// emailRefusals tries what is about mail.
func emailRefusals() []refusal {
	with := func(email, rest string) string {
		return fmt.Sprintf("messenger: {type: Email, slack: null, email: {%s}}\n%s\n", email, rest)
	}
	const (
		good        = "address: 'smtp.example.com:587', from: teleport@example.com"
		to          = "recipients: [alice@example.com]"
		wantAddress = "must be HOST:PORT such as smtp.example.com:587"
		wantFrom    = "must be a mailbox such as teleport@example.com or Teleport <teleport@example.com>"
		wantEmail   = "must be e-mail addresses, such as alice@example.com"
	)
	refusals := []refusal{
		{"Email without its member", "messenger: {type: Email, slack: null}", "must be set if type is Email, and only then"},
		{"mail without a sender", with("address: 'smtp.example.com:587'", to), "spec.messenger.email.from: Required value"},
		{"mail without an address", with("from: teleport@example.com", to), "spec.messenger.email.address: Required value"},
		{"unknown TLS", with(good+", tls: Maybe", to), `supported values: "StartTLS", "Implicit", "Opportunistic", "Disabled"`},
		{"username twice", with(good+", username: u, usernameSecretRef: {name: a}, passwordSecretRef: {name: a}", to), "must not be set beside username"},
		{"username without a password", with(good+", username: u", to), "must be set if username or usernameSecretRef is, and only then"},
		{"password without a username", with(good+", passwordSecretRef: {name: a}", to), "must be set if username or usernameSecretRef is, and only then"},
		{"password without TLS", with(good+", tls: Disabled, username: u, passwordSecretRef: {name: a}", to), "no password is sent without TLS"},
		{"authority without TLS", with(good+", tls: Disabled, caSecretRef: {name: a}", to), "must not be set if tls is Disabled"},
		{"no domain", with(good+", domains: ['@example.com']", to), "spec.messenger.email.domains[0]: Invalid value"},
		{"mail to a channel", with(good, "recipients: [ops]"), "spec.recipients: Invalid value: " + wantEmail},
		{"mail to a role's channel", with(good, "roleToRecipients: {'*': [ops]}"), "spec.roleToRecipients: Invalid value: " + wantEmail},
		{"mail to a route's channel", with(good, "recipients: null\nroutes: [{name: a, recipients: [{channel: a@example.com}]}]"), "must name users only by mail"},
	}
	for _, address := range []string{"smtp.example.com", "smtp://smtp.example.com:587", "smtp.example.com:587/x", "smtp.example.com:0", "a b:25"} {
		refusals = append(refusals, refusal{"mail to " + address, with(fmt.Sprintf("address: %q, from: a@example.com", address), to), wantAddress})
	}
	for _, from := range []string{"teleport", "a@b", "A <a@example.com>, B <b@example.com>", "A <a@example.com>\r\nBcc: b@example.com", "a@example.com\x00"} {
		refusals = append(refusals, refusal{fmt.Sprintf("mail from %q", from), with(fmt.Sprintf("address: 'smtp.example.com:587', from: %q", from), to), wantFrom})
	}
	return refusals
}

// pagerDutyRefusals tries what PagerDuty is not for, and recipients that are no names.
func pagerDutyRefusals() []refusal {
	const (
		pager         = "messenger: {type: PagerDuty, slack: null, pagerDuty: {routingKeySecretRef: {name: key}, %s}}\nrecipients: %s\n%s"
		reminded      = "reminders: [{afterMinutes: 15, recipients: [{channel: on-call}]}]\n"
		wantReminders = "must set reminders with recipients for PagerDuty"
		wantOnly      = "must not set recipients, roleToRecipients or routes with recipients for PagerDuty, which is for reminders only"
		wantNone      = "must not set suggestedReviewersPolicy: Notify, requesterPolicy: Notify or accessListReminders.policy: Notify for PagerDuty"
		wantNamed     = "must name channels only for PagerDuty, such as {channel: on-call}"
	)
	with := func(more string) string { return fmt.Sprintf(pager, "", "null", reminded+more) }
	all := []refusal{
		{"PagerDuty in another region", fmt.Sprintf(pager, "region: eu", "null", reminded), `supported values: "US", "EU"`},
		{"PagerDuty with another severity", fmt.Sprintf(pager, "severity: warning", "null", reminded), `supported values: "Critical", "Error", "Warning", "Info"`},
		{"PagerDuty without reminders", fmt.Sprintf(pager, "", "null", ""), wantReminders},
		{"PagerDuty with reminders for none", fmt.Sprintf(pager, "", "null", "reminders: [{afterMinutes: 15}]"), wantReminders},
		{"PagerDuty with recipients", fmt.Sprintf(pager, "", "[on-call]", reminded), wantOnly},
		{"PagerDuty with recipients of a role", with("roleToRecipients: {'*': [on-call]}"), wantOnly},
		{"PagerDuty with recipients of a route", with("routes: [{name: a, suppress: true}, {name: b, recipients: [{channel: on-call}]}]"), wantOnly},
		{"PagerDuty with suggested reviewers", with("suggestedReviewersPolicy: Notify"), wantNone},
		{"PagerDuty with requesters", with("requesterPolicy: Notify"), wantNone},
		{"PagerDuty with owners", with("requesterTrait: mail\naccessListReminders: {policy: Notify}"), wantNone},
	}
	for _, who := range []string{
		"{user: alice}", "{user: alice@example.com}", "{channel: a/b}", "{channel: 'a b'}", "{channel: -a}", "{channel: é}",
		"{channel: " + strings.Repeat("a", 64) + "}", "{channel: a}, {group: b}",
	} {
		more := "reminders: [{afterMinutes: 15, recipients: [{channel: a}]}, {afterMinutes: 30, recipients: [" + who + "]}]"
		all = append(all, refusal{"PagerDuty's recipient " + who, fmt.Sprintf(pager, "", "null", more), "spec.reminders: Invalid value: " + wantNamed})
	}
	return all
}

// teamsBot is a member of the union for Teams.
const teamsBot = "{tenantID: 01234567-89ab-cdef-0123-456789abcdef, appID: 01234567-89ab-cdef-0123-456789abcdef, clientSecretSecretRef: {name: bot}}"

func teamsRefusals() []refusal {
	const (
		wantID     = "must be an id such as 01234567-89ab-cdef-0123-456789abcdef"
		wantTeams  = "must be an address of the Bot Framework connector"
		messengers = "messenger: {type: Teams, slack: null, teams: %s}"
	)
	with := func(field, value string) string {
		return fmt.Sprintf(messengers, strings.TrimSuffix(teamsBot, "}")+fmt.Sprintf(", %s: %q}", field, value))
	}
	without := func(field string) string {
		return fmt.Sprintf(messengers, strings.TrimSuffix(teamsBot, "}")+", "+field+": null}")
	}
	also := func(ref string) string {
		return fmt.Sprintf(messengers, strings.TrimSuffix(teamsBot, "}")+", "+ref+": {name: tls}}")
	}
	all := []refusal{
		{"Teams without a tenant", without("tenantID"), "spec.messenger.teams.tenantID: Required value"},
		{"Teams without an app", without("appID"), "spec.messenger.teams.appID: Required value"},
		{"Teams without a secret", without("clientSecretSecretRef"), "must set one of clientSecretSecretRef and certificateSecretRef"},
		{"Teams with a secret and a certificate", also("certificateSecretRef"), "must set one of clientSecretSecretRef and certificateSecretRef"},
		{"Teams with a key without a certificate", also("privateKeySecretRef"), "must not be set without certificateSecretRef"},
		{"tenant that is a name", with("tenantID", "example.onmicrosoft.com"), "at least 36 chars long"},
		{"tenant of 36 letters", with("tenantID", strings.Repeat("g", 36)), wantID},
		{"app with a line break", with("appID", "01234567-89ab-cdef-0123-456789abcde\n"), wantID},
	}
	for _, address := range []string{
		"http://smba.trafficmanager.net/teams", "https://smba.trafficmanager.net", "https://smba.trafficmanager.net/teams/v3",
		"https://smba.trafficmanager.net.evil.example/teams", "https://evil.example/teams", "https://smba.trafficmanager.net:8443/teams",
		"https://user@smba.trafficmanager.net/teams", "https://smba.trafficmanager.net/teams?x", "https://smbaxtrafficmanager.net/teams",
	} {
		all = append(all, refusal{"Teams at " + address, with("serviceURL", address), wantTeams})
	}
	return all
}

// webhookRefusals tries what is about webhooks, besides addresses: those are Mattermost's.
func webhookRefusals() []refusal {
	const hook = "messenger: {type: Webhook, slack: null, webhook: {url: %q, signingSecretRef: {name: hook}, %s}}\nrecipients: %s\n"
	url := func(text, more string) string { return fmt.Sprintf(hook, text, more, "[audit-log]") }
	return append(nameOnlyRefusals("webhook", strings.TrimSuffix(fmt.Sprintf(hook, "https://siem.example.com", "", "x"), "recipients: x\n")), []refusal{
		{"webhook with a password", url("https://user:secret@siem.example.com", ""), wantURL},
		{"webhook with a query", url("https://siem.example.com/?token=secret", ""), wantURL},
		{"webhook without TLS", url("http://siem.example.com", ""), wantWebhookHTTPS},
		{"webhook of the cluster without TLS", url("http://events.siem.svc:8080", ""), wantWebhookHTTPS},
		{"webhook elsewhere without TLS", url("http://siem.example.com", "insecure: Allow"), wantWebhookHTTPS},
		{"insecure webhook with https", url("https://siem.example.com", "insecure: Allow"), "must not be Allow for a url with https://"},
		{"webhook's authority without https", url("http://localhost:8080", "caSecretRef: {name: ca}"), "must not be set without https://"},
	}...)
}

// workflowRefusals tries what is about workflows of Teams.
func workflowRefusals() []refusal {
	return nameOnlyRefusals("workflow", "messenger: {type: TeamsWorkflow, slack: null, teamsWorkflow: {workflowsSecretRef: {name: flows}}}\n")
}

// nameOnlyRefusals tries recipients of a messenger whose recipients are names.
func nameOnlyRefusals(what, messenger string) []refusal {
	const (
		wantNames = "must be names for a webhook or workflows of Teams, such as audit-log"
		wantNamed = "must name channels only for a webhook or workflows of Teams, such as {channel: audit-log}"
	)
	to := func(recipients, more string) string { return messenger + "recipients: " + recipients + "\n" + more }
	all := []refusal{
		{
			what + " without recipients", to("null", ""), "must set recipients, roleToRecipients or routes with recipients, " +
				"because webhooks and workflows of Teams cannot look people up by e-mail address",
		},
		{what + " to requesters", to("[audit-log]", "requesterPolicy: Notify"), "must not set requesterPolicy: Notify"},
		{
			what + " to owners", to("[audit-log]", "requesterTrait: mail\naccessListReminders: {policy: Notify}"),
			"must not set requesterPolicy: Notify or accessListReminders.policy: Notify",
		},
		{what + " to a user of a route", to("null", "routes: [{name: a, recipients: [{user: alice}]}]"), wantNamed},
		{what + " to a group", to("null", "routes: [{name: a, recipients: [{channel: a}, {group: on-call}]}]"), wantNamed},
	}
	for _, name := range []string{"https://siem.example.com/hook", "alice@example.com", "a/b", "-a", "a b", "é", strings.Repeat("a", 64)} {
		list := fmt.Sprintf("[%q]", name)
		channel := fmt.Sprintf("[{channel: %q}]", name)
		all = append(all,
			refusal{what + "'s recipient " + name, to(list, ""), "spec.recipients: Invalid value: " + wantNames},
			refusal{what + "'s recipient of a role " + name, to("null", "roleToRecipients: {'*': "+list+"}"), "spec.roleToRecipients: Invalid value: " + wantNames},
			refusal{what + "'s channel of a route " + name, to("null", "routes: [{name: a, recipients: "+channel+"}]"), "spec.routes: Invalid value: " + wantNamed},
			refusal{
				what + "'s channel of a route's reminder " + name,
				to("null", "routes: [{name: a, recipients: [{channel: a}], reminders: [{afterMinutes: 1, recipients: "+channel+"}]}]"), wantNamed,
			},
			refusal{what + "'s channel of a reminder " + name, to("[a]", "reminders: [{afterMinutes: 1, recipients: "+channel+"}]"), "spec.reminders: Invalid value: " + wantNamed})
	}
	return all
}

func mattermostRefusals() []refusal {
	with := func(url, more string) string {
		return fmt.Sprintf("messenger: {type: Mattermost, slack: null, mattermost: {url: %q, tokenSecretRef: {name: bot}, %s}}", url, more)
	}
	url := func(text string) string {
		return fmt.Sprintf("messenger: {type: Mattermost, slack: null, mattermost: {url: %q, tokenSecretRef: {name: bot}}}", text)
	}
	return []refusal{
		{"empty URL", url(""), "at least 1 chars long"},
		{"long URL", url("https://chat.example.com/" + strings.Repeat("a", 488)), "may not be more than 512"},
		{"URL without a scheme", url("chat.example.com"), wantURL},
		{"URL without a host", url("https:///mattermost"), wantURL},
		{"URL with a user", url("https://user@chat.example.com"), wantURL},
		{"URL with a password", url("https://user:secret@chat.example.com"), wantURL},
		{"URL with a query", url("https://chat.example.com/?token=secret"), wantURL},
		{"URL with a fragment", url("https://chat.example.com/#channel"), wantURL},
		{"URL with a space", url("https://chat.example.com/a b"), wantURL},
		{"URL with a line break", url("https://chat.example.com\n"), wantURL},
		{"URL with a backslash", url(`https://chat.example.com\@other.example.com`), wantURL},
		{"http", url("http://chat.example.com"), wantHTTPS},
		{"http for a host like localhost", url("http://localhost.example.com"), wantHTTPS},
		{"http for a host like 127.0.0.1", url("http://127.0.0.1.example.com"), wantHTTPS},
		{"http for another loopback address", url("http://127.0.0.2"), wantHTTPS},
		{"http for the any-address", url("http://0.0.0.0"), wantHTTPS},
		{"other scheme", url("ftp://chat.example.com"), wantHTTPS},
		{"http for a Service of the cluster", url("http://mattermost.chat.svc:8065"), wantHTTPS},
		{"http for a Service that is denied", with("http://mattermost.chat.svc:8065", "insecure: Deny"), wantHTTPS},
		{"insecure with another word", with("http://mattermost.chat.svc:8065", "insecure: 'true'"), `supported values: "Allow", "Deny"`},
		{"insecure with https", with("https://chat.example.com", "insecure: Allow"), "must not be Allow for a url with https://: it allows http://"},
		{"authority without https", with("http://localhost:8065", "caSecretRef: {name: ca}"), "must not be set without https://"},
		{"URL with port 0", url("https://chat.example.com:0"), wantPort},
		{"URL with port 65536", url("https://chat.example.com:65536"), wantPort},
		{"URL with a huge port", url("https://chat.example.com:99999999999999999999"), wantPort},
	}
}
