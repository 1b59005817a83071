package helm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

// world is what the operator works with.
type world struct {
	teleport *teleporttest.Server
	slack    *messengertest.Slack
	// channels are the ids of the channels, by the namespace of the notifier
	// that posts to it.
	channels map[string]string
	// token is the bots'.
	token string
	posts int
	// owner is the user of the owner of an access list, "" if there is no list.
	owner string
}

// newWorld starts a Teleport and a Slack, and makes an AccessNotifier in each
// namespace, with a channel of its own.
func newWorld(t *testing.T, namespaces []string) *world {
	t.Helper()
	w := &world{
		teleport: teleporttest.ForTest(t, teleporttest.Options{}),
		slack:    messengertest.NewSlack(messengertest.Options{}),
		channels: map[string]string{},
		token:    messengertest.DefaultToken,
	}
	if err := w.slack.Listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.slack.Close)
	for _, namespace := range namespaces {
		w.channels[namespace] = w.slack.AddChannel(namespace)
		create(t, w.identitySecret(t, namespace, "identity"))
		create(t, &corev1.Secret{ObjectMeta: named(namespace, "slack"), Data: map[string][]byte{"token": []byte(messengertest.DefaultToken)}})
		notifier := &v1alpha1.AccessNotifier{ObjectMeta: named(namespace, "approvals")}
		notifier.Labels = map[string]string{"shard": "a"}
		notifier.Spec.Teleport.Address = w.teleport.Addr()
		notifier.Spec.Teleport.IdentitySecretRef = &v1alpha1.SecretKeyReference{Name: "identity"}
		notifier.Spec.Messenger.Type = v1alpha1.MessengerSlack
		notifier.Spec.Messenger.Slack = &v1alpha1.SlackSpec{TokenSecretRef: v1alpha1.SecretKeyReference{Name: "slack", Key: "token"}}
		notifier.Spec.Recipients = []string{namespace}
		create(t, notifier)
		t.Cleanup(func() { // the next operator would run it
			if err := plane.Client().Delete(context.Background(), notifier); err != nil {
				t.Error(err)
			}
		})
	}
	return w
}

// identitySecret returns a Secret with an identity, as tbot makes it.
func (w *world) identitySecret(t *testing.T, namespace, name string) *corev1.Secret {
	t.Helper()
	file := w.teleport.IdentityFile(t, teleporttest.IdentityOptions{})
	return &corev1.Secret{ObjectMeta: named(namespace, name), Data: map[string][]byte{"identity": file}}
}

// checkDelivery makes an access request and wants one message in each channel,
// and the notifiers ready.
func (w *world) checkDelivery(t *testing.T) {
	t.Helper()
	if _, err := w.teleport.CreateRequest(teleporttest.RequestSpec{}); err != nil {
		t.Fatal(err)
	}
	w.posts++
	for namespace, channel := range w.channels {
		await(t, "the message is there", func() error {
			if n := len(w.slack.PostsIn(channel)); n != w.posts {
				return fmt.Errorf("the channel of %s has %d messages, want %d", namespace, n, w.posts)
			}
			return ready(t, namespace, metav1.ConditionTrue)
		})
	}
}

// remindOwners makes an access list whose owner both notifiers are to remind.
func (w *world) remindOwners(t *testing.T) {
	t.Helper()
	w.owner = w.slack.AddUser("owner@example.com")
	w.teleport.SetPermissions(teleporttest.PluginRole, teleporttest.ListPermissions())
	w.teleport.SetAccessLists(teleporttest.AccessList{Name: "a", Title: "Admins", Due: time.Now(), Owners: []string{"owner@example.com"}})
	for namespace := range w.channels {
		notifier := &v1alpha1.AccessNotifier{ObjectMeta: named(namespace, "approvals")}
		patch := []byte(`{"spec":{"accessListReminders":{"policy":"Notify"}}}`)
		if err := plane.Client().Patch(t.Context(), notifier, client.RawPatch("application/merge-patch+json", patch)); err != nil {
			t.Fatal(err)
		}
	}
}

// checkReminders wants the owner of an access list to be reminded by each notifier, and that
// to be kept.
func (w *world) checkReminders(t *testing.T) {
	t.Helper()
	if w.owner == "" {
		return
	}
	await(t, "the owner is reminded", func() error {
		told := slices.DeleteFunc(w.slack.Posts(), func(p messengertest.Post) bool { return p.User != w.owner })
		if len(told) != len(w.channels) {
			return fmt.Errorf("the owner has %d messages, want %d", len(told), len(w.channels))
		}
		return nil
	})
	for namespace := range w.channels {
		await(t, "it is kept", func() error {
			kept := &corev1.ConfigMap{}
			get(t, namespace, "access-notifier-access-lists", kept)
			if !strings.Contains(kept.Data["approvals"], `"last"`) {
				return fmt.Errorf("the ConfigMap has %q", kept.Data)
			}
			return nil
		})
	}
}

// rotate gives the bots a new token and the notifiers a new identity, and waits
// until they are in use.
func (w *world) rotate(t *testing.T) {
	t.Helper()
	identity := w.teleport.IdentityFile(t, teleporttest.IdentityOptions{TTL: 3 * time.Hour})
	token := w.token + "-next"
	w.slack.SetToken(w.token, token)
	w.token = token
	for namespace := range w.channels {
		putSecret(t, namespace, "slack", "token", []byte(token))
		putSecret(t, namespace, "identity", "identity", identity)
	}
	for namespace := range w.channels {
		await(t, "the new identity is in use", func() error {
			status := notifier(t, namespace, "approvals").Status.Teleport
			if status == nil || status.IdentityExpirationTime == nil || time.Until(status.IdentityExpirationTime.Time) < 2*time.Hour {
				return fmt.Errorf("the status says %+v", status)
			}
			return nil
		})
	}
}

func putSecret(t *testing.T, namespace, name, key string, value []byte) {
	t.Helper()
	secret := &corev1.Secret{}
	get(t, namespace, name, secret)
	secret.Data = map[string][]byte{key: value}
	if err := plane.Client().Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
}

// checkEvents suspends the notifiers twice. The API server hears of the second
// time by a patch of the first time's Event.
func (w *world) checkEvents(t *testing.T) {
	t.Helper()
	for namespace := range w.channels {
		for _, suspend := range []bool{true, false, true, false} {
			suspended(t, namespace, suspend)
			want := metav1.ConditionTrue
			if suspend {
				want = metav1.ConditionFalse
			}
			await(t, "the notifier follows its spec", func() error { return ready(t, namespace, want) })
		}
		await(t, "a repeated Event is one of a series", func() error {
			var events eventsv1.EventList
			list(t, &events, client.InNamespace(namespace))
			if !slices.ContainsFunc(events.Items, func(e eventsv1.Event) bool { return e.Series != nil }) {
				return fmt.Errorf("none of %d is", len(events.Items))
			}
			return nil
		})
	}
}

func suspended(t *testing.T, namespace string, suspend bool) {
	t.Helper()
	notifier := &v1alpha1.AccessNotifier{ObjectMeta: named(namespace, "approvals")}
	patch := fmt.Appendf(nil, `{"spec":{"suspend":%t}}`, suspend)
	if err := plane.Client().Patch(t.Context(), notifier, client.RawPatch("application/merge-patch+json", patch)); err != nil {
		t.Fatal(err)
	}
}

// ready fails unless the notifier's condition Ready is current and as wanted.
func ready(t *testing.T, namespace string, want metav1.ConditionStatus) error {
	t.Helper()
	return readyNamed(t, namespace, "approvals", want)
}

func readyNamed(t *testing.T, namespace, name string, want metav1.ConditionStatus) error {
	t.Helper()
	notifier := notifier(t, namespace, name)
	condition := meta.FindStatusCondition(notifier.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case condition == nil || condition.ObservedGeneration != notifier.Generation:
		return errors.New("the operator has not looked at it")
	case condition.Status != want:
		return fmt.Errorf("Ready is %s: %s: %s", condition.Status, condition.Reason, condition.Message)
	}
	return nil
}

// checkHelmTest runs what helm test runs in a pod, as the account that it has there.
func checkHelmTest(t *testing.T, own string, flags []string) {
	t.Helper()
	hooks, err := runHelm(t, "", "get", "hooks", release, "--namespace="+own)
	if err != nil {
		t.Fatal(err)
	}
	pod := one[corev1.Pod](t, objects(t, hooks), "Pod").Spec
	kubeconfig := serviceAccountKubeconfig(t, own, pod.ServiceAccountName)
	for _, container := range pod.Containers {
		command := exec.CommandContext(t.Context(), operatorBinary(), slices.Concat(container.Args, flags)...)
		command.Env = []string{"KUBECONFIG=" + kubeconfig}
		if output, err := command.CombinedOutput(); err != nil || !strings.Contains(string(output), "checks passed") {
			t.Errorf("helm test runs %q: %v\n%s", container.Args, err, output)
		}
	}
}

// checkMetrics wants metrics for those only whom the chart's values name.
func checkMetrics(t *testing.T, o *launch.Process, own, monitoring string) {
	t.Helper()
	create(t, &corev1.ServiceAccount{ObjectMeta: named(monitoring, "prometheus")})
	create(t, &corev1.ServiceAccount{ObjectMeta: named(monitoring, "curious")})
	for _, test := range []struct {
		who, bearer string
		served      bool
	}{
		{"Prometheus", token(t, monitoring, "prometheus"), true},
		{"another account", token(t, monitoring, "curious"), false},
		{"the operator", token(t, own, release), false},
		{"a caller without a token", "", false},
		{"an impostor", "forged", false},
	} {
		status, err := answer(t.Context(), "https://"+o.Metrics+"/metrics", test.bearer)
		if err != nil {
			t.Fatal(err)
		}
		if served := status == http.StatusOK; served != test.served {
			t.Errorf("%s is answered %d when asking for metrics", test.who, status)
		}
	}
}

// checkPod wants the API server to admit the pod of a Deployment in a namespace
// that enforces the restricted Pod Security Standard, and to refuse a careless one.
func checkPod(t *testing.T, namespace, name string) {
	t.Helper()
	var deployment appsv1.Deployment
	get(t, namespace, name, &deployment)
	template := deployment.Spec.Template
	pod := &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	pod.Namespace, pod.Name = namespace, name
	careless := pod.DeepCopy()
	careless.Name += "-careless"
	careless.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil
	if err := plane.Client().Create(t.Context(), pod); err != nil {
		t.Errorf("the pod of %s is refused: %v", name, err)
	}
	if err := plane.Client().Create(t.Context(), careless); !apierrors.IsForbidden(err) {
		t.Errorf("a careless pod of %s is not refused: %v", name, err)
	}
}

// newNamespace makes a namespace that enforces the restricted Pod Security
// Standard.
func newNamespace(t *testing.T) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "helm-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	create(t, namespace)
	return namespace.Name
}
