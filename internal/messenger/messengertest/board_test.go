package messengertest_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func TestSubscribe(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	id := s.AddChannel("ops")
	c := newClient(t, s)
	var seen []string
	cancel := s.Subscribe(func(p mt.Post) {
		if len(s.Posts()) != 1 {
			t.Error("a subscriber cannot look at the posts")
		}
		seen = append(seen, p.Text)
	})
	ts := c.do("POST", "chat.postMessage", fields{"channel": id, "text": "one"}).body["ts"]
	c.do("POST", "chat.update", fields{"channel": id, "ts": ts, "text": "two"})
	cancel()
	c.do("POST", "chat.update", fields{"channel": id, "ts": ts, "text": "three"})
	if diff := cmp.Diff([]string{"one", "two"}, seen); diff != "" {
		t.Error(diff)
	}
	want := mt.Post{
		Service: "slack", Channel: id, ChannelName: "ops", Text: "three", Revisions: 3,
		History: []string{"one", "two", "three"},
	}
	ignored := cmpopts.IgnoreFields(mt.Post{}, "ID", "Raw", "Created", "Updated")
	if diff := cmp.Diff([]mt.Post{want}, s.PostsIn(id), ignored); diff != "" {
		t.Error(diff)
	}
}

func TestSnapshotIsACopy(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	id := s.AddChannel("ops")
	newClient(t, s).do("POST", "chat.postMessage", fields{"channel": id, "text": "one"})
	s.Posts()[0].History[0] = "changed"
	if got := s.Posts()[0].History[0]; got != "one" {
		t.Errorf("got %q: a reader changed the board", got)
	}
}

func TestConcurrentPosts(t *testing.T) {
	eachService(t, func(t *testing.T, sim mt.Simulator) {
		p := newPoster(t, sim)
		told := 0
		defer sim.Subscribe(func(mt.Post) { told++ })()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 50 {
					resp, err := sim.Transport().RoundTrip(p.request(t.Context()))
					if err != nil {
						t.Error(err)
						return
					}
					readAnswer(t, resp)
				}
			})
		}
		wg.Wait()
		p.wantPosts(400)
		ids := map[string]bool{}
		for _, post := range sim.Posts() {
			ids[post.ID] = true
		}
		if len(ids) != 400 || told != 400 {
			t.Errorf("got %d ids and %d changes, want 400", len(ids), told)
		}
		posts := sim.PostsIn(p.to)
		if !slices.IsSortedFunc(posts, func(a, b mt.Post) int { return a.Created.Compare(b.Created) }) {
			t.Error("the posts are not in their order")
		}
	})
}

func BenchmarkSlackPost(b *testing.B) {
	s := mt.NewSlack(mt.Options{})
	s.AddChannel("ops")
	p := poster{sim: s, client: client{base: "http://simulated/api/", header: map[string][]string{
		"Authorization": {"Bearer " + mt.DefaultToken}, "Content-Type": {"application/json"},
	}}, to: "ops"}
	for b.Loop() {
		resp, err := s.Transport().RoundTrip(p.request(b.Context()))
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(err)
		}
	}
}
