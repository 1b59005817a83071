package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// checkPerson checks that a text that a requester typed leads to a person by
// e-mail address, and to nothing else.
func checkPerson(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	people := b.bot.(messenger.PersonResolver)
	user := b.sim.AddUser(email)
	want, err := b.bot.Resolve(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{email, " " + email + "\n", "Alice@Example.com"} {
		if got, err := people.ResolvePerson(t.Context(), typed); err != nil || got != want {
			t.Errorf("ResolvePerson(%q) = %+v, %v; want %+v", typed, got, err, want)
		}
	}
	// Not even a channel that is called like an e-mail address.
	b.sim.AddChannel("ops@example.com")
	typed := append(subject.Channel(b.to.ID, channelName), subject.Person(user, email)...)
	typed = append(typed, "", " ", "@", "#", alice, "@"+alice, "#"+channelName, "@channel", "<@"+user+">",
		"team/"+channelName, "#ops@example.com", "@ops", "a@", "@example.com", "a b@example.com", "a@b@example.com", "../users@example.com/x",
		"ops@example.com", email+"/"+channelName, email+",ops@example.com")
	for _, text := range typed {
		if strings.EqualFold(text, email) || subject.OneKind && text == b.to.ID || subject.OneKind && text == "ops@example.com" {
			continue
		}
		before := b.sim.Calls()
		_, err := people.ResolvePerson(t.Context(), text)
		wantClass(t, "ResolvePerson("+text+")", err, messenger.RecipientPermanent)
		for method, n := range b.sim.Calls() {
			if n > before[method] && slices.Contains(subject.ChannelCalls, method) {
				t.Errorf("ResolvePerson(%q) looks for channels with %s", text, method)
			}
		}
	}
	if subject.OneKind {
		// Which mailboxes there are shows only when something is sent.
		return
	}
	b.sim.AddUser("gone@example.com", messengertest.Deactivated())
	_, err = people.ResolvePerson(t.Context(), "gone@example.com")
	wantClass(t, "ResolvePerson of a deactivated account", err, messenger.RecipientPermanent)
}

// checkUser checks that a user trait leads to a person by the service's id, and to nothing
// else.
func checkUser(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	users := b.bot.(messenger.UserResolver)
	user := b.sim.AddUser(email)
	want, err := b.bot.Resolve(t.Context(), subject.Person(user, email)[0])
	if err != nil || !want.Direct {
		t.Fatalf("Resolve(%q) = %+v, %v", user, want, err)
	}
	for _, text := range []string{user, " " + user + "\n"} {
		if got, err := users.ResolveUser(t.Context(), text); err != nil || got != want {
			t.Errorf("ResolveUser(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
	texts := append(subject.Channel(b.to.ID, channelName), "", " ", "@", "#", email, alice, "@"+alice, "#"+channelName,
		"<@"+user+">", "user:"+user, user+","+user, user+"/x", "../"+user, user+"\x00", strings.Repeat(user, 1000), want.ID)
	for _, text := range texts {
		before := b.sim.Calls()
		_, err := users.ResolveUser(t.Context(), text)
		wantClass(t, "ResolveUser("+text+")", err, messenger.RecipientPermanent)
		for method, n := range b.sim.Calls() {
			if n > before[method] && slices.Contains(subject.ChannelCalls, method) {
				t.Errorf("ResolveUser(%q) looks for channels with %s", text, method)
			}
		}
	}
}

// checkAccount checks that a bot knows whose token it has, and that the account is
// that of the bot, not of the token.
func checkAccount(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	account := func(bot messenger.Messenger) messenger.Account {
		t.Helper()
		if got, ok := bot.(messenger.Accounter).Account(); ok {
			t.Errorf("Account before Check = %+v, want none", got)
		}
		if err := bot.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, ok := bot.(messenger.Accounter).Account()
		if !ok || got.Bot == "" || got.BotName == "" {
			t.Errorf("Account after Check = %+v, %t; want the bot's id and name", got, ok)
		}
		return got
	}
	first := account(b.bot)
	b.sim.SetToken(token, "fresh-"+token)
	if again := account(b.withToken(t, "fresh-"+token, nil)); again != first {
		t.Errorf("the account of a new token is %+v, want %+v", again, first)
	}
	id := b.sim.AddBot("another-" + token)
	other := account(b.withToken(t, "another-"+token, nil))
	if other.Bot != id || other.Bot == first.Bot || other.Workspace != first.Workspace {
		t.Errorf("the account of another bot is %+v, want %s beside %+v", other, id, first)
	}
	refused := b.withToken(t, "wrong-"+token, nil)
	if err := refused.Check(t.Context()); err == nil {
		t.Error("Check takes a wrong token")
	}
	if got, ok := refused.(messenger.Accounter).Account(); ok {
		t.Errorf("the account of a wrong token is %+v", got)
	}
}
