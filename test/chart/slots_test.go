package chart

import (
	"maps"
	"slices"
	"strings"
)

// slot is a place for a value, with what the schema says of it.
type slot struct {
	// path leads there. It has "0" for an item of a list, and "harmless" for a key of a map.
	path   []string
	schema map[string]any
}

func (s slot) String() string { return strings.Join(s.path, ".") }

// takes reports whether a value is of the slot's type, or null, by which Helm takes a value away.
func (s slot) takes(value any) bool {
	types, ok := s.schema["type"].([]any)
	if !ok && s.schema["type"] != nil {
		types = []any{s.schema["type"]}
	}
	var is string
	switch value.(type) {
	case string:
		is = "string"
	case bool:
		is = "boolean"
	case int, float64:
		is = "integer"
	case []any:
		is = "array"
	case map[string]any:
		is = "object"
	default:
		return true
	}
	return len(types) == 0 || slices.Contains(types, any(is))
}

// slots are all places in values that the schema knows, those of lists and maps within as well.
func slots(schema map[string]any) []slot {
	var all []slot
	var walk func([]string, map[string]any)
	walk = func(path []string, s map[string]any) {
		if reference, ok := s["$ref"].(string); ok {
			definitions := schema["definitions"].(map[string]any)
			s = definitions[reference[len("#/definitions/"):]].(map[string]any)
		}
		if len(path) > 0 {
			all = append(all, slot{slices.Clone(path), s})
		}
		properties, _ := s["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			walk(append(slices.Clone(path), name), properties[name].(map[string]any))
		}
		if items, ok := s["items"].(map[string]any); ok {
			walk(append(slices.Clone(path), "0"), items)
		}
		if others, ok := s["additionalProperties"].(map[string]any); ok {
			walk(append(slices.Clone(path), harmless), others)
		}
	}
	walk(nil, schema)
	return all
}

// put returns values with another value at a path.
func put(values any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	if path[0] == "0" {
		list, _ := values.([]any)
		var first any
		if len(list) > 0 {
			first = list[0]
		}
		return []any{put(first, path[1:], value)}
	}
	copied := map[string]any{}
	if was, ok := values.(map[string]any); ok {
		copied = maps.Clone(was)
	}
	copied[path[0]] = put(copied[path[0]], path[1:], value)
	return copied
}

// shapes are what is made of a text before it is put into a slot.
var shapes = []func(text string) any{
	func(text string) any { return text },
	func(text string) any { return []any{text} },
	func(text string) any { return map[string]any{harmless: text} },
	func(text string) any { return map[string]any{text: harmless} },
	func(text string) any { return map[string]any{"name": text} },
	func(text string) any { return []any{map[string]any{"name": text}} },
	func(text string) any { return []any{map[string]any{"name": harmless, "namespace": text}} },
	func(text string) any { return map[string]any{harmless: []any{text}} },
	func(string) any { return nil },
	func(string) any { return true },
	func(text string) any { return len(text) },
	func(text string) any { return -1 },
	func(string) any { return 1 << 53 },
	func(string) any { return 0.5 },
	func(string) any { return []any{} },
	func(string) any { return map[string]any{} },
	func(string) any { return []any{nil} },
}
