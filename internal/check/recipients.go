package check

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// rules checks that every request has a recipient.
func (o Options) rules(s section) {
	rules := o.Spec.Rules
	finding := plural(len(rules.Configured()), "recipient") + " of " + plural(len(rules.RoleToRecipients), "role")
	for _, route := range routing.NewRuleRouter(rules).Routes() {
		if route.Problem != "" {
			s.add(Failed, "route "+route.Name, route.Problem, "Mend the condition; until then the route is left out")
		}
	}
	others := len(rules.Always) > 0 || len(rules.RoleToRecipients[routing.AnyRole]) > 0 || slices.ContainsFunc(rules.Routes, forAll)
	if others {
		s.passed("routing", finding+", and every request has one")
		return
	}
	if len(rules.RoleToRecipients) == 0 && slices.ContainsFunc(rules.Reminders, namesRecipients) {
		s.passed("routing", plural(len(rules.Configured()), "recipient")+" of reminders, for every request that stays pending")
		return
	}
	if rules.SuggestedReviewers {
		finding += "; of other roles only suggested reviewers hear"
	} else {
		finding += "; requests for other roles have none"
	}
	s.add(Warned, "routing", finding, `Add an entry "*" for roles without one of their own`)
}

// forAll reports whether a route is for every request, and names recipients.
func forAll(r routing.RouteRule) bool {
	return r.Match == nil && len(r.Recipients) > 0
}

// namesRecipients reports whether a reminder says whom it is for.
func namesRecipients(r routing.Reminder) bool { return len(r.Recipients) > 0 }

// recipients looks every recipient up, and whether the bot is let in there.
func (o Options) recipients(ctx context.Context, s section, bot messenger.Messenger, works bool) {
	named := map[string]string{}
	for _, recipient := range o.Spec.Rules.Configured() {
		if !works {
			s.skipped(recipient.Name, "not tried without a bot that works")
			continue
		}
		var address messenger.Address
		find := bot.Resolve
		if recipient.Kind == routing.Group {
			find = messenger.GroupsOf(bot)
		}
		err := patiently(ctx, func() (err error) {
			address, err = find(ctx, recipient.Name)
			if err == nil && !recipient.MayBe(address.Direct) {
				err = messenger.WrongKind(address)
			}
			return err
		})
		if err != nil {
			s.failed(recipient.Name, err)
			continue
		}
		if earlier, ok := named[address.ID]; ok {
			s.passed(recipient.Name, "the same as "+earlier+", which is told once")
			continue
		}
		named[address.ID] = recipient.Name
		if recipient.Kind == routing.Group {
			s.passed(recipient.Name, "group "+address.ID+", which messages mention")
			continue
		}
		if s.member(ctx, bot, recipient.Name, address) && o.SendTest {
			o.sendTest(ctx, s, bot, recipient.Name, address)
		}
	}
}

// member adds whether the bot is in a channel. It returns false if it is known not to be.
func (s section) member(ctx context.Context, bot messenger.Messenger, name string, to messenger.Address) bool {
	if to.Direct {
		s.passed(name, "direct messages "+to.ID)
		return true
	}
	checker, ok := bot.(messenger.MemberChecker)
	if !ok {
		s.passed(name, "channel "+to.ID+"; --send-test shows whether a message arrives")
		return true
	}
	err := patiently(ctx, func() error { return checker.CheckMember(ctx, to) })
	switch {
	case errors.Is(err, messenger.ErrCannotLook):
		s.add(Warned, name, "channel "+to.ID+"; the token may not see whether the bot is in it",
			"Let --send-test show it, or give the bot the scopes to read channels")
		return true
	case err != nil:
		s.failed(name, err)
		return false
	default:
		s.passed(name, "channel "+to.ID+", with the bot in it")
		return true
	}
}

// sendTest posts a message that says that it is a test, and marks it as done.
func (o Options) sendTest(ctx context.Context, s section, bot messenger.Messenger, name string, to messenger.Address) {
	subject := "test to " + name
	var ref messenger.Ref
	key := strings.ToLower(rand.Text())[:24]
	err := patiently(ctx, func() (err error) {
		ref, err = bot.Post(ctx, to, o.language().Trial(o.Sender, false), key)
		return err
	})
	if err != nil {
		s.failed(subject, err)
		return
	}
	updater, ok := bot.(messenger.Updater)
	if !ok {
		s.passed(subject, fmt.Sprintf("posted as %s, and stays as it is", ref))
		return
	}
	err = patiently(ctx, func() error { return updater.Update(ctx, ref, o.language().Trial(o.Sender, true)) })
	if err != nil {
		s.failed(subject, err)
		return
	}
	s.passed(subject, fmt.Sprintf("posted as %s, and marked as a test that passed", ref))
}

func plural(n int, unit string) string {
	return fmt.Sprintf("%d %s", n, words(n, unit))
}

// words returns the unit as it is said of n.
func words(n int, unit string) string {
	if n == 1 {
		return unit
	}
	return unit + "s"
}
