package helm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// mode is a way to install the operator, with rights of its own.
type mode struct {
	name string
	// values are a format for the two namespaces with notifiers.
	values string
	// tries are the values of the chart that it tries which decide about rights.
	tries []string
	// reminds is true if owners of access lists are reminded, open if any account may have the
	// metrics, and forbids if no reviewer may decide in chat.
	reminds, open, forbids bool
}

const namedSecrets = "secrets: {pollInterval: 1s, names: {%[1]s: [identity, slack], %[2]s: [identity, slack]}}\n"

var modes = []mode{
	{name: "all namespaces", values: "# %s %s"},
	{name: "certain namespaces", values: "watchNamespaces: [%s, %s]", tries: []string{"watchNamespaces"}},
	{name: "a share of the notifiers", values: "watchLabelSelector: 'shard in (b, a)' # %s %s", tries: []string{"watchLabelSelector"}},
	{name: "Secrets that are not watched", values: "secrets: {pollInterval: 1s} # %s %s", tries: []string{"secrets.pollInterval"}},
	{name: "certain Secrets", values: namedSecrets, tries: []string{"secrets.names"}},
	{name: "certain Secrets of certain namespaces", values: namedSecrets + "watchNamespaces: [%[1]s, %[2]s]"},
	{name: "reminders of access lists", values: "rbac: {accessListReminders: true} # %s %s", tries: []string{"rbac.accessListReminders"}, reminds: true},
	{name: "reminders of certain namespaces", values: "watchNamespaces: [%s, %s]\nrbac: {accessListReminders: true}", reminds: true},
	{
		name:   "alone, with metrics for all",
		values: "leaderElection: {enabled: false}\nreplicaCount: 1\nmetrics: {secure: false} # %s %s",
		tries:  []string{"leaderElection.enabled", "metrics.secure"}, open: true,
	},
	{
		name:   "a listener, and no metrics",
		values: "metrics: {enabled: false}\n" + listening + "# %s %s",
		tries:  []string{"metrics.enabled"},
	},
	{
		name:   "strict",
		values: "profile: strict\n" + namedSecrets + "watchNamespaces: [%[1]s, %[2]s]\nwatchLabelSelector: shard=a",
		tries:  []string{"profile"}, forbids: true,
	},
}

// TestRights runs the operator with no more rights than the chart gives it, through all that may
// happen to it, and wants it to be refused nothing, and to use every right.
func TestRights(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			own, teams := newNamespace(t), []string{newNamespace(t), newNamespace(t)}
			monitoring := newNamespace(t)
			helm(t, "crds: {enabled: false}\n"+fmt.Sprintf(m.values, teams[0], teams[1]), "install", release, chart(), "--namespace="+own,
				"--set=metrics.readers[0].name=prometheus,metrics.readers[0].namespace="+monitoring)
			t.Cleanup(func() { uninstall(t, own) })
			checkPod(t, own, release)

			w := newWorld(t, teams)
			flags := []string{"--messenger-url=Slack=" + w.slack.URL()}
			more := flags
			if strings.Contains(m.values, listening) {
				more = append(more[:1:1], "--review-bind-address=127.0.0.1:0")
			}
			w.live(t, m, own, monitoring, more)
			checkHelmTest(t, own, append(flags, "--allow-networks=127.0.0.0/8"))
			checkRights(t, own, release)
		})
	}
}

// live takes an operator and its successor through all that may happen to notifiers.
func (w *world) live(t *testing.T, m mode, own, monitoring string, flags []string) {
	t.Helper()
	if m.reminds {
		w.remindOwners(t)
	}
	o := runOperator(t, own, flags, nil)
	w.checkDelivery(t)
	w.checkReminders(t)
	w.rotate(t)
	w.checkDelivery(t)
	w.checkEvents(t)
	if o.Metrics != "0" && !m.open {
		checkMetrics(t, o, own, monitoring)
	}
	if m.forbids {
		w.checkForbidden(t)
	}
	stop(t, o)
	// Another operator takes over. It gets lists from the API server as clients do where
	// streaming them is not possible.
	o = runOperator(t, own, flags, []string{"KUBE_FEATURE_WatchListClient=false"})
	w.checkDelivery(t)
	w.checkDeleted(t)
	stop(t, o)
}

// checkForbidden wants a notifier that would have reviewers decide in chat to say that no reviewer
// does.
func (w *world) checkForbidden(t *testing.T) {
	t.Helper()
	for namespace := range w.channels {
		secret := &corev1.Secret{}
		get(t, namespace, "slack", secret)
		secret.Data["app"] = []byte(messengertest.DefaultAppToken)
		if err := plane.Client().Update(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		object := &v1alpha1.AccessNotifier{ObjectMeta: named(namespace, "approvals")}
		patch := []byte(`{"spec":{"review":{"mode":"Full","identity":{"trait":"slack"}},"messenger":{"slack":{"appTokenSecretRef":{"name":"slack","key":"app"}}}}}`)
		if err := plane.Client().Patch(t.Context(), object, client.RawPatch("application/merge-patch+json", patch)); err != nil {
			t.Fatal(err)
		}
		await(t, "reviewers cannot decide in chat", func() error {
			conditions := notifier(t, namespace, "approvals").Status.Conditions
			condition := meta.FindStatusCondition(conditions, v1alpha1.ConditionReviewAvailable)
			if condition == nil || condition.Status != metav1.ConditionFalse || condition.Reason != v1alpha1.ReasonReviewForbidden {
				return fmt.Errorf("the conditions are %+v", conditions)
			}
			return nil
		})
	}
}

// checkDeleted deletes and makes a notifier while the operator runs, and wants it to post nothing
// meanwhile.
func (w *world) checkDeleted(t *testing.T) {
	t.Helper()
	for namespace, channel := range w.channels {
		kept := notifier(t, namespace, "approvals")
		if err := plane.Client().Delete(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
		rest := maps.Clone(w.channels)
		delete(rest, namespace)
		others := &world{teleport: w.teleport, slack: w.slack, channels: rest, posts: w.posts}
		// The operator hears of it a moment later.
		await(t, "a deleted notifier posts no more", func() error {
			before := len(w.slack.PostsIn(channel))
			others.checkDelivery(t) // waits until all messages that are due are there
			if n := len(w.slack.PostsIn(channel)) - before; n > 0 {
				return fmt.Errorf("it has posted %d messages", n)
			}
			return nil
		})
		kept.ObjectMeta = metav1.ObjectMeta{Namespace: namespace, Name: kept.Name, Labels: kept.Labels}
		kept.Status = v1alpha1.AccessNotifierStatus{}
		create(t, kept)
		await(t, "the notifier is back", func() error { return ready(t, namespace, metav1.ConditionTrue) })
		return
	}
	t.Error("there is no notifier to delete")
}

// decidedOtherwise are values that decide about rights and are in no mode.
var decidedOtherwise = map[string]string{
	"rbac.create":    "without it, the operator has the rights that an administrator gives it",
	"rbac.aggregate": "it gives rights to users, and none to the operator",
}

// TestEveryRightsValueIsTried changes one value of the chart at a time, and wants each that makes
// a difference to the operator's rights to be in a mode of TestRights.
func TestEveryRightsValueIsTried(t *testing.T) {
	known := maps.Clone(decidedOtherwise)
	for _, m := range modes {
		for _, value := range m.tries {
			known[value] = m.name
		}
	}
	bases := map[string]map[string]any{}
	for _, values := range []string{"replicaCount: 1", "replicaCount: 1\nsecrets: {names: {a: [b]}}"} {
		bases[rightsOf(t, objects(t, render(t, values)))] = parse(t, values)
	}
	var mu sync.Mutex
	found := map[string]bool{}
	t.Run("values", func(t *testing.T) {
		for path, schema := range leaves(readSchema(t), "") {
			t.Run(path, func(t *testing.T) {
				t.Parallel()
				for before, values := range bases {
					output, err := renderChanged(t, values, path, schema)
					if err == nil && rightsOf(t, objects(t, output)) != before {
						mu.Lock()
						found[path] = true
						mu.Unlock()
					}
				}
			})
		}
	})
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("these values decide about rights (-tried +found):\n%s", diff)
	}
}

// rightsOf are the rules that the operator of rendered objects has, and those that the roles of
// the cluster get, whatever the roles are called.
func rightsOf(t *testing.T, all []*unstructured.Unstructured) string {
	t.Helper()
	var account string
	for _, deployment := range find[unstructured.Unstructured](t, all, "Deployment") {
		account, _, _ = unstructured.NestedString(deployment.Object, "spec", "template", "spec", "serviceAccountName")
	}
	given := roles(t, all)
	var rights []string
	for _, b := range bindings(t, all) {
		if slices.ContainsFunc(b.Subjects, func(s rbacv1.Subject) bool { return s.Name == account }) {
			rights = append(rights, fmt.Sprint(b.Kind, given[b.Role.Kind+" "+b.Role.Name]))
		}
	}
	for name, role := range given {
		if text := fmt.Sprint(role); strings.Contains(name, "-viewer") || strings.Contains(name, "-editor") || strings.Contains(name, "-admin") {
			rights = append(rights, text)
		}
	}
	slices.Sort(rights)
	return strings.Join(rights, "\n")
}
