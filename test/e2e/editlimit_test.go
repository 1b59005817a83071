//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// TestEditTimeLimit runs a second server that lets posts be edited for a second. It
// does not keep the operator from saying what became of a request.
func TestEditTimeLimit(t *testing.T) {
	ctx := t.Context()
	server := must(shared.startChat(ctx, "MM_SERVICESETTINGS_POSTEDITTIMELIMIT=1"))(t)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	bot, room := newClient(t, server.URL(), shared.bot.Session.Token), shared.room(t)
	ref := must(bot.Post(ctx, messenger.Address{ID: room.ID}, about(accessrequest.Pending), newKey(t, "post")))(t)
	plain := about(accessrequest.Pending)
	plain.Plain = true
	plainRef := must(bot.Post(ctx, messenger.Address{ID: room.ID}, plain, newKey(t, "plain")))(t)
	calm(t, 2*time.Second)

	if err := bot.Update(ctx, ref, about(accessrequest.Denied)); err != nil {
		t.Fatalf("a message with a box: %v", err)
	}
	p := must(shared.reviewer.Session.Post(ctx, ref.ID))(t)
	if _, _, status, _ := box(t, p); !strings.Contains(status, "Denied") || strings.Contains(p.Message, "Pending") {
		t.Errorf("the post says %q and %q", p.Message, status)
	}
	plain.Status = "Denied"
	err := bot.Update(ctx, plainRef, plain)
	wantClass(t, "a plain message", err, messenger.MessageFinal)
}
