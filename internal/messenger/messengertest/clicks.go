package messengertest

import (
	"errors"
	"net/http"
)

// Clicker is a Simulator of a service whose messages have buttons. Its people press only what
// they see, unless a test forges it.
type Clicker interface {
	Simulator

	// Buttons returns what a reader can press below a message, in its order.
	Buttons(channel, id string) []Button
	// Press makes a person press a button of a message. It returns once the service knows that
	// the press was taken: ErrNoButton if there is no such button, ErrNotTaken if nobody took
	// the press in the time that the service gives.
	Press(channel, id string, approve bool, user string) error
	// Forge is Press with another value than that of the button, and for a message that may
	// have none: what a service could be brought to hand on.
	Forge(channel, id string, approve bool, user, value string) error
	// Repeat hands the last press on again, as a service does that missed the answer. What its
	// service never hands on twice, it hands on twice all the same.
	Repeat() error

	// Form returns the form that is open before a person, false if none is.
	Form(user string) (Form, bool)
	// SendForm fills in the form that is open before a person, and sends it. It returns as Press
	// does.
	SendForm(user, reason string) error
	// PrivateAnswers returns what only this person was told, oldest first.
	PrivateAnswers(user string) []PrivateAnswer
}

// CallingClicker is a Clicker whose service calls an address of ours with each press.
type CallingClicker interface {
	Clicker

	// CallTo makes the service call the handler, whatever address it was told: in memory, and
	// with everything by which the service shows that it is itself.
	CallTo(handler http.Handler)
}

// Why a press came to nothing.
var (
	// ErrNoButton means that a person sees no such button, or no such form.
	ErrNoButton = errors.New("there is nothing to press")
	// ErrNotTaken means that the service shows the person that nothing took the press.
	ErrNotTaken = errors.New("nothing took the press in time")
)

// Button is what a reader can press.
type Button struct {
	// Approve is true for the one that approves.
	Approve bool
	// Label is what stands on it, and Value what it stands for.
	Label, Value string
}

// Form is what a person sees that is asked for a reason.
type Form struct {
	Title, Label, Send, Cancel string
	// Max is how many characters a reason may have.
	Max int
}

// PrivateAnswer is what one person was told.
type PrivateAnswer struct {
	// Channel is where, empty for a service that shows it elsewhere.
	Channel string
	// Text is what the person sees, and Outside what of it does not stand in code.
	Text, Outside string
	// Mentions are who would have been pinged, or shown as a mention.
	Mentions []string
	// Links are the addresses that it leads to.
	Links []string
}
