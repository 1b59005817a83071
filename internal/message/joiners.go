package message

import (
	"slices"
	"unicode"
)

// The characters that a reader cannot see, and that some texts need all the
// same: joiners in Persian, Sinhala and joined emoji, variation selectors behind
// emoji and ideographs, tags in the flags of England, Scotland and Wales. Each
// stays only where it has an effect that can be seen. Everywhere else it could
// hide what a name really is.
//
// The rules are those of Unicode's UTS #51 for emoji, and of RFC 5892 (CONTEXTJ)
// for words, but for one thing: within a script that uses joiners they stay
// between two of its letters, too.
const (
	nonJoiner       = '\u200C'
	joiner          = '\u200D'
	firstNeeded     = '\u180B' // the lowest of them
	mongolianVowel  = '\u180E'
	firstSelector   = '\uFE00'
	emojiStyle      = '\uFE0F'
	keycap          = '\u20E3'
	blackFlag       = '\U0001F3F4'
	firstTag        = '\U000E0020'
	cancelTag       = '\U000E007F'
	firstSkinTone   = '\U0001F3FB'
	lastSkinTone    = '\U0001F3FF'
	firstPictograph = '\U0001F000'
	lastPictograph  = '\U0001FAFF'
)

// A subdivision's flag is a black flag, the code of a country and of a part of
// it as tags, and a tag that ends it.
const (
	minFlagTags = 4
	maxFlagTags = 7
)

var joiningScripts = []*unicode.RangeTable{
	unicode.Adlam, unicode.Arabic, unicode.Balinese, unicode.Bengali, unicode.Chakma, unicode.Devanagari,
	unicode.Gujarati, unicode.Gurmukhi, unicode.Hanifi_Rohingya, unicode.Javanese, unicode.Kannada, unicode.Khmer,
	unicode.Malayalam, unicode.Mandaic, unicode.Mongolian, unicode.Myanmar, unicode.Nko, unicode.Oriya,
	unicode.Phags_Pa, unicode.Sinhala, unicode.Syriac, unicode.Tamil, unicode.Telugu, unicode.Tibetan,
}

// viramas are the signs of those scripts that join two consonants: their combining
// class is 9. A joiner behind one has an effect whatever follows.
var viramas = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x094D, Hi: 0x0CCD, Stride: 0x80}, {Lo: 0x0D3B, Hi: 0x0D3C, Stride: 1}, {Lo: 0x0D4D, Hi: 0x0D4D, Stride: 1},
		{Lo: 0x0DCA, Hi: 0x0DCA, Stride: 1}, {Lo: 0x0F84, Hi: 0x0F84, Stride: 1}, {Lo: 0x1039, Hi: 0x103A, Stride: 1},
		{Lo: 0x17D2, Hi: 0x17D2, Stride: 1}, {Lo: 0x1B44, Hi: 0x1B44, Stride: 1}, {Lo: 0xA9C0, Hi: 0xA9C0, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x11133, Hi: 0x11134, Stride: 1}},
}

// endsJoin are the Arabic letters that never join the next one: a non-joiner
// behind them changes nothing.
var endsJoin = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x0621, Hi: 0x0625, Stride: 1}, {Lo: 0x0627, Hi: 0x0629, Stride: 2}, {Lo: 0x062F, Hi: 0x0632, Stride: 1},
	{Lo: 0x0648, Hi: 0x0648, Stride: 1}, {Lo: 0x0671, Hi: 0x0677, Stride: 1}, {Lo: 0x0688, Hi: 0x0699, Stride: 1},
	{Lo: 0x06C0, Hi: 0x06C0, Stride: 1}, {Lo: 0x06C3, Hi: 0x06CB, Stride: 1}, {Lo: 0x06CD, Hi: 0x06CF, Stride: 2},
	{Lo: 0x06D2, Hi: 0x06D3, Stride: 1}, {Lo: 0x06D5, Hi: 0x06D5, Stride: 1}, {Lo: 0x06EE, Hi: 0x06EF, Stride: 1},
}}

// otherPictographs are emoji that are no symbols by their category.
var otherPictographs = []rune{'‼', '⁉', 'ℹ', '〰', '〽'}

// isSometimesNeeded is true for the characters above.
func isSometimesNeeded(r rune) bool {
	if r < firstNeeded {
		return false
	}
	return r == joiner || r == nonJoiner || r == mongolianVowel || isTag(r) || unicode.Is(unicode.Variation_Selector, r)
}

func isTag(r rune) bool { return firstTag <= r && r <= cancelTag }

// dropNeedless drops the characters above where they have no effect.
func dropNeedless(runes []rune) []rune {
	if !slices.ContainsFunc(runes, isSometimesNeeded) {
		return runes
	}
	kept := make([]rune, 0, len(runes))
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case !isSometimesNeeded(r):
			kept = append(kept, r)
		case isTag(r):
			tags := tagsAt(runes[i:])
			if isFlag(kept, tags) {
				kept = append(kept, tags...)
			}
			i += len(tags) - 1
		case isNeeded(r, kept, runes[i+1:]):
			kept = append(kept, r)
		}
	}
	return kept
}

// tagsAt returns the tags at the beginning of a text.
func tagsAt(runes []rune) []rune {
	n := slices.IndexFunc(runes, func(r rune) bool { return !isTag(r) })
	if n < 0 {
		return runes
	}
	return runes[:n]
}

// isFlag reports whether tags behind a text make the flag of a subdivision.
func isFlag(before, tags []rune) bool {
	n := len(tags)
	if last(before) != blackFlag || n < minFlagTags || n > maxFlagTags || tags[n-1] != cancelTag {
		return false
	}
	return !slices.ContainsFunc(tags[:n-1], func(r rune) bool {
		r -= firstTag - ' '
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// isNeeded reports whether a joiner or variation selector has an effect between
// what was kept and what follows.
func isNeeded(r rune, before, after []rune) bool {
	previous, next := last(before), first(after)
	switch r {
	case joiner:
		return joinsEmoji(before, next) || joinsWord(before, next)
	case nonJoiner:
		return joinsWord(before, next) && !unicode.Is(endsJoin, base(before))
	case mongolianVowel:
		return unicode.Is(unicode.Mongolian, previous) && unicode.Is(unicode.Mongolian, next)
	case emojiStyle - 1, emojiStyle:
		return isPictograph(previous) || isKeycapBase(previous) && next == keycap
	default:
		return isVariation(previous, r)
	}
}

// isVariation is true for the selectors that are no style of an emoji.
func isVariation(previous, selector rune) bool {
	switch {
	case selector < firstSelector:
		return unicode.Is(unicode.Mongolian, previous)
	case selector <= emojiStyle:
		return isPictograph(previous) || unicode.In(previous, unicode.Han, unicode.Myanmar, unicode.Phags_Pa)
	default:
		return unicode.Is(unicode.Han, previous)
	}
}

// joinsEmoji reports whether a joiner stands between two emoji. The first one
// may have a style or a tone of skin.
func joinsEmoji(before []rune, next rune) bool {
	if last(before) == emojiStyle {
		before = before[:len(before)-1]
	} else if r := last(before); firstSkinTone <= r && r <= lastSkinTone {
		before = before[:len(before)-1]
	}
	return isPictograph(last(before)) && isPictograph(next)
}

// joinsWord reports whether a joiner stands behind a sign that joins, or between
// two characters of one script that uses joiners.
func joinsWord(before []rune, next rune) bool {
	if unicode.Is(viramas, last(before)) {
		return true
	}
	script := slices.IndexFunc(joiningScripts, func(script *unicode.RangeTable) bool {
		return unicode.Is(script, base(before)) && unicode.Is(script, next)
	})
	return script >= 0 && isOfWord(base(before)) && isOfWord(next)
}

func isOfWord(r rune) bool { return unicode.In(r, unicode.L, unicode.M) }

// isPictograph is true for emoji, and for other symbols beyond ASCII: joining
// those does no harm.
func isPictograph(r rune) bool {
	return firstPictograph <= r && r <= lastPictograph ||
		r > unicode.MaxASCII && unicode.In(r, unicode.So, unicode.Sm) || slices.Contains(otherPictographs, r)
}

func isKeycapBase(r rune) bool {
	return '0' <= r && r <= '9' || r == '#' || r == '*'
}

// base returns the last character that is no combining mark.
func base(runes []rune) rune {
	for _, r := range slices.Backward(runes) {
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			return r
		}
	}
	return 0
}

func first(runes []rune) rune {
	if len(runes) == 0 {
		return 0
	}
	return runes[0]
}

func last(runes []rune) rune {
	if len(runes) == 0 {
		return 0
	}
	return runes[len(runes)-1]
}
