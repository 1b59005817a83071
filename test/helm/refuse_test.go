package helm

import (
	"strings"
	"testing"
)

func TestRefusedValues(t *testing.T) {
	const notifier = `notifiers: {a: {spec: {teleport: {address: "t:443", identitySecretRef: {name: i}}, messenger: {type: Slack, slack: {tokenSecretRef: {name: s, key: t}}}, recipients: [c]}}}`
	tests := []struct {
		name, values, want string
	}{
		{"unknown key", "replica: 2", "replica'"},
		{"unknown key further down", "image: {repo: a}", "repo"},
		{"wrong type", "replicaCount: two", "integer"},
		{"negative", "replicaCount: -1", "minimum"},
		{"pull policy", "image: {pullPolicy: Sometimes}", "one of"},
		{"digest without algorithm", "image: {digest: 0123}", "digest"},
		{"short digest", "image: {digest: 'sha256:0123'}", "pattern"},
		{"no repository", "image: {repository: ''}", "minLength"},
		{"pull secret as a string", "imagePullSecrets: [registry]", "object"},
		{"how often Secrets are looked at", "secrets: {pollInterval: often}", "pattern"},
		{"Secrets of no namespace", "secrets: {names: [slack-bot]}", "object"},
		{"Secret twice", "secrets: {names: {a: [s, s]}}", "equal"},
		{"Secrets out of sight", "secrets: {names: {b: [s]}}\nwatchNamespaces: [a]", "not among watchNamespaces"},
		{"notifier whose Secret may not be read", notifier + "\nsecrets: {names: {default: [i]}}", "names Secret s, which is not among secrets.names.default"},
		{"notifier without an address", "notifiers: {a: {spec: {messenger: {type: Slack}}}}", "teleport.address"},
		{"notifier without an identity", "notifiers: {a: {spec: {teleport: {address: 't:443'}, messenger: {type: Slack}}}}", "no Secret with an identity"},
		{"notifier far from tbot", "notifiers: {a: {namespace: b, spec: {messenger: {type: Slack}}}}\ntbot: {enabled: true, image: {tag: 1.2.3}, teleportProxyAddress: 'a:443'}", "in namespace b"},
		{"duration without unit", "leaderElection: {leaseDuration: '15'}", "pattern"},
		{"log level", "log: {level: trace}", "one of"},
		{"Slack without TLS", "messengerURLs: {Slack: 'http://slack.example.com'}", "pattern"},
		{"port", "metrics: {port: 65536}", "maximum"},
		{"egress port", "networkPolicy: {egressPorts: [https]}", "integer"},
		{"reader without namespace", "metrics: {readers: [{name: prometheus}]}", "namespace"},
		{"number as an annotation", "podAnnotations: {a: 1}", "string"},
		{"namespace with capitals", "watchNamespaces: [Team]", "pattern"},
		{"namespace twice", "watchNamespaces: [a, a]", "equal"},
		{"no time to end", "terminationGracePeriodSeconds: 5", "minimum"},
		{"notifier without spec", "notifiers: {a: {}}", "spec"},
		{"notifier without any value of its spec", "notifiers: {a: {spec: null}}", "want object"},
		{"notifier without a value further down", strings.Replace(notifier, "recipients", "accessListReminders: null, recipients", 1), "want object"},
		{"text as a notifier", "notifiers: {a: approvals}", "want null or object"},
		{"text as reminders", strings.Replace(notifier, "recipients", "accessListReminders: Notify, recipients", 1), "want object"},
		{"notifier's name", "notifiers: {A_b: {spec: {}}}", "pattern"},
		{"misspelt field of a notifier", strings.Replace(notifier, "recipients", "recipient", 1), "recipient"},
		{"misspelt messenger", strings.Replace(notifier, "type: Slack", "type: slack", 1), "one of"},
		{"several without an election", "leaderElection: {enabled: false}", "more than one replica"},
		{"listener for several", "review: {listener: {enabled: true, url: 'https://a.example.com'}}", "more than one replica"},
		{"listener without an address", "replicaCount: 1\nreview: {listener: {enabled: true}}", "review.listener.url is empty"},
		{"listener without TLS", "replicaCount: 1\nreview: {listener: {enabled: true, url: 'http://a.example.com'}}", "pattern"},
		{"Ingress without a host", "replicaCount: 1\nreview: {listener: {enabled: true, url: 'https://a.example.com', ingress: {enabled: true}}}", "review.listener.ingress.host is empty"},
		{"Ingress at no path", "review: {listener: {ingress: {path: review}}}", "pattern"},
		{"port of the listener", "review: {listener: {port: 0}}", "minimum"},
		{"review of a notifier by both", strings.Replace(notifier, "recipients", "review: {mode: Full, identity: {}}, recipients", 1), "must set exactly one of trait and emailIsUsername"},
		{"tbot without a version", "tbot: {enabled: true, address: 'teleport.example.com:443'}", "tbot.image.tag"},
		{"several without an election, by the former name", "leaderElection: {enabled: false}\nreplicaCount: 1\nreplicas: 2", "more than one replica"},
		{"two monitors", "metrics: {serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}", "both enabled"},
		{"name with a digit first", "fullnameOverride: 1-notifier", "begins with a digit"},
		{"long name", "fullnameOverride: " + strings.Repeat("a", 54), "maxLength"},
		{"family of addresses", "metrics: {service: {ipFamilies: [IPv5]}}", "one of"},
		{"tbot without an address", "tbot: {enabled: true, image: {tag: 18.2.0}}", "tbot.teleportProxyAddress"},
		{"tbot's address without port", "tbot: {teleportProxyAddress: teleport.example.com}", "pattern"},
		{"tbot's join method", "tbot: {joinMethod: github}", "one of"},
		{"tbot without a token", "tbot: {enabled: true, image: {tag: 18.2.0}, teleportProxyAddress: 'a:443', joinMethod: token}", "tbot.tokenSecretRef"},
		{"tbot's dialect", "tbot: {configDialect: destinations}", "one of"},
		{"notifier out of sight", notifier + "\nwatchNamespaces: [elsewhere]", "not among watchNamespaces"},
	}
	// The strict profile keeps what it promises.
	const strict = "profile: strict\nsecrets: {names: {default: [i, s]}}\n"
	for values, want := range map[string]string{
		"profile: strict": "secrets.names is empty",
		"profile: lax":    "one of",
		strict + "replicaCount: 1\nreview: {listener: {enabled: true, url: 'https://a.example.com'}}":                         "review.listener.enabled is true",
		strict + strings.Replace(notifier, "recipients", "review: {mode: DenyOnly, identity: {trait: slack}}, recipients", 1): "notifiers.a.spec.review.mode is DenyOnly",
		strict + "metrics: {secure: false}":                                       "metrics.secure is false",
		strict + "hostNetwork: true":                                              "hostNetwork is true",
		strict + "securityContext: {readOnlyRootFilesystem: false}":               "securityContext.readOnlyRootFilesystem is not true",
		strict + "securityContext: {allowPrivilegeEscalation: null}":              "securityContext.allowPrivilegeEscalation is not false",
		strict + "securityContext: {privileged: true}":                            "securityContext.privileged is not false",
		strict + "securityContext: {capabilities: {drop: [NET_RAW]}}":             "drop does not have ALL",
		strict + "podSecurityContext: {runAsNonRoot: false}":                      "podSecurityContext.runAsNonRoot is not true",
		strict + withTbot + "securityContext: {capabilities: {add: [NET_ADMIN]}}": "securityContext.capabilities.add",
		strict + "extraArgs: ['--pprof-bind-address=:6060']":                      "extraArgs has --pprof-bind-address",
		strict + "extraArgs: ['--allow-review']":                                  "extraArgs has --allow-review",
	} {
		tests = append(tests, struct{ name, values, want string }{"strict: " + want, values, want})
	}
	// What breaks a rule of the CRD is refused by the rule's words. One case for each form
	// that a rule may have.
	for spoilt, words := range map[string]string{
		`"t:443"`:             `"https://t" .spec.teleport.address must be HOST:PORT`,
		`name: s`:             `name: S_s .spec.messenger.slack.tokenSecretRef.name must be the name of a Secret`,
		`type: Slack, slack:`: `type: Discord, slack: .spec.messenger.slack must be set if type is Slack, and only then`,
		`{type: Slack, slack: {tokenSecretRef: {name: s, key: t}}}`: `{type: Mattermost, mattermost: {url: "http://m", tokenSecretRef: {name: s}}} .spec.messenger.mattermost.url must begin with https://`,
		`identitySecretRef: {name: i}`:                              `identitySecretRef: {name: i}, tlsSecretRef: {name: i} .spec.teleport must set exactly one`,
		`recipients: [c]`:                                           `recipients: ["c "] .spec.recipients[0] must be a channel or a person`,
		`[c]`:                                                       `[d, "c "] .spec.recipients[1] must be a channel or a person`,
		`recipients:`:                                               `requester: Notify, recipients: .spec.requester must be renamed to requesterPolicy`,
		`spec: {`:                                                   `spec: {roleToRecipients: {admin: []}, .spec.roleToRecipients must list at least one recipient`,
	} {
		bad, want, _ := strings.Cut(words, " .spec")
		tests = append(tests, struct{ name, values, want string }{bad, strings.Replace(notifier, spoilt, bad, 1), "notifiers.a.spec" + want})
	}
	render(t, notifier) // what the cases spoil is good
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := runHelm(t, test.values, "template", release, chart(), "--values=-")
			if err == nil {
				t.Fatal("it is accepted")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error does not speak of %q: %v", test.want, err)
			}
		})
	}
}
