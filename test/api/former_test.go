package api

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

const (
	wantReviewersPolicy = "must be renamed to suggestedReviewersPolicy"
	wantRequesterPolicy = "must be renamed to requesterPolicy"
	wantCertKey         = "must be removed: the key of the certificate is auth.crt, or else tls.crt"
	wantPrivateKeyKey   = "must be removed: the key of the private key is auth.key, or else tls.key"
	wantCAKey           = "must be removed: the key of the certificate authorities is auth.cas, or else ca.crt"
)

// formerRefusals tries the fields that exist only to be refused.
func formerRefusals() []refusal {
	tls := func(field string) string {
		return fmt.Sprintf("teleport: {identitySecretRef: null, tlsSecretRef: {name: tls, %s: tls.crt}}", field)
	}
	return []refusal{
		{"suggestedReviewers", "suggestedReviewers: Ignore", `spec.suggestedReviewers: Invalid value: "Ignore": ` + wantReviewersPolicy},
		{"suggestedReviewers with any text", "suggestedReviewers: ''", wantReviewersPolicy},
		{"suggestedReviewers beside its successor", "{suggestedReviewers: Notify, suggestedReviewersPolicy: Notify}", wantReviewersPolicy},
		{"requester", "requester: Notify", wantRequesterPolicy},
		{"key of a certificate", tls("certKey"), wantCertKey},
		{"key of a private key", tls("keyKey"), wantPrivateKeyKey},
		{"key of certificate authorities", tls("caKey"), wantCAKey},
	}
}

// The samples of before, each applied as kubectl, Helm, Argo CD and Flux do it: no
// client drops a field in silence, and each says what the field is called now.
func TestFormerManifestsAreRefusedBySentencesThatNameTheNewField(t *testing.T) {
	renamed := []string{wantReviewersPolicy, wantRequesterPolicy}
	want := map[string][]string{
		"slack.yaml":              renamed,
		"dual-authorization.yaml": renamed,
		"mattermost.yaml":         {wantCertKey, wantPrivateKeyKey, wantCAKey},
	}
	namespace := newNamespace(t)
	for file, sentences := range want {
		for way, apply := range ways() {
			t.Run(file+" "+way, func(t *testing.T) {
				sample := readSample(t, filepath.Join("testdata", "former", file))
				sample.SetNamespace(namespace)
				err := apply(t, sample)
				if !apierrors.IsInvalid(err) {
					t.Fatalf("error = %v, want Invalid", err)
				}
				for _, sentence := range sentences {
					if !strings.Contains(err.Error(), sentence) {
						t.Errorf("the API server said\n\t%v\nwant in it\n\t%s", err, sentence)
					}
				}
			})
		}
	}
}

// ways are how clients create objects.
func ways() map[string]func(*testing.T, *unstructured.Unstructured) error {
	created := func(validation client.FieldValidation) func(*testing.T, *unstructured.Unstructured) error {
		return func(t *testing.T, o *unstructured.Unstructured) error {
			t.Helper()
			return client.WithFieldValidation(plane.Client(), validation).Create(t.Context(), o)
		}
	}
	return map[string]func(*testing.T, *unstructured.Unstructured) error{
		"strictly":       created("Strict"),
		"with a warning": created("Warn"),
		"in silence":     created("Ignore"),
		"on the server": func(t *testing.T, o *unstructured.Unstructured) error {
			t.Helper()
			return plane.Client().Apply(t.Context(), client.ApplyConfigurationFromUnstructured(o), client.FieldOwner("test"))
		},
	}
}

// The operator says of a stored object what the API server says of a new one.
func TestFormerFieldsAreRefusedInTheWordsOfTheSchema(t *testing.T) {
	spec := v1alpha1.AccessNotifierSpec{
		DeprecatedSuggestedReviewers: "x", DeprecatedRequester: "x",
		Teleport: v1alpha1.TeleportSpec{TLSSecretRef: &v1alpha1.TLSSecretReference{
			DeprecatedCertKey: "x", DeprecatedKeyKey: "x", DeprecatedCAKey: "x",
		}},
	}
	got := map[string]string{}
	for _, field := range spec.FormerFields() {
		got[field.Path] = field.Message
	}
	refused := 0
	for path, schema := range fields(t) {
		for _, rule := range schema.XValidations {
			if rule.Rule != "false" {
				continue
			}
			refused++
			if got[path] != rule.Message {
				t.Errorf("%s: the operator says %q, the API server %q", path, got[path], rule.Message)
			}
		}
	}
	if refused != len(got) {
		t.Errorf("the schema refuses %d fields, the operator %d", refused, len(got))
	}
}

// An object with a former field that was stored before the field was refused can
// still get a status, in which the operator says so.
func TestAStoredObjectWithAFormerFieldGetsAStatus(t *testing.T) {
	stored := storeRefused(t, "requester: Notify", func(spec *apiextensionsv1.JSONSchemaProps) {
		field := spec.Properties["requester"]
		field.XValidations = nil
		spec.Properties["requester"] = field
	})

	var typed v1alpha1.AccessNotifier
	if err := plane.Client().Get(t.Context(), client.ObjectKeyFromObject(stored), &typed); err != nil {
		t.Fatal(err)
	}
	refused := slices.ContainsFunc(typed.Spec.FormerFields(), func(f v1alpha1.FormerField) bool { return f.Path == "spec.requester" })
	if !refused {
		t.Errorf("the object has the former fields %v, want spec.requester", typed.Spec.FormerFields())
	}
	typed.Status.ObservedGeneration = typed.Generation
	patchStatus(t, &typed)
}
