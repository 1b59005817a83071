package api

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apimachinery/pkg/util/version"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
)

// "kubectl explain" knows every field.
func TestEveryFieldIsDescribed(t *testing.T) {
	for path, schema := range fields(t) {
		if strings.TrimSpace(schema.Description) == "" && !strings.HasSuffix(path, "[]") {
			t.Errorf("%s has no description", path)
		}
	}
}

// TestEveryMessengerIsExplained covers how recipients are written, which each messenger has in its
// own way, and who is found by an id in a trait.
func TestEveryMessengerIsExplained(t *testing.T) {
	all := fields(t)
	recipients, trait := all["spec.recipients"].Description, strings.ReplaceAll(all["spec.requesterTrait"].Description, " ", "")
	if recipients == "" || trait == "" {
		t.Fatal("spec.recipients or spec.requesterTrait is not described")
	}
	for _, d := range registry.All() {
		if !regexp.MustCompile(`(?m)^ *` + d.Type + `  `).MatchString(recipients) {
			t.Errorf("spec.recipients does not say how those of %s are written", d.Type)
		}
		if d.Capabilities.UserLookup && !strings.Contains(trait, strings.ReplaceAll(d.Title(), " ", "")) && !strings.Contains(trait, d.Type) {
			t.Errorf("spec.requesterTrait does not say which id %s has for a user", d.Type)
		}
	}
}

func TestEveryReferenceOfASecretIsTried(t *testing.T) {
	tried := 0
	for path := range fields(t) {
		reference, ok := strings.CutSuffix(path, "SecretRef.key")
		if !ok {
			continue
		}
		parts := strings.Split(reference+"SecretRef", ".")
		if name := strings.Join(parts[len(parts)-2:], "."); secretReferences[name] == "" {
			t.Errorf("no test tries wrong values of %s: add it to secretReferences", name)
		}
		tried++
	}
	if tried != len(secretReferences) {
		t.Errorf("the API has %d references of a Secret and a key, secretReferences %d", tried, len(secretReferences))
	}
}

func TestEveryFieldIsBounded(t *testing.T) {
	for path, schema := range fields(t) {
		if problem := unbounded(schema); problem != "" {
			t.Errorf("%s: %s", path, problem)
		}
	}
}

// unbounded says what bound a schema lacks.
func unbounded(schema apiextensionsv1.JSONSchemaProps) string {
	switch schema.Type {
	case "boolean":
		return ""
	case "string":
		if schema.MaxLength == nil && len(schema.Enum) == 0 && schema.Format != "date-time" {
			return "a string needs maxLength, enum or the format date-time"
		}
	case "array":
		if schema.MaxItems == nil || schema.XListType == nil {
			return "a list needs maxItems and a list type"
		}
	case "integer":
		if schema.Minimum == nil || !slices.Contains([]string{"int32", "int64"}, schema.Format) {
			return "an integer needs a minimum and the format int32 or int64"
		}
	case "object":
		if schema.AdditionalProperties != nil && schema.MaxProperties == nil {
			return "a map needs maxProperties"
		}
		if schema.AdditionalProperties == nil && len(schema.Properties) == 0 {
			return "an object needs properties"
		}
	default:
		return "the type " + schema.Type + " is not allowed"
	}
	return ""
}

// A default in a spec is a difference between what people applied and what is
// stored.
func TestNoFieldOfTheSpecHasADefault(t *testing.T) {
	for path, schema := range fields(t) {
		if strings.HasPrefix(path, "spec") && schema.Default != nil {
			t.Errorf("%s has the default %s", path, schema.Default.Raw)
		}
	}
}

// Each rule says what is allowed, and is broken by a case of
// TestBadSpecsAreRefused that expects what it says.
func TestEveryRuleIsTested(t *testing.T) {
	cases := refusals()
	rules := 0
	for path, schema := range fields(t) {
		for _, rule := range schema.XValidations {
			rules++
			if !strings.HasPrefix(rule.Message, "must ") {
				t.Errorf("%s: the message %q does not say what must be", path, rule.Message)
			}
			expected := slices.ContainsFunc(cases, func(r refusal) bool {
				return strings.HasPrefix(rule.Message, r.want) || strings.HasPrefix(path+rule.FieldPath+": Invalid value: "+rule.Message, r.want)
			})
			if !expected {
				t.Errorf("%s: no test breaks the rule %q", path, rule.Message)
			}
		}
	}
	if rules == 0 {
		t.Error("found no rules")
	}
}

// An API server compiles rules only with what the version before it knew as well.
func TestEveryRuleCompilesOnTheOldestKubernetes(t *testing.T) {
	oldest := environment.MustBaseEnvSet(version.MajorMinor(1, 29)) // of 1.30, which the chart requires
	for path, props := range fields(t) {
		var internal apiextensions.JSONSchemaProps
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&props, &internal, nil); err != nil {
			t.Fatal(err)
		}
		structural, err := schema.NewStructural(&internal)
		if err != nil {
			t.Fatal(err)
		}
		compiled, err := cel.Compile(structural, model.SchemaDeclType(structural, false), celconfig.PerCallLimit, oldest, cel.NewExpressionsEnvLoader())
		if err != nil {
			t.Fatal(err)
		}
		for i, rule := range compiled {
			if rule.Error != nil {
				t.Errorf("%s: %q: %v", path, structural.XValidations[i].Rule, rule.Error)
			}
		}
	}
}

func TestExportedBoundsAreThoseOfTheSchema(t *testing.T) {
	all := fields(t)
	for path, want := range map[string]int64{
		"status.conditions":                       v1alpha1.MaxConditions,
		"status.unresolvedRecipients":             v1alpha1.MaxUnresolvedRecipients,
		"status.unresolvedRecipients[].recipient": v1alpha1.MaxNameLength,
		"status.unresolvedRecipients[].message":   v1alpha1.MaxMessageLength,
		"status.teleport.clusterName":             v1alpha1.MaxNameLength,
		"status.teleport.serverVersion":           v1alpha1.MaxNameLength,
		"status.teleport.user":                    v1alpha1.MaxNameLength,
		"status.lastHandledReconcileAt":           v1alpha1.MaxNameLength,
		"spec.recipients[]":                       v1alpha1.MaxNameLength,
		"spec.roleToRecipients[][]":               v1alpha1.MaxNameLength,
	} {
		schema := all[path]
		got := schema.MaxLength
		if schema.Type == "array" {
			got = schema.MaxItems
		}
		if got == nil || *got != want {
			t.Errorf("%s: the schema's bound is %v, the constant's %d", path, got, want)
		}
	}
}

// fields returns the schemas of all fields of spec and status by path, as the
// API server holds them. The entries of a list or map have the path of the list
// with "[]".
func fields(t *testing.T) map[string]apiextensionsv1.JSONSchemaProps {
	t.Helper()
	c, err := client.New(plane.Config(), client.Options{Scheme: crdScheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := c.Get(t.Context(), client.ObjectKey{Name: crdName}, &crd); err != nil {
		t.Fatal(err)
	}
	found := map[string]apiextensionsv1.JSONSchemaProps{}
	for _, name := range []string{"spec", "status"} {
		walk(name, crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties[name], found)
	}
	return found
}

func walk(path string, schema apiextensionsv1.JSONSchemaProps, found map[string]apiextensionsv1.JSONSchemaProps) {
	found[path] = schema
	for name, property := range schema.Properties {
		walk(path+"."+name, property, found)
	}
	if schema.Items != nil {
		walk(path+"[]", *schema.Items.Schema, found)
	}
	if schema.AdditionalProperties != nil {
		walk(path+"[]", *schema.AdditionalProperties.Schema, found)
	}
}
