package review

import (
	"fmt"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

var guest = messengertest.Guest()

func (w *world) addUserWith(name string, option messengertest.UserOption) string {
	return w.addUser(name, option)
}

// userOf is a user with an account and no role.
func userOf(name, account string) teleporttest.User {
	return teleporttest.User{Name: name, Traits: map[string][]string{trait: {account}}}
}

// first is the first message.
func (w *world) first() messengertest.Post {
	w.t.Helper()
	post, err := w.chat.message(w.chat.channel)
	if err != nil {
		w.t.Fatal(err)
	}
	return post
}

// pressAs approves the first message, and returns who has pressed.
func (w *world) pressAs(account string) string {
	w.t.Helper()
	w.press(w.first(), true, account)
	return account
}

// offers returns an error unless these are the buttons.
func (w *world) offers(want string) error {
	if got := w.chat.offered(w.chat.channel); got != want {
		return fmt.Errorf("there are the buttons %q", got)
	}
	return nil
}
