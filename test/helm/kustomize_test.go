package helm

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
)

// renderBase returns what the chart makes of values, with the names that objects have in
// config/.
func renderBase(t *testing.T, values string) []*unstructured.Unstructured {
	t.Helper()
	return objects(t, strings.ReplaceAll(render(t, values), ".operators", ""))
}

// TestKustomizeIsTheChart wants the same rights and the same pods, however the
// operator is installed.
func TestKustomizeIsTheChart(t *testing.T) {
	// Without the value, the chart knows whether a right is needed that kustomize gives anyway.
	fromChart, fromBase := renderBase(t, "rbac: {accessListReminders: true}"), kustomize(t, "default")

	if diff := gocmp.Diff(roles(t, fromChart), roles(t, fromBase)); diff != "" {
		t.Errorf("the roles differ (-chart +kustomize):\n%s", diff)
	}
	if diff := gocmp.Diff(bindings(t, fromChart), bindings(t, fromBase)); diff != "" {
		t.Errorf("the bindings differ (-chart +kustomize):\n%s", diff)
	}
	if diff := gocmp.Diff(podSpec(t, fromChart), podSpec(t, fromBase)); diff != "" {
		t.Errorf("the pods differ (-chart +kustomize):\n%s", diff)
	}
}

func TestKustomizeNetworkPolicyIsTheChart(t *testing.T) {
	fromChart := one[networkingv1.NetworkPolicy](t, objects(t, render(t, "networkPolicy: {enabled: true}")), "NetworkPolicy")
	fromBase := one[networkingv1.NetworkPolicy](t, kustomize(t, "network-policy"), "NetworkPolicy")
	delete(fromChart.Spec.PodSelector.MatchLabels, "app.kubernetes.io/instance")
	if diff := gocmp.Diff(fromChart.Spec, fromBase.Spec); diff != "" {
		t.Errorf("the network policies differ (-chart +kustomize):\n%s", diff)
	}
}

func TestKustomizeServiceMonitorIsTheChart(t *testing.T) {
	fromChart, fromBase := renderBase(t, "metrics: {serviceMonitor: {enabled: true}}"), kustomize(t, "prometheus")
	spec := func(all []*unstructured.Unstructured) any { return specOf(t, all, "ServiceMonitor")["endpoints"] }
	if diff := gocmp.Diff(spec(fromChart), spec(fromBase)); diff != "" {
		t.Errorf("the service monitors differ (-chart +kustomize):\n%s", diff)
	}
	// Whom it names may get the metrics.
	const scraper = "access-notifier-scraper"
	may := func(b binding) bool {
		return b.Role.Name == "access-notifier-metrics-reader" && b.Subjects[0].Name == scraper
	}
	for which, all := range map[string][]*unstructured.Unstructured{"chart": fromChart, "kustomize": fromBase} {
		token := one[corev1.Secret](t, all, "Secret")
		if token.Name != scraper || token.Type != corev1.SecretTypeServiceAccountToken || token.Annotations[corev1.ServiceAccountNameKey] != scraper {
			t.Errorf("%s: Secret %s holds no token of %s", which, token.Name, scraper)
		}
		if !slices.ContainsFunc(bindings(t, all), may) {
			t.Errorf("%s: %s may not get the metrics", which, scraper)
		}
	}
}

func TestKustomizeWarningsAreTheChart(t *testing.T) {
	for _, kind := range []string{"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"} {
		fromChart, fromBase := specOf(t, renderBase(t, ""), kind), specOf(t, kustomize(t, "admission-policy"), kind)
		if diff := gocmp.Diff(fromChart, fromBase); diff != "" {
			t.Errorf("the warnings differ (-chart +kustomize):\n%s", diff)
		}
	}
}

// specOf returns the spec of the only object of a kind.
func specOf(t *testing.T, all []*unstructured.Unstructured, kind string) map[string]any {
	t.Helper()
	spec, ok := one[unstructured.Unstructured](t, all, kind).Object["spec"].(map[string]any)
	if !ok {
		t.Fatalf("the %s has no spec", kind)
	}
	return spec
}

func TestSamplesForAllMessengers(t *testing.T) {
	found := map[v1alpha1.MessengerType]int{}
	for _, sample := range find[v1alpha1.AccessNotifier](t, kustomize(t, "samples"), v1alpha1.Kind) {
		found[sample.Spec.Messenger.Type]++
	}
	for _, messenger := range registry.All().Types() {
		if found[v1alpha1.MessengerType(messenger)] == 0 {
			t.Errorf("there is no sample for %s: add one to config/samples and its kustomization", messenger)
		}
	}
}

// roles returns the rules of roles by kind and name, and for whom they are meant.
func roles(t *testing.T, all []*unstructured.Unstructured) map[string]any {
	t.Helper()
	type role struct {
		Rules       []rbacv1.PolicyRule
		AggregateTo []string
	}
	found := map[string]any{}
	for _, r := range find[rbacv1.ClusterRole](t, all, "ClusterRole") {
		var aggregate []string
		for label := range r.Labels {
			if to, ok := strings.CutPrefix(label, "rbac.authorization.k8s.io/aggregate-to-"); ok {
				aggregate = append(aggregate, to)
			}
		}
		found["ClusterRole "+r.Name] = role{r.Rules, aggregate}
	}
	for _, r := range find[rbacv1.Role](t, all, "Role") {
		found["Role "+r.Name] = role{Rules: r.Rules}
	}
	return found
}

// binding is who has a role.
type binding struct {
	Kind, Name string
	Role       rbacv1.RoleRef
	Subjects   []rbacv1.Subject
}

// bindings returns all bindings, without the namespace of the operator.
func bindings(t *testing.T, all []*unstructured.Unstructured) []binding {
	t.Helper()
	var found []binding
	for _, b := range find[rbacv1.ClusterRoleBinding](t, all, "ClusterRoleBinding") {
		found = append(found, binding{"ClusterRoleBinding", b.Name, b.RoleRef, b.Subjects})
	}
	for _, b := range find[rbacv1.RoleBinding](t, all, "RoleBinding") {
		found = append(found, binding{"RoleBinding", b.Name, b.RoleRef, b.Subjects})
	}
	for _, b := range found {
		for i := range b.Subjects {
			b.Subjects[i].Namespace = ""
		}
	}
	slices.SortFunc(found, func(a, b binding) int { return cmp.Compare(a.Kind+a.Name, b.Kind+b.Name) })
	return found
}

// podSpec returns the operator's pods without what must differ: that they count
// the pods of a release, and arguments that only say the default.
func podSpec(t *testing.T, all []*unstructured.Unstructured) corev1.PodSpec {
	t.Helper()
	spec := one[appsv1.Deployment](t, all, "Deployment").Spec.Template.Spec
	for _, constraint := range spec.TopologySpreadConstraints {
		delete(constraint.LabelSelector.MatchLabels, "app.kubernetes.io/instance")
	}
	spec.Containers[0].Args = spec.Containers[0].Args[:1]
	return spec
}
