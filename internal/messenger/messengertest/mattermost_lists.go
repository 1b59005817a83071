package messengertest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

const (
	// mattermostPage is how many posts a page holds at most (web/params.go).
	mattermostPage = 200
	// mattermostSince is how many posts a list since a time holds (posts.yaml).
	mattermostSince = 1000
)

// channelPosts answers members with what changed since a time, or with one page:
// of those after a post, oldest first, of those before it, newest first, or of all,
// newest first (getPostsForChannel in api4/post.go, getPostsAround in
// store/sqlstore/post_store.go). Posts of one millisecond are neither before nor
// after each other there.
func (m *Mattermost) channelPosts(c *call) response {
	in := m.channelByID[c.params["channel"]]
	query := c.http.URL.Query()
	after, before := query.Get("after"), query.Get("before")
	switch {
	case !mattermostID.MatchString(c.params["channel"]):
		return mattermostRefusal(http.StatusBadRequest, errURLParam)
	case after != "" && !mattermostID.MatchString(after), before != "" && !mattermostID.MatchString(before):
		return mattermostRefusal(http.StatusBadRequest, errBodyParam)
	case in == nil || !in.member:
		return mattermostRefusal(http.StatusForbidden, errPermissions)
	case m.databaseDown:
		return mattermostRefusal(http.StatusInternalServerError, "app.post.get_root_posts.app_error")
	}
	all := m.byChannel[in.id]
	threads := query.Get("skipFetchThreads") != "true"
	if since := query.Get("since"); since != "" {
		from, err := strconv.ParseInt(since, 10, 64)
		if err != nil {
			return mattermostRefusal(http.StatusBadRequest, errBodyParam)
		}
		changed := filtered(all, func(p mattermostPost) bool { return p.UpdateAt > from })
		return m.list(changed[max(0, len(changed)-mattermostSince):], threads, false)
	}
	// Mattermost takes its defaults for numbers that it cannot read.
	page, _ := strconv.Atoi(query.Get("page"))
	size := perPage(query)
	skip := max(0, page) * size
	switch {
	case after != "":
		anchor := m.posts[after]
		all = filtered(all, func(p mattermostPost) bool { return anchor != nil && p.CreateAt > anchor.msg.CreateAt })
		from := min(skip, len(all))
		return m.list(all[from:min(from+size, len(all))], threads, false)
	case before != "":
		anchor := m.posts[before]
		all = filtered(all, func(p mattermostPost) bool { return anchor != nil && p.CreateAt < anchor.msg.CreateAt })
	}
	end := max(0, len(all)-skip)
	return m.list(all[max(0, end-size):end], threads, false)
}

func perPage(query url.Values) int {
	size, err := strconv.Atoi(query.Get("per_page"))
	if err != nil || size < 1 {
		size = 60
	}
	return min(size, mattermostPage)
}

func filtered(all []*entry[mattermostPost], match func(mattermostPost) bool) []*entry[mattermostPost] {
	var found []*entry[mattermostPost]
	for _, e := range all {
		if match(e.msg) {
			found = append(found, e)
		}
	}
	return found
}

// postThread answers with all of a thread, or with a page of it that begins after a
// post, and with the post that was asked for (getPostThread in api4/post.go, Get in
// store/sqlstore/post_store.go).
func (m *Mattermost) postThread(c *call) response {
	e, refusal := m.readablePost(c)
	if refusal != nil {
		return *refusal
	}
	query := c.http.URL.Query()
	size, sizeErr := strconv.Atoi(cmp.Or(query.Get("perPage"), "0"))
	at, atErr := strconv.ParseInt(cmp.Or(query.Get("fromCreateAt"), "0"), 10, 64)
	from, direction := query.Get("fromPost"), query.Get("direction")
	if sizeErr != nil || size > mattermostPage || atErr != nil || (from == "") != (at == 0) ||
		!slices.Contains([]string{"", "up", "down"}, direction) {
		return mattermostRefusal(http.StatusBadRequest, errBodyParam)
	}
	root := cmp.Or(e.msg.RootID, e.msg.ID)
	var thread []*entry[mattermostPost]
	for _, e := range m.byChannel[e.msg.ChannelID] {
		side := cmp.Or(cmp.Compare(e.msg.CreateAt, at), cmp.Compare(e.msg.ID, from))
		if direction != "down" {
			side = -side
		}
		if (e.msg.ID == root || e.msg.RootID == root) && (from == "" || side > 0) {
			thread = append(thread, e)
		}
	}
	if direction == "up" {
		slices.Reverse(thread)
	}
	more := size > 0 && len(thread) > size
	if more {
		thread = thread[:size]
	}
	if !slices.Contains(thread, e) {
		thread = append(thread, e)
	}
	return m.list(thread, false, more)
}

// list answers with posts, the last one first, and beside them with those that they
// answer, or with all of their threads.
func (m *Mattermost) list(all []*entry[mattermostPost], threads, more bool) response {
	order, posts := []string{}, map[string]mattermostPost{}
	roots := map[string]bool{}
	for _, e := range slices.Backward(all) {
		order = append(order, e.msg.ID)
		posts[e.msg.ID] = e.msg
		if root := m.posts[e.msg.RootID]; root != nil {
			posts[root.msg.ID] = root.msg
			roots[root.msg.ID] = true
		}
	}
	if threads && len(roots) > 0 {
		for _, e := range m.byChannel[all[0].msg.ChannelID] {
			if roots[e.msg.RootID] {
				posts[e.msg.ID] = e.msg
			}
		}
	}
	return jsonResponse(http.StatusOK, map[string]any{
		"order": order, "posts": posts, "next_post_id": "", "prev_post_id": "", "has_next": more,
	})
}
