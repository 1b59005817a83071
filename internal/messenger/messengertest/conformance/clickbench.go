package conformance

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// receiverURL is the address of ours that a service is told which keeps one for each message.
const receiverURL = "https://notifier.example.com/review/ns/name"

// clickBench is a bench with a desk, whose bot hears of clicks.
type clickBench struct {
	*bench
	clicks messengertest.Clicker
	desk   *testDesk
}

// clicking runs a part of the suite with a bot that hears of clicks, in a bubble of
// testing/synctest.
func clicking(t *testing.T, subject Subject, desk *testDesk, check func(t *testing.T, b *clickBench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &clickBench{bench: inMemory(t, subject, messengertest.Options{}), desk: desk}
		clicks, ok := b.sim.(messengertest.Clicker)
		if !ok {
			t.Fatalf("the simulator of %s is no Clicker", b.sim.Name())
		}
		b.clicks = clicks
		// What marks refusals leads to no connection.
		b.client = &http.Client{Transport: b.sim.Transport()}
		b.bot = b.another(t, nil)
		b.hear(t)
		check(t, b)
	})
}

// hear makes the bot hear of clicks until the end of the test.
func (b *clickBench) hear(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	b.desk.ctx = ctx
	t.Cleanup(b.desk.work.Wait)
	if receiver, ok := b.bot.(messenger.ClickReceiver); ok {
		t.Cleanup(cancel)
		b.clicks.(messengertest.CallingClicker).CallTo(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			receiver.Receive(w, r, b.desk)
		}))
		return
	}
	ended, heard := make(chan error, 1), make(chan struct{}, 100)
	go func() {
		ended <- b.bot.(messenger.ClickListener).Listen(ctx, b.desk, func() { heard <- struct{}{} })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Listen = %v at the end of its context, want nil", err)
		}
	})
	select {
	case <-heard:
	case err := <-ended:
		ended <- err
		t.Fatalf("Listen = %v", err)
	}
}

// offered is a message with buttons.
func offered(approve bool) message.Message {
	return sample(accessrequest.Pending).Offer(buttons(approve))
}

func buttons(approve bool) *message.Buttons {
	return &message.Buttons{Approve: approve, Receiver: receiverURL, Facts: request().FactsDigest()}
}

// offer posts a message with buttons, and returns the value of these.
func (b *clickBench) offer(t *testing.T) (messenger.Ref, string) {
	t.Helper()
	m := offered(true)
	return b.post(t, m, ""), m.ButtonValue()
}

// press presses a button, which must be taken.
func (b *clickBench) press(t *testing.T, ref messenger.Ref, approve bool, user string) {
	t.Helper()
	if err := b.clicks.Press(ref.Channel, ref.ID, approve, user); err != nil {
		t.Fatalf("Press: %v", err)
	}
	synctest.Wait()
}

// told returns the texts that only this person was told.
func (b *clickBench) told(user string) []string {
	var texts []string
	for _, answer := range b.clicks.PrivateAnswers(user) {
		texts = append(texts, answer.Text)
	}
	return texts
}

// wantLast checks what a person was told last.
func (b *clickBench) wantLast(t *testing.T, what, user, want string) {
	t.Helper()
	texts := b.told(user)
	if len(texts) == 0 || fold(texts[len(texts)-1]) != fold(want) {
		t.Errorf("%s: the person was told %q, want %q last", what, texts, want)
	}
}

// wantUntouched checks that a message is as it was posted, and alone.
func (b *clickBench) wantUntouched(t *testing.T, ref messenger.Ref) {
	t.Helper()
	post := b.read(t, ref)
	if posts := b.sim.PostsIn(post.Channel); post.Revisions != 1 || len(posts) != 1 {
		t.Errorf("the channel has %d messages, and the one with the buttons has %d revisions; want 1 of each", len(posts), post.Revisions)
	}
}
