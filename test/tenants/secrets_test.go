package tenants

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// TestSecretsOfOthers: a reference leads to a Secret of the own namespace, or nowhere.
func TestSecretsOfOthers(t *testing.T) {
	try(t, map[string]attack{
		"names that are paths":             {do: namesThatArePaths},
		"a namespace beside the name":      {do: namespaceBesideTheName},
		"the same names":                   {do: sameNames},
		"what the API server is there for": {do: pastTheOperator},
	})
}

// namesThatArePaths are refused when they are written, or name nothing.
func namesThatArePaths(victim, attacker *tenant) {
	other := victim.namespace
	for _, name := range []string{
		other + "/" + bot, "../" + other + "/" + bot, "../../" + other + "/secrets/" + bot, "/" + bot, bot + "/", "..", ".", "",
		other + "%2F" + bot, "%2e%2e%2f" + other, other + ":" + bot, bot + "?namespace=" + other, bot + "#", bot + "\x00", "B" + bot, "*",
	} {
		made := attacker.notifier("path")
		made.Spec.Messenger.Slack.TokenSecretRef.Name = v1alpha1.SecretName(name)
		if err := attacker.client.Create(attacker.t.Context(), made); !apierrors.IsInvalid(err) {
			attacker.t.Errorf("the name %q: %v, want it refused", name, err)
		}
	}
	attacker.putSecret(identity, map[string]string{v1alpha1.DefaultIdentityKey: string(attacker.teleport.IdentityFile(attacker.t, teleporttest.IdentityOptions{}))})
	for object, name := range map[string]string{"dots": other + "." + bot, "dashes": other + "-" + bot} {
		made := attacker.notifier(object)
		made.Spec.Messenger.Slack.TokenSecretRef.Name = v1alpha1.SecretName(name)
		attacker.create(made)
		attacker.await(object, v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	}
}

// namespaceBesideTheName: the schema has no such field, whoever sends one.
func namespaceBesideTheName(victim, attacker *tenant) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(attacker.notifier("elsewhere"))
	if err != nil {
		attacker.t.Fatal(err)
	}
	made := &unstructured.Unstructured{Object: content}
	made.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(v1alpha1.Kind))
	for _, path := range [][]string{
		{"spec", "teleport", "identitySecretRef", "namespace"}, {"spec", "messenger", "slack", "tokenSecretRef", "namespace"},
		{"spec", "namespace"}, {"spec", "messenger", "namespace"},
	} {
		if err := unstructured.SetNestedField(made.Object, victim.namespace, path...); err != nil {
			attacker.t.Fatal(err)
		}
	}
	strict := client.FieldValidation(metav1.FieldValidationStrict)
	if err := attacker.client.Create(attacker.t.Context(), made.DeepCopy(), strict); err == nil || !strings.Contains(err.Error(), "unknown field") {
		attacker.t.Errorf("strictly: %v", err)
	}
	if err := attacker.client.Create(attacker.t.Context(), made, client.FieldValidation(metav1.FieldValidationIgnore)); err != nil {
		attacker.t.Fatal(err)
	}
	attacker.removeAfterwards(made)
	attacker.await("elsewhere", v1alpha1.ConditionIdentityValid, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	attacker.await("elsewhere", v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
}

// sameNames: Secrets and an AccessNotifier of the same names, whose content comes and goes.
func sameNames(victim, attacker *tenant) {
	attacker.runs()
	attacker.works()
	attacker.putSecret(bot, attacker.service.Secrets("xoxb-refused"))
	attacker.await(attacker.name, v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, "")
	victim.works()
	for _, name := range []string{bot, identity} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: attacker.namespace, Name: name}}
		if err := attacker.client.Delete(attacker.t.Context(), secret); err != nil {
			attacker.t.Fatal(err)
		}
	}
	attacker.await(attacker.name, v1alpha1.ConditionIdentityValid, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	// What was good is kept in use, and it is the attacker's own.
	victim.works()
}

// pastTheOperator: what the tests take for granted is so.
func pastTheOperator(victim, attacker *tenant) {
	ctx := attacker.t.Context()
	own, err := victim.get(victim.name)
	if err != nil {
		attacker.t.Fatal(err)
	}
	forged := own.DeepCopy()
	forged.Status.Conditions = nil
	for what, try := range map[string]func() error{
		"reads a Secret": func() error {
			return attacker.client.Get(ctx, client.ObjectKey{Namespace: victim.namespace, Name: bot}, &corev1.Secret{})
		},
		"reads a status": func() error {
			return attacker.client.Get(ctx, client.ObjectKeyFromObject(own), &v1alpha1.AccessNotifier{})
		},
		"patches a status":   func() error { return attacker.client.Status().Patch(ctx, forged, client.MergeFrom(own)) },
		"creates an object":  func() error { return attacker.client.Create(ctx, victim.notifier("planted")) },
		"lists all objects":  func() error { return attacker.client.List(ctx, &v1alpha1.AccessNotifierList{}) },
		"plants a ConfigMap": func() error { return attacker.client.Create(ctx, reminders(victim.namespace)) },
		"deletes a namespace": func() error {
			return attacker.client.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: victim.namespace}})
		},
	} {
		if err := try(); !apierrors.IsForbidden(err) {
			attacker.t.Errorf("the attacker %s: %v, want it forbidden", what, err)
		}
	}
}

// reminders is what the operator keeps about reminders in a namespace.
func reminders(namespace string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "access-notifier-access-lists"}}
}

// TestIdentitiesOfOthers: whoever has a copy of an identity has a session of their own.
func TestIdentitiesOfOthers(t *testing.T) {
	try(t, map[string]attack{
		"a copy that is replaced by garbage":    {do: copyOfAnIdentity},
		"another identity at the same Teleport": {do: anotherIdentity},
	})
}

func copyOfAnIdentity(victim, attacker *tenant) {
	secret := &corev1.Secret{}
	if err := victim.client.Get(victim.t.Context(), client.ObjectKey{Namespace: victim.namespace, Name: identity}, secret); err != nil {
		victim.t.Fatal(err)
	}
	attacker.putSecret(bot, attacker.service.Secrets(attacker.token))
	attacker.putSecret(identity, map[string]string{v1alpha1.DefaultIdentityKey: string(secret.Data[v1alpha1.DefaultIdentityKey])})
	made := attacker.notifier(attacker.name)
	made.Spec.Teleport.Address = victim.teleport.Addr()
	attacker.create(made)
	attacker.await(attacker.name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	streams := func(n int) func() error { return wait.True(func() bool { return victim.teleport.Streams() == n }) }
	wait.Test(attacker.t, within, "each has a session", streams(2))

	attacker.putSecret(identity, map[string]string{v1alpha1.DefaultIdentityKey: "garbage"})
	attacker.await(attacker.name, v1alpha1.ConditionIdentityValid, metav1.ConditionFalse, v1alpha1.ReasonIdentityMalformed)
	if victim.teleport.Streams() == 0 {
		attacker.t.Error("the victim's session has ended")
	}
	if err := attacker.client.Delete(attacker.t.Context(), made); err != nil {
		attacker.t.Fatal(err)
	}
	wait.Test(attacker.t, within, "the victim's session is left", streams(1))
	if n := victim.teleport.Calls()["WatchEvents"]; n != 2 {
		attacker.t.Errorf("there were %d event streams, want one for each", n)
	}
}

func anotherIdentity(victim, attacker *tenant) {
	attacker.putSecret(bot, attacker.service.Secrets(attacker.token))
	weak := victim.teleport.IdentityFile(victim.t, teleporttest.IdentityOptions{User: "mallory", Roles: []string{"nobody"}})
	attacker.putSecret(identity, map[string]string{v1alpha1.DefaultIdentityKey: string(weak)})
	made := attacker.notifier(attacker.name)
	made.Spec.Teleport.Address = victim.teleport.Addr()
	attacker.create(made)
	attacker.await(attacker.name, v1alpha1.ConditionTeleportConnected, metav1.ConditionFalse, "")
	victim.works()
	if posts := attacker.topLevel(); len(posts) > 0 {
		attacker.t.Errorf("the attacker is told of %d requests", len(posts))
	}
}
