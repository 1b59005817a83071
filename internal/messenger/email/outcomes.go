package email

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	// later is how long an address, or a server, is left alone that takes mail later: greylists
	// want a few minutes in all, and a refusal does not say how long.
	later = time.Minute
	// closing is how long a server is left alone that ends connections.
	closing = messenger.DefaultRetryAfter
	// quota is how long a server is left alone that takes no more mail today: each try is a login.
	quota = 15 * time.Minute
)

const (
	whatLater     = "{service} takes mail for this recipient later"
	whatBusy      = "{service} takes mail later"
	whatClosing   = "{service} ends connections for now"
	whatRecipient = "{service} says that there is no such mailbox, or that it takes no mail"
	whatRelay     = "{service} does not deliver mail to this recipient"
	whatSender    = "{service} does not take mail from this sender"
	whatLogin     = "{service} does not accept the username and the password"
	whatWantsMore = "{service} wants TLS or a login, or better ones"
	whatContent   = "{service} refuses this mail as it is"
	whatNoServer  = "{service} does not take mail from this machine"
	whatQuota     = "{service} takes no more mail from this sender for now: a limit, such as that of a day, is reached"
	whatTrouble   = "{service} has trouble of its own and could not take the mail"

	whatPublic = "{service} is in no private network, and mail to it might go without TLS"

	advicePublic    = "Set tls to StartTLS or Implicit, or let the operator allow the network that the server is in"
	adviceRecipient = "Correct the address, or take it out of the rules"
	adviceRelay     = "Let the server relay mail of the operator to that domain, or log in"
	adviceSender    = "Let from be a mailbox that the server lets the operator use, or allow it there"
	adviceLogin     = "Replace the username and the password by ones that work; some providers want a password for this application"
	adviceWantsMore = "Set tls to StartTLS or Implicit with the port that goes with it, and the username and the password"
	adviceContent   = "Look in the server's log for what it does not like: a shorter mail is tried"
	adviceNoServer  = "Allow the operator's addresses there, or name another port"
)

// refusal is what a reply of a mail server means. It is no Error until it is known of which call.
type refusal = messenger.Error

var (
	recipientGone = refusal{Class: messenger.RecipientPermanent, What: whatRecipient, Advice: adviceRecipient}
	relayDenied   = refusal{Class: messenger.RecipientPermanent, What: whatRelay, Advice: adviceRelay}
	senderRefused = refusal{Class: messenger.MessengerPermanent, What: whatSender, Advice: adviceSender, NotToken: true}
	loginRefused  = refusal{Class: messenger.MessengerPermanent, What: whatLogin, Advice: adviceLogin}
	wantsMore     = refusal{Class: messenger.MessengerPermanent, What: whatWantsMore, Advice: adviceWantsMore, NotToken: true}
	contentWrong  = refusal{Class: messenger.ContentRejected, What: whatContent, Advice: adviceContent}
	noServer      = refusal{Class: messenger.MessengerPermanent, What: whatNoServer, Advice: adviceNoServer, NotToken: true}
	recipientWait = refusal{Class: messenger.Throttled, What: whatLater, RetryAfter: later, Scope: messenger.ScopeAddress}
	allInUse      = refusal{Class: messenger.Throttled, What: "all connections to {service} are in use", RetryAfter: time.Second, Scope: messenger.ScopeAddress}
	serverWait    = refusal{Class: messenger.Throttled, What: whatBusy, RetryAfter: later, Scope: messenger.ScopeToken}
	serverCloses  = refusal{Class: messenger.Throttled, What: whatClosing, RetryAfter: closing, Scope: messenger.ScopeToken}
	quotaUsed     = refusal{Class: messenger.Throttled, What: whatQuota, RetryAfter: quota, Scope: messenger.ScopeToken}
	trouble       = refusal{Class: messenger.Transient, What: whatTrouble}
)

// enhanced are the enhanced status codes (RFC 3463, and the registry of RFC 5248) that mean the
// same at every step.
var enhanced = map[string]refusal{
	// The mailbox: wrong, no mailbox, ambiguous, moved, without a server.
	"5.1.0": recipientGone, "5.1.1": recipientGone, "5.1.2": recipientGone, "5.1.3": recipientGone, "5.1.4": recipientGone,
	"5.1.6": recipientGone, "5.1.9": recipientGone, "5.1.10": recipientGone,
	// The sender.
	"5.1.7": senderRefused, "5.1.8": senderRefused, "5.7.23": senderRefused, "5.7.25": senderRefused, "5.7.26": senderRefused,
	"5.7.27": senderRefused, "5.7.60": senderRefused, "5.2.252": senderRefused,
	// A limit of connections, as Microsoft 365 says it in 421 and in 432, and one of a day, as Gmail does.
	"4.3.2": serverCloses, "4.4.5": serverWait, "5.4.5": quotaUsed,
	// The mailbox: disabled, full.
	"5.2.0": recipientGone, "5.2.1": recipientGone, "5.2.2": recipientGone,
	// The size, and the content.
	"5.2.3": contentWrong, "5.3.4": contentWrong, "5.6.0": contentWrong, "5.6.1": contentWrong, "5.6.2": contentWrong,
	"5.6.3": contentWrong, "5.6.6": contentWrong, "5.6.7": contentWrong, "5.7.28": contentWrong,
	// The route: no host, no route.
	"5.4.1": recipientGone, "5.4.4": recipientGone,
	// The login, and TLS.
	"5.7.8": loginRefused, "5.7.3": wantsMore, "5.7.9": wantsMore, "5.7.10": wantsMore, "5.7.11": wantsMore, "4.7.12": loginRefused,
	"5.7.13": loginRefused, "5.7.14": loginRefused, "5.7.57": wantsMore,
	// Greylists and full mailboxes.
	"4.2.0": recipientWait, "4.2.1": recipientWait, "4.2.2": recipientWait, "4.1.1": recipientWait, "4.1.2": recipientWait,
}

// basic are reply codes (RFC 5321, RFC 4954) that mean the same at every step.
var basic = map[int]refusal{
	421: serverCloses,
	530: wantsMore, 534: wantsMore, 538: wantsMore,
	535: loginRefused, 525: loginRefused,
}

// stepwise are reply codes that mean something else at each step.
var stepwise = map[step]map[int]refusal{
	greeting: {554: noServer, 550: noServer, 521: noServer, 502: noServer, 504: noServer},
	securing: {501: wantsMore, 502: wantsMore, 503: wantsMore},
	loggingIn: {
		432: loginRefused, 454: serverWait,
		500: wantsMore, 501: loginRefused, 502: wantsMore, 503: wantsMore, 504: wantsMore, 550: loginRefused, 553: loginRefused, 554: loginRefused,
	},
	sender: {
		432: serverWait, 450: serverWait, 451: serverWait, 452: serverWait, 454: serverWait,
		501: senderRefused, 550: senderRefused, 551: senderRefused, 552: senderRefused, 553: senderRefused, 554: senderRefused, 555: senderRefused,
	},
	recipient: {
		432: serverWait, 450: recipientWait, 451: recipientWait, 452: recipientWait,
		// Postfix says so by default, so that a mistake in its configuration loses no mail. No greylist does.
		454: relayDenied,
		501: recipientGone, 511: recipientGone, 550: recipientGone, 551: recipientGone, 552: recipientGone, 553: recipientGone, 554: relayDenied,
		555: recipientGone, 556: recipientGone,
	},
	beginning: {
		432: serverWait, 450: serverWait, 451: trouble, 452: serverWait, 454: serverWait,
		503: contentWrong, 550: contentWrong, 552: contentWrong, 554: contentWrong,
	},
	ending: {
		// 454 is Amazon SES's for a rate.
		432: serverWait, 450: serverWait, 451: trouble, 452: serverWait, 454: serverWait,
		500: contentWrong, 523: contentWrong, 550: contentWrong, 551: contentWrong, 552: contentWrong, 553: senderRefused, 554: contentWrong,
	},
}

// policyStatus are refusals by a policy, which say nothing of why: the step does.
var policyStatus = map[step]refusal{sender: senderRefused, recipient: relayDenied, ending: contentWrong, greeting: noServer}

// told are the words in a reply to the end of a mail that say more than its codes do, which are
// those of a mailbox or of a policy: the ones of Microsoft 365 for a sender that is not the
// user's, and for a quota, and that of Amazon SES for an identity that is not verified.
var told = map[string]refusal{"SendAsDenied": senderRefused, "SubmissionQuotaExceeded": quotaUsed, "address is not verified": senderRefused}

// enhancedCode begins the text of a reply (RFC 2034).
var enhancedCode = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})\b`)

// classify says what a failed call means. Nothing of a reply is repeated but its codes.
func classify(call string, err error) *messenger.Error {
	at, _ := errors.AsType[*stepError](err)
	if at == nil {
		at = &stepError{connecting, err, false}
	}
	if errors.Is(at.err, errBusy) {
		busy := allInUse
		busy.Call, busy.Code = call, "busy"
		return &busy
	}
	if known, ok := offered(call, at.err); ok {
		return known
	}
	reply, answered := errors.AsType[*textproto.Error](at.err)
	if !answered {
		return unanswered(call, at)
	}
	code := strconv.Itoa(reply.Code)
	status := ""
	if found := enhancedCode.FindStringSubmatch(reply.Msg); found != nil {
		status = found[1]
		code += " " + status
	}
	e, known := meaning(at.step, reply.Code, status)
	for words, more := range told {
		if at.step == ending && reply.Code/100 == 5 && strings.Contains(reply.Msg, words) {
			e, known = more, true
		}
	}
	e.Call, e.Code, e.Quoted, e.Unknown = call, code, true, !known
	return &e
}

// meaning is what a reply means: what it says beyond its code comes first.
func meaning(at step, code int, status string) (e refusal, known bool) {
	if e, known = enhanced[status]; known && code/100 == int(status[0]-'0') {
		return e, true
	}
	if e, known = forNow(at, code, status); known {
		return e, true
	}
	if e, known = basic[code]; known {
		return e, true
	}
	if e, known = policyStatus[at]; known && status != "" && status[:3] == "5.7" {
		return e, true
	}
	if e, known = stepwise[at][code]; known {
		return e, true
	}
	if code/100 == 4 {
		return trouble, true
	}
	return refusal{Class: messenger.Transient}, false
}

// forNow is what a refusal by a policy means that is said to pass.
func forNow(at step, code int, status string) (e refusal, known bool) {
	switch isPolicy := status != "" && status[:3] == "4.7"; {
	case !isPolicy, at == loggingIn, code == 454 && at == recipient:
		return refusal{}, false
	case at == recipient:
		return recipientWait, true
	default:
		return serverWait, true
	}
}

// offered is what is wrong with what a server offers.
func offered(call string, err error) (*messenger.Error, bool) {
	known := map[error]messenger.Error{
		errNoStartTLS: {
			Code: "starttls_not_offered", What: "{service} does not offer STARTTLS, or something in between hides that it does",
			Advice: "Let the server offer STARTTLS, or use the port at which it speaks TLS from the beginning, usually 465, with tls: Implicit",
		},
		errInjected: {
			Code: "starttls_injected", What: "something has spoken for {service} before the connection was secure, and nothing was sent",
			Advice: "Look for what is between the operator and the server, or use the port at which it speaks TLS from the beginning",
		},
		errNoAuth: {
			Code: "auth_not_offered", What: "{service} offers no login", Advice: "Use the port for mail that users send, usually 587 or 465, or take the username and the password out",
		},
		errNoMechanism: {
			Code: "auth_mechanism", What: "{service} offers none of the ways to log in that are known, PLAIN and LOGIN",
			Advice: "Enable one of them at the server, or use a relay that needs no login",
		},
		errClearTextPwd: {
			Code: "password_needs_tls", What: "{service} does not offer STARTTLS, and without TLS no password is sent",
			Advice: "Let the server offer STARTTLS, set tls to Implicit with port 465, or take the username and the password out",
		},
		errTooMuch: {Code: messenger.CodeTooLarge, What: "{service} sends replies that do not end", Advice: messenger.AdviceAddress},
	}
	for cause, e := range known {
		if errors.Is(err, cause) {
			e.Call, e.Class, e.NotToken = call, messenger.MessengerPermanent, true
			return &e, true
		}
	}
	return nil, false
}

// unanswered is a call that a connection failed.
func unanswered(call string, at *stepError) *messenger.Error {
	if garbled, ok := errors.AsType[textproto.ProtocolError](at.err); ok || errors.As(at.err, &garbled) {
		return &messenger.Error{
			Class: messenger.Transient, Call: call, Code: "no_smtp", Unclear: at.unclear,
			What: "what answers as {service} does not speak SMTP, or waits for TLS", Advice: "Check the port, and whether tls fits it",
		}
	}
	if _, plain := errors.AsType[tls.RecordHeaderError](at.err); plain {
		return &messenger.Error{
			Class: messenger.Transient, Call: call, Code: "tls_failed", Unclear: at.unclear,
			What:   "what answers as {service} does not speak TLS where it should",
			Advice: "Check the port, and whether tls fits it: Implicit goes with 465, StartTLS with 587 and 25",
		}
	}
	e := messenger.ConnectionError(call, at.err, at.unclear)
	if e.Code == "public_address" {
		e.What, e.Advice, e.NotToken = whatPublic, advicePublic, true
	}
	return e
}

// ended is the failure of a call whose caller has gone. Where nothing can have taken effect, it
// says so.
func ended(call string, err, end error) error {
	if at, ok := errors.AsType[*stepError](err); ok && at.unclear {
		return fmt.Errorf("%s: %w", call, end)
	}
	return fmt.Errorf("%w: %w", messenger.ConnectionError(call, errTimeout, false), end)
}

// pausedBy is the bucket that a pause of a scope is for.
func pausedBy(scope messenger.Scope, of messenger.Bucket) messenger.Bucket {
	if scope == messenger.ScopeAddress {
		return messenger.Bucket{Method: cmp.Or(of.Method, callPost), Address: of.Address}
	}
	return messenger.Bucket{}
}
