package argocd

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// examples is the folder with what users get.
var examples = filepath.Join("..", "..", "config", "argocd")

// settings are the entries in argocd-cm.
type settings struct {
	health    string
	discovery string
	actions   map[string]string
}

func readSettings(t *testing.T) settings {
	t.Helper()
	var config struct {
		APIVersion, Kind string
		Metadata         struct {
			Name, Namespace string
			Labels          map[string]string
		}
		Data map[string]string
	}
	readYAML(t, filepath.Join(examples, "argocd-cm.yaml"), &config)
	const suffix = ".accessnotifier.dev_AccessNotifier"
	var actions struct {
		Discovery   string `json:"discovery.lua"`
		Definitions []struct {
			Name   string
			Action string `json:"action.lua"`
		}
	}
	if err := yaml.UnmarshalStrict([]byte(config.Data["resource.customizations.actions"+suffix]), &actions); err != nil {
		t.Fatal(err)
	}
	s := settings{
		health:    config.Data["resource.customizations.health"+suffix],
		discovery: actions.Discovery,
		actions:   map[string]string{},
	}
	for _, definition := range actions.Definitions {
		s.actions[definition.Name] = definition.Action
	}
	if len(config.Data) != 2 || s.health == "" || s.discovery == "" {
		t.Fatalf("argocd-cm.yaml has the keys %v", slices.Sorted(maps.Keys(config.Data)))
	}
	return s
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// object reads an AccessNotifier with a status that the operator wrote.
func object(t *testing.T, name string) map[string]any {
	t.Helper()
	object := map[string]any{}
	readYAML(t, filepath.Join("testdata", "objects", name+".yaml"), &object)
	return object
}

// healths is the health that Argo CD shows, by object.
var healths = map[string]string{
	"ready":       "Healthy",
	"expiring":    "Healthy",
	"unannounced": "Healthy",
	"quarantined": "Healthy",

	"suspended": "Suspended",

	"never-seen":             "Progressing",
	"edited":                 "Progressing",
	"starting":               "Progressing",
	"counting":               "Progressing",
	"looking-up":             "Progressing",
	"no-identity-secret":     "Progressing",
	"no-token-secret":        "Progressing",
	"identity-not-yet-valid": "Progressing",
	"connection-failed":      "Progressing",
	"no-records":             "Progressing",
	"throttled":              "Progressing",
	"messenger-unavailable":  "Progressing",
	"internal-error":         "Progressing",

	"invalid-spec":           "Degraded",
	"former-field":           "Degraded",
	"rule-failed":            "Progressing",
	"rule-left-out":          "Healthy",
	"route-invalid":          "Degraded",
	"route-not-judged":       "Healthy",
	"message-invalid":        "Degraded",
	"message-left-out":       "Healthy",
	"review-available":       "Healthy",
	"review-forbidden":       "Healthy",
	"review-unknown":         "Healthy",
	"review-too-old":         "Healthy",
	"review-unheard":         "Healthy",
	"review-app-token":       "Healthy",
	"review-offline":         "Healthy",
	"review-when":            "Degraded",
	"review-when-once":       "Healthy",
	"rules-unavailable":      "Healthy",
	"rules-ignored":          "Healthy",
	"requester-trait-denied": "Healthy",
	"rules-unknown":          "Healthy",
	"not-available":          "Degraded",
	"no-identity-key":        "Degraded",
	"no-token-key":           "Degraded",
	"secret-not-permitted":   "Degraded",
	"clock-skew":             "Degraded",
	"identity-malformed":     "Degraded",
	"identity-expired":       "Degraded",
	"identity-of-another":    "Degraded",
	"newer-identity-bad":     "Degraded",
	"not-teleport":           "Degraded",
	"name-clash":             "Degraded",
	"not-permitted":          "Degraded",
	"server-too-old":         "Degraded",
	"token-refused":          "Degraded",
	"missing-scope":          "Degraded",
	"unresolved":             "Progressing",
	"none-resolved":          "Degraded",
	"secrets-gone":           "Progressing",
	"all-wrong":              "Degraded",
}

func TestHealth(t *testing.T) {
	script := readSettings(t).health
	files, err := filepath.Glob(filepath.Join("testdata", "objects", "*.yaml"))
	if err != nil || len(files) != len(healths) {
		t.Errorf("there are %d objects, want %d: %v", len(files), len(healths), err)
	}
	for name, want := range healths {
		t.Run(name, func(t *testing.T) {
			object := object(t, name)
			got := run(t, script, object)
			if got["status"] != want {
				t.Errorf("the health is %v (%v), want %s", got["status"], got["message"], want)
			}
			message, _ := got["message"].(string)
			if message == "" {
				t.Error("there is no message")
			}
			if ready := condition(object, "Ready"); want == "Degraded" && ready["message"] != message {
				t.Errorf("the message is %q, but Ready says %q", message, ready["message"])
			}
			if name == "expiring" && !strings.Contains(message, "expires at") {
				t.Errorf("the message does not warn: %q", message)
			}
		})
	}
}

// TestHealthOfNewObjects covers objects that Argo CD sees before the API server's
// defaults, or with a status that is none.
func TestHealthOfNewObjects(t *testing.T) {
	script := readSettings(t).health
	for name, change := range map[string]func(map[string]any){
		"no status":     func(o map[string]any) { delete(o, "status") },
		"empty status":  func(o map[string]any) { o["status"] = map[string]any{} },
		"no conditions": func(o map[string]any) { delete(o["status"].(map[string]any), "conditions") },
	} {
		object := object(t, "ready")
		change(object)
		if got := run(t, script, object); got["status"] != "Progressing" || got["message"] == "" {
			t.Errorf("%s: the health is %v", name, got)
		}
	}
}

func condition(object map[string]any, name string) map[string]any {
	status, _ := object["status"].(map[string]any)
	conditions, _ := status["conditions"].([]any)
	for _, c := range conditions {
		if c := c.(map[string]any); c["type"] == name {
			return c
		}
	}
	return nil
}

func TestActionsOffered(t *testing.T) {
	s := readSettings(t)
	for name, enabled := range map[string][]string{
		"ready":      {"resync", "suspend"},
		"unresolved": {"resync", "suspend"},
		"never-seen": {"resync", "suspend"},
		"suspended":  {"resume"},
	} {
		offered := run(t, s.discovery, object(t, name))
		if diff := cmp.Diff(slices.Sorted(maps.Keys(s.actions)), slices.Sorted(maps.Keys(offered))); diff != "" {
			t.Errorf("%s: not all actions are offered (-defined +offered):\n%s", name, diff)
		}
		var got []string
		for action, about := range offered {
			if about.(map[string]any)["disabled"] == false {
				got = append(got, action)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(enabled, got); diff != "" {
			t.Errorf("%s: other actions are enabled (-want +got):\n%s", name, diff)
		}
	}
}

// TestActions wants each action to change one field, and nothing else.
func TestActions(t *testing.T) {
	const requested = "accessnotifier.dev/reconcile-requested-at"
	s := readSettings(t)
	spec := func(o map[string]any) map[string]any { return o["spec"].(map[string]any) }
	for _, test := range []struct {
		action, object string
		want           func(map[string]any)
	}{
		{"suspend", "ready", func(o map[string]any) { spec(o)["suspend"] = true }},
		{"resume", "suspended", func(o map[string]any) { spec(o)["suspend"] = false }},
		{"resync", "ready", func(o map[string]any) {
			o["metadata"].(map[string]any)["annotations"] = map[string]any{requested: "now"}
		}},
	} {
		got := run(t, s.actions[test.action], object(t, test.object))
		annotations, _ := got["metadata"].(map[string]any)["annotations"].(map[string]any)
		if at, ok := annotations[requested].(string); ok {
			moment, err := time.Parse(time.RFC3339, at)
			if err != nil || time.Since(moment).Abs() > time.Minute {
				t.Errorf("%s: requested at %q, want the present time: %v", test.action, at, err)
			}
			annotations[requested] = "now"
		}
		want := object(t, test.object)
		test.want(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s makes something else of the object (-want +got):\n%s", test.action, diff)
		}
	}
	if len(s.actions) != 3 {
		t.Errorf("there are %d actions, want 3", len(s.actions))
	}
}

// TestResyncKeepsAnnotations wants a second resync to change its own annotation
// only.
func TestResyncKeepsAnnotations(t *testing.T) {
	object := object(t, "ready")
	object["metadata"].(map[string]any)["annotations"] = map[string]any{
		"example.com/owner": "platform", "accessnotifier.dev/reconcile-requested-at": "before",
	}
	got := run(t, readSettings(t).actions["resync"], object)
	annotations := got["metadata"].(map[string]any)["annotations"].(map[string]any)
	if annotations["example.com/owner"] != "platform" || annotations["accessnotifier.dev/reconcile-requested-at"] == "before" {
		t.Errorf("the annotations are %v", annotations)
	}
}

// TestScriptsAreConfined shows that what Argo CD withholds is missing here, too.
func TestScriptsAreConfined(t *testing.T) {
	got := run(t, `return {string = string == nil, io = io == nil, execute = os.execute == nil, date = os.date ~= nil}`, nil)
	for name, ok := range got {
		if ok != true {
			t.Errorf("%s is not as in Argo CD", name)
		}
	}
}
