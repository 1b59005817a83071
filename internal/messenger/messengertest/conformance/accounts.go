package conformance

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// checkAccounts checks what is said of the accounts of people.
func checkAccounts(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	accounts := b.bot.(messenger.AccountReader)
	read := func(id string) messenger.Person {
		t.Helper()
		person, err := accounts.ReadAccount(t.Context(), id)
		if err != nil {
			t.Fatalf("ReadAccount(%s): %v", id, err)
		}
		return person
	}
	if got := read(b.sim.AddUser(email)); !got.Trusted() || got.Email != "" && (got.Email != email || !got.EmailConfirmed) {
		t.Errorf("a member is %+v", got)
	}
	if got := read(b.sim.AddUser("unconfirmed@example.com", messengertest.Unconfirmed())); got.EmailConfirmed {
		t.Errorf("whose address is not confirmed is %+v", got)
	}
	if got := read(b.sim.AddBot("another-" + token)); !got.Bot || got.Trusted() {
		t.Errorf("a bot is %+v", got)
	}
	for name, option := range subject.untrusted() {
		if got := read(b.sim.AddUser(name+"@example.com", option)); got.Trusted() {
			t.Errorf("a %s account is %+v, which may decide", name, got)
		}
	}
	for _, id := range []string{"", " ", "@" + alice, "../" + alice, subject.Absent, email} {
		got, err := accounts.ReadAccount(t.Context(), id)
		wantClass(t, "ReadAccount("+id+")", err, messenger.RecipientPermanent)
		if got != (messenger.Person{}) {
			t.Errorf("ReadAccount(%q) = %+v beside its error", id, got)
		}
	}
	b.sim.Faults().Fail(503)
	_, err := accounts.ReadAccount(t.Context(), b.sim.AddUser("late@example.com"))
	wantClass(t, "ReadAccount on a failing server", err, messenger.Transient)
}

// untrusted are the accounts that decide nothing, of those that the service has.
func (s Subject) untrusted() map[string]messengertest.UserOption {
	if s.MembersOnly {
		return nil
	}
	return map[string]messengertest.UserOption{
		"guest": messengertest.Guest(), "external": messengertest.External(), "deactivated": messengertest.Deactivated(),
	}
}
