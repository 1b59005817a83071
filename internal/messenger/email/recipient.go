package email

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	// maxLocal and maxAddress bound an address in bytes (RFC 5321, section 4.5.3.1).
	maxLocal, maxAddress = 64, 254
)

// local is what stands before the @: an atom with dots (RFC 5322, section 3.4.1), of the
// characters that mailboxes have.
var local = regexp.MustCompile(`^[A-Za-z0-9_%+'=&~-]+(\.[A-Za-z0-9_%+'=&~-]+)*$`)

// domain is a name of the DNS with a dot in it.
var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

const (
	adviceAddress = "Write an e-mail address, such as alice@example.com, without a name and without quotation marks"
	adviceASCII   = "Write an address of ASCII letters before the @; domains may have any"
)

func writeInstead(recipient string) string {
	var failure *messenger.Error
	if _, err := parseRecipient(recipient); errors.As(err, &failure) {
		return failure.Advice
	}
	return ""
}

// parseRecipient returns the address that a text is, in lower case: mailboxes that differ in
// case only are one nearly everywhere, and a recipient should not hear of a request twice. A
// domain in another script is written as the DNS has it.
func parseRecipient(text string) (string, error) {
	name, host, found := strings.Cut(strings.TrimSpace(text), "@")
	if found && !isASCII(name) && utf8.ValidString(name) && !strings.ContainsAny(name, "/\"\\ \t\r\n") {
		return "", &messenger.Error{
			Class: messenger.RecipientPermanent, Call: "resolve", Code: "no_smtputf8",
			What: "the recipient has letters before the @ for which mail servers need SMTPUTF8, which is not used", Advice: adviceASCII,
		}
	}
	ascii, err := asciiDomain(host)
	if !found || err != nil || !local.MatchString(name) || len(name) > maxLocal || len(name)+1+len(ascii) > maxAddress {
		failure := messenger.NotAnEmailAddress()
		failure.What, failure.Advice = "the recipient is no e-mail address", adviceAddress
		return "", failure
	}
	return strings.ToLower(name) + "@" + ascii, nil
}

var errNoDomain = errors.New("no domain")

// asciiDomain is a domain as the DNS has it (RFC 5891).
func asciiDomain(text string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(text)
	if err != nil || !domain.MatchString(ascii) {
		return "", errNoDomain
	}
	return strings.ToLower(ascii), nil
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}
