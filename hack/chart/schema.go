package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	sigsyaml "sigs.k8s.io/yaml"
)

// types are the schema's names of YAML's types.
var types = map[string]string{
	"!!bool": "boolean", "!!int": "integer", "!!str": "string", "!!seq": "array", "!!map": "object",
}

// schemaOf returns the JSON schema of all values. That of a notifier's spec is
// the custom resource's.
func schemaOf(root *value, chart fs.FS) ([]byte, error) {
	spec, err := specSchema(chart)
	if err != nil {
		return nil, err
	}
	schema, err := root.jsonSchema()
	if err != nil {
		return nil, err
	}
	schema["$schema"] = "http://json-schema.org/draft-07/schema#"
	schema["definitions"] = map[string]any{"duration": duration(), "notifier": notifier(spec)}
	// What Helm reads there when the chart is a dependency of another one.
	properties := schema["properties"].(map[string]any) //nolint:errcheck // made right above
	properties["enabled"] = map[string]any{"type": "boolean", "description": "For the parent chart's condition."}

	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(schema)
	return out.Bytes(), err
}

func (v *value) jsonSchema() (map[string]any, error) {
	schema := map[string]any{}
	if name, ok := types[v.node.Tag]; ok {
		schema["type"] = name
	}
	if v.description != "" {
		schema["description"] = v.description
	}
	if len(v.members) > 0 {
		properties := map[string]any{}
		var required []string
		for _, member := range v.members {
			var err error
			if properties[member.name], err = member.jsonSchema(); err != nil {
				return nil, err
			}
			if member.required() {
				required = append(required, member.name)
			}
		}
		schema["properties"] = properties
		if len(required) > 0 {
			schema["required"] = required
		}
		schema["additionalProperties"] = false
	}
	if v.description != "" {
		var fallback any
		if err := v.node.Decode(&fallback); err != nil {
			return nil, fmt.Errorf("reading the default of %s: %w", v.path, err)
		}
		schema["default"] = fallback
	}
	maps.Copy(schema, v.schema)
	if schema["type"] == nil {
		return nil, fmt.Errorf("%s: say of which type it is", v.path)
	}
	return schema, nil
}

// required reports whether the chart cannot do without the value. Helm takes one away that a user
// sets to null, with its default. What is empty by default is the same as none.
func (v *value) required() bool {
	switch v.node.Tag {
	case "!!bool", "!!int":
		return true
	case "!!str":
		return v.node.Value != ""
	default:
		return len(v.members) > 0
	}
}

func duration() map[string]any {
	return map[string]any{"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`}
}

func notifier(spec map[string]any) map[string]any {
	texts := map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}}
	return map[string]any{
		"type":                 []string{"object", "null"},
		"required":             []string{"spec"},
		"additionalProperties": false,
		"properties": map[string]any{
			"namespace":   map[string]any{"type": "string"},
			"labels":      texts,
			"annotations": texts,
			"spec":        spec,
		},
	}
}

// specSchema returns the schema of the spec in the chart's custom resource
// definition.
func specSchema(chart fs.FS) (map[string]any, error) {
	content, err := fs.ReadFile(chart, "files/crd.yaml")
	if err != nil {
		return nil, err
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := sigsyaml.UnmarshalStrict(content, &crd); err != nil {
		return nil, fmt.Errorf("reading the CRD: %w", err)
	}
	if len(crd.Spec.Versions) != 1 {
		return nil, errors.New("which version do notifiers have? Decide here")
	}
	encoded, err := json.Marshal(crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"])
	if err != nil {
		return nil, err
	}
	schema := map[string]any{}
	err = json.Unmarshal(encoded, &schema)
	closeObjects(schema)
	optional(schema, "teleport")
	optional(schema["properties"].(map[string]any)["teleport"].(map[string]any), "address") //nolint:errcheck // else the CRD is not ours
	return schema, err
}

// optional makes a property optional: the chart knows a default for it.
func optional(schema map[string]any, property string) {
	required := schema["required"].([]any) //nolint:errcheck // of a schema that has some
	required = slices.DeleteFunc(required, func(name any) bool { return name == property })
	schema["required"] = required
	if len(required) == 0 {
		delete(schema, "required")
	}
}

// closeObjects makes a JSON schema of one in Kubernetes' dialect, which refuses
// unknown properties as the API server does when asked to be strict.
func closeObjects(schema map[string]any) {
	maps.DeleteFunc(schema, func(key string, _ any) bool {
		return key == "format" || strings.HasPrefix(key, "x-kubernetes-")
	})
	if items, ok := schema["items"].(map[string]any); ok {
		closeObjects(items)
	}
	if values, ok := schema["additionalProperties"].(map[string]any); ok {
		closeObjects(values)
	}
	properties, ok := schema["properties"].(map[string]any)
	if !ok {
		return
	}
	schema["additionalProperties"] = false
	for _, property := range properties {
		if property, ok := property.(map[string]any); ok {
			closeObjects(property)
		}
	}
}
