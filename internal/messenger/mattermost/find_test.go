package mattermost

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	routeHistory = "GET /channels/" + channelID + "/posts"
	routeThread  = "GET /posts/" + postID + "/thread"
)

var since = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// listed is a post in a list. Zero fields are those of the post to be found.
type listed struct {
	id, user, key, root string
	deleted, created    int64
}

func (l listed) json() string {
	user := l.user
	if user == "" {
		user = botID
	}
	created := l.created
	if created == 0 {
		created = since.UnixMilli()
	}
	return fmt.Sprintf(`%q:{"id":%q,"user_id":%q,"root_id":%q,"create_at":%d,"delete_at":%d,"props":{"access_notifier_key":%s}}`,
		l.id, l.id, user, l.root, created, l.deleted, l.key)
}

func list(posts ...listed) answer {
	var order, bodies []string
	for _, p := range posts {
		order = append(order, fmt.Sprintf("%q", p.id))
		bodies = append(bodies, p.json())
	}
	return ok(`{"order":[` + strings.Join(order, ",") + `],"posts":{` + strings.Join(bodies, ",") + `}}`)
}

// full is a page of other posts.
func full(created int64) answer {
	var posts []listed
	for i := range historyPage {
		posts = append(posts, listed{id: fmt.Sprintf("other%021d", i), key: `"key-2"`, created: created})
	}
	return list(posts...)
}

func TestFind(t *testing.T) {
	ours := listed{id: postID, key: `"key-1"`}
	others := []listed{
		{id: "a0000000000000000000000000", key: `"key-1"`, user: channelID},
		{id: "b0000000000000000000000000", key: `"key-2"`},
		{id: "c0000000000000000000000000", key: `7`},
		{id: "d0000000000000000000000000", key: `null`},
		{id: "e0000000000000000000000000", key: `"key-1"`, deleted: 1},
		{id: "f0000000000000000000000000", key: `"key-1"`, root: postID},
		{id: "../escape", key: `"key-1"`},
	}
	old := since.Add(-messenger.ClockMargin).UnixMilli() - 1
	tooOld := ours
	tooOld.created = old
	tests := map[string]struct {
		answers []answer
		want    []messenger.Ref
		err     error
		calls   int
	}{
		"first page":   {answers: []answer{list(append(others, ours)...)}, want: []messenger.Ref{ref}, calls: 1},
		"none":         {answers: []answer{list(others...)}, err: messenger.ErrNotFound, calls: 1},
		"empty":        {answers: []answer{list()}, err: messenger.ErrNotFound, calls: 1},
		"old enough":   {answers: []answer{full(old)}, err: messenger.ErrNotFound, calls: 1},
		"endless":      {answers: []answer{full(since.UnixMilli())}, err: messenger.ErrCannotLook, calls: historyCalls},
		"too old":      {answers: []answer{list(tooOld)}, err: messenger.ErrNotFound, calls: 1},
		"hidden":       {answers: []answer{ok(`{"order":[],"posts":null,"first_inaccessible_post_time":7}`)}, err: messenger.ErrCannotLook, calls: 1},
		"forbidden":    {answers: []answer{refusal(403, forbidden)}, err: messenger.ErrCannotLook, calls: len(confirmed(""))},
		"not found":    {answers: []answer{refusal(404, "app.channel.get.existing.app_error")}, err: messenger.ErrCannotLook, calls: len(confirmed(""))},
		"overwhelming": {answers: []answer{ok(strings.Repeat(" ", 1<<20+1))}, err: messenger.ErrCannotLook, calls: 7},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, a := newBot(t, map[string][]answer{"GET /users/me": {me}, routeHistory: tt.answers})
			got, err := m.Find(t.Context(), address, "key-1", since)
			if !errors.Is(err, tt.err) || !slices.Equal(got, tt.want) {
				t.Errorf("Find = %v, %v; want %v, %v", got, err, tt.want, tt.err)
			}
			if n := len(a.Routes()) - 1; n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestFindDoesNotTakeFailuresForAnAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		answer answer
		health answer
		class  messenger.Class
	}{
		"database down": {refusal(403, forbidden), unhealthy, messenger.Transient},
		"wrong token":   {refusal(401, "api.context.session_expired.app_error"), healthy, messenger.MessengerPermanent},
		"limited":       {answer{Status: 429}, healthy, messenger.Throttled},
		"a page":        {ok("<html>"), healthy, messenger.Transient},
		"no list":       {ok("{}"), healthy, messenger.Transient},
		"server error":  {refusal(500, "app.post.get.app_error"), healthy, messenger.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			answers := map[string][]answer{
				"GET /users/me": {me}, ping: {tt.health}, routeHistory: {tt.answer}, routeThread: {tt.answer},
			}
			m, _ := newBot(t, answers)
			_, err := m.Find(t.Context(), address, "key-1", since)
			for _, err := range []error{err, m.FindReply(t.Context(), ref, "key-1", since)} {
				if errors.Is(err, messenger.ErrNotFound) || errors.Is(err, messenger.ErrCannotLook) || messenger.AsError(err).Class != tt.class {
					t.Errorf("%v, want class %s", err, tt.class)
				}
			}
		})
	}
}

func TestFindReply(t *testing.T) {
	root := listed{id: postID, key: `"key-1"`}
	reply := listed{id: "r0000000000000000000000000", key: `"key-1"`, root: postID}
	foreign := reply
	foreign.user = channelID
	tests := map[string]struct {
		answer answer
		err    error
	}{
		"there":     {answer: list(root, reply)},
		"the root":  {answer: list(root), err: messenger.ErrNotFound},
		"foreign":   {answer: list(root, foreign), err: messenger.ErrNotFound},
		"no post":   {answer: refusal(404, "app.post.get.app_error"), err: messenger.ErrCannotLook},
		"forbidden": {answer: refusal(403, forbidden), err: messenger.ErrCannotLook},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, _ := newBot(t, map[string][]answer{"GET /users/me": {me}, routeThread: {tt.answer}})
			if err := m.FindReply(t.Context(), ref, "key-1", since); !errors.Is(err, tt.err) {
				t.Errorf("FindReply = %v, want %v", err, tt.err)
			}
		})
	}
}

func TestNothingIsLookedForUnderAForgedID(t *testing.T) {
	m, a := newBot(t, map[string][]answer{})
	if _, err := m.Find(t.Context(), messenger.Address{ID: "../users/me"}, "key", since); !errors.Is(err, messenger.ErrCannotLook) {
		t.Errorf("Find = %v", err)
	}
	if err := m.FindReply(t.Context(), messenger.Ref{Channel: channelID, ID: ".."}, "key", since); !errors.Is(err, messenger.ErrCannotLook) {
		t.Errorf("FindReply = %v", err)
	}
	a.CheckRoutes(t)
}
