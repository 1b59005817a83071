package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// An object that names recipients by which Discord finds nothing, from before that was
// refused, can be changed elsewhere, and gets a status. A list that is changed has to be
// right.
func TestAStoredObjectWithWrongRecipientsCanBeChanged(t *testing.T) {
	const (
		discord = "messenger: {type: Discord, slack: null, discord: {tokenSecretRef: {name: bot}}}\n"
		wrong   = discord + `
recipients: [general]
roleToRecipients: {editor: [alice@example.com]}
routes: [{name: a, recipients: [{channel: ops}]}]
reminders: [{afterMinutes: 1, recipients: [{user: bob}]}]`
	)
	stored := storeRefused(t, wrong, func(spec *apiextensionsv1.JSONSchemaProps) {
		spec.XValidations = slices.DeleteFunc(spec.XValidations, func(rule apiextensionsv1.ValidationRule) bool {
			return strings.Contains(rule.Message, "ids on Discord")
		})
	})
	change := func(changes string) error {
		changed := &unstructured.Unstructured{Object: map[string]any{"spec": parse(t, changes)}}
		changed.SetGroupVersionKind(stored.GroupVersionKind())
		changed.SetNamespace(stored.GetNamespace())
		changed.SetName(stored.GetName())
		patch, err := changed.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		return plane.Client().Patch(t.Context(), changed, client.RawPatch("application/merge-patch+json", patch))
	}
	var typed v1alpha1.AccessNotifier
	if err := plane.Client().Get(t.Context(), client.ObjectKeyFromObject(stored), &typed); err != nil {
		t.Fatal(err)
	}
	typed.Status.ObservedGeneration = typed.Generation
	patchStatus(t, &typed)
	for _, step := range []struct{ changes, refused string }{
		{"suspend: true", ""},
		{"recipients: [general, random]", "spec.recipients: Invalid value: must list ids on Discord"},
		{"roleToRecipients: {editor: [bob@example.com]}", "spec.roleToRecipients: Invalid value: must list ids on Discord"},
		{"routes: [{name: b, recipients: [{channel: ops}]}]", "spec.routes: Invalid value: must name channels and users by ids on Discord"},
		{"reminders: [{afterMinutes: 2, recipients: [{user: bob}]}]", "spec.reminders: Invalid value: must name channels and users by ids on Discord"},
		{"recipients: ['1100000000000000001']", ""},
		{"recipients: [general]", "spec.recipients: Invalid value: must list ids on Discord"},
		{"routes: [{name: b, recipients: [{channel: '1100000000000000001'}]}]", ""},
		{"{reminders: null, roleToRecipients: null}", ""},
		// Names are right in Slack, and wrong once more when the messenger changes.
		{"{messenger: {type: Slack, discord: null, slack: {tokenSecretRef: {name: bot}}}, recipients: [general]}", ""},
		{"messenger: {type: Discord, slack: null, discord: {tokenSecretRef: {name: bot}}}", "spec.recipients: Invalid value: must list ids on Discord"},
	} {
		switch err := change(step.changes); {
		case step.refused == "" && err != nil:
			t.Errorf("%s: %v", step.changes, err)
		case step.refused != "" && (!apierrors.IsInvalid(err) || !strings.Contains(err.Error(), step.refused)):
			t.Errorf("%s: the API server said\n\t%v\nwant in it\n\t%s", step.changes, err, step.refused)
		}
	}
}

// storeRefused stores an object that the schema refuses while it is as loose as it once was.
func storeRefused(t *testing.T, changes string, loosen func(spec *apiextensionsv1.JSONSchemaProps)) *unstructured.Unstructured {
	t.Helper()
	c, err := client.New(plane.Config(), client.Options{Scheme: crdScheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	replace := func(with func(*apiextensionsv1.JSONSchemaProps)) (before apiextensionsv1.JSONSchemaProps) {
		var crd apiextensionsv1.CustomResourceDefinition
		if err := c.Get(t.Context(), client.ObjectKey{Name: crdName}, &crd); err != nil {
			t.Fatal(err)
		}
		schema := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
		spec := schema.Properties["spec"]
		spec.DeepCopyInto(&before)
		with(&spec)
		schema.Properties["spec"] = spec
		if err := c.Update(t.Context(), &crd); err != nil {
			t.Fatal(err)
		}
		return before
	}
	namespace := newNamespace(t)
	strict := replace(loosen)
	defer func() {
		replace(func(spec *apiextensionsv1.JSONSchemaProps) { *spec = strict })
		awaitCreation(t, namespace, changes, false)
	}()
	return awaitCreation(t, namespace, changes, true)
}

// awaitCreation creates objects until one is accepted or refused.
func awaitCreation(t *testing.T, namespace, changes string, accepted bool) *unstructured.Unstructured {
	t.Helper()
	var o *unstructured.Unstructured
	err := wait.For(t.Context(), 30*time.Second, 50*time.Millisecond, func() error {
		o = notifier(t, namespace, changes)
		switch err := plane.Client().Create(t.Context(), o); {
		case err != nil && accepted:
			return fmt.Errorf("the object is refused: %w", err)
		case err == nil && !accepted:
			return errors.New("the object is accepted")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}
