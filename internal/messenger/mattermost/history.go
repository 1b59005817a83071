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
		return badResponse(call)
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

// at returns the one post that is so far before another, false if there is none.
func (h *history) at(ctx context.Context, before string, skip int) (post, bool, error) {
	posts, err := h.ask(ctx, page{before: before, skip: skip}, 1)
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

// rewind returns the posts from which on to read: a page that begins before a time,
// or with the channel. It reports whether that page is the newest one, so that there
// is nothing to read after it.
//
// From the newest page it goes back in steps that double, and then halves the last
// one, because a channel may have gone on by any number of posts.
func (h *history) rewind(ctx context.Context, oldest int64) (posts []post, newest bool, err error) {
	posts, full, err := h.read(ctx, page{})
	if err != nil || !full || posts[0].CreateAt < oldest {
		return posts, true, err
	}
	near, err := h.nearest(ctx, posts[0], oldest)
	if err != nil {
		return nil, false, err
	}
	posts = []post{near}
	for full && posts[0].CreateAt >= oldest {
		var earlier []post
		if earlier, full, err = h.read(ctx, page{before: posts[0].ID}); err != nil {
			return nil, false, err
		}
		if len(earlier) > 0 {
			posts = earlier
		}
	}
	return posts, false, nil
}

// nearest returns a post that is not older than a time, with at most a page of
// such posts before it.
func (h *history) nearest(ctx context.Context, start post, oldest int64) (post, error) {
	near, low, high := start, 0, 0
	for step := historyPage; high == 0; step *= 2 {
		p, ok, err := h.at(ctx, start.ID, low+step-1)
		if err != nil {
			return post{}, err
		}
		if ok && p.CreateAt >= oldest {
			near, low = p, low+step
		} else {
			high = low + step
		}
	}
	for high-low > historyPage {
		middle := low + (high-low)/2
		p, ok, err := h.at(ctx, start.ID, middle-1)
		if err != nil {
			return post{}, err
		}
		if ok && p.CreateAt >= oldest {
			near, low = p, middle
		} else {
			high = middle
		}
	}
	return near, nil
}

// onwards calls visit with all posts after some, page by page.
//
// Posts of the same millisecond count neither as before nor as after each other.
// So each page begins after the last post that is older than the newest one read,
// and what is read twice is visited twice.
func (h *history) onwards(ctx context.Context, read []post, visit func([]post)) error {
	from := page{after: anchor(read)}
	if from.after == "" {
		from.after = read[len(read)-1].ID
	}
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
