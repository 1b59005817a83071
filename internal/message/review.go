package message

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Part is a part of a line: our own words, or what a person typed.
type Part struct {
	Text  string
	Typed bool
}

// The places of what people typed in words that are being put together. No text holds
// them: CleanLine drops such characters.
const (
	placeOfAuthor  = '\uE000'
	placeOfThrough = '\uE001'
)

// Verdict says what the reviewer did, and through whom, in parts that are cleaned.
func (r Review) Verdict() []Part {
	by, byRule := r.decision()
	if r.Author == accessrequest.AutomaticReviewer {
		return []Part{{Text: Emoji(r.State) + " " + r.Language.Say(byRule)}}
	}
	typed := map[rune]string{}
	author := r.Language.Say(NoAuthor)
	if line := CleanLine(r.Author); line != "" {
		author, typed[placeOfAuthor] = string(placeOfAuthor), line
	}
	words := r.Language.Say(by, author)
	if line := CleanLine(r.SubmittedBy); line != "" {
		words, typed[placeOfThrough] = r.Language.Say(throughWords, words, string(placeOfThrough)), line
	}
	return parts(Emoji(r.State)+" "+words, typed)
}

// decision returns the words for what a reviewer did, and for what a rule did.
func (r Review) decision() (by, byRule string) {
	switch r.State {
	case accessrequest.Approved:
		return approvedBy, approvedByRule
	case accessrequest.Denied:
		return deniedBy, deniedByRule
	case accessrequest.Promoted:
		return promotedBy, promotedByRule
	default:
		return reviewedBy, reviewedByRule
	}
}

// parts splits words at the places of what people typed.
func parts(words string, typed map[rune]string) (all []Part) {
	for words != "" {
		at := strings.IndexAny(words, string([]rune{placeOfAuthor, placeOfThrough}))
		if at < 0 {
			return append(all, Part{Text: words})
		}
		if at > 0 {
			all = append(all, Part{Text: words[:at]})
		}
		place := []rune(words[at:])[0]
		all = append(all, Part{Text: typed[place], Typed: true})
		words = words[at+len(string(place)):]
	}
	return all
}
