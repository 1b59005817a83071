package review

import (
	"fmt"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/review/listen"
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

// edits are the calls by which messages are edited, as the simulators name them.
var edits = map[v1alpha1.MessengerType]string{
	v1alpha1.MessengerSlack:      "chat.update",
	v1alpha1.MessengerDiscord:    "PATCH /channels/{channel}/messages/{message}",
	v1alpha1.MessengerMattermost: "PUT /posts/{post}/patch",
}

// copyOf posts a message that has the buttons of the first one, and all that the bot's token seals
// in them: a copy that was forwarded has no more.
func (w *world) copyOf(id string) messengertest.Post {
	w.t.Helper()
	first := w.first()
	_, facts, _ := message.ParseButtonValue(w.chat.Buttons(first.Channel, first.ID)[0].Value)
	request, _ := w.teleport.Request(id)
	m := message.New(request, accessrequest.Cluster{}).Offer(&message.Buttons{
		Approve: true, Receiver: w.url + listen.Path(key.Namespace, key.Name), Facts: facts,
	})
	bot, err := w.NewMessenger(w.chat.messenger(messengertest.DefaultToken))
	if err != nil {
		w.t.Fatal(err)
	}
	address, err := bot.Resolve(w.t.Context(), w.chat.recipient())
	if err != nil {
		w.t.Fatal(err)
	}
	ref, err := bot.Post(w.t.Context(), address, m, "a copy")
	if err != nil {
		w.t.Fatal(err)
	}
	return messengertest.Post{Channel: ref.Channel, ID: ref.ID}
}
