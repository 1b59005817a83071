//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// TestDatabaseBlinks restarts the database as fast as it goes, again and again. A
// call can be refused for want of it although it is back by the time that a test
// asks for the server's health: Mattermost finds out that a connection is broken
// when it uses it. None of that is final.
func TestDatabaseBlinks(t *testing.T) {
	ctx, room := t.Context(), shared.room(t)
	to := messenger.Address{ID: room.ID}
	ref := must(newBot(t).Post(ctx, to, about(accessrequest.Pending), newKey(t, "post")))(t)
	fresh := make(chan string, 20)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for what, call := range map[string]func() error{
		"check a token that is not cached": func() error {
			select {
			case token := <-fresh:
				return newClient(t, shared.chat.URL(), token).Check(ctx)
			default:
				return newBot(t).Check(ctx)
			}
		},
		"resolve a channel": func() error {
			_, err := newBot(t).Resolve(ctx, teamName+"/"+room.Name)
			return err
		},
		"resolve a channel as displayed": func() error {
			_, err := newBot(t).Resolve(ctx, teamDisplay+"/"+room.DisplayName)
			return err
		},
		"resolve a person": func() error {
			_, err := newBot(t).Resolve(ctx, shared.reviewer.Email)
			return err
		},
		"post": func() error {
			_, err := newBot(t).Post(ctx, to, about(accessrequest.Pending), newKey(t, "post"))
			return err
		},
		"update": func() error { return newBot(t).Update(ctx, ref, about(accessrequest.Denied)) },
		"reply": func() error {
			return newBot(t).Reply(ctx, ref, message.Review{Author: "bob", State: accessrequest.Approved}, newKey(t, "reply"))
		},
		"find a reply": func() error { return newBot(t).FindReply(ctx, ref, "none", time.Now().Add(-time.Hour)) },
		"find": func() error {
			_, err := newBot(t).Find(ctx, to, "none", time.Now())
			return err
		},
	} {
		group.Go(func() {
			for !closed(stop) {
				err := call()
				if err != nil && !errors.Is(err, messenger.ErrNotFound) {
					wantClass(t, what, err, messenger.Transient)
				}
			}
		})
	}
	// Ended before the test is, also where a helper ends it.
	defer group.Wait()
	defer close(stop)
	for round := range 5 {
		for n := range 3 {
			fresh <- must(shared.admin.CreateBot(ctx, fmt.Sprintf("blink-%d-%d", round, n)))(t).Session.Token
		}
		calm(t, 300*time.Millisecond)
		if err := shared.database.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := shared.database.Start(ctx); err != nil {
			t.Fatal(err)
		}
		recovered(t)
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// recovered waits until the server works again after the database was away.
func recovered(t *testing.T) {
	t.Helper()
	eventually(t, time.Minute, "Mattermost works again", func() bool {
		return newBot(t).Check(t.Context()) == nil &&
			shared.admin.Do(t.Context(), "GET", "/users/me/teams", nil, nil) == nil
	})
	// Let it use its other connections.
	calm(t, 500*time.Millisecond)
}
