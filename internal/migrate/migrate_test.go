package migrate_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/config/crd"
	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/migrate"
)

func input(t *testing.T, path string) migrate.Input {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return migrate.Input{Name: filepath.Base(path), Content: content}
}

// translate returns the notifiers of inputs, and what was said besides.
func translate(t *testing.T, inputs ...migrate.Input) ([]*migrate.Notifier, []migrate.Problem) {
	t.Helper()
	notifiers, problems := migrate.Translate(inputs, migrate.Options{Messengers: registry.All()})
	if !config.Usable(problems) {
		t.Fatal(problems)
	}
	return notifiers, problems
}

// said is a result with what goes to standard error below it.
func said(result []byte, problems []migrate.Problem) string {
	var b strings.Builder
	b.Write(result)
	for _, p := range problems {
		fmt.Fprintf(&b, "# stderr: %s\n", p)
	}
	return b.String()
}

func TestInputsBecomeManifests(t *testing.T) {
	host := filepath.Join("..", "config", "testdata")
	for _, path := range []string{
		filepath.Join("testdata", "slack.yaml"), filepath.Join("testdata", "discord.yaml"), filepath.Join("testdata", "mattermost.yaml"),
		filepath.Join(host, "slack-newest.toml"), filepath.Join(host, "mattermost-first.toml"),
	} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			notifiers, problems := translate(t, input(t, path))
			result, more, err := migrate.Target{Namespace: "access"}.Manifests(notifiers)
			if err != nil {
				t.Fatal(err)
			}
			golden.Text(t, filepath.Base(path)+".manifests", said(result, append(problems, more...)))
		})
	}
}

func TestSeveralInputsBecomeValuesOfOneChart(t *testing.T) {
	host := filepath.Join("..", "config", "testdata")
	notifiers, problems := translate(t,
		input(t, filepath.Join("testdata", "mattermost.yaml")),
		input(t, filepath.Join("testdata", "slack.yaml")),
		input(t, filepath.Join(host, "slack-v12.toml")),
		input(t, filepath.Join(host, "mattermost-first.toml")),
	)
	result, more, err := migrate.Target{}.Values(notifiers)
	if err != nil {
		t.Fatal(err)
	}
	golden.Text(t, "several.values", said(result, append(problems, more...)))
}

// TestSecretsAreWrittenOnlyOnRequest also looks at what is said, and at a notifier that
// is printed by mistake.
func TestSecretsAreWrittenOnlyOnRequest(t *testing.T) {
	const secret = "discord-token-in-values"
	in := input(t, filepath.Join("testdata", "discord.yaml"))
	notifiers, problems := translate(t, in)
	for _, write := range []func(migrate.Target) ([]byte, []migrate.Problem, error){
		func(to migrate.Target) ([]byte, []migrate.Problem, error) { return to.Manifests(notifiers) },
		func(to migrate.Target) ([]byte, []migrate.Problem, error) { return to.Values(notifiers) },
	} {
		without, more, err := write(migrate.Target{})
		if err != nil || strings.Contains(said(without, append(problems, more...)), secret) {
			t.Errorf("without the flag, the secret is written (%v):\n%s", err, without)
		}
		with, _, err := write(migrate.Target{IncludeSecrets: true})
		if err != nil || bytes.Count(with, []byte("token: "+secret)) != 1 {
			t.Errorf("with the flag, the secret is not written once (%v):\n%s", err, with)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", notifiers[0].Secrets, notifiers[0].Secrets, notifiers[0].Secrets); strings.Contains(text, secret) {
		t.Errorf("a notifier shows its secret: %s", text)
	}
}

func TestAServerOfOnesOwnKeepsItsWay(t *testing.T) {
	const common = "[teleport]\naddr = 'teleport.example.com:443'\nidentity = '/i'\n[mattermost]\ntoken = '/t'\nrecipients = 'a/b'\n"
	for lines, want := range map[string][]string{
		"url = 'https://chat.example.com'\nroot_cas = '/ca.pem'":      {"caSecretRef:\n        name: mattermost-bot", "--from-file=ca.crt=/ca.pem"},
		"url = 'http://mattermost.chat.svc:8065'\ninsecure = 'Allow'": {"insecure: Allow"},
	} {
		notifiers, problems := translate(t, migrate.Input{Name: "x.toml", Content: []byte(common + lines)})
		written, _, err := migrate.Target{}.Manifests(notifiers)
		if err != nil || problems != nil {
			t.Fatal(err, problems)
		}
		for _, part := range want {
			if !strings.Contains(string(written), part) {
				t.Errorf("%s: want %q in\n%s", lines, part, written)
			}
		}
	}
}

// TestReviewInChatIsKept covers who may decide in chat.
func TestReviewInChatIsKept(t *testing.T) {
	const file = `[teleport]
identity = "/identity"
addr = "teleport.example.com:443"
[mattermost]
url = "https://chat.example.com"
token = "t"
[role_to_recipients]
"*" = "team/ops"
[review]
mode = "DenyOnly"
`
	for lines, want := range map[string]string{
		"trait = \"mattermost_uid\"":                         "identity:\n      trait: mattermost_uid\n    mode: DenyOnly\n",
		"domains = [\"example.com\"]\nreason = \"Required\"": "identity:\n      emailIsUsername:\n        domains:\n        - example.com\n    mode: DenyOnly\n    reason: Required\n",
	} {
		notifiers, problems := translate(t, migrate.Input{Name: "teleport-mattermost.toml", Content: []byte(file + lines)})
		manifests, more, err := migrate.Target{}.Manifests(notifiers)
		if err != nil || !strings.Contains(string(manifests), "  review:\n    "+want) {
			t.Errorf("%v, %v:\n%s", err, append(problems, more...), manifests)
		}
	}
}

// TestRemindersAreKept covers a messenger that is for nothing else.
func TestRemindersAreKept(t *testing.T) {
	const file = "[teleport]\nidentity = '/i'\naddr = 'teleport.example.com:443'\n[pagerduty]\nroutingKey = '/k'\n[reminders]\n15m = 'on-call'\n1h = ['on-call', 'boss']\n"
	notifiers, problems := translate(t, migrate.Input{Name: "teleport-pagerduty.toml", Content: []byte(file)})
	manifests, more, err := migrate.Target{}.Manifests(notifiers)
	const want = "  reminders:\n  - afterMinutes: 15\n    recipients:\n    - channel: on-call\n  - afterMinutes: 60\n    recipients:\n    - channel: on-call\n    - channel: boss\n"
	if err != nil || len(more) > 0 || !strings.Contains(string(manifests), want) {
		t.Errorf("%v, %v:\n%s", err, append(problems, more...), manifests)
	}
}

func TestWrongInputsAreNamed(t *testing.T) {
	const good = "teleport: {address: 'a.example:443', identitySecretName: i}\n"
	for name, tt := range map[string]struct{ file, content, want string }{
		"nothing":           {"x.yaml", "", "x.yaml: The file holds no values of a Helm chart"},
		"no YAML":           {"x.yml", "a: [", "x.yml: The file holds no values"},
		"no messenger":      {"x.yaml", good, "x.yaml: The values name 0 messengers, and must name one of discord, email, googlechat, mattermost, pagerduty, slack"},
		"two messengers":    {"x.yaml", good + "slack: {token: s}\ndiscord: {token: s}", "The values name 2 messengers"},
		"no address":        {"x.yaml", "slack: {token: s}", "teleport.address is missing"},
		"no identity":       {"x.yaml", "slack: {token: s}", "teleport.identitySecretName is missing"},
		"no token":          {"x.yaml", good + "slack: {tokenSecretPath: s}", "slack.token and slack.tokenFromSecret are missing"},
		"no url":            {"x.yaml", good + "mattermost: {token: s}", "mattermost.url is missing"},
		"url with password": {"x.yaml", good + "mattermost: {token: s, url: 'https://u:secret@chat.example'}", "mattermost.url cannot be used"},
		"table as text":     {"x.yaml", good + "slack: {token: {a: b}}", "slack.token is no text"},
		"text as table":     {"x.yaml", good + "slack: {token: s}\nlog: loud", "log is no table"},
		"odd recipient":     {"x.yaml", good + "slack: {token: s}\nroleToRecipients: {'*': [{a: b}]}", "roleToRecipients.* has an item that is no text"},
		"name for Discord": {
			"x.yaml", good + "discord: {token: s}\nroleToRecipients: {'*': 1100000000000000001, dev: [general]}",
			`roleToRecipients.dev has the recipient "general", which Discord cannot find. Name the id of a channel, or user: and the id of a user`,
		},
		"TOML with a name for Discord": {
			"x.toml", "[teleport]\nidentity = '/i'\n[discord]\ntoken = 't'\n[role_to_recipients]\n'*' = 'general'",
			`x.toml:6: The role "*" has the recipient "general", which Discord cannot find`,
		},
		"url without TLS in the cluster": {
			"x.yaml", good + "mattermost: {token: s, url: 'http://mattermost.chat.svc:8065', recipients: [a/b]}", "mattermost.url has the token sent without TLS, which insecure: Allow allows",
		},
		"tbot said with a word": {
			"x.yaml", good + "slack: {token: s}\ntbot: {enabled: maybe}", "tbot.enabled is neither true nor false",
		},
		"TOML with an unknown key": {"x.toml", "[teleport]\nadr = 'x'", "x.toml:2: [teleport] has no key adr"},
		"TOML from standard input": {"standard input", "[teleport]\nadr = 'x'", "standard input:2: [teleport] has no key adr"},
		"local address":            {"x.yaml", "teleport: {address: 'localhost:3025', identitySecretName: i}\nslack: {token: s}", "teleport.address is that of the machine itself"},
		"odd severity":             {"x.yaml", good + "slack: {token: s}\nlog: {severity: loud}", "log.severity is none of DEBUG"},
		"both lists": {
			"x.yaml", good + "mattermost: {token: s, url: 'https://chat.example', recipients: [a/b]}\nroleToRecipients: {'*': c/d}", "mattermost.recipients has no effect",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := migrate.Translate([]migrate.Input{{Name: tt.file, Content: []byte(tt.content)}}, migrate.Options{Messengers: registry.All()})
			text := said(nil, problems)
			if !strings.Contains(text, tt.want) || strings.Contains(text, "secret@") {
				t.Errorf("want %q in:\n%s", tt.want, text)
			}
		})
	}
}

// TestTheSchemaJudgesAsTheAPIServerDoes tries each kind of rule; that the API server agrees
// about what is good is in test/api.
func TestTheSchemaJudgesAsTheAPIServerDoes(t *testing.T) {
	schema, err := migrate.NewSchema(crd.AccessNotifiers)
	if err != nil {
		t.Fatal(err)
	}
	const good = `
apiVersion: accessnotifier.dev/v1alpha1
kind: AccessNotifier
metadata: {name: slack}
spec:
  teleport: {address: 'teleport.example.com:443', identitySecretRef: {name: identity}}
  messenger: {type: Slack, slack: {tokenSecretRef: {name: bot}}}
  recipients: [ops]
`
	for name, tt := range map[string]struct{ old, new, want string }{
		"good":                  {},
		"unknown field":         {"  recipients", "  recipient", "spec.recipient"},
		"missing field":         {"type: Slack, ", "", "spec.messenger.type: Required value"},
		"rule of a field":       {"com:443", "com:0", "must be HOST:PORT"},
		"rule across fields":    {"type: Slack", "type: Discord", "must be set if type is Slack, and only then"},
		"list that is a set":    {"[ops]", "[ops, ops]", "Duplicate value"},
		"value that is no list": {"[ops]", "ops", "must be of type array"},
	} {
		t.Run(name, func(t *testing.T) {
			var object map[string]any
			if err := yaml.Unmarshal([]byte(strings.Replace(good, tt.old, tt.new, 1)), &object); err != nil {
				t.Fatal(err)
			}
			wrong := schema.Validate(t.Context(), object)
			if tt.want == "" && len(wrong) > 0 || tt.want != "" && !strings.Contains(fmt.Sprint(wrong.ToAggregate()), tt.want) {
				t.Errorf("Validate() = %v, want %q", wrong, tt.want)
			}
		})
	}
}

func TestNotifiersOfOneNameGetNumbers(t *testing.T) {
	in := input(t, filepath.Join("testdata", "slack.yaml"))
	notifiers, _ := translate(t, in, in, in)
	var names []string
	for _, n := range notifiers {
		names = append(names, n.Name)
	}
	if want := []string{"slack", "slack-2", "slack-3"}; !slices.Equal(names, want) {
		t.Errorf("the names are %v, want %v", names, want)
	}
}

func TestSecretsOfTheChartsHaveTheirDefaultKeys(t *testing.T) {
	for section, key := range map[string]string{"slack": "slackToken", "discord": "discordToken", "mattermost": "mattermostToken"} {
		values := "teleport: {address: 'a.example:443', identitySecretName: i}\n" + section + ": {tokenFromSecret: of-the-bot, url: 'https://chat.example'}\n"
		notifiers, _ := translate(t, migrate.Input{Name: "x.yaml", Content: []byte(values)})
		result, _, err := migrate.Target{}.Manifests(notifiers)
		if want := "tokenSecretRef:\n        key: " + key + "\n        name: of-the-bot\n"; err != nil || !strings.Contains(string(result), want) {
			t.Errorf("%s (%v): want\n%s in\n%s", section, err, want, result)
		}
	}
}

// TestTbotOfTheChartsBecomesOurs with each way to name the address and the Secret.
func TestTbotOfTheChartsBecomesOurs(t *testing.T) {
	const slack = "slack: {tokenFromSecret: bot}\nroleToRecipients: {'*': ops}\n"
	for values, want := range map[string]string{
		"tbot: {enabled: true, teleportAuthAddress: 'auth.example:3025', token: t, tag: 17.2.1}":                          "enabled: true\n  image:\n    tag: 17.2.1\n  teleportAuthAddress: auth.example:3025\n  token: t\n",
		"tbot: {enabled: true, teleportProxyAddress: 'a.example:443', defaultOutput: {secretName: out}, image: own/tbot}": "enabled: true\n  identitySecretName: out\n  image:\n    registry: docker.io\n    repository: own/tbot\n  teleportProxyAddress: a.example:443\n",
		"tbot: {enabled: true, token: t}\nteleport: {address: 'a.example:443'}":                                           "enabled: true\n  teleportProxyAddress: a.example:443\n  token: t\n",
		"tbot: {enabled: true, token: t, image: own.example/tbot}\nteleport: {address: 'a.example:443'}":                  "image:\n    repository: own.example/tbot\n",
		"tbot: {enabled: true, joinMethod: token, token: s3cret}\nteleport: {address: 'a.example:443'}":                   "enabled: true\n  joinMethod: token\n  teleportProxyAddress: a.example:443\n",
		"tbot: {enabled: false, token: t}\nteleport: {address: 'a.example:443', identitySecretName: out}":                 "identitySecretRef:\n          name: out\n",
	} {
		notifiers, _ := translate(t, migrate.Input{Name: "x.yaml", Content: []byte(slack + values)})
		result, _, err := migrate.Target{}.Values(notifiers)
		if err != nil || !strings.Contains(string(result), want) || strings.Contains(string(result), "s3cret") {
			t.Errorf("%s (%v): want\n%s in\n%s", values, err, want, result)
		}
	}
}
