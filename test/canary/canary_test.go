package canary

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/review/listen"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/canary"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

// echoes is how often each hostile service has to answer, at least.
const echoes = 2

// TestNothingIsGivenAway by an operator with every service, which is given all kinds of trouble.
func TestNothingIsGivenAway(t *testing.T) {
	w := newWorld(t)
	w.addPeople()
	w.addNotifiers()
	p, a := w.operate(nothing, w.log)

	w.deliver(a)
	printed := w.checks("while all works")
	w.addMalformed()
	w.suffer()
	maps.Copy(printed, w.checks("in the end"))
	maps.Copy(printed, w.files())

	said := w.places(p, a, w.log)
	said["log with the stacks of all goroutines"] = w.crash(p)
	maps.Copy(said, printed)
	for where, text := range said {
		if len(text) == 0 {
			t.Errorf("%s: there is nothing to search", where)
		}
		for _, finding := range w.nest.Found(text) {
			t.Errorf("%s: %s", where, finding)
		}
	}
	for _, finding := range w.astray() {
		t.Error(finding)
	}
	t.Run("and each place is searched", w.eachPlaceIsSearched)
}

// crash ends an operator as a crash does, and returns what it has printed.
func (w *world) crash(p *launch.Process) string {
	w.Helper()
	if err := syscall.Kill(p.PID(), syscall.SIGQUIT); err != nil {
		w.Fatal(err)
	}
	<-p.Ended()
	all := w.log.String()
	if !strings.Contains(all, "SIGQUIT: quit") {
		w.Error("an operator that is ended by SIGQUIT prints no stacks")
	}
	return all
}

// addPeople makes the users of Teleport, who have accounts in services.
func (w *world) addPeople() {
	w.Helper()
	accounts := map[string][]string{}
	for _, c := range w.chats {
		accounts[c.service.Trait()] = []string{c.reviewer}
	}
	w.teleport.SetUser(teleporttest.User{Name: "reviewer@example.com", Roles: []string{teleporttest.ReviewerRole}, Traits: accounts})
	w.teleport.SetAccessLists(teleporttest.AccessList{
		Name: "list", Title: w.typed("title of a list"), Due: time.Now().Add(24 * time.Hour), Owners: []string{"reviewer@example.com"},
	})
}

// request makes an access request with text that only messages may show.
func (w *world) request(name string) (id, reason string) {
	w.Helper()
	// It is no number, no time and no regular expression either.
	reason = w.typed(name + " reason")
	id, err := w.teleport.CreateRequest(teleporttest.RequestSpec{
		User: "alice@example.com", Reason: reason + " (\n<!channel> `" + reason,
		SuggestedReviewers: []string{w.typed(name + " suggested reviewer"), "reviewer@example.com"},
		Annotations:        map[string][]string{w.typed(name + " annotation"): {"x"}, "ticket": {w.typed(name + " ticket")}},
	})
	if err != nil {
		w.Fatal(err)
	}
	return id, reason
}

// deliver has every service show a request, of which people decide.
func (w *world) deliver(a addresses) {
	w.Helper()
	id, reason := w.request("first")
	for _, c := range w.chats {
		w.awaitShown(c, reason)
	}
	for _, c := range w.chats {
		w.click(a, c, id, w.typed(c.service.Name()+" reason of a click"))
	}
	review := w.typed("reason of a review")
	if err := w.teleport.Review(id, "bob@example.com", accessrequest.Approved, review); err != nil {
		w.Fatal(err)
	}
	resolution := w.typed("reason of a resolution")
	if err := w.teleport.Resolve(id, accessrequest.Denied, resolution); err != nil {
		w.Fatal(err)
	}
	for _, c := range w.chats {
		if c.service.Edits() && !c.service.RemindersOnly() {
			w.awaitShown(c, resolution)
		}
	}
}

// awaitShown waits until a message shows a text.
func (w *world) awaitShown(c *chat, text string) {
	w.Helper()
	w.await(fmt.Sprintf("%s shows the request", c.service.Title()), func() error {
		if !slices.ContainsFunc(c.Posts(), func(p messengertest.Post) bool { return strings.Contains(p.Text, text) }) {
			return fmt.Errorf("none of %d messages does; the operator says\n%s", len(c.Posts()), tail(w.log.String()))
		}
		return nil
	})
}

func tail(text string) string { return text[max(0, len(text)-3000):] }

// click has a person deny a request in chat, with a reason if the service asks for one.
func (w *world) click(a addresses, c *chat, id, reason string) {
	w.Helper()
	clicker, ok := c.Simulator.(messengertest.Clicker)
	if !ok {
		return
	}
	if discord, ok := clicker.(*messengertest.Discord); ok {
		w.await("Discord may call", func() error { return discord.SetEndpoint("http://" + a.review + listen.Path(space, c.service.Name())) })
	}
	w.await("a press is taken in "+c.service.Title(), func() error {
		for _, post := range c.PostsIn(c.channel) {
			if buttons := clicker.Buttons(post.Channel, post.ID); len(buttons) > 0 && strings.HasPrefix(buttons[0].Value, id) {
				return clicker.Press(post.Channel, post.ID, false, c.reviewer)
			}
		}
		return errors.New("there are no buttons")
	})
	if _, open := clicker.Form(c.reviewer); open {
		// Who is told what of it is not what this is about.
		_ = clicker.SendForm(c.reviewer, reason)
	}
}

// suffer gives the operator trouble: services and a Teleport that repeat what they are told, and
// identities that change.
func (w *world) suffer() {
	w.Helper()
	second, _ := w.request("second")
	for _, c := range w.chats {
		c.front.setHostile(true)
	}
	w.teleport.FailReviews(5, status.Errorf(codes.InvalidArgument, "no: %s", canary.Word("second reason")))
	w.teleport.FailUpdates(5, status.Errorf(codes.InvalidArgument, "no: %s", canary.Word("second reason")))
	if err := w.teleport.Review(second, "bob@example.com", accessrequest.Approved, w.typed("reason of a second review")); err != nil {
		w.Fatal(err)
	}
	third, _ := w.request("third")
	for _, c := range w.chats {
		w.await(c.service.Title()+" has repeated what it heard", func() error {
			if n := c.front.echoed(); n < echoes {
				return fmt.Errorf("it has %d times", n)
			}
			return nil
		})
	}
	for _, c := range w.chats {
		c.front.setHostile(false)
	}
	w.teleport.DropStreams()
	if err := w.teleport.Resolve(third, accessrequest.Approved, w.typed("reason of a third resolution")); err != nil {
		w.Fatal(err)
	}
	_, last := w.request("last")
	w.awaitShown(w.chats[0], last)
}
