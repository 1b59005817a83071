package messengertest

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Discord simulates the Discord REST API below /api/v10. What refuses something says
// where that is documented: "reference" and so on are pages of
// https://discord.com/developers/docs.
type Discord struct {
	server
	*directory
	*board[discordMessage]
	limits      RateLimits
	quotas      limiter
	routes      routes[discordHandler]
	lastID      int64
	nonceWindow time.Duration
	editLimit   time.Duration
	nonces      map[string]*entry[discordMessage]
	banAfter    int
	invalid     []time.Time

	interactions discordInteractions
	calling
}

// routeEditReply is the one route that takes no token of a bot.
const routeEditReply = "PATCH /webhooks/{application}/{token}/messages/@original"

type discordHandler func(d *Discord, c *call) response

const (
	discordPrefix = "/api/v10"
	discordEpoch  = 1_420_070_400_000 // milliseconds; ids count from here
	discordGuild  = "100000000000000001"
	// banWindow is how long invalid requests count.
	banWindow = 10 * time.Minute
)

var (
	snowflake = regexp.MustCompile(`^\d{15,20}$`)
	// discordVersions are the versions that can be called; none means 6 (reference,
	// API Versioning).
	discordVersions = regexp.MustCompile(`^/api(/v([0-9]+))?(/|$)`)
)

// NewDiscord returns a simulator of Discord that does not listen yet. Its URL
// ends with "/api/v10".
func NewDiscord(o Options) *Discord {
	o = o.withDefaults()
	d := &Discord{
		limits:      o.RateLimits,
		nonceWindow: o.NonceWindow,
		editLimit:   o.EditLimit,
		nonces:      map[string]*entry[discordMessage]{},
		banAfter:    o.BanAfter,

		interactions: newDiscordInteractions(),
		// A clock that is before the first of Discord's ids makes ids all the same.
		lastID: 110_000_000_000_000_000,
	}
	d.server.init("discord", discordPrefix, o, d)
	d.directory = newDirectory(&d.server.lock, d.newID, o.Token, nil)
	d.board = newBoard[discordMessage](&d.server.lock)
	d.routes.add("GET /users/@me", (*Discord).usersMe)
	d.routes.add("GET /users/{user}", (*Discord).getUser)
	d.routes.add("GET /applications/@me", (*Discord).currentApplication)
	d.routes.add(routeEditReply, (*Discord).editReply)
	d.routes.add("POST /users/@me/channels", (*Discord).openDirect)
	d.routes.add("GET /channels/{channel}", (*Discord).getChannel)
	d.routes.add("PATCH /channels/{channel}", (*Discord).modifyChannel)
	d.routes.add("GET /channels/{channel}/messages", (*Discord).listMessages)
	d.routes.add("GET /channels/{channel}/messages/{message}", (*Discord).getMessage)
	d.routes.add("POST /channels/{channel}/messages", (*Discord).createMessage)
	d.routes.add("PATCH /channels/{channel}/messages/{message}", (*Discord).editMessage)
	d.routes.add("POST /channels/{channel}/messages/{message}/threads", (*Discord).startThread)
	d.routes.add("PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me", (*Discord).addReaction)
	return d
}

// InvalidRequests returns how many answers with 401, 403 or 429 count towards
// a ban right now.
func (d *Discord) InvalidRequests() int {
	d.server.lock.Lock()
	defer d.server.lock.Unlock()
	return d.invalidNow()
}

func (d *Discord) invalidNow() int {
	now := d.now()
	for len(d.invalid) > 0 && now.Sub(d.invalid[0]) >= banWindow {
		d.invalid = d.invalid[1:]
	}
	return len(d.invalid)
}

// newID returns a snowflake that nothing else has, also when the clock stands.
func (d *Discord) newID(byte) string {
	d.lastID = max(d.lastID+1, (d.now().UnixMilli()-discordEpoch)<<22)
	return strconv.FormatInt(d.lastID, 10)
}

func (d *Discord) route(r *http.Request, body []byte) *call {
	c := &call{method: r.Method + " " + r.URL.Path, http: r, body: body}
	if found, params, _ := d.routes.find(r, discordBase(r)); found != nil {
		c.method, c.params, c.channel = found.name, params, params["channel"]
	}
	return c
}

// discordBase is the path of the API in a request, of whichever version.
func discordBase(r *http.Request) string {
	return strings.TrimSuffix(discordVersions.FindString(r.URL.Path), "/")
}

// discordVersion returns the version of the API that a request is for, or nothing.
func discordVersion(r *http.Request) string {
	if match := discordVersions.FindStringSubmatch(r.URL.Path); match != nil {
		return cmp.Or(match[2], "6")
	}
	return ""
}

// serve bans an address after too many invalid requests (topics/rate-limits, Invalid
// Request Limit).
func (d *Discord) serve(c *call) response {
	if d.invalidNow() >= d.banAfter {
		resp := plainResponse(http.StatusTooManyRequests, "text/plain", "error code: 1015")
		resp.header.Set("Retry-After", strconv.Itoa(seconds(banWindow)))
		return resp
	}
	return d.counted(d.dispatch(c))
}

// counted counts an invalid request, which 429 of the scope "shared" is not.
func (d *Discord) counted(resp response) response {
	if resp.header.Get("X-RateLimit-Scope") == scopeShared {
		return resp
	}
	switch resp.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		d.invalid = append(d.invalid, d.now())
	}
	return resp
}

// dispatch takes any User-Agent: others than "DiscordBot (URL, VERSION)" only "may be
// blocked" (reference, User Agent), which real programs are not.
func (d *Discord) dispatch(c *call) response {
	if version := discordVersion(c.http); version != "" && !slices.Contains([]string{"6", "7", "8", "9", "10"}, version) {
		return discordError(http.StatusBadRequest, 50041, "Invalid API version")
	}
	// That there are 404 and 405 with the code 0 is reported by clients.
	found, _, pathKnown := d.routes.find(c.http, discordBase(c.http))
	if found == nil && pathKnown {
		return discordError(http.StatusMethodNotAllowed, 0, "405: Method Not Allowed")
	}
	if found == nil {
		return discordError(http.StatusNotFound, 0, "404: Not Found")
	}
	if found.name != routeEditReply && !d.authenticate(c) {
		return discordError(http.StatusUnauthorized, 0, "401: Unauthorized")
	}
	if q := d.quotas.take("global", d.limits.Token, d.now()); !q.ok {
		return discordRateLimited(q.reset, "global")
	}
	q := d.takeQuota(c)
	if !q.ok {
		return d.withQuota(discordRateLimited(q.reset, "user"), c, q)
	}
	return d.withQuota(found.handler(d, c), c, q)
}

// authenticate takes the token of a bot (reference, Authentication).
func (d *Discord) authenticate(c *call) bool {
	value, ok := strings.CutPrefix(c.http.Header.Get("Authorization"), "Bot ")
	t := d.tokens[value]
	if !ok || t == nil || t.refusal != "" {
		return false
	}
	c.token = value
	return true
}

func (d *Discord) author(c *call) string { return d.tokens[c.token].bot }

// takeQuota counts the call in its bucket: one for each method and channel (topics/
// rate-limits).
func (d *Discord) takeQuota(c *call) quota {
	limit, ok := d.limits.Method[c.method]
	if !ok && c.channel != "" {
		limit = d.limits.Channel
	}
	return d.quotas.take(c.method+" "+c.channel, limit, d.now())
}

// withQuota adds the headers that every answer has.
func (d *Discord) withQuota(resp response, c *call, q quota) response {
	reset := float64(d.now().Add(q.reset).UnixMilli()) / 1000
	resp.header.Set("X-RateLimit-Limit", strconv.Itoa(q.limit))
	resp.header.Set("X-RateLimit-Remaining", strconv.Itoa(q.remaining))
	resp.header.Set("X-RateLimit-Reset", strconv.FormatFloat(reset, 'f', 3, 64))
	resp.header.Set("X-RateLimit-Reset-After", strconv.FormatFloat(fractional(q.reset), 'f', 3, 64))
	resp.header.Set("X-RateLimit-Bucket", discordBucket(c.method))
	return resp
}

func discordBucket(method string) string {
	return fmt.Sprintf("%032x", method)[:32]
}

// fractional returns d in seconds, rounded up to a millisecond.
func fractional(d time.Duration) float64 {
	return math.Ceil(d.Seconds()*1000) / 1000
}

// scopeShared is the scope of limits of a channel, which all who post there share
// (topics/rate-limits).
const scopeShared = "shared"

// discordRateLimited is a 429; the scope is user, global or shared.
func discordRateLimited(after time.Duration, scope string) response {
	resp := jsonResponse(http.StatusTooManyRequests, map[string]any{
		"message":     "You are being rate limited.",
		"retry_after": fractional(after),
		"global":      scope == "global",
	})
	resp.header.Set("Retry-After", strconv.Itoa(seconds(after)))
	resp.header.Set("X-RateLimit-Scope", scope)
	if scope == "global" {
		resp.header.Set("X-RateLimit-Global", "true")
	}
	return resp
}

func (d *Discord) throttled(c *call, t Throttling) response {
	if t.PlainBody {
		resp := plainResponse(http.StatusTooManyRequests, "text/html", "<html>Too many requests</html>")
		resp.header.Set("Retry-After", strconv.Itoa(seconds(t.RetryAfter)))
		return d.counted(resp)
	}
	if t.Scope == ScopeAll {
		return d.counted(discordRateLimited(t.RetryAfter, "global"))
	}
	scope := "user"
	if t.Scope == ScopeChannel {
		scope = scopeShared
	}
	resp := discordRateLimited(t.RetryAfter, scope)
	return d.counted(d.withQuota(resp, c, quota{limit: 5, reset: t.RetryAfter}))
}

func (d *Discord) failed(c *call, f Failure) response {
	if f.Code == "" {
		return d.counted(badGateway(f.Status))
	}
	code, err := strconv.Atoi(f.Code)
	if err != nil {
		panic("a code of Discord is a number, not " + f.Code)
	}
	status := f.Status
	if status == 0 {
		status = discordStatus(code)
	}
	resp := discordError(status, code, "simulated failure")
	return d.counted(d.withQuota(resp, c, quota{limit: unlimited, remaining: unlimited - 1, reset: time.Second}))
}

// discordStatus returns the HTTP status that a code comes with. Few are documented;
// the others are what clients report, and 400 where nothing is known.
func discordStatus(code int) int {
	switch code {
	case 0, 40001:
		return http.StatusUnauthorized
	case 10003, 10008, 10013:
		return http.StatusNotFound
	case 20016, 20022, 20028, 20029, 40062:
		return http.StatusTooManyRequests
	case 50001, 50005, 50007, 50013, 50278, 60003, 160002:
		return http.StatusForbidden
	case 130000:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

func discordError(status, code int, message string) response {
	return jsonResponse(status, map[string]any{"message": message, "code": code})
}
