package messengertest

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Mattermost simulates the Mattermost REST API below /api/v4, as version 6.7.2
// behaves.
type Mattermost struct {
	server
	*directory
	*board[mattermostPost]
	limits RateLimits
	quotas limiter
	routes routes[mattermostHandler]
	ids    int

	pendingWindow, editLimit time.Duration
	maxPayload               int
	postAll                  bool
	team                     string
	teams                    map[string]bool // whether the bot is in it
	teamNames                map[string]string
	databaseDown             bool
	fileStoreDown            bool
	limitProps               bool
	noEdits                  bool
	teamsOnly                bool
	plugin                   func(text string) (refusal string)
	sessions                 map[string]bool // tokens that are known without the database
	pending                  map[string]*entry[mattermostPost]
	posts                    map[string]*entry[mattermostPost]
	// administrator is true if the bot is one of the system.
	administrator bool

	clicks mattermostClicks
	calling
}

type mattermostHandler struct {
	handle func(m *Mattermost, c *call) response
	// public calls need no token.
	public bool
}

const mattermostPrefix = "/api/v4"

var mattermostID = regexp.MustCompile(`^[a-z0-9]{26}$`)

// The ids of Mattermost's refusals. Where nothing else is said, they were measured at
// a server of version 6.7.2.
const (
	errSession     = "api.context.session_expired.app_error"
	errPermissions = "api.context.permissions.app_error"
	errURLParam    = "api.context.invalid_url_param.app_error"
	errBodyParam   = "api.context.invalid_body_param.app_error"
	errNotFound    = "api.context.404.app_error"
	errNoRoot      = "api.post.create_post.root_id.app_error"
	errTooOld      = "api.post.update_post.permissions_time_limit.app_error"
	errNoPost      = "app.post.get.app_error"
	// errTooLarge is what newer servers say (web/handlers.go).
	errTooLarge = "api.context.request_body_too_large.app_error"
	// errTeamsOnly is in app/channel.go.
	errTeamsOnly = "api.channel.create_channel.direct_channel.team_restricted_error"
)

// NewMattermost returns a simulator of Mattermost that does not listen yet.
// Its URL is the server's, without a path.
func NewMattermost(o Options) *Mattermost {
	o = o.withDefaults()
	m := &Mattermost{
		limits:        o.RateLimits,
		pendingWindow: o.PendingWindow,
		editLimit:     o.EditLimit,
		maxPayload:    o.MaxPayload,
		postAll:       o.PostAll,
		team:          o.Team,
		teams:         map[string]bool{o.Team: true},
		teamNames:     map[string]string{},
		sessions:      map[string]bool{},
		pending:       map[string]*entry[mattermostPost]{},
		posts:         map[string]*entry[mattermostPost]{},
		clicks: mattermostClicks{
			triggers: map[string]mattermostTrigger{}, forms: map[string]mattermostForm{}, answers: map[string][]PrivateAnswer{},
		},
	}
	m.server.init("mattermost", "", o, m)
	m.directory = newDirectory(&m.server.lock, m.newID, o.Token, nil)
	m.board = newBoard[mattermostPost](&m.server.lock)
	for name, handle := range map[string]func(*Mattermost, *call) response{
		"GET /users/me":                                  (*Mattermost).usersMe,
		"GET /users/email/{email}":                       (*Mattermost).userWithEmail,
		"GET /users/me/teams":                            (*Mattermost).myTeams,
		"GET /users/me/teams/{team}/channels":            (*Mattermost).myChannels,
		"GET /teams/name/{team}":                         (*Mattermost).teamWithName,
		"GET /teams/name/{team}/channels/name/{channel}": (*Mattermost).channelWithName,
		"GET /channels/{channel}":                        (*Mattermost).getChannel,
		"GET /channels/{channel}/members/me":             (*Mattermost).ownMembership,
		"GET /channels/{channel}/posts":                  (*Mattermost).channelPosts,
		"POST /channels/direct":                          (*Mattermost).openDirect,
		"POST /posts":                                    (*Mattermost).createPost,
		"GET /posts/{post}":                              (*Mattermost).getPost,
		"GET /posts/{post}/thread":                       (*Mattermost).postThread,
		"PUT /posts/{post}":                              (*Mattermost).updatePost,
		"PUT /posts/{post}/patch":                        (*Mattermost).patchPost,
		"POST /reactions":                                (*Mattermost).addReaction,
	} {
		m.routes.add(name, mattermostHandler{handle: handle})
	}
	// After "GET /users/me", which it would hide.
	m.routes.add("GET /users/{user}", mattermostHandler{handle: (*Mattermost).userWithID})
	m.routes.add("POST /actions/dialogs/open", mattermostHandler{handle: (*Mattermost).openDialog, public: true})
	m.routes.add("GET /system/ping", mattermostHandler{handle: (*Mattermost).ping, public: true})
	return m
}

// AddTeam adds a team; the bot can be left out of it.
func (m *Mattermost) AddTeam(name string, withBot bool) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	m.teams[name] = withBot
}

func (m *Mattermost) newID(byte) string {
	m.ids++
	sum := sha256.Sum256(fmt.Appendf(nil, "mattermost %d", m.ids))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}

// newTime returns the time in milliseconds. Posts can have the same, as in life.
func (m *Mattermost) newTime() int64 { return m.now().UnixMilli() }

func (m *Mattermost) route(r *http.Request, body []byte) *call {
	c := &call{method: r.Method + " " + r.URL.Path, http: r, body: body}
	if found, params, _ := m.routes.find(r, mattermostPrefix); found != nil {
		c.method, c.params, c.channel = found.name, params, params["channel"]
	}
	if c.method == "POST /posts" {
		c.channel = channelOfPost(body)
	}
	return c
}

func (m *Mattermost) serve(c *call) response {
	found, _, _ := m.routes.find(c.http, mattermostPrefix)
	if found == nil {
		resp := mattermostRefusal(http.StatusNotFound, errNotFound)
		resp.header.Set("Content-Type", "text/plain; charset=utf-8")
		return resp
	}
	c.token = mattermostToken(c.http.Header.Get("Authorization"))
	q, limited := m.takeQuota(c)
	if !q.ok {
		return m.withQuota(mattermostRateLimited(q.reset), q, limited)
	}
	if len(c.body) > m.maxPayload {
		return m.withQuota(mattermostRefusal(http.StatusRequestEntityTooLarge, errTooLarge), q, limited)
	}
	if !found.handler.public && !m.authenticate(c) {
		return m.withQuota(mattermostRefusal(http.StatusUnauthorized, errSession), q, limited)
	}
	return m.withQuota(found.handler.handle(m, c), q, limited)
}

// mattermostToken reads a header as Mattermost does (ParseAuthTokenFromRequest in
// app/authentication.go): the schemes Bearer and Token in any case.
func mattermostToken(header string) string {
	scheme, value, _ := strings.Cut(header, " ")
	if strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Token") {
		return value
	}
	return ""
}

// authenticate reports whether the session is known: to the cache, or to the
// database when that works.
func (m *Mattermost) authenticate(c *call) bool {
	t := m.tokens[c.token]
	if t == nil || t.refusal != "" || m.userByID[t.bot].deactivated {
		return false
	}
	if m.databaseDown {
		return m.sessions[c.token]
	}
	m.sessions[c.token] = true
	return true
}

func (m *Mattermost) author(c *call) string { return m.tokens[c.token].bot }

// takeQuota counts the call against every limit that is set, and reports
// whether there is one. Mattermost counts addresses (GenerateKey in app/ratelimit.go;
// VaryByRemoteAddr is true by default). The limits of a method and a channel are
// those of a proxy in front of it.
func (m *Mattermost) takeQuota(c *call) (q quota, limited bool) {
	q.ok = true
	address, _, _ := net.SplitHostPort(c.http.RemoteAddr)
	checks := map[string]RateLimit{
		"address " + address: m.limits.Token,
		"method " + c.method: m.limits.Method[c.method],
	}
	if c.channel != "" {
		checks["channel "+c.channel] = m.limits.Channel
	}
	for key, limit := range checks {
		if limit.Limit == 0 {
			continue
		}
		next := m.quotas.take(key, limit, m.now())
		if !limited || !next.ok || q.ok && next.remaining < q.remaining {
			q = next
		}
		limited = true
	}
	return q, limited
}

// withQuota adds the headers that answers have when a limit is set.
func (m *Mattermost) withQuota(resp response, q quota, limited bool) response {
	if limited {
		resp.header.Set("X-Ratelimit-Limit", strconv.Itoa(q.limit))
		resp.header.Set("X-Ratelimit-Remaining", strconv.Itoa(q.remaining))
		resp.header.Set("X-Ratelimit-Reset", strconv.Itoa(seconds(q.reset)))
	}
	return resp
}

func mattermostRateLimited(after time.Duration) response {
	resp := plainResponse(http.StatusTooManyRequests, "text/plain; charset=utf-8", "limit exceeded\n")
	resp.header.Set("Retry-After", strconv.Itoa(seconds(after)))
	return resp
}

func (m *Mattermost) throttled(_ *call, t Throttling) response {
	return m.withQuota(mattermostRateLimited(t.RetryAfter), quota{limit: 10, reset: t.RetryAfter}, true)
}

func (m *Mattermost) failed(_ *call, f Failure) response {
	if f.Code == "" {
		return badGateway(f.Status)
	}
	status := f.Status
	if status == 0 {
		status = mattermostStatus(f.Code)
	}
	return mattermostRefusal(status, f.Code)
}

// mattermostStatus returns the HTTP status that an error id comes with. What begins
// with "app." is mostly about the database, and what begins with "api." about the
// call.
func mattermostStatus(id string) int {
	switch id {
	case errSession:
		return http.StatusUnauthorized
	case errPermissions, errTeamsOnly, "app.post.cloud.get.app_error",
		"api.channel.create_channel.direct_channel.remote_restricted.app_error":
		return http.StatusForbidden
	case errNotFound, "app.post.get.app_error",
		"app.channel.get_by_name.missing.app_error",
		"app.channel.get.existing.app_error",
		"app.team.get_by_name.missing.app_error",
		"app.team.get_by_name.app_error",
		"app.user.missing_account.const":
		return http.StatusNotFound
	case errTooLarge:
		return http.StatusRequestEntityTooLarge
	case "app.post.create_post.shared_dm_or_gm.app_error":
		return http.StatusBadRequest
	}
	if strings.HasPrefix(id, "app.") {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func mattermostRefusal(status int, id string) response {
	return jsonResponse(status, map[string]any{
		"id": id, "message": "Simulated message for " + id + ".", "detailed_error": "",
		"request_id": "simulatedsimulatedsimulat1", "status_code": status,
	})
}
