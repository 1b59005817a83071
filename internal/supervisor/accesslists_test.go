package supervisor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
	"github.com/accessnotifier/accessnotifier/internal/accesslist/reminder"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// panicking are lists whose reading has a bug.
type panicking struct{ reads int }

func (p *panicking) AccessLists(context.Context, time.Time) ([]accesslist.List, error) {
	p.reads++
	panic("bug")
}

func (p *panicking) Cluster() accessrequest.Cluster { return accessrequest.Cluster{} }

// TestRemindersThatPanic are tried again, and end when they are told to.
func TestRemindersThatPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lists := &panicking{}
		s := &Supervisor{log: logr.Discard()}
		stop := s.runReminder(t.Context(), Key{Name: "a"}, reminder.New(reminder.Options{Lists: lists}))
		time.Sleep(crashCap + time.Second)
		stop()
		if lists.reads != 2 {
			t.Errorf("lists were read %d times, want 2", lists.reads)
		}
	})
}

// people is a messenger that knows one person by e-mail address, and has no ids of users.
type people struct{ messenger.Messenger }

func (people) ResolvePerson(_ context.Context, email string) (messenger.Address, error) {
	switch email {
	case "alice@example.com":
		return messenger.Address{ID: "D1", Direct: true}, nil
	case "team@example.com":
		return messenger.Address{ID: "C1"}, nil
	case "slow@example.com":
		return messenger.Address{}, &messenger.Error{Class: messenger.Transient}
	default:
		return messenger.Address{}, &messenger.Error{Class: messenger.RecipientPermanent, Code: "users_not_found"}
	}
}

func TestFindPerson(t *testing.T) {
	for want, candidates := range map[string][]string{
		"D1": {"U1", "bob@example.com", "team@example.com", "alice@example.com"}, "not_a_user": {"team@example.com"},
		"users_not_found": {"bob@example.com"}, "no_address": {"U1"}, "": {"slow@example.com", "alice@example.com"},
	} {
		var all []routing.Recipient
		for _, name := range candidates {
			who := routing.Recipient{Name: name, Person: true}
			if _, ok := messenger.EmailAddress(name); !ok {
				who.Kind = routing.User
			}
			all = append(all, who)
		}
		to, err := newTestBot(people{}).findPerson(t.Context(), all)
		got := to.ID
		if failure, ok := errors.AsType[*messenger.Error](err); ok {
			got = failure.Code
		}
		if got != want {
			t.Errorf("%q are found as %q, want %q", candidates, got, want)
		}
	}
}
