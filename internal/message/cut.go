package message

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A Count measures a text the way one chat service counts it against its
// limits: at least one for each rune, and never less when text is appended.
type Count func(string) int

// CountRunes counts Unicode code points.
func CountRunes(s string) int {
	return utf8.RuneCountInString(s)
}

// CountUTF16 counts UTF-16 code units, so that an emoji counts twice. It is
// never less than CountRunes, and the safe choice where a service does not say.
func CountUTF16(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// wordSearch is how many runes before the limit are searched for the end of a
// word, so that one endless word does not empty the text.
const wordSearch = 40

// Cut returns s if count puts it within limit. Otherwise it returns the start
// of s, cut at the end of a word where there is one nearby, followed by how
// much is missing: "… (1,204 more characters)". The result is always within
// limit, and empty where limit leaves no room even for "…".
func Cut(s string, limit int, count Count) string { return English.Cut(s, limit, count) }

// Cut is the function Cut in the language.
func (l Language) Cut(s string, limit int, count Count) string {
	if count(s) <= limit {
		return s
	}
	runes := []rune(s)
	// The note gets shorter as more is kept, though that of one character may be longer:
	// room for the longest is room for every other.
	longest := l.Say(cutWords, len(runes))
	if one := l.Say(cutWords, 1); count(one) > count(longest) {
		longest = one
	}
	if count(longest) > limit {
		return cutBare(limit, count)
	}
	kept := sort.Search(min(len(runes)-1, limit), func(n int) bool {
		return count(string(runes[:n+1])+longest) > limit
	})
	kept = endOfWord(runes, kept)
	return strings.TrimRight(string(runes[:kept]), " \n") + l.Say(cutWords, len(runes)-kept)
}

func cutBare(limit int, count Count) string {
	if count("…") > limit {
		return ""
	}
	return "…"
}

// endOfWord returns the largest length up to n at which a word ends, or n when
// there is none nearby. It never separates a character from its marks, nor the
// parts of a joined emoji.
func endOfWord(runes []rune, n int) int {
	for i := n; i > max(n-wordSearch, 0); i-- {
		if unicode.IsSpace(runes[i]) {
			return i
		}
	}
	for i := n; i > max(n-wordSearch, 0); i-- {
		if !belongTogether(runes[i-1], runes[i]) {
			return i
		}
	}
	return n
}

// belongTogether reports whether two neighbours make one character.
func belongTogether(before, after rune) bool {
	return isSometimesNeeded(after) || before == joiner || firstSkinTone <= after && after <= lastSkinTone ||
		unicode.In(after, unicode.Mn, unicode.Me, unicode.Mc)
}

// CutItems returns the items that fit when joined by separator within limit,
// followed by one more item such as "and 12 more" when some had to go, or were
// hidden before. The note counts towards limit. An item that is too long by
// itself is not shortened: Cut items first. Where not even the note fits, the
// result is empty.
func (l Language) CutItems(items []string, hidden, limit int, separator string, count Count) []string {
	if hidden == 0 && count(strings.Join(items, separator)) <= limit {
		return items
	}
	// Counted from the beginning: there may be many items, and few fit.
	most := 0
	for most < len(items) && count(strings.Join(items[:most+1], separator)) <= limit {
		most++
	}
	for kept := most; kept >= 0; kept-- {
		left := len(items) - kept + hidden
		if left == 0 {
			continue
		}
		short := append(items[:kept:kept], l.Say(moreWords, left))
		if count(strings.Join(short, separator)) <= limit {
			return short
		}
	}
	return nil
}
