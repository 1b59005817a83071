package messenger

import (
	"context"
	"net/http"
)

// Click is a press of a button below a message, as the service tells it. Everything in it is
// for the Desk to doubt, but for what the service vouches for.
type Click struct {
	// Ref is the message that has the button.
	Ref Ref
	// Approve is true for the button that approves, false for the one that denies.
	Approve bool
	// Value is that of the button; see message.Message.ButtonValue.
	Value string
	// Reason is what the reviewer typed into a form; empty without one.
	Reason string
	// By is the service's id of the account that has pressed, and Workspace where that account
	// belongs, empty where the service does not tell.
	By, Workspace string
}

// Desk is where clicks are handed in. It is safe for concurrent use.
type Desk interface {
	// Press says at once, without any call, what comes of a click.
	Press(c Click) Response
	// Decide carries out a click to which Press has answered with Begun, or with a Form that
	// has been filled in. It returns what the reviewer is told, in one line of plain text that
	// may hold a name which others chose.
	Decide(ctx context.Context, c Click) (answer string)
	// Go has work done beside its caller, for as long as the desk is open, and reports false
	// if the desk is closed, or has too much to do: the reviewer is told to press again.
	Go(work func(ctx context.Context)) bool
}

// Response is what comes of a click. One of its fields is set.
type Response struct {
	// Refused says why nothing is decided.
	Refused string
	// Form asks for a reason first. The click is handed to Decide with it.
	Form *Form
	// Begun is what the reviewer is told before Decide is called.
	Begun string
}

// Form asks a reviewer for a reason.
type Form struct {
	// Title, Label, Send and Cancel are our own words.
	Title, Label, Send, Cancel string
	// Max is how long a reason may be, in characters.
	Max int
}

// ClickListener is a Messenger that hears of clicks over a connection that it opens itself.
type ClickListener interface {
	// Listen hands clicks to the desk until ctx ends, and opens the connection anew whenever
	// the service closes it. It calls up after each time that the connection was opened. It
	// returns an *Error if that cannot be, and nil once ctx has ended.
	Listen(ctx context.Context, desk Desk, up func()) error
}

// ClickReceiver is a Messenger whose service calls an address of ours with each click.
type ClickReceiver interface {
	// Receive answers one call. It reads no more than it must, and believes nothing of it
	// before the service's signature was verified. A call that is not the service's is
	// answered with 401.
	Receive(w http.ResponseWriter, r *http.Request, desk Desk)
}

// AccountReader is a Messenger that says what the service knows of an account.
type AccountReader interface {
	// ReadAccount returns a person by the service's id. An *Error of the class RecipientPermanent
	// means that there is none.
	ReadAccount(ctx context.Context, id string) (Person, error)
}

// Person is an account of a service.
type Person struct {
	// Email is the address of the account, and EmailConfirmed is true if the service says
	// that it belongs to who has the account. Empty where the service does not tell.
	Email          string
	EmailConfirmed bool
	// Guest, Bot, External and Deactivated accounts decide nothing. External ones belong to
	// another organization.
	Guest, Bot, External, Deactivated bool
}

// Trusted reports whether the account is that of a full member.
func (p Person) Trusted() bool { return !p.Guest && !p.Bot && !p.External && !p.Deactivated }
