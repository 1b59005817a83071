package breaker

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// standing is what is known of the token, see the package's table.
type standing int

const (
	unchecked standing = iota
	believed
	doubted
	refused
)

// finding is what a call, or a check, says of the token.
type finding int

const (
	callRefused finding = iota
	checkPassed
	checkRefused
	checkUnclear
)

// findingOf returns what the end of a check says. A permission that the check asks for is
// one that every post needs.
func findingOf(err error) finding {
	if err == nil {
		return checkPassed
	}
	switch class := messenger.AsError(err).Class; {
	case class == messenger.MessengerPermanent, class == messenger.PermissionMissing:
		return checkRefused
	case class.Answered():
		return checkPassed
	default:
		return checkUnclear
	}
}

// verdict is what a check says of a refusal before it.
func (f finding) verdict() Verdict {
	switch f {
	case checkPassed:
		return CallOnly
	case checkRefused:
		return TokenRefused
	default:
		return Unclear
	}
}

// after is the standing after a finding.
func (s standing) after(f finding) standing {
	switch {
	case f == checkPassed:
		return believed
	case f == checkRefused:
		return refused
	case f == checkUnclear && s == unchecked:
		return believed
	case f == callRefused && s == believed:
		return doubted
	default:
		return s
	}
}

// token is whether the messenger takes the token.
type token struct {
	standing standing
	// why is why it is refused, nil while it is not.
	why *messenger.Error
	// trusted is until when a refused call does not lead to a check at once.
	trusted time.Time
}
