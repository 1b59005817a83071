package api

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

func TestGoodSpecsAreAccepted(t *testing.T) {
	const (
		discord    = "messenger: {type: Discord, slack: null, discord: {tokenSecretRef: {name: bot}}}\n"
		mattermost = "messenger: {type: Mattermost, slack: null, mattermost: {url: '%s', tokenSecretRef: {name: bot}}}"
	)
	specs := map[string]string{
		"unchanged":                            "{}",
		"suspended":                            "suspend: true",
		"only suggested reviewers, by default": "recipients: null",
		"only suggested reviewers":             "{recipients: null, suggestedReviewersPolicy: Notify}",
		"only the requester":                   "{recipients: null, suggestedReviewersPolicy: Ignore, requesterPolicy: Notify}",
		"the requester by a trait":             "{requesterPolicy: Notify, requesterTrait: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress'}",
		"only the requester on Discord":        discord + "recipients: null\nrequesterPolicy: Notify\nrequesterTrait: discord_id",
		"owners of access lists":               "accessListReminders: {policy: Notify}",
		"owners of access lists by a trait":    "{accessListReminders: {policy: Notify}, requesterTrait: slack_id}",
		"owners of access lists on Discord":    discord + "recipients: ['1100000000000000001']\naccessListReminders: {policy: Notify}\nrequesterTrait: discord_id",
		"owners of access lists are ignored":   discord + "recipients: ['1100000000000000001']\naccessListReminders: {policy: Ignore}",
		"messages of another plugin":           "adopt: Adopt",
		"no messages of another plugin":        "adopt: Ignore",
		"only recipients of a role":            "{recipients: [], roleToRecipients: {editor: [channel]}, suggestedReviewersPolicy: Ignore}",
		"Discord":                              discord + "recipients: ['100000000000001', 'user:12345678901234567890']",
		"Discord with recipients of a role":    discord + "recipients: null\nroleToRecipients: {'*': ['1100000000000000001', 'user:1100000000000000002']}",
		"Discord with the most recipients":     discord + "recipients: null\nroleToRecipients: " + strings.ReplaceAll(flowMap(256, 64, 20), "c", "user:"),
		"Google Chat":                          "messenger: {type: GoogleChat, slack: null, googleChat: {serviceAccountSecretRef: {name: app}}}\nrecipients: [spaces/AAAAMpdlehY, 'https://mail.google.com/chat/u/0/#chat/space/AAAAMpdlehY', alice@example.com, users/123456789012345678901]\nrequesterPolicy: Notify",
		"Mattermost":                           fmt.Sprintf(mattermost, "https://chat.example.com"),
		"Mattermost with a path and a port":    fmt.Sprintf(mattermost, "https://chat.example.com:8443/team/chat/"),
		"Mattermost on an IPv6 address":        fmt.Sprintf(mattermost, "https://[2001:db8::1]:65535"),
		"Mattermost on localhost":              fmt.Sprintf(mattermost, "http://localhost:8065"),
		"Mattermost on an IPv4 loopback":       fmt.Sprintf(mattermost, "http://127.0.0.1:8065/mattermost"),
		"Mattermost on an IPv6 loopback":       fmt.Sprintf(mattermost, "http://[::1]"),
		"Mattermost with an authority":         "messenger: {type: Mattermost, slack: null, mattermost: {url: 'https://chat.example.com', tokenSecretRef: {name: bot}, caSecretRef: {name: ca}, insecure: Deny}}",
		"Email": `messenger: {type: Email, slack: null, email: {address: 'smtp.example.com:465', tls: Implicit, from: 'Teleport <teleport@example.com>',
			username: teleport, passwordSecretRef: {name: smtp}, caSecretRef: {name: ca}, domains: [example.com, example.org]}}
recipients: [alice@example.com]
roleToRecipients: {'*': [ops@example.com]}
routes: [{name: a, recipients: [{user: bob@example.com}]}]
`,
		"Teams": `messenger: {type: Teams, slack: null, teams: {tenantID: 01234567-89ab-cdef-0123-456789abcdef, appID: FEDCBA98-7654-3210-FEDC-BA9876543210,
  clientSecretSecretRef: {name: bot}, serviceURL: 'https://smba.infra.gov.teams.microsoft.us/teams/'}}
recipients: ['19:0a1b2c3d@thread.tacv2', 'https://teams.microsoft.com/l/channel/19%3a0a1b2c3d%40thread.tacv2/General', alice@example.com]`,
		"Teams with a certificate": `messenger: {type: Teams, slack: null, teams: {tenantID: 01234567-89ab-cdef-0123-456789abcdef,
  appID: 01234567-89ab-cdef-0123-456789abcdef, certificateSecretRef: {name: bot-tls}}}
recipients: [alice@example.com]`,
		"Teams with a certificate and a key elsewhere": `messenger: {type: Teams, slack: null, teams: {tenantID: 01234567-89ab-cdef-0123-456789abcdef,
  appID: 01234567-89ab-cdef-0123-456789abcdef, certificateSecretRef: {name: bot, key: cert.pem}, privateKeySecretRef: {name: bot, key: key.pem}}}
recipients: [alice@example.com]`,
		"TeamsWorkflow": `messenger: {type: TeamsWorkflow, slack: null, teamsWorkflow: {workflowsSecretRef: {name: flows}}}
recipients: [access-requests, Team_A.2]
roleToRecipients: {'*': [security]}
routes: [{name: a, recipients: [{channel: db}], reminders: [{afterMinutes: 1, recipients: [{channel: escalation}]}]}]`,
		"PagerDuty": `messenger: {type: PagerDuty, slack: null, pagerDuty: {routingKeySecretRef: {name: key}, region: EU, severity: Critical}}
recipients: []
routes: [{name: sandbox, match: {roles: [sandbox-*]}, suppress: true}]
reminders: [{afterMinutes: 15, recipients: [{channel: on-call}, {channel: Security_2.eu}]}, {afterMinutes: 60}]`,
		"PagerDuty that ignores suggested reviewers": `messenger: {type: PagerDuty, slack: null, pagerDuty: {routingKeySecretRef: {name: key}}}
recipients: null
suggestedReviewersPolicy: Ignore
reminders: [{afterMinutes: 1, recipients: [{channel: on-call}]}]`,
		"Webhook": `messenger: {type: Webhook, slack: null, webhook: {url: 'http://events.siem.svc:8080/hooks', insecure: Allow,
  signingSecretRef: {name: hook}, previousSecretRef: {name: hook}, authorizationSecretRef: {name: hook, key: header}}}
recipients: [audit-log, Service_Desk.2]
routes: [{name: a, recipients: [{channel: db}], reminders: [{afterMinutes: 1, recipients: [{channel: escalation}]}]}]
reminders: [{afterMinutes: 1, recipients: [{channel: escalation}]}]`,
		"longest URL":                       fmt.Sprintf(mattermost, "https://chat.example.com/"+strings.Repeat("a", 487)),
		"address with an IPv4 address":      "teleport: {address: '192.0.2.1:3025'}",
		"address with an IPv6 address":      "teleport: {address: '[2001:db8::1]:3025'}",
		"address of a Service":              "teleport: {address: 'teleport-auth.teleport.svc.cluster.local:3025'}",
		"lowest port":                       "teleport: {address: 'localhost:1'}",
		"highest port":                      "teleport: {address: 'localhost:65535'}",
		"TLS files":                         "teleport: {identitySecretRef: null, tlsSecretRef: {name: tls}}",
		"language":                          "message: {locale: ko}",
		"shortest time zone":                "message: {timeZone: W}",
		"time zones of today":               "message: {timeZone: America/Argentina/Buenos_Aires, locale: es}",
		"time zone with a sign":             "message: {timeZone: Etc/GMT+9}",
		"link of one's own":                 "message: {linkTemplate: 'https://access.example.com:8443/{cluster}/r?id={id}&x=%2F'}",
		"further fields":                    "message: {extraFields: [{label: Ticket (한국어), value: request.reason}, {label: Who, value: '[request.user]'}]}",
		"rules by another name":             "teleport: {pluginName: my slack}",
		"longest plugin name":               "teleport: {pluginName: " + strings.Repeat("é", 256) + ", accessMonitoringRules: Use}",
		"rules are ignored":                 "teleport: {accessMonitoringRules: Ignore}",
		"private CA":                        "teleport: {caSecretRef: {name: ca, key: ca.crt}}",
		"longest name and key of a Secret":  fmt.Sprintf("teleport: {identitySecretRef: {name: %s, key: %s}}", strings.Repeat("a", 253), strings.Repeat("_", 253)),
		"Secret with a dotted name":         "teleport: {identitySecretRef: {name: teleport.identity-1}}",
		"recipients with inner spaces":      "recipients: [platform/Town Square, Café ☕, '#channel', alice+x@example.com]",
		"recipient with joiners":            `recipients: ["platform/می\u200Cخواهم", "platform/ශ්\u200Dරී", "platform/👩\u200D💻 on call"]`,
		"recipient of a role with joiners":  `roleToRecipients: {editor: ["platform/می\u200Cخواهم"]}`,
		"recipient with marks of direction": `recipients: ["platform/\u200Fעברית (IT)\u200E"]`,
		"recipient with a flag of tags":     `recipients: ["platform/🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F"]`,
		"role with joiners":                 `roleToRecipients: {"می\u200Cخواهم": [channel]}`,
		"longest recipient":                 "recipients: [" + strings.Repeat("é", 256) + "]",
		"most recipients":                   "recipients: " + flowList(64, 1),
		"longest role":                      "roleToRecipients: {" + strings.Repeat("r", 256) + ": [channel]}",
		"only a route":                      "{recipients: null, suggestedReviewersPolicy: Ignore, routes: [{name: a, recipients: [{channel: c}]}]}",
		"Discord with a route":              discord + "recipients: null\nroutes: [{name: a, recipients: [{channel: '1100000000000000001'}, {user: '1100000000000000002'}, {user: 'user:1100000000000000002'}, {group: g}]}]",
		"Discord with reminders":            discord + "recipients: ['1100000000000000001']\nreminders: [{afterMinutes: 1}, {afterMinutes: 2, recipients: [{user: '1100000000000000002'}]}]",
		"route by roles and condition":      "routes: [{name: a-1, match: {roles: [prod-*, '*'], condition: 'request.reason != \"\"'}, recipients: [{channel: c}, {user: a@example.com}]}]",
		"route that suppresses":             "routes: [{name: a, match: {roles: [bot]}, suppress: true}, {name: b, suppress: false, recipients: [{channel: 'می\u200Cخواهم'}]}]",
		"route to a group":                  "routes: [{name: a, recipients: [{channel: c}, {group: on-call}]}]",
		"reminders":                         "reminders: [{afterMinutes: 1}, {afterMinutes: 10080, recipients: [{channel: c}, {user: u}, {group: g}], mention: true}]",
		"reminders of a route":              "routes: [{name: a, recipients: [{channel: c}], reminders: [{afterMinutes: 1}, {afterMinutes: 1, recipients: [{user: u}], mention: false}]}]",
		"most reminders":                    "reminders: " + flowReminders(5, 16),
		"longest condition":                 "routes: [{name: " + strings.Repeat("a", 63) + ", match: {condition: '" + strings.Repeat("é", 4096) + "'}, suppress: true}]",
		"most routes":                       "routes: " + flowRoutes(64, 64),
		"role with inner spaces":            "roleToRecipients: {role with spaces: [channel]}",
		"most roles":                        "roleToRecipients: " + flowMap(256, 1, 1),
		"as much as etcd ever stores":       "roleToRecipients: " + flowMap(256, 64, 80),
	}
	maps.Copy(specs, reviews())
	for name, changes := range specs {
		t.Run(name, func(t *testing.T) {
			create(t, notifier(t, newNamespace(t), changes))
		})
	}
}

// Every sample is a complete object that a user can apply, and the kustomization
// forgets none.
func TestSamplesAreAccepted(t *testing.T) {
	root, err := controlplane.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "config", "samples")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	samples := slices.DeleteFunc(files, func(path string) bool {
		return filepath.Base(path) == "kustomization.yaml"
	})

	namespace := newNamespace(t)
	var names []string
	messengers := map[v1alpha1.MessengerType]bool{}
	for _, path := range samples {
		names = append(names, filepath.Base(path))
		notifier := readSample(t, path)
		notifier.SetNamespace(namespace)
		create(t, notifier)

		var typed v1alpha1.AccessNotifier
		if err := plane.Client().Get(t.Context(), client.ObjectKeyFromObject(notifier), &typed); err != nil {
			t.Fatal(err)
		}
		messengers[typed.Spec.Messenger.Type] = true
	}
	for _, messenger := range registry.All().Types() {
		if !messengers[v1alpha1.MessengerType(messenger)] {
			t.Errorf("there is no sample for %s: add one to config/samples", messenger)
		}
	}

	var kustomization struct {
		Resources []string `json:"resources"`
	}
	content, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, &kustomization); err != nil {
		t.Fatal(err)
	}
	slices.Sort(kustomization.Resources)
	if !slices.Equal(names, kustomization.Resources) {
		t.Errorf("the kustomization lists %v, the directory holds %v", kustomization.Resources, names)
	}
}

func readSample(t *testing.T, path string) *unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: parse(t, string(content))}
}

// create creates an object and lets no unknown field pass.
func create(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	strict := client.WithFieldValidation(plane.Client(), "Strict")
	if err := strict.Create(t.Context(), o); err != nil {
		t.Fatalf("Create() error = %v", err)
	}
}
