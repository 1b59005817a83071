package messenger

import (
	"regexp"
	"strings"
)

// recipientName is how a recipient is written that only the other side knows. It can stand in a
// header, in a file and in a reference.
var recipientName = regexp.MustCompile(`^\w[\w.-]{0,62}$`)

// AdviceName says how such a recipient is written.
const AdviceName = "Write at most 63 letters, digits, dots, dashes and underscores"

// RecipientName returns the name that a recipient is, white space around it left out, and false
// for a text that is none: a letter, a digit or an underscore, and up to 62 of these, dots and
// dashes.
func RecipientName(recipient string) (name string, ok bool) {
	name = strings.TrimSpace(recipient)
	return name, recipientName.MatchString(name)
}
