package routing

import (
	"net/mail"
	"strings"
	"unicode"
)

// maxEmail is the longest e-mail address that exists (RFC 5321, with its brackets 256).
const maxEmail = 254

// isEmail reports whether a text that a requester may have typed is an e-mail address
// and nothing else: it can never name a channel, a team or a group, however a messenger
// reads it.
func isEmail(text string) bool {
	if len(text) > maxEmail || strings.ContainsFunc(text, notInEmail) {
		return false
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || parsed.Name != "" {
		return false
	}
	local, domain, _ := strings.Cut(text, "@")
	return !strings.HasPrefix(local, "#") && isDomain(domain)
}

// notInEmail reports whether a character makes a text something else: a second name, a
// path, or something that does not show.
func notInEmail(r rune) bool {
	return unicode.IsSpace(r) || !unicode.IsGraphic(r) || strings.ContainsRune(`/\"<>(),:;[]`, r)
}

// isDomain reports whether a text is a domain, in ASCII or in the letters of another
// script. A company's own may have one label.
func isDomain(text string) bool {
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label {
			return false
		}
		for _, r := range label {
			if r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
				return false
			}
		}
	}
	return true
}
