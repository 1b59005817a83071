package messenger

import "context"

// Permission is something that a service lets a token do, or not.
type Permission struct {
	// Name is what the service calls it, such as "chat:write".
	Name string
	// For says what it is good for, to follow the word "may".
	For string
	// Required is true for what nothing works without.
	Required bool
	// Granted is true if the token has it.
	Granted bool
}

// Permitter is a Messenger whose service tells what a token may do.
type Permitter interface {
	// Permissions returns what the token needs, and whether it has it. It returns none
	// where the service does not tell.
	Permissions(ctx context.Context) ([]Permission, error)
}

// MemberChecker is a Messenger that can tell whether the bot is in a channel without
// posting there.
type MemberChecker interface {
	// CheckMember returns nil if the bot is in the channel, or may post without being in
	// it, and ErrCannotLook when that cannot be found out.
	CheckMember(ctx context.Context, channel Address) error
}
