package api

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// typos holds fields that do not exist, at every depth.
const typos = `
suspended: true
teleport: {addr: teleport.example.com:443, identitySecretRef: {namespace: other}}
messenger: {slack: {webhook: x, tokenSecretRef: {namespace: other}}}
`

var unknownFields = []string{
	"spec.suspended",
	"spec.teleport.addr",
	"spec.teleport.identitySecretRef.namespace",
	"spec.messenger.slack.webhook",
	"spec.messenger.slack.tokenSecretRef.namespace",
}

func TestUnknownFieldsAreRefusedByStrictValidation(t *testing.T) {
	strict := client.WithFieldValidation(plane.Client(), "Strict")

	err := strict.Create(t.Context(), notifier(t, newNamespace(t), typos))
	if err == nil {
		t.Fatal("Create() accepted unknown fields")
	}
	for _, field := range unknownFields {
		if !strings.Contains(err.Error(), `unknown field "`+field+`"`) {
			t.Errorf("Create() did not name %s: %v", field, err)
		}
	}
}

func TestUnknownFieldsAreDroppedWithAWarning(t *testing.T) {
	warnings := &warningRecorder{}
	config := plane.Config()
	config.WarningHandler = warnings
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := notifier(t, newNamespace(t), typos)
	if err := client.WithFieldValidation(c, "Warn").Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for _, field := range unknownFields {
		if !strings.Contains(warnings.String(), `unknown field "`+field+`"`) {
			t.Errorf("no warning names %s: %s", field, warnings)
		}
		if _, found, _ := unstructured.NestedFieldNoCopy(o.Object, strings.Split(field, ".")...); found {
			t.Errorf("%s was stored", field)
		}
	}
}

var _ rest.WarningHandler = (*warningRecorder)(nil)

// warningRecorder keeps the warnings that came with answers.
type warningRecorder struct {
	strings.Builder
}

func (r *warningRecorder) HandleWarningHeader(_ int, _ string, text string) {
	r.WriteString(text + "\n")
}
