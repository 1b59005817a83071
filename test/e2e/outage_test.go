//go:build e2e

package e2e

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	chat "github.com/accessnotifier/accessnotifier/internal/messenger/mattermost"
)

// decide lets something happen to a request, by its number.
func (o *operator) decide(t *testing.T, n int, id string) {
	t.Helper()
	review := func(author string, state accessrequest.State) {
		if err := o.teleport.Review(id, author, state, "checked"); err != nil {
			t.Fatal(err)
		}
	}
	switch n % 5 {
	case 0:
		review("alice", accessrequest.Approved)
		review("bob", accessrequest.Approved)
		o.expect(id, approved, 2)
	case 1:
		review("alice", accessrequest.Denied)
		o.expect(id, denied, 1)
	case 2:
		review("alice", accessrequest.Approved)
		o.expect(id, halfway, 1)
	case 3:
		if err := o.teleport.ExpireRequest(id); err != nil {
			t.Fatal(err)
		}
		o.expect(id, expired, 0)
	}
}

// TestDatabaseRestart stops the database in the middle of a burst and starts it
// again: every message is there once and shows the last state.
func TestDatabaseRestart(t *testing.T) {
	const (
		before, all = 30, 100
		every       = 80 * time.Millisecond
	)
	failures := &failures{}
	o := startOperator(t, shared.chat.URL(), func(next http.RoundTripper) http.RoundTripper {
		failures.next = next
		return failures
	})
	var ids []string
	for n := range before {
		ids = append(ids, o.ask(t, n))
	}
	o.settles(t, time.Minute)
	// In the rest of the burst, requests are made and others decided while the
	// database is there, is stopped, is away, and is back.
	stopped := make(chan error, 1)
	for n := before; n < all; n++ {
		ids = append(ids, o.ask(t, n))
		if decided := n - before; decided < before {
			o.decide(t, decided, ids[decided])
		}
		switch n {
		case before + 10:
			go func() { stopped <- shared.database.Stop() }()
		case before + 50:
			if err := <-stopped; err != nil {
				t.Fatal(err)
			}
			if err := shared.database.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		calm(t, every)
	}
	if o.idle() {
		t.Error("nothing was left to do after the outage: it proves nothing")
	}
	o.settles(t, 2*time.Minute)
	if !failures.note(t) {
		t.Error("no call failed in the outage: it proves nothing")
	}
	// And on from there.
	for n := before; n < all; n++ {
		o.decide(t, n, ids[n])
	}
	o.settles(t, time.Minute)
}

// failures counts the calls that failed, by what they were and how they ended.
type failures struct {
	next  http.RoundTripper
	mu    sync.Mutex
	count map[string]int
}

var anyID = regexp.MustCompile(`[a-z0-9]{26}`)

// RoundTrip implements http.RoundTripper.
func (f *failures) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := f.next.RoundTrip(r)
	ending := "no answer"
	if err == nil {
		if response.StatusCode < http.StatusBadRequest {
			return response, nil
		}
		ending = response.Status
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == nil {
		f.count = map[string]int{}
	}
	f.count[r.Method+" "+anyID.ReplaceAllString(r.URL.Path, "{id}")+": "+ending]++
	return response, err
}

// note lists the failures, and reports whether there are any.
func (f *failures) note(t *testing.T) bool {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, what := range slices.Sorted(maps.Keys(f.count)) {
		t.Logf("%3d times %s", f.count[what], what)
	}
	return len(f.count) > 0
}

// TestDatabaseDown: while the database is down, nothing is taken as final,
// whatever Mattermost says.
func TestDatabaseDown(t *testing.T) {
	ctx, bot, room, began := t.Context(), newBot(t), shared.room(t), time.Now()
	to := messenger.Address{ID: room.ID}
	ref := must(bot.Post(ctx, to, about(accessrequest.Pending), newKey(t, "post")))(t)
	unseen := must(shared.admin.CreateBot(ctx, "unseen"))(t)
	if err := shared.database.Stop(); err != nil {
		t.Fatal(err)
	}
	for name, client := range map[string]*chat.Mattermost{
		"known":   bot,
		"unseen":  newClient(t, shared.chat.URL(), unseen.Session.Token),
		"unknown": newClient(t, shared.chat.URL(), nowhere),
	} {
		t.Run(name, func(t *testing.T) {
			// Mattermost answers some of these from its caches.
			if err := client.Check(ctx); err != nil {
				wantClass(t, "check", err, messenger.Transient)
			}
			for _, recipient := range []string{
				teamName + "/" + room.Name, teamDisplay + "/" + room.DisplayName, room.ID, shared.reviewer.Email,
			} {
				if _, err := client.Resolve(ctx, recipient); err != nil {
					wantClass(t, "resolve "+recipient, err, messenger.Transient)
				}
			}
			for _, recipient := range []string{teamName + "/none", "none/none", "None/None", nowhere, "unknown@example.com"} {
				_, err := client.Resolve(ctx, recipient)
				wantClass(t, "resolve "+recipient, err, messenger.Transient)
			}
			_, err := client.Post(ctx, to, about(accessrequest.Pending), newKey(t, "post"))
			wantClass(t, "post", err, messenger.Transient)
			wantClass(t, "update", client.Update(ctx, ref, about(accessrequest.Denied)), messenger.Transient)
			review := message.Review{Author: "bob", State: accessrequest.Approved}
			wantClass(t, "reply", client.Reply(ctx, ref, review, newKey(t, "reply")), messenger.Transient)
			_, err = client.Find(ctx, to, "none", began)
			wantClass(t, "find", err, messenger.Transient)
			wantClass(t, "find a reply", client.FindReply(ctx, ref, "none", time.Now().Add(-time.Hour)), messenger.Transient)
		})
	}
	if err := shared.database.Start(ctx); err != nil {
		t.Fatal(err)
	}
	recovered(t)
	if err := bot.Update(ctx, ref, about(accessrequest.Approved)); err != nil {
		t.Error(err)
	}
	if posts := shared.posts(t, room.ID); len(posts) != 1 {
		t.Errorf("%d posts, want 1", len(posts))
	}
}
