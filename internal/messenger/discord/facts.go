package discord

import (
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// facts are the fields for the facts, in their order. When the room is used up,
// the last one says how many are missing.
func facts(all []message.Field) []field {
	var shown []field
	used := 0
	for i, fact := range all {
		name := words(fact.Label, message.NoLabel, maxLabel)
		value := factValue(fact, maxFactsSum-used-count(name))
		if value == "" && fact.IsEmpty() {
			continue
		}
		if value == "" || len(shown) == maxFacts {
			return append(shown, field{Name: message.LabelMore, Value: message.AndMore(len(all) - i)})
		}
		used += count(name) + count(value)
		shown = append(shown, field{Name: name, Value: value, Inline: isNarrow(fact)})
	}
	return shown
}

// factValue returns a fact's value, or nothing when the room does not suffice.
func factValue(fact message.Field, room int) string {
	switch {
	case !fact.Time.IsZero():
		if text := date(fact.Time); count(text) <= room {
			return text
		}
		return ""
	case len(fact.Items) > 0 || fact.More > 0:
		limit := maxList
		if fact.Long {
			limit = maxLongList
		}
		return markup.List(fact, min(limit, room), "• ", "\n")
	case fact.Own:
		return words(fact.Text, "", min(maxValue, room))
	case fact.Long:
		return markup.Quotation(fact.Text, min(maxLong, room))
	default:
		return markup.Value(fact.Text, min(maxValue, room))
	}
}

// isNarrow reports whether a fact fits into a third of an embed's width. A value
// that does not is broken in the middle of its words, as e-mail addresses are.
func isNarrow(fact message.Field) bool {
	tooWide := func(line string) bool { return count(line) > maxInline }
	wideItem := func(item message.Item) bool { return tooWide(item.Text) || len(item.Limits) > 0 }
	return !fact.Long && !tooWide(fact.Text) && !slices.ContainsFunc(fact.Items, wideItem)
}
