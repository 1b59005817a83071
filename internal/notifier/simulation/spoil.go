package simulation

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// The ways in which strangers write records.
const (
	// garbage is no record at all.
	garbage = "garbage"
	// cut is half a record.
	cut = "cut"
	// huge is a record of many bytes.
	huge = "huge"
	// negative and enormous have numbers that no writer would write.
	negative = "negative"
	enormous = "enormous"
	// mistyped has values of other types.
	mistyped = "mistyped"
	// emptied has no text at all.
	emptied = "emptied"
)

// spoils are all ways.
var spoils = []string{garbage, cut, huge, negative, enormous, mistyped, emptied}

// spoil returns what a stranger makes of a record. It knows no more of records than
// that they are JSON.
func spoil(r *rand.Rand, how, text string) string {
	switch how {
	case garbage:
		return pick(r, "not json", "{", "null", "[]", "\x00\xff", `{"v":1e999}`, `"text"`, strings.Repeat("[", 10000))
	case cut:
		return text[:len(text)/2]
	case huge:
		return text + strings.Repeat(" ", 200_000)
	case emptied:
		return ""
	}
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return text
	}
	encoded, err := json.Marshal(twist(r, how, value))
	if err != nil {
		return text
	}
	return string(encoded)
}

// twist changes the values within a value. Half of them stay.
func twist(r *rand.Rand, how string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			v[key] = twist(r, how, v[key])
		}
		if how != mistyped && chance(r, 0.5) {
			for _, field := range []string{"replies", "reviews", "gen", "at", "exp", "acc"} {
				if _, ok := v[field]; !ok && len(v) > 1 {
					v[field] = number(how)
				}
			}
		}
		return v
	case []any:
		for i := range v {
			v[i] = twist(r, how, v[i])
		}
		return v
	case float64:
		if how == mistyped {
			return pick[any](r, v, "text", nil, []any{})
		}
		return pick[any](r, v, number(how))
	default:
		if how == mistyped {
			return pick[any](r, v, v, 7, nil, map[string]any{"a": 1})
		}
		return v
	}
}

// number is one that no writer would write.
func number(how string) any {
	if how == negative {
		return -1
	}
	return 1 << 62
}
