package messenger

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Remote is the service that an Error came from, as one notifier knows it. What it does not
// know is left out of sentences.
type Remote struct {
	// Service is what people call the service, such as "Slack".
	Service string
	// Host is where calls lead to, with its port if that is not the usual one.
	Host string
	// Token says where the bot's token is read from, such as `key "token" of Secret "bot"`.
	Token string
	// Account is whose token it is.
	Account Account
	// Unchecked is that of the Descriptor.
	Unchecked bool
	// Retry is how long at most a call waits that is made again after it failed for a reason
	// that should pass.
	Retry time.Duration
}

// Remote returns the service as a configuration has it.
func (d Descriptor) Remote(c Config) Remote {
	r := Remote{Service: d.Title(), Unchecked: d.Unchecked}
	address := c.URL
	if address == "" {
		address = d.DefaultURL
	}
	if u, err := url.Parse(strings.TrimSpace(address)); err == nil {
		r.Host = u.Host
	}
	return r
}

// String names the service and its host.
func (r Remote) String() string {
	switch {
	case r.Service == "":
		return "the chat service"
	case r.Host == "":
		return r.Service
	default:
		return r.Service + " at " + r.Host
	}
}

// Explain says in a sentence without a period what happened, and what to do about it.
func (r Remote) Explain(e *Error) string {
	if advice := r.Advise(e); advice != "" {
		return r.Describe(e) + ": " + lower(advice)
	}
	return r.Describe(e)
}

// serviceMark stands in Error.What for the service and its host.
const serviceMark = "{service}"

// Describe says what happened.
func (r Remote) Describe(e *Error) string {
	text := capital(strings.ReplaceAll(e.what(), serviceMark, r.String()))
	if e.Quoted {
		text += fmt.Sprintf(" (code %s in %s)", e.Code, e.Call)
	}
	return text
}

// Advise says what to do about it. Whoever replaces a token, or invites a bot, is told which.
func (r Remote) Advise(e *Error) string {
	advice := e.Advice
	if advice == "" {
		advice = r.usual(e)
	}
	switch {
	case e.NotToken:
	case e.Class == MessengerPermanent, e.Class == PermissionMissing:
		advice += r.whoseToken()
	case e.Class == RecipientPermanent, e.Class == MessageFinal:
		if r.Account.Bot != "" {
			advice += "; the bot is " + r.Account.String()
		}
	default:
	}
	return advice
}

// whoseToken follows what is to be done with the token.
func (r Remote) whoseToken() string {
	switch {
	case r.Account.Bot != "" && r.Token != "":
		return "; the token of bot " + r.Account.String() + " is " + r.Token
	case r.Account.Bot != "":
		return "; it is the token of bot " + r.Account.String()
	case r.Token != "":
		return "; the token is " + r.Token
	default:
		return ""
	}
}

// usual is what to do about failures of a class where nothing else is said.
func (r Remote) usual(e *Error) string {
	again := "it is tried again more and more slowly"
	if r.Retry > 0 {
		again = fmt.Sprintf("it is tried again more and more slowly, at last every %s", r.Retry)
	}
	switch {
	case e.Unknown && e.Class == Transient:
		return "Nothing is lost, and " + again + "; look for a newer version of Access Notifier, and report the code"
	case e.Unknown:
		return "Look for a newer version of Access Notifier, and report the code"
	case e.Class == Transient:
		return "Wait; nothing is lost, and " + again
	case e.Class == Throttled:
		return "Wait; nothing is lost, and it goes on by itself"
	case e.Class == ContentRejected:
		return "Decide the request in Teleport, and report this with the operator's log"
	case e.Class == MessengerPermanent:
		return "Replace the bot token by one that works"
	case e.Class == RecipientPermanent:
		return "Check the recipient"
	default:
		return ""
	}
}

// what is What, or what is common to the failures of a class.
func (e *Error) what() string {
	switch {
	case e.What != "":
		return e.What
	case e.Unknown:
		return serviceMark + " answered with a code that this version of Access Notifier does not know"
	}
	switch e.Class {
	case Throttled:
		return serviceMark + " asks for fewer calls"
	case RecipientPermanent:
		return serviceMark + " does not let the bot reach this recipient"
	case MessengerPermanent:
		return serviceMark + " does not accept the bot token"
	case ContentRejected:
		return serviceMark + " refuses this message as it is"
	case MessageGone:
		return serviceMark + " no longer has the message, or does not let the bot have it"
	case MessageFinal:
		return serviceMark + " does not let the message be edited"
	case PermissionMissing:
		return serviceMark + " says that the bot token lacks a permission"
	default:
		return serviceMark + " has trouble of its own and could not carry out the call"
	}
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// lower makes the beginning of a sentence the middle of one.
func lower(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToLower(first)) + text[size:]
}
