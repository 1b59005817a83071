package helm

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// changes are what values are changed to where their type does not say it.
var changes = map[string]any{
	"allowNetworks":   []any{"198.18.0.0/15"},
	"dnsPolicy":       "Default",
	"extraContainers": []any{map[string]any{"name": "changed"}},
	"global.compatibility.openshift.adaptSecurityContext": "force",
	"extraArgs":                                []any{"--changed"},
	"extraEnv":                                 []any{map[string]any{"name": "CHANGED"}},
	"extraVolumeMounts":                        []any{map[string]any{"name": "changed", "mountPath": "/changed"}},
	"hostUsers":                                true,
	"image.digest":                             "sha256:" + strings.Repeat("c", 64),
	"image.pullPolicy":                         "Never",
	"leaderElection.leaseDuration":             "99s",
	"leaderElection.renewDeadline":             "99s",
	"leaderElection.retryPeriod":               "99s",
	"log.format":                               "json",
	"log.level":                                "error",
	"messengerURLs":                            map[string]any{"Slack": "https://changed.example.com"},
	"metrics.service.ipFamilies":               []any{"IPv4"},
	"review.listener.service.ipFamilies":       []any{"IPv4"},
	"review.listener.service.ipFamilyPolicy":   "SingleStack",
	"networkPolicy.metricsFrom":                []any{map[string]any{"podSelector": map[string]any{}}},
	"networkPolicy.reviewFrom":                 []any{map[string]any{"podSelector": map[string]any{}}},
	"metrics.service.ipFamilyPolicy":           "SingleStack",
	"metrics.readers":                          []any{map[string]any{"name": "changed", "namespace": "changed"}},
	"networkPolicy.apiServerPorts":             []any{99},
	"networkPolicy.egressPorts":                []any{99},
	"notifiers":                                map[string]any{"changed": map[string]any{"spec": goodSpec()}},
	"podDisruptionBudget.maxUnavailable":       99,
	"podDisruptionBudget.minAvailable":         99,
	"profile":                                  "strict",
	"proxy.exclude":                            []any{"changed"},
	"review.listener.ingress.path":             "/changed/",
	"review.listener.ingress.pathType":         "ImplementationSpecific",
	"review.listener.service.type":             "NodePort",
	"review.listener.url":                      "https://changed.example.com",
	"secrets.names":                            map[string]any{"changed": []any{"changed"}},
	"secrets.pollInterval":                     "99s",
	"tbot.address":                             "changed.example.com:3025",
	"tbot.addressOf":                           "auth",
	"tbot.configDialect":                       "outputs",
	"tbot.extraArgs":                           []any{"--changed"},
	"tbot.extraEnv":                            []any{map[string]any{"name": "CHANGED"}},
	"tbot.image.digest":                        "sha256:" + strings.Repeat("d", 64),
	"tbot.image.pullPolicy":                    "Never",
	"tbot.joinMethod":                          "iam",
	"tbot.teleportAuthAddress":                 "changed.example.com:3025",
	"tbot.teleportProxyAddress":                "changed.example.com:3080",
	"replicaCount":                             0,
	"replicas":                                 0,
	"updateStrategy":                           map[string]any{"type": "changed"},
	"vpa.updateMode":                           "Recreate",
	"metrics.certificate.certManager.duration": "99h",
	"watchNamespaces":                          []any{"changed"},
}

// alternatives are values in place of which everything.yaml has others.
const alternatives = `
replicaCount: 1
review: {listener: {enabled: true, url: "https://access.example.com", ingress: {host: access.example.com}}}
podDisruptionBudget: {minAvailable: 1}
metrics: {podMonitor: {enabled: true}}
tbot: {enabled: true, image: {tag: 1.2.3}, address: "teleport.example.com:443", joinMethod: token, token: secret}
`

// renderChanged renders the chart with another value at a path.
func renderChanged(t *testing.T, values map[string]any, path string, schema map[string]any) (string, error) {
	t.Helper()
	change, ok := changes[path]
	if !ok {
		change = other(t, schema, at(values, path))
	}
	changed := parse(t, encode(t, values))
	set(changed, path, change)
	return runHelm(t, encode(t, changed), "template", release, chart(), "--namespace=operators", "--values=-")
}

// TestEveryValueIsUsed changes one value at a time, from where everything is on,
// and wants to see it in the output.
func TestEveryValueIsUsed(t *testing.T) {
	everything := parse(t, readFile(t, "testdata", "values", "everything.yaml"))
	everything["replicaCount"] = 1 // leader election can be off, and the listener on
	everything["review"] = parse(t, readFile(t, "testdata", "values", "review.yaml"))["review"]
	bases := map[string]map[string]any{}
	for _, values := range []map[string]any{everything, parse(t, alternatives), parse(t, "secrets: {names: {a: [b]}}")} {
		bases[render(t, encode(t, values))] = values
	}
	for path, schema := range leaves(readSchema(t), "") {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			for before, values := range bases {
				after, err := renderChanged(t, values, path, schema)
				if err == nil && after != before {
					return
				}
			}
			t.Errorf("it makes no difference what %s is", path)
		})
	}
}

// TestEveryValueIsDocumented wants each value in the schema, in the table of the
// README, and nothing else there.
func TestEveryValueIsDocumented(t *testing.T) {
	schema := readSchema(t)
	described := leaves(schema, "")
	readme := readFile(t, chart(), "README.md")
	for path, leaf := range described {
		if text, _ := leaf["description"].(string); !strings.HasSuffix(text, ".") || !strings.Contains(text, " ") {
			t.Errorf("%s: the description %q is no sentence", path, text)
		}
		if !strings.Contains(readme, "\n| `"+path+"` | ") {
			t.Errorf("%s is not in README.md", path)
		}
	}
	var inFile []string
	walk(parse(t, readFile(t, chart(), "values.yaml")), "", func(path string) {
		if _, ok := described[path]; ok {
			inFile = append(inFile, path)
		}
	})
	if diff := cmp.Diff(slices.Sorted(maps.Keys(described)), slices.Sorted(slices.Values(inFile))); diff != "" {
		t.Errorf("the schema has other values than values.yaml (-schema +values):\n%s", diff)
	}
}

func readSchema(t *testing.T) map[string]any {
	t.Helper()
	schema := map[string]any{}
	if err := json.Unmarshal([]byte(readFile(t, chart(), "values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// leaves returns the schemas of the values that hold no other documented ones, or more
// than those.
func leaves(schema map[string]any, path string) map[string]map[string]any {
	all := map[string]map[string]any{}
	properties, ok := schema["properties"].(map[string]any)
	if !ok || path != "" && schema["description"] != nil {
		all[path] = schema
	}
	for name, property := range properties {
		if path == "" && name == "enabled" {
			continue // Helm's own
		}
		maps.Copy(all, leaves(property.(map[string]any), strings.TrimPrefix(path+"."+name, ".")))
	}
	return all
}

// walk visits values, and those in them.
func walk(values map[string]any, path string, visit func(string)) {
	for name, value := range values {
		path := strings.TrimPrefix(path+"."+name, ".")
		visit(path)
		if inner, ok := value.(map[string]any); ok {
			walk(inner, path, visit)
		}
	}
}

// other returns a value of the schema's type other than the one that is set, if
// any.
func other(t *testing.T, schema map[string]any, set any) any {
	t.Helper()
	switch schema["type"] {
	case "boolean":
		if set == nil {
			set = schema["default"]
		}
		return set != true
	case "integer":
		return 99
	case "string":
		return "changed"
	case "array":
		return []any{map[string]any{"name": "changed"}}
	case "object":
		return map[string]any{"changed": "changed"}
	}
	t.Fatalf("say in changes what to change a value of type %v to", schema["type"])
	return nil
}

// at returns the value at a path, nil if there is none.
func at(values map[string]any, path string) any {
	name, rest, nested := strings.Cut(path, ".")
	if !nested {
		return values[name]
	}
	inner, _ := values[name].(map[string]any)
	return at(inner, rest)
}

func set(values map[string]any, path string, value any) {
	name, rest, nested := strings.Cut(path, ".")
	if !nested {
		values[name] = value
		return
	}
	inner, ok := values[name].(map[string]any)
	if !ok {
		inner = map[string]any{}
		values[name] = inner
	}
	set(inner, rest, value)
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	values := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

func encode(t *testing.T, values map[string]any) string {
	t.Helper()
	text, err := yaml.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func goodSpec() map[string]any {
	return map[string]any{
		"teleport": map[string]any{"address": "teleport.example.com:443", "identitySecretRef": map[string]any{"name": "identity"}},
		"messenger": map[string]any{
			"type":  "Slack",
			"slack": map[string]any{"tokenSecretRef": map[string]any{"name": "slack-bot", "key": "token"}},
		},
		"recipients": []any{"access-requests"},
	}
}
