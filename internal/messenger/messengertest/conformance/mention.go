package conformance

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// checkMention checks that a message mentions whom it is given, and no other, also in its
// plain form.
func checkMention(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	user := b.sim.AddUser(email)
	names := append(subject.people(user, email), subject.Channel(b.to.ID, channelName)...)
	to, err := b.bot.Resolve(t.Context(), names[0])
	if err != nil {
		t.Fatal(err)
	}
	for plainly, key := range map[bool]string{false: key, true: otherKey} {
		m, want := sample(accessrequest.Pending), 0
		if m.Plain = plainly; to.Mention != "" {
			m.Mentions, want = []string{to.Mention}, 1
		}
		ref := b.post(t, m, key)
		if got := b.read(t, ref).Mentions; len(got) != want {
			t.Errorf("plain %t: %v are mentioned, want %d", plainly, got, want)
		}
		m.Mentions = nil
		if !subject.can().Edit {
			continue
		}
		if got := b.update(t, ref, m).Mentions; len(got) != want {
			t.Errorf("plain %t: %v are mentioned after an edit, want %d", plainly, got, want)
		}
	}
}
