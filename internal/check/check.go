package check

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// Options say what to check, and by what.
type Options struct {
	// Spec is what the notifier is made of. It holds secrets.
	Spec supervisor.Spec
	// Problems are what is wrong with where the Spec was read from.
	Problems []Problem
	// Tbot is tbot's own configuration, if it is to be checked.
	Tbot []byte

	// Teleport tries an identity.
	Teleport Examiner
	// NewMessenger makes the bot.
	NewMessenger NewMessenger
	// Remote names the service that the bot calls.
	Remote func(supervisor.Messenger) messenger.Remote
	// SendTest posts a test message to every recipient, in the name of Sender.
	SendTest bool
	Sender   string
	// Now is the clock; time.Now by default.
	Now func() time.Time
}

// Problem is something that is wrong with where a Spec was read from.
type Problem struct {
	// Where is the place, such as "line 3".
	Where string
	// Message says what is wrong and what to do, in a sentence.
	Message string
	// Warning is true for what has no effect.
	Warning bool
}

// NewMessenger makes a bot, without any call.
type NewMessenger func(supervisor.Messenger) (messenger.Messenger, error)

// Examiner tries what an identity may do; a teleport.Dialer does.
type Examiner interface {
	Examine(ctx context.Context, address string, id *teleport.Identity, needs teleport.Needs) (teleport.Examination, error)
}

// Run checks everything that can be. What depends on something that has failed is
// skipped.
func Run(ctx context.Context, o Options) Report {
	if o.Now == nil {
		o.Now = time.Now
	}
	var report Report
	remote := o.Remote(o.Spec.Messenger)
	in := func(group string) section { return section{report: &report, group: group, remote: remote} }
	for _, p := range o.Problems {
		mark := Failed
		if p.Warning {
			mark = Warned
		}
		finding, advice := split(p.Message)
		in("Configuration").add(mark, p.Where, finding, advice)
	}
	version := o.teleport(ctx, in("Teleport"))
	bot, works := o.messenger(ctx, in(cmp.Or(remote.Service, o.Spec.Messenger.Type)))
	o.rules(in("Recipients"))
	o.wording(in("Messages"))
	o.recipients(ctx, in("Recipients"), bot, works)
	if o.Tbot != nil {
		o.tbot(in("tbot"), version)
	}
	return report
}

// unread reports whether a value is missing because of a problem that is told already.
func (o Options) unread(missing bool) bool {
	return missing && slices.ContainsFunc(o.Problems, func(p Problem) bool { return !p.Warning })
}

// split parts a sentence such as "X is wrong: do Y." into what is found and what to do.
func split(sentence string) (finding, advice string) {
	sentence = strings.TrimSuffix(sentence, ".")
	for _, separator := range []string{": ", "; "} {
		if finding, advice, ok := strings.Cut(sentence, separator); ok {
			return finding, capital(advice)
		}
	}
	return sentence, ""
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
