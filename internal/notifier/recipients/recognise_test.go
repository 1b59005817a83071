package recipients

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper/keepertest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/predecessor"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// TestNamesAreFoundAmongChannelsThatWereTold covers a bot that may not ask for the channels of
// its recipients, which another plugin's data names: as many as there are of both.
func TestNamesAreFoundAmongChannelsThatWereTold(t *testing.T) {
	const channel, person, told = "name", "U1", "C3"
	for name, tt := range map[string]struct {
		messages string
		extent   track.Extent
		// posts and edits are how many calls of each are due.
		posts, edits int
	}{
		"both were told":                     {"C1/1,D2/1,C3/1", track.Whole, 0, 3},
		"one was not told":                   {"C1/1,C3/1", track.Whole, 2, 2},
		"another, who is not told any more":  {"C1/1,D2/1,C4/1,C3/1", track.Whole, 2, 4},
		"none was told":                      {"C3/1", track.Whole, 2, 1},
		"more recipients are to come":        {"C1/1,D2/1,C3/1", track.Partial, 0, 3},
		"more are to come, and none is told": {"C3/1", track.Partial, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			text := predecessor.Parse(map[string]string{"messages": tt.messages}).Record().Encode()
			k, err := keeper.New("r1", "me", &keepertest.Store{}, func() record.Owner { return record.Owner{} }, text)
			if err != nil {
				t.Fatal(err)
			}
			r := track.New("r1", k, track.Planner{Can: plan.CanEdit | plan.CanFind, Writer: "me"})
			asked := accessrequest.Request{ID: "r1", State: accessrequest.Pending}
			r.Show(track.Truth{Request: asked, Mark: track.MarkOf(asked), Certainty: track.Current}, accessrequest.Cluster{})
			for range 2 {
				found := track.Audience{Extent: tt.extent, Guests: []track.Guest{
					{To: messenger.Address{ID: channel, ByName: true}, Name: "#name"},
					{To: messenger.Address{ID: person, Direct: true, ByName: true}, Name: "alice@example.com"},
					{To: messenger.Address{ID: told}, Name: "#told"},
				}}
				recognise(r, &found)
				r.Invite(found, true, nil)
			}
			jobs, _, _ := r.Next()
			calls := map[dispatch.Method]int{}
			for _, job := range jobs {
				calls[job.Method]++
			}
			if calls[dispatch.Post] != tt.posts || calls[dispatch.Edit] != tt.edits {
				t.Errorf("the calls that are due are %v, want %d posts and %d edits", calls, tt.posts, tt.edits)
			}
		})
	}
}
