package status

// Standing says what a message in chat is to a notifier, where a reviewer presses a button of it.
type Standing int

const (
	// StandingUnknown means that it cannot be told yet: the records have not been read, a
	// message of the request is being posted, or Teleport has not named the request when it was
	// last asked.
	StandingUnknown Standing = iota
	// StandingStranger means that no record says that reviewers were shown the message, or that
	// another message has taken its place.
	StandingStranger
	// StandingShown means that reviewers are shown it, and that the request may be undecided.
	StandingShown
	// StandingOver means that the request is over, and its messages say so. Which they are is
	// not looked up.
	StandingOver
)
