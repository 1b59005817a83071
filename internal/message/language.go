package message

import (
	"strings"
	"sync"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// Language is what our own words are in, as the API names it. The zero Language is English.
type Language string

// The languages that there are.
const (
	English  Language = "en"
	German   Language = "de"
	Spanish  Language = "es"
	French   Language = "fr"
	Japanese Language = "ja"
	Korean   Language = "ko"
)

// dictionary is what our words are in one language.
type dictionary struct {
	// words are by the English ones.
	words map[string]string
	// singular are those for one of what the first argument counts, in a language that
	// tells it from several.
	singular map[string]string
}

// dictionaries are by their languages.
var dictionaries = map[Language]dictionary{
	English: english, German: german, Spanish: spanish, French: french, Japanese: japanese, Korean: korean,
}

// printers write in each language. They are made once: that checks every entry.
var printers = sync.OnceValue(func() map[Language]*message.Printer {
	builder := catalog.NewBuilder(catalog.Fallback(language.English))
	made := make(map[Language]*message.Printer, len(dictionaries))
	for l, d := range dictionaries {
		tag := language.Make(string(l))
		made[l] = message.NewPrinter(tag, message.Catalog(builder))
		for words, translated := range d.words {
			mustSet(builder.SetString(tag, words, translated))
		}
		for words, one := range d.singular {
			several, ok := d.words[words]
			if !ok {
				several = words
			}
			mustSet(builder.Set(tag, words, plural.Selectf(1, "%d", plural.One, one, plural.Other, several)))
		}
	}
	return made
})

func mustSet(err error) {
	if err != nil {
		panic("an entry of the catalogue is malformed: " + err.Error())
	}
}

// Known reports whether there is the language.
func (l Language) Known() bool {
	_, ok := dictionaries[l]
	return ok
}

// Say writes words of words.go in the language, with what they hold. It writes them in
// English if it does not know the language.
func (l Language) Say(words string, args ...any) string {
	printer, ok := printers()[l]
	if !ok {
		printer = printers()[English]
	}
	return printer.Sprintf(words, args...)
}

// Time writes a moment in its time zone, where it cannot be shown in the reader's own.
func (l Language) Time(t time.Time) string {
	layout := l.Say(timeLayout)
	if name, _ := t.Zone(); strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		// The zone has no abbreviation.
		layout = strings.Replace(layout, "MST", "UTC-07:00", 1)
	}
	return t.Format(layout)
}

// spell writes a duration the way people say it, with its two largest units: "8 hours", "1
// day 12 hours". It rounds to the minute, because Teleport's own arithmetic leaves odd
// seconds on what was asked for as whole hours.
func (l Language) spell(d time.Duration) string {
	d = d.Round(time.Minute)
	if d < time.Minute {
		return l.Say(lessThanMinute)
	}
	var parts []string
	for _, unit := range []struct {
		words string
		size  time.Duration
	}{{daysWords, day}, {hoursWords, time.Hour}, {minutesWords, time.Minute}} {
		n := d / unit.size
		d -= n * unit.size
		if n > 0 && len(parts) < 2 {
			parts = append(parts, l.Say(unit.words, int(n)))
		}
	}
	if len(parts) == 2 {
		return l.Say(twoUnits, parts[0], parts[1])
	}
	return parts[0]
}

const day = 24 * time.Hour
