package review

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Mode says what reviewers may do in chat.
type Mode string

// The modes, as the AccessNotifier API has them. An empty one is Off.
const (
	Off      Mode = "Off"
	DenyOnly Mode = "DenyOnly"
	Full     Mode = "Full"
)

// Spec says who may decide on what in chat, as it is written. Deeply equal ones say the same,
// and the zero Spec lets no one decide.
type Spec struct {
	Mode Mode
	// Trait is the trait of Teleport users that holds the id of their chat account. Empty
	// where Domains say who a reviewer is.
	Trait string
	// Domains are those of e-mail addresses that are the names of Teleport users, without "@".
	Domains []string
	// When says on which requests reviewers may decide in chat; nil for all.
	When Expression
	// ReasonRequired is true if reviewers have to give a reason.
	ReasonRequired bool
}

// DefaultTrait names the trait of Teleport users that holds the id of their account of a type of
// messenger, where no other way is set to tell who a reviewer is.
func DefaultTrait(messenger string) string { return strings.ToLower(messenger) + "_uid" }

// On reports whether anything can be decided in chat.
func (s Spec) On() bool { return s.Mode == DenyOnly || s.Mode == Full }

// Expression is a condition as it is written: package match reads it.
type Expression interface {
	// Compile reads it. The error's text follows the place where the expression stands.
	Compile() (Condition, error)
}

// Condition is a condition that was read. It is safe for concurrent use, and comparable.
type Condition interface {
	// Holds reports whether reviewers may decide on a request in chat. The error's text is as
	// that of Compile, and repeats nothing that a requester typed.
	Holds(r accessrequest.Request) (bool, error)
}
