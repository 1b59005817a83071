package slack

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// TestGroups covers how groups are named, and that a message mentions one.
func TestGroups(t *testing.T) {
	bot, workspace := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: workspace.AddChannel("access-requests")}
	id := workspace.AddGroup("on-call", false)
	workspace.AddGroup("former", true)
	for _, name := range []string{"on-call", "@On-Call", " " + id} {
		group, err := bot.ResolveGroup(t.Context(), name)
		if err != nil || group.ID != id {
			t.Fatalf("ResolveGroup(%s) = %+v, %v; want %s", name, group, err, id)
		}
		m := small
		m.Mentions = []string{group.Mention}
		ref, err := bot.Post(t.Context(), to, m, "key")
		if err != nil {
			t.Fatal(err)
		}
		posts := workspace.Posts()
		if last := posts[len(posts)-1]; len(last.Mentions) != 1 || last.Mentions[0] != id {
			t.Errorf("%v are mentioned in %s, want %s", last.Mentions, ref, id)
		}
	}
	for _, name := range []string{"former", "unknown", "S0000000000", ""} {
		if _, err := bot.ResolveGroup(t.Context(), name); !messenger.HasCode(err, "no_such_group") {
			t.Errorf("ResolveGroup(%s) = %v", name, err)
		}
	}
}

func TestGroupsTakeAScope(t *testing.T) {
	bot, _ := simulated(t, messengertest.Options{Scopes: []string{"chat:write"}})
	_, err := bot.ResolveGroup(t.Context(), "on-call")
	e := messenger.AsError(err)
	if e.Class != messenger.RecipientPermanent || e.Advice != "Add the scope usergroups:read to the app, and install it again" {
		t.Errorf("ResolveGroup = %+v", e)
	}
}
