package migrate

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// table is a part of values. It remembers which keys were asked for.
type table struct {
	values *values
	name   string
	keys   map[string]any
	used   map[string]bool
	// tables are the parts that were asked for.
	tables map[string]table
}

func (v *values) table(name string, keys map[string]any) table {
	return table{values: v, name: name, keys: keys, used: map[string]bool{}, tables: map[string]table{}}
}

func (t table) path(key string) string {
	if t.name == "" {
		return key
	}
	return t.name + "." + key
}

// table returns the part under a key, an empty one if there is none.
func (t table) table(key string) table {
	if known, ok := t.tables[key]; ok {
		return known
	}
	keys, ok := t.take(key).(map[string]any)
	if !ok && !isEmpty(t.keys[key]) {
		t.values.wrong(t.path(key), "is no table: write its keys below it")
	}
	t.tables[key] = t.values.table(t.path(key), keys)
	return t.tables[key]
}

func (t table) take(key string) any {
	t.used[key] = true
	return t.keys[key]
}

// text returns a text, "" if there is none. YAML takes digits without quotes for a number.
func (t table) text(key string) string {
	text, ok := asText(t.take(key))
	if !ok && !isEmpty(t.keys[key]) {
		t.values.wrong(t.path(key), "is no text: put it into quotes")
	}
	return text
}

func (t table) boolean(key string) bool {
	is, ok := t.take(key).(bool)
	if !ok && !isEmpty(t.keys[key]) {
		t.values.wrong(t.path(key), "is neither true nor false")
	}
	return is
}

// list returns texts, each once, of which one may stand without a list.
func (t table) list(key string) []string {
	value := t.take(key)
	items, ok := value.([]any)
	if !ok && !isEmpty(value) {
		items = []any{value}
	}
	var texts []string
	for _, item := range items {
		text, ok := asText(item)
		text = strings.TrimSpace(text)
		switch {
		case !ok || text == "":
			t.values.wrong(t.path(key), "has an item that is no text: put it into quotes")
		case !slices.Contains(texts, text):
			texts = append(texts, text)
		}
	}
	return texts
}

func asText(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case json.Number:
		return value.String(), true
	default:
		return "", false
	}
}

// isEmpty reports whether a value says nothing, as those do that charts begin with.
func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case bool:
		return !value
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	default:
		return false
	}
}

// unused returns the paths of what says something and was not asked for, sorted.
func (t table) unused() []string {
	var paths []string
	for _, key := range slices.Sorted(maps.Keys(t.keys)) {
		switch part, ok := t.tables[key]; {
		case ok:
			paths = append(paths, part.unused()...)
		case !t.used[key] && !isEmpty(t.keys[key]):
			paths = append(paths, t.path(key))
		}
	}
	return paths
}
