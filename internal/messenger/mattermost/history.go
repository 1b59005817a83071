package mattermost

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const callHistory = "GET /channels/{id}/posts"

// postList is a list of posts, and those of them that were asked for; the others
// are what these answer.
type postList struct {
	Order   []string        `json:"order"`
	Posts   map[string]post `json:"posts"`
	HasNext bool            `json:"has_next"`
	// FirstInaccessible is set in place of posts that are beyond the history which
	// the server's plan shows.
	FirstInaccessible int64 `json:"first_inaccessible_post_time"`
}

// check returns an error unless it is a list.
func (l postList) check(call string) error {
	switch {
	case l.Posts != nil:
		return nil
	case l.FirstInaccessible > 0:
		return messenger.ErrCannotLook
	default:
		return messenger.BadResponse(call)
	}
}

// inOrder returns the posts that were asked for, oldest first.
func (l postList) inOrder() []post {
	var posts []post
	for _, id := range l.Order {
		if p, ok := l.Posts[id]; ok && p.ID == id {
			posts = append(posts, p)
		}
	}
	slices.SortFunc(posts, post.compare)
	return posts
}

// compare orders posts as threads are: by age, and by id where that is equal.
func (p post) compare(other post) int {
	return cmp.Or(cmp.Compare(p.CreateAt, other.CreateAt), cmp.Compare(p.ID, other.ID))
}

// history reads a channel. Mattermost lists posts by pages around a post: those
// before it from the nearest backwards, those after it from the nearest onwards.
// A list since a time would do for a quiet channel only: it has no pages, and ends
// after 1,000 posts (api/v4/source/posts.yaml).
type history struct {
	bot     *Mattermost
	channel string
	// size is how many posts are asked for. It is a power of two, so that a page
	// can be asked for again in halves.
	size int
	// calls is how many calls may still be made.
	calls int
}

// page is a part of a history.
type page struct {
	// before and after are ids of posts; at most one is set. Without them, the
	// page is among all posts of the channel, from the newest backwards.
	before, after string
	// skip is how many posts are left out first.
	skip int
}

// read returns the posts of a page, oldest first, and whether there are as many
// as were asked for.
func (h *history) read(ctx context.Context, p page) (posts []post, full bool, err error) {
	posts, err = messenger.ReadPage(&h.size, func(size int) ([]post, error) {
		return h.ask(ctx, p, size)
	})
	return posts, len(posts) >= h.size, err
}

// before returns the post that is so far before another, false if there is none. The
// first one is the nearest.
func (h *history) before(ctx context.Context, id string, distance int) (post, bool, error) {
	posts, err := h.ask(ctx, page{before: id, skip: distance - 1}, 1)
	if messenger.HasCode(err, messenger.CodeTooLarge) {
		err = messenger.ErrCannotLook
	}
	if err != nil || len(posts) == 0 {
		return post{}, false, err
	}
	return posts[0], true, nil
}

func (h *history) ask(ctx context.Context, p page, size int) ([]post, error) {
	if h.calls--; h.calls < 0 {
		// There is more to read than we are willing to.
		return nil, messenger.ErrCannotLook
	}
	query := url.Values{
		"page":     {strconv.Itoa(p.skip / size)},
		"per_page": {strconv.Itoa(size)},
		// Without this, a page with one reply holds the whole thread. Servers that
		// do not know it send that.
		"skipFetchThreads": {"true"},
	}
	for name, id := range map[string]string{"before": p.before, "after": p.after} {
		if id != "" {
			query.Set(name, id)
		}
	}
	var list postList
	err := h.bot.do(ctx, call{
		name: callHistory, method: http.MethodGet, path: []string{"channels", h.channel, "posts"}, query: query,
	}, &list)
	if err == nil {
		err = list.check(callHistory)
	}
	return list.inOrder(), err
}

// since calls visit with all posts since a time, page by page, and with some that are
// older or were visited before.
//
// The newest page is mostly enough. Else it looks for a post that is older than the
// time, and reads on from that one.
func (h *history) since(ctx context.Context, oldest int64, visit func([]post)) error {
	posts, full, err := h.read(ctx, page{})
	if err != nil {
		return err
	}
	visit(posts)
	if !full || posts[0].CreateAt < oldest {
		return nil
	}
	older, ok, err := h.older(ctx, posts[0].ID, oldest)
	switch {
	case err != nil:
		return err
	case ok:
		return h.onwards(ctx, older.ID, visit)
	default:
		return h.whole(ctx, visit)
	}
}

// older returns a post that is older than a time, with hardly more than a page of
// such posts after it; false if the channel has none. The post that it starts from
// is not.
//
// It goes back in steps that double, and then halves the last one, because a channel
// may have gone on by any number of posts.
func (h *history) older(ctx context.Context, start string, oldest int64) (found post, ok bool, err error) {
	// So many posts before the start are not older, and so many reach an older one or
	// the beginning of the channel.
	near, far := 0, 0
	for step := historyPage; far == 0 || far-near > historyPage || !ok && far-near > 1; {
		at := near + (far-near)/2
		if far == 0 {
			at, step = near+step, 2*step
		}
		p, is, err := h.before(ctx, start, at)
		switch {
		case err != nil:
			return post{}, false, err
		case is && p.CreateAt >= oldest:
			near = at
		case is:
			found, ok, far = p, true, at
		default:
			far = at
		}
	}
	return found, ok, nil
}

// onwards calls visit with all posts after one.
//
// Posts of the same millisecond count neither as before nor as after each other.
// So each page begins after the last post that is older than the newest one read,
// and what is read twice is visited twice.
func (h *history) onwards(ctx context.Context, after string, visit func([]post)) error {
	from := page{after: after}
	for {
		posts, full, err := h.read(ctx, from)
		if err != nil {
			return err
		}
		visit(posts)
		if !full {
			return nil
		}
		if next := anchor(posts); next != "" {
			from = page{after: next}
			h.size = min(2*h.size, historyPage)
		} else {
			from.skip += h.size
		}
	}
}

// anchor returns the id of the newest post that is older than the last one, or
// nothing.
func anchor(posts []post) string {
	last := posts[len(posts)-1]
	for _, p := range slices.Backward(posts) {
		if p.CreateAt < last.CreateAt {
			return p.ID
		}
	}
	return ""
}

// whole calls visit with all posts of a channel, the newest page first. What is posted
// meanwhile moves posts to later pages, so that none is left out.
func (h *history) whole(ctx context.Context, visit func([]post)) error {
	for from := (page{}); ; from.skip += h.size {
		posts, full, err := h.read(ctx, from)
		if err != nil {
			return err
		}
		visit(posts)
		if !full {
			return nil
		}
	}
}
