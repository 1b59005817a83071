package messengertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Slack simulates the Slack Web API below /api/.
type Slack struct {
	server
	*directory
	*board[slackMessage]
	limits    RateLimits
	quotas    limiter
	editLimit time.Duration
	locked    map[string]bool // threads, by channel and ts
	orgWide   bool
	groups    []slackGroup
	ids       int
	lastTS    int64
	sockets   slackSocketMode
	clicks    slackClicks
}

var _ Clicker = (*Slack)(nil)

// slackMessage is what Slack keeps of a message.
type slackMessage struct {
	Type        string          `json:"type"`
	Subtype     string          `json:"subtype,omitempty"`
	User        string          `json:"user"`
	BotID       string          `json:"bot_id"`
	Text        string          `json:"text"`
	TS          string          `json:"ts"`
	ThreadTS    string          `json:"thread_ts,omitempty"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	Edited      *slackEdit      `json:"edited,omitempty"`
	ReplyCount  int             `json:"reply_count,omitempty"`
	linkNames   bool
}

type slackEdit struct {
	User string `json:"user"`
	TS   string `json:"ts"`
}

const (
	slackTeam       = "T0SIMULATED"
	slackEnterprise = "E0SIMULATED"
)

// slackScopes are the scopes that the simulated methods look at.
var slackScopes = []string{
	"chat:write", "users:read", "users:read.email", "reactions:write",
	"channels:read", "groups:read", "im:read", "mpim:read",
	"channels:history", "groups:history", "im:history", "mpim:history",
	"im:write", "usergroups:read",
}

// slackMethod is how one method is answered.
type slackMethod struct {
	handle func(s *Slack, c *slackCall) response
	// scope is what every call of the method needs.
	scope string
	// formOnly methods do not read JSON bodies.
	formOnly bool
}

// slackMethods holds the simulated methods. Their scopes are those of each method's
// reference. That users.lookupByEmail answers invalid_arguments to JSON is known from
// clients that got it wrong, and its reference lists forms only; those of
// conversations.history, replies and open list application/json, too, and so
// conversations.list and info are taken to do.
var slackMethods = map[string]slackMethod{
	"auth.test":             {handle: (*Slack).authTest},
	"chat.postMessage":      {handle: (*Slack).chatPostMessage, scope: "chat:write"},
	"chat.update":           {handle: (*Slack).chatUpdate, scope: "chat:write"},
	"users.lookupByEmail":   {handle: (*Slack).usersLookupByEmail, scope: "users:read.email", formOnly: true},
	"conversations.open":    {handle: (*Slack).conversationsOpen, scope: "im:write"},
	"conversations.list":    {handle: (*Slack).conversationsList},
	"conversations.info":    {handle: (*Slack).conversationsInfo},
	"conversations.history": {handle: (*Slack).conversationsHistory},
	"conversations.replies": {handle: (*Slack).conversationsReplies},
	"reactions.add":         {handle: (*Slack).reactionsAdd, scope: "reactions:write"},
	"usergroups.list":       {handle: (*Slack).usergroupsList, scope: "usergroups:read"},
	"chat.postEphemeral":    {handle: (*Slack).chatPostEphemeral, scope: "chat:write"},
	"users.info":            {handle: (*Slack).usersInfo, scope: "users:read"},
	"views.open":            {handle: (*Slack).viewsOpen},
}

// NewSlack returns a simulator of Slack that does not listen yet. Its URL ends
// with "/api/".
func NewSlack(o Options) *Slack {
	o = o.withDefaults()
	if o.Scopes == nil {
		o.Scopes = slackScopes
	}
	s := &Slack{limits: o.RateLimits, editLimit: o.EditLimit, locked: map[string]bool{}}
	s.server.init("slack", "/api/", o, s)
	s.listening.front = func(calls *running) front { return slackFront{httpFront(s)(calls), s.closeSockets} }
	s.sockets = slackSocketMode{token: o.AppToken, tickets: map[string]time.Time{}, waiting: map[string]chan json.RawMessage{}}
	s.clicks = slackClicks{triggers: map[string]slackTriggered{}, forms: map[string]slackModal{}, answers: map[string][]PrivateAnswer{}}
	s.directory = newDirectory(&s.server.lock, s.newID, o.Token, o.Scopes)
	s.board = newBoard[slackMessage](&s.server.lock)
	return s
}

// SetScopes replaces the scopes of a token.
func (s *Slack) SetScopes(tok string, scopes ...string) {
	s.server.lock.Lock()
	defer s.server.lock.Unlock()
	if t := s.tokens[tok]; t != nil {
		t.scopes = scopes
	}
}

// SetOrgWide makes the bot's tokens those of an app that is installed in a whole
// organization, or takes that back.
func (s *Slack) SetOrgWide(on bool) {
	s.server.lock.Lock()
	defer s.server.lock.Unlock()
	s.orgWide = on
}

// LockThread makes administrators lock the thread below a message.
func (s *Slack) LockThread(channel, ts string) {
	s.server.lock.Lock()
	defer s.server.lock.Unlock()
	s.locked[channel+"/"+ts] = true
}

func (s *Slack) newID(kind byte) string {
	s.ids++
	return fmt.Sprintf("%c%010d", kind, s.ids)
}

// newTS returns a timestamp that no message has, also when the clock stands.
func (s *Slack) newTS() string {
	s.lastTS = max(s.lastTS+1, s.now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.lastTS/1e6, s.lastTS%1e6)
}

// slackCall is a call whose arguments were read.
type slackCall struct {
	*call
	args   slackArgs
	bearer *token
}

func (s *Slack) route(r *http.Request, body []byte) *call {
	method, ok := strings.CutPrefix(r.URL.Path, "/api/")
	if !ok {
		method = r.URL.Path
	}
	c := &call{method: method, http: r, body: body}
	if args, err := readSlackArgs(r, body); err == "" {
		c.channel = args.text("channel")
	}
	return c
}

func (s *Slack) serve(c *call) response {
	if !strings.HasPrefix(c.http.URL.Path, "/api/") {
		return badGateway(http.StatusNotFound)
	}
	if c.method == "apps.connections.open" {
		return s.appsConnectionsOpen(c)
	}
	method, ok := slackMethods[c.method]
	if !ok {
		return slackError("unknown_method")
	}
	args, code := readSlackArgs(c.http, c.body)
	if code != "" {
		return slackError(code)
	}
	bearer, code := s.authenticate(c.http, args)
	if code != "" {
		return slackError(code)
	}
	sc := &slackCall{call: c, args: args, bearer: bearer}
	if resp, ok := s.limit(sc); !ok {
		return resp
	}
	if method.scope != "" && !slices.Contains(bearer.scopes, method.scope) {
		return sc.missingScope(method.scope)
	}
	if method.formOnly && args.json {
		return slackError("invalid_arguments")
	}
	resp := method.handle(s, sc)
	resp.header.Set("X-Oauth-Scopes", strings.Join(bearer.scopes, ","))
	resp.header.Set("X-Accepted-Oauth-Scopes", method.scope)
	return resp
}

// authenticate finds the token in the header or, for forms, in the parameters of the
// body. The scheme may be in any case (RFC 9110, section 11.1). The codes are those
// of the errors that every method has.
func (s *Slack) authenticate(r *http.Request, args slackArgs) (bearer *token, code string) {
	value := args.token
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, rest, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil, "invalid_auth"
		}
		value = rest
	}
	if value == "" {
		return nil, "not_authed"
	}
	bearer = s.tokens[value]
	if value == s.sockets.token {
		return nil, "not_allowed_token_type"
	}
	if bearer == nil {
		return nil, "invalid_auth"
	}
	return bearer, bearer.refusal
}

// limit counts the call against the limits of its method and, for posts, of the
// channel and of all channels together. Limits are "per API method per workspace per
// app"; chat.postMessage is special: about one message a second for each channel, and
// a limit for the workspace [docs.slack.dev/apis/web-api/rate-limits].
func (s *Slack) limit(c *slackCall) (response, bool) {
	type check struct {
		key   string
		limit RateLimit
	}
	checks := []check{{"method/" + c.method, s.limits.Method[c.method]}}
	if c.method == "chat.postMessage" {
		channel := c.channel
		if found, code := s.postTarget(c); code == "" {
			channel = found.id
		}
		checks = append(checks, check{"posts", s.limits.Token}, check{"channel/" + channel, s.limits.Channel})
	}
	for _, check := range checks {
		if q := s.quotas.take(c.bearer.bot+"/"+check.key, check.limit, s.now()); !q.ok {
			return slackRateLimited(q.reset), false
		}
	}
	return response{}, true
}

func slackRateLimited(after time.Duration) response {
	resp := jsonResponse(http.StatusTooManyRequests, map[string]any{"ok": false, "error": "ratelimited"})
	resp.header.Set("Retry-After", strconv.Itoa(seconds(after)))
	return resp
}

func (s *Slack) throttled(_ *call, t Throttling) response {
	resp := slackRateLimited(t.RetryAfter)
	if t.PlainBody {
		resp.body = []byte("<html>Too many requests</html>")
		resp.header.Set("Content-Type", "text/html")
	}
	return resp
}

func (s *Slack) failed(_ *call, f Failure) response {
	if f.Code == "" {
		return badGateway(f.Status)
	}
	resp := slackError(f.Code)
	if f.Status != 0 {
		resp.status = f.Status
	}
	return resp
}

// slackError is a refusal, which Slack sends with status 200. The messages are
// its hints for developers.
func slackError(code string, messages ...string) response {
	body := map[string]any{"ok": false, "error": code}
	if len(messages) > 0 {
		body["errors"] = messages
		body["response_metadata"] = map[string]any{"messages": messages}
	}
	return jsonResponse(http.StatusOK, body)
}

func (c *slackCall) missingScope(needed string) response {
	return jsonResponse(http.StatusOK, map[string]any{
		"ok": false, "error": "missing_scope",
		"needed": needed, "provided": strings.Join(c.bearer.scopes, ","),
	})
}

// ok is a success with the given fields.
func (c *slackCall) ok(fields map[string]any) response {
	fields["ok"] = true
	var warnings []string
	if c.args.json && !strings.Contains(c.http.Header.Get("Content-Type"), "charset") {
		warnings = append(warnings, "missing_charset")
	}
	warnings = append(warnings, c.args.warnings...)
	if len(warnings) > 0 {
		fields["warning"] = strings.Join(warnings, ",")
		fields["response_metadata"] = map[string]any{"warnings": warnings}
	}
	return jsonResponse(http.StatusOK, fields)
}

func (s *Slack) authTest(c *slackCall) response {
	bot := s.userByID[c.bearer.bot]
	fields := map[string]any{
		"url": "https://simulated.slack.com/", "team": "Example", "team_id": slackTeam,
		"user": bot.name, "user_id": bot.id, "bot_id": slackBotID(bot.id),
	}
	if s.orgWide {
		fields["team_id"], fields["enterprise_id"], fields["is_enterprise_install"] = slackEnterprise, slackEnterprise, true
	}
	return c.ok(fields)
}

// slackBotID returns the id of the bot behind a bot's user id.
func slackBotID(userID string) string { return "B" + userID[1:] }
