package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	callHistory = "GET /channels/{id}/posts"
	callThread  = "GET /posts/{id}/thread"
)

// postList is a list of posts, and in which order to read it.
type postList struct {
	Order []string        `json:"order"`
	Posts map[string]post `json:"posts"`
}

// Find implements messenger.Finder. It reads the channel page by page, newest
// first: all posts since a time in one answer can be more than we are willing
// to read. More pages than that count as not being able to look.
func (m *Mattermost) Find(ctx context.Context, in messenger.Address, key string, since time.Time) ([]messenger.Ref, error) {
	if !isID(in.ID) {
		return nil, messenger.ErrCannotLook
	}
	me, err := m.selfID(ctx)
	if err != nil {
		return nil, err
	}
	oldest := since.Add(-messenger.ClockMargin).UnixMilli()
	for page := range historyPages {
		list, err := m.history(ctx, in.ID, page)
		if err != nil {
			return nil, cannotLook(err)
		}
		for _, p := range list.Posts {
			if p.RootID == "" && p.isOurs(me, key) {
				return []messenger.Ref{{Channel: in.ID, ID: p.ID}}, nil
			}
		}
		if list.reaches(oldest) {
			return nil, messenger.ErrNotFound
		}
	}
	return nil, messenger.ErrCannotLook
}

func (m *Mattermost) history(ctx context.Context, channel string, page int) (postList, error) {
	var list postList
	err := m.do(ctx, call{
		name:   callHistory,
		method: http.MethodGet,
		path:   []string{"channels", channel, "posts"},
		query: url.Values{
			"page":     {strconv.Itoa(page)},
			"per_page": {strconv.Itoa(historyPage)},
		},
	}, &list)
	if err == nil && list.Posts == nil {
		return postList{}, badResponse(callHistory)
	}
	return list, err
}

// reaches reports whether the page is the last one or goes back to a time.
func (l postList) reaches(oldest int64) bool {
	if len(l.Order) < historyPage {
		return true
	}
	last := l.Posts[l.Order[len(l.Order)-1]]
	return last.CreateAt < oldest
}

// FindReply implements messenger.Finder.
func (m *Mattermost) FindReply(ctx context.Context, ref messenger.Ref, key string, _ time.Time) error {
	if !isID(ref.ID) {
		return messenger.ErrCannotLook
	}
	me, err := m.selfID(ctx)
	if err != nil {
		return err
	}
	var list postList
	err = m.do(ctx, call{
		name: callThread, method: http.MethodGet, path: []string{"posts", ref.ID, "thread"},
	}, &list)
	if err != nil {
		return cannotLook(err)
	}
	if list.Posts == nil {
		return badResponse(callThread)
	}
	for _, p := range list.Posts {
		if p.RootID == ref.ID && p.isOurs(me, key) {
			return nil
		}
	}
	return messenger.ErrNotFound
}

// isOurs reports whether the post was made by us for a key. Anybody can put a
// key into the props of a post of their own.
func (p post) isOurs(me, key string) bool {
	var has string
	return p.UserID == me && p.DeleteAt == 0 && isID(p.ID) &&
		json.Unmarshal(p.Props[propKey], &has) == nil && has == key && key != ""
}

// cannotLook turns a failure to look into a Finder's answer where it is one.
// So is a history too large to be read, which others could make so.
func cannotLook(err error) error {
	e, ok := errors.AsType[*messenger.Error](err)
	if !ok {
		return err
	}
	if e.Class == messenger.RecipientPermanent || e.Class == messenger.MessageGone || e.Code == tooLarge {
		return messenger.ErrCannotLook
	}
	return err
}
