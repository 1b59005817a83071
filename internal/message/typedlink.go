package message

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Span is a part of a line that a person typed: a text, or an address.
type Span struct {
	Text string
	// Address is true for the address of a page, which may be made a link of. It
	// is shown as it was typed, so that a reader sees where it leads.
	Address bool
}

const (
	// secure begins every address that may become a link.
	secure = "https://"
	// maxTypedLinks bounds the links of one text; further addresses stay text.
	maxTypedLinks = 10
	// linkMarkup is what a link takes beyond its address in any markup of ours.
	linkMarkup = 4
	// endsSentence are the characters that end a sentence and not an address.
	endsSentence = ".,;:!?"
	// breaksAddress are visible characters that could end a link in the markup of
	// one of the services, or begin something within it.
	breaksAddress = "<>|\"'`*@~[]\\^{}"
)

// spans cuts a clean line into text and at most limit addresses.
func spans(line string, limit int) []Span {
	var parts []Span
	rest := 0
	for at := 0; limit > 0; {
		i := strings.Index(line[at:], secure)
		if i < 0 {
			break
		}
		start := at + i
		end := start + wordLength(line[start:])
		address := withoutEnding(line[start:end])
		at = end
		if followsWord(line[:start]) || !isTypedAddress(address) {
			continue
		}
		if rest < start {
			parts = append(parts, Span{Text: line[rest:start]})
		}
		parts = append(parts, Span{Text: address, Address: true})
		rest = start + len(address)
		limit--
	}
	if rest < len(line) {
		parts = append(parts, Span{Text: line[rest:]})
	}
	return parts
}

// wordLength is the length of a text up to the next space or angle bracket.
// Whatever else is within makes an address none, so that a link never leads to a
// part of what was typed.
func wordLength(s string) int {
	if end := strings.IndexAny(s, " \n<>"); end >= 0 {
		return end
	}
	return len(s)
}

// followsWord reports whether what comes next continues a word.
func followsWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// isTypedAddress reports whether an address shows a reader where it leads, which
// takes a host of ASCII letters.
func isTypedAddress(address string) bool {
	u, err := url.Parse(PageURL(address, breaksAddress))
	return err == nil && isHost(u.Hostname()) && (u.Host == u.Hostname() || isPort(u.Port()))
}

// withoutEnding cuts off the signs that end a sentence, and a bracket that was
// opened before the address.
func withoutEnding(address string) string {
	for {
		short := strings.TrimRight(address, endsSentence)
		if strings.HasSuffix(short, ")") && strings.Count(short, ")") > strings.Count(short, "(") {
			short = strings.TrimSuffix(short, ")")
		}
		if short == address {
			return address
		}
		address = short
	}
}

// linkRoom is what the links of a text may add to its size. It never falls when
// text is appended, as Cut demands.
func linkRoom(s string) int {
	return linkMarkup * min(strings.Count(s, secure), maxTypedLinks)
}
