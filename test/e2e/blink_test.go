//go:build e2e

package e2e

import (
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// TestDatabaseBlinks restarts the database as fast as it goes, again and again: a
// call may be refused for want of it although it is back a moment later. None of
// that is final.
func TestDatabaseBlinks(t *testing.T) {
	ctx, room := t.Context(), shared.room(t)
	to := messenger.Address{ID: room.ID}
	ref := must(newBot(t).Post(ctx, to, about(accessrequest.Pending), newKey(t, "post")))(t)
	fresh := make(chan string, 200)
	stop := make(chan struct{})
	var group sync.WaitGroup
	calls := map[string]func() error{
		"check a new token": func() error {
			select {
			case token := <-fresh:
				return newClient(t, shared.chat.URL(), token).Check(ctx)
			default:
				return nil
			}
		},
		"resolve": func() error {
			_, err := newBot(t).Resolve(ctx, teamName+"/"+room.Name)
			return err
		},
		"resolve display": func() error {
			_, err := newBot(t).Resolve(ctx, teamDisplay+"/"+room.DisplayName)
			return err
		},
		"resolve person": func() error {
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
		"find a reply": func() error { return newBot(t).FindReply(ctx, ref, "none") },
		"find":         func() error { _, err := newBot(t).Find(ctx, to, "none", time.Now()); return err },
	}
	for what, call := range calls {
		group.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				err := call()
				if err == nil || err == messenger.ErrNotFound {
					continue
				}
				if e := messenger.AsError(err); e.Class != messenger.Transient {
					t.Errorf("%s: %v is of class %s", what, err, e.Class)
				}
			}
		})
	}
	for range 8 {
		for range 5 {
			bot := must(shared.admin.CreateBot(ctx, "blink-"+time.Now().Format("150405.000000000")[7:]))(t)
			fresh <- bot.Session.Token
		}
		calm(t, 300*time.Millisecond)
		if err := shared.database.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := shared.database.Start(ctx); err != nil {
			t.Fatal(err)
		}
		eventually(t, time.Minute, "the bot works again", func() bool { return newBot(t).Check(ctx) == nil })
		eventually(t, time.Minute, "admin works again", func() bool { return shared.admin.Do(ctx, "GET", "/users/me/teams", nil, nil) == nil })
		calm(t, 500*time.Millisecond)
	}
	close(stop)
	group.Wait()
}
