package cli

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/controllers"
	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// TestMigratedFilesMeanWhatTheyMeant applies what becomes of each plugin's file, and wants
// the operator to run the notifier that start runs with the file.
func TestMigratedFilesMeanWhatTheyMeant(t *testing.T) {
	eachExample(t, func(s *site, file string) {
		manifests, _ := run(s.T, 0, "migrate", "-f", file, "-n", newNamespace(s.T), "--include-secrets")
		notifier := apply(s.T, manifests)
		got, wrong, err := controllers.Translate(s.Context(), plane.Client(), notifier)
		if err != nil || len(wrong) > 0 {
			s.Fatalf("Translate() = %v, %v", wrong, err)
		}
		if diff := gocmp.Diff(specOf(s.T, file), withoutPlaces(got)); diff != "" {
			s.Errorf("(-start +operator):\n%s", diff)
		}
	})
}

// specOf returns what start makes of a file.
func specOf(t *testing.T, path string) supervisor.Spec {
	t.Helper()
	file, problems := config.Read(path, registry.All())
	material, more := file.Material(config.Material{}, time.Now())
	if problems = append(problems, more...); !config.Usable(problems) {
		t.Fatal(problems)
	}
	return withoutPlaces(file.Spec(material, ""))
}

// withoutPlaces leaves out where identity and token were read from, which differs.
func withoutPlaces(s supervisor.Spec) supervisor.Spec {
	s.Teleport.IdentityRef, s.Messenger.SecretsFrom = "", ""
	return s
}

// apply creates the objects of a stream, and lets no unknown field pass. It returns the
// AccessNotifier.
func apply(t *testing.T, stream string) *v1alpha1.AccessNotifier {
	t.Helper()
	var notifier *v1alpha1.AccessNotifier
	strict := client.WithFieldValidation(plane.Client(), "Strict")
	for part := range strings.SplitSeq(stream, "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(part), &object.Object); err != nil {
			t.Fatal(err)
		}
		if err := strict.Create(t.Context(), object); err != nil {
			t.Fatalf("%v\n%s", err, part)
		}
		if object.GetKind() != v1alpha1.Kind {
			continue
		}
		notifier = &v1alpha1.AccessNotifier{}
		if err := plane.Client().Get(t.Context(), client.ObjectKeyFromObject(object), notifier); err != nil {
			t.Fatal(err)
		}
	}
	return notifier
}

// TestMigratedValuesAreAccepted is of the plugins' charts.
func TestMigratedValuesAreAccepted(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "migrate", "testdata", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no examples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			namespace := newNamespace(t)
			manifests, _ := run(t, 0, "migrate", "-f", file, "-n", namespace)
			apply(t, manifests)
		})
	}
}

// TestTheCommandsOfMigrateCreateTheSecrets checks that comments name the files, and that no
// secret is printed.
func TestTheCommandsOfMigrateCreateTheSecrets(t *testing.T) {
	file := newSite(t, service.Slack).example("slack-newest.toml")
	out, errs := run(t, 0, "migrate", "-f", file, "-n", "access")
	want := regexp.MustCompile(`(?m)^#   kubectl create secret generic slack-identity --namespace=access --from-file=identity=/\S+/identity$`)
	if !want.MatchString(out) {
		t.Errorf("no command creates the identity:\n%s", out)
	}
	if strings.Contains(out+errs, messengerToken) || strings.Contains(out+errs, "PRIVATE KEY") {
		t.Errorf("a secret is printed:\n%s%s", out, errs)
	}
}

func TestMigrateSaysWhatIsWrong(t *testing.T) {
	good := filepath.Join("..", "migrate", "testdata", "slack.yaml")
	invalid := write(t, "invalid.yaml", []byte("teleport: {address: teleport.example.com, identitySecretName: i}\nslack: {token: s}\n"))
	for name, tt := range map[string]struct {
		status int
		args   []string
		want   string
	}{
		"no file":             {exitWrong, nil, "Error: name the plugin's file with -f"},
		"unknown form":        {exitWrong, []string{"-f", good, "--to=xml"}, "--to must be manifests or values"},
		"unknown flag":        {exitWrong, []string{"-f", good, "--force"}, "unknown flag: --force"},
		"missing file":        {exitWrong, []string{"-f", "none.yaml"}, "none.yaml: The file does not exist"},
		"directory":           {exitWrong, []string{"-f", t.TempDir()}, "is a directory"},
		"one of two is wrong": {exitWrong, []string{"-f", good, "none.yaml"}, "none.yaml: The file does not exist"},
		"result is invalid":   {exitFailed, []string{"-f", invalid}, "spec.teleport.address: Invalid value"},
		"invalid, by --check": {exitFailed, []string{"-f", invalid, "--check"}, "must be HOST:PORT"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs := run(t, tt.status, append([]string{"migrate"}, tt.args...)...)
			if out != "" || !strings.Contains(errs, tt.want) {
				t.Errorf("want %q in:\n%s\nand nothing in:\n%s", tt.want, errs, out)
			}
		})
	}
	if out, _ := run(t, 0, "migrate", "-f", good, "--check"); !strings.HasSuffix(out, "slack.yaml: AccessNotifier slack is valid\n") || strings.Contains(out, "kind:") {
		t.Errorf("--check writes\n%s", out)
	}
}
