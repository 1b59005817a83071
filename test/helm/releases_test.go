package helm

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// TestNamesFit wants the API server to take all objects of releases with the longest names,
// and no two releases to share one, but for the CRD.
func TestNamesFit(t *testing.T) {
	values := parse(t, readFile(t, "testdata", "values", "everything.yaml"))
	for _, name := range []string{"extraObjects", "fullnameOverride", "nameOverride", "namespaceOverride", "podSpec", "priorityClassName"} {
		delete(values, name)
	}
	set(values, "serviceAccount.name", "")
	set(values, "metrics.service.ipFamilies", []any{})
	values["secrets"] = map[string]any{"names": map[string]any{"default": []any{"slack-bot"}}}
	set(values, "metrics.serviceMonitor.namespace", "default")
	long := strings.Repeat("n", 61)
	for _, namespace := range []string{long + "-a", long + "-b"} {
		create(t, namespaceNamed(namespace))
	}
	owners := map[string]string{}
	for _, r := range [][2]string{
		{strings.Repeat("r", 52) + "1", long + "-a"},
		{strings.Repeat("r", 52) + "2", long + "-a"},
		{strings.Repeat("r", 52) + "1", long + "-b"},
		{"team.of.two", long + "-a"},
	} {
		for _, object := range objects(t, helm(t, encode(t, values), "template", r[0], chart(), "--namespace="+r[1])) {
			err := plane.Client().Create(t.Context(), object.DeepCopy(), client.DryRunAll, client.FieldValidation("Strict"))
			if err != nil && !apierrors.IsAlreadyExists(err) && !meta.IsNoMatchError(err) {
				t.Errorf("%s %s of release %s is refused: %v", object.GetKind(), object.GetName(), r[0], err)
			}
			what := object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
			if other, taken := owners[what]; taken && object.GetKind() != "CustomResourceDefinition" {
				t.Errorf("%s is that of release %s and of %s", what, other, r)
			}
			owners[what] = strings.Join(r[:], " in ")
		}
	}
}

// TestMissingKinds wants a sentence, before anything is installed, where a cluster lacks
// the kind of an object.
func TestMissingKinds(t *testing.T) {
	for value, kind := range map[string]string{
		"metrics.serviceMonitor.enabled":          "ServiceMonitor of monitoring.coreos.com/v1",
		"metrics.podMonitor.enabled":              "PodMonitor of monitoring.coreos.com/v1",
		"metrics.prometheusRule.enabled":          "PrometheusRule of monitoring.coreos.com/v1",
		"metrics.certificate.certManager.enabled": "Certificate of cert-manager.io/v1",
		"vpa.enabled": "VerticalPodAutoscaler of autoscaling.k8s.io/v1",
	} {
		_, err := runHelm(t, "", "install", release, chart(), "--namespace=default", "--dry-run=server", "--set=crds.enabled=false,"+value+"=true")
		if want := value + " is true, but the cluster knows no kind " + kind; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %s, Helm does not say %q: %v", value, want, err)
		}
		render(t, "", "--set="+value+"=true") // for a cluster that it does not know
	}
}

// TestPageAboutHelm does what docs/helm.md says, word by word and in its order.
func TestPageAboutHelm(t *testing.T) {
	forgetCRD(t)
	t.Chdir(root)
	path := strings.Join([]string{t.TempDir(), os.Getenv("KUBEBUILDER_ASSETS"), os.Getenv("PATH")}, ":")
	if err := os.Symlink(os.Getenv("HELM"), strings.Split(path, ":")[0]+"/helm"); err != nil {
		t.Fatal(err)
	}
	kubeconfig := adminKubeconfig(t)
	here := strings.NewReplacer(published, chart(), "https://github.com/accessnotifier/accessnotifier//config/", "config/")
	page := readFile(t, root, "docs", "helm.md")
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(page, -1) {
		for _, script := range regexp.MustCompile(`(?m)^\$ (.*(\n    .*)*)$`).FindAllStringSubmatch(block[1], -1) {
			commands++
			bash := exec.CommandContext(t.Context(), "bash", "-euc", here.Replace(script[1]))
			bash.Env = []string{"PATH=" + path, "HOME=" + t.TempDir(), "KUBECONFIG=" + kubeconfig}
			if output, err := bash.CombinedOutput(); err != nil {
				t.Fatalf("docs/helm.md: %s: %v\n%s", script[1], err, output)
			}
		}
	}
	if commands < 8 {
		t.Errorf("docs/helm.md has %d commands", commands)
	}
}

// warnings collects what the API server warns of.
type warnings struct {
	mu   sync.Mutex
	text []string
}

func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, text)
}

// take returns the warnings since it was called before.
func (w *warnings) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := strings.Join(w.text, "\n")
	w.text = nil
	return text
}

// TestWarnings has the API server warn of what is valid, but hardly meant.
func TestWarnings(t *testing.T) {
	policies := slices.DeleteFunc(objects(t, render(t, "")), func(o *unstructured.Unstructured) bool {
		return !strings.HasPrefix(o.GetKind(), "ValidatingAdmissionPolicy")
	})
	apply(t, policies)
	config := rest.CopyConfig(plane.Config())
	seen := &warnings{}
	config.WarningHandler = seen
	c, err := client.New(config, client.Options{Scheme: plane.Client().Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	namespace := newNamespace(t)
	warned := func(spec string) string {
		object := objects(t, notifierManifest(spec))[0]
		object.SetNamespace(namespace)
		if err := c.Create(t.Context(), object, client.DryRunAll); err != nil {
			t.Fatal(err)
		}
		return seen.take()
	}
	const noDefault, hash = `no key "*"`, `begins with "#"`
	await(t, "the policy is in effect", func() error {
		if warned(`roleToRecipients: {admin: [a]}`) == "" {
			return apierrors.NewBadRequest("there is no warning")
		}
		return nil
	})
	for spec, want := range map[string]string{
		`recipients: [a]`:                                                            "",
		`roleToRecipients: {"*": [a], admin: [b]}`:                                   "",
		`roleToRecipients: {admin: [b]}`:                                             noDefault,
		"recipients: [a]\n  roleToRecipients: {admin: [b]}":                          "",
		`recipients: ["#a"]`:                                                         hash,
		`roleToRecipients: {"*": [a, "#b"]}`:                                         hash,
		`routes: [{name: r, recipients: [{user: a}, {channel: "#a"}]}]`:              hash,
		`routes: [{name: r, recipients: [{channel: a}]}, {name: s, suppress: true}]`: "",
		"recipients: [a]\n  reminders: [{afterMinutes: 5}, {afterMinutes: 9, recipients: [{user: a}, {channel: \"#a\"}]}]": hash,
		`routes: [{name: r, recipients: [{channel: a}], reminders: [{afterMinutes: 5, recipients: [{channel: "#a"}]}]}]`:   hash,
	} {
		if got := warned(spec); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("of %s, the API server warns %q, want %q", spec, got, want)
		}
	}
}

func notifierManifest(spec string) string {
	return `apiVersion: ` + v1alpha1.GroupVersion.String() + `
kind: AccessNotifier
metadata: {name: warned}
spec:
  teleport: {address: "teleport.example.com:443", identitySecretRef: {name: identity}}
  messenger: {type: Slack, slack: {tokenSecretRef: {name: slack-bot}}}
  ` + spec
}
