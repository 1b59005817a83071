package messengertest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Teams simulates what a bot needs of Microsoft: the Bot Framework connector below /teams, the place
// where it signs in below /login, and Microsoft Graph below /graph. Its tokens are client secrets,
// and stand for certificates: see TeamsCertificate.
//
// A secret that is revoked ends what was signed in with it: the harshest reading of what is said of
// continuous access evaluation.
type Teams struct {
	server
	*directory
	*board[teamsActivity]
	limits    RateLimits
	quotas    limiter
	ids       int
	last      int64
	editLimit time.Duration
	// signIns is how often bots have signed in, or tried to.
	signIns int
	// access are the tokens that bots have signed in for.
	access map[string]teamsAccess
	// asserted are the ids of assertions that were taken.
	asserted map[string]bool
}

// teamsAccess is a token of one of Microsoft's services.
type teamsAccess struct {
	secret, scope string
	until         time.Time
}

// The tenant and the app of the simulated bot.
const (
	TeamsTenant = "11111111-2222-3333-4444-555555555555"
	TeamsApp    = "66666666-7777-8888-9999-aaaaaaaaaaaa"
)

const (
	teamsPath        = "/teams"
	teamsBotScope    = "https://api.botframework.com/.default"
	teamsGraphScope  = "https://graph.microsoft.com/.default"
	teamsLookUp      = "User.Read.All"
	teamsTokenLife   = time.Hour
	teamsRootMark    = ";messageid="
	teamsMaxActivity = 100 << 10
)

// The calls, as they are counted.
const (
	teamsToken   = "token"
	teamsCreate  = "create conversation"
	teamsChat    = "create chat"
	teamsSend    = "send to conversation"
	teamsReply   = "reply to activity"
	teamsUpdate  = "update activity"
	teamsRoster  = "get paged members"
	teamsUsers   = "list users"
	teamsUser    = "get user"
	teamsNothing = "unknown call"
)

// NewTeams returns a simulator of Microsoft Teams that does not listen yet.
func NewTeams(o Options) *Teams {
	o = o.withDefaults()
	t := &Teams{limits: o.RateLimits, editLimit: o.EditLimit, access: map[string]teamsAccess{}, asserted: map[string]bool{}}
	t.server.init("teams", teamsPath, o, t)
	t.server.door = t.door
	t.directory = newDirectory(&t.server.lock, t.newID, o.Token, o.Scopes)
	t.board = newBoard[teamsActivity](&t.server.lock)
	return t
}

// newID makes the id of a channel, of a chat, or of a user in Microsoft Entra.
func (t *Teams) newID(kind byte) string {
	t.ids++
	sum := sha256.Sum256(fmt.Appendf(nil, "teams %d", t.ids))
	digits := hex.EncodeToString(sum[:])
	switch kind {
	case kindChannel:
		return "19:" + digits[:32] + "@thread.tacv2"
	case kindDirect:
		return "a:1" + base64.RawURLEncoding.EncodeToString(sum[:])
	default:
		return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:32]
	}
}

// newActivityID is the time in milliseconds, once.
func (t *Teams) newActivityID() string {
	t.last = max(t.now().UnixMilli(), t.last+1)
	return strconv.FormatInt(t.last, 10)
}

// teamsRoutes are the calls by their method and path; one star stands for anything.
var teamsRoutes = []struct{ name, method, path string }{
	{teamsToken, http.MethodPost, "/login/*/oauth2/v2.0/token"},
	{teamsUsers, http.MethodGet, "/graph/v1.0/users"},
	{teamsUser, http.MethodGet, "/graph/v1.0/users/*"},
	{teamsCreate, http.MethodPost, "/teams/v3/conversations"},
	{teamsRoster, http.MethodGet, "/teams/v3/conversations/*/pagedmembers"},
	{teamsSend, http.MethodPost, "/teams/v3/conversations/*/activities"},
	{teamsReply, http.MethodPost, "/teams/v3/conversations/*/activities/*"},
	{teamsUpdate, http.MethodPut, "/teams/v3/conversations/*/activities/*"},
}

func (t *Teams) route(r *http.Request, body []byte) *call {
	c := &call{method: teamsNothing, http: r, body: body}
	for _, route := range teamsRoutes {
		if parts, ok := teamsMatch(route.path, r.URL.EscapedPath()); ok && r.Method == route.method {
			c.method, c.params = route.name, parts
		}
	}
	c.channel, c.params["root"], _ = strings.Cut(c.params["0"], teamsRootMark)
	if c.method == teamsCreate {
		var form teamsConversation
		if strictly(body, &form) == nil && form.ChannelData.Channel.ID == "" {
			c.method = teamsChat
		}
		c.channel = form.ChannelData.Channel.ID
	}
	return c
}

// teamsMatch returns what the stars of a pattern stand for, by their number.
func teamsMatch(pattern, path string) (params map[string]string, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	params = map[string]string{}
	if len(want) != len(got) {
		return params, false
	}
	for i, part := range want {
		value, err := url.PathUnescape(got[i])
		if err != nil || part != "*" && part != value {
			return params, false
		}
		if part == "*" {
			params[strconv.Itoa(len(params))] = value
		}
	}
	return params, true
}

func (t *Teams) serve(c *call) response {
	if c.method == teamsNothing {
		return plainResponse(http.StatusNotFound, "text/html", "<html>The resource cannot be found.</html>")
	}
	if left, ok := t.takeQuota(c); !ok {
		return teamsRefusal(http.StatusTooManyRequests, "Throttled").retryAfter(left)
	}
	if refusal := t.authenticate(c); refusal != nil {
		return *refusal
	}
	return map[string]func(*call) response{
		teamsUsers: t.listUsers, teamsUser: t.getUser, teamsRoster: t.roster, teamsCreate: t.createThread, teamsChat: t.createChat,
		teamsSend: t.sendToChat, teamsReply: t.replyTo, teamsUpdate: t.updateActivity,
	}[c.method](c)
}

// signIn gives a token to whom knows a secret of the app
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).
func (t *Teams) signIn(c *call) response {
	form, err := url.ParseQuery(string(c.body))
	kind := c.http.Header.Get("Content-Type")
	secret := form.Get("client_secret")
	if assertion := form.Get("client_assertion"); assertion != "" {
		word, refusal := t.assertedBy(assertion, form)
		if refusal != nil {
			return *refusal
		}
		secret = word
	}
	known := t.tokens[secret]
	switch {
	case err != nil || kind != "application/x-www-form-urlencoded" || form.Get("grant_type") != "client_credentials":
		return entraRefusal(http.StatusBadRequest, "unsupported_grant_type", 70003)
	case c.params["0"] != TeamsTenant:
		return entraRefusal(http.StatusBadRequest, "invalid_request", 90002)
	case form.Get("client_id") != TeamsApp:
		return entraRefusal(http.StatusBadRequest, "unauthorized_client", 700016)
	case form.Get("scope") != teamsBotScope && form.Get("scope") != teamsGraphScope:
		return entraRefusal(http.StatusBadRequest, "invalid_scope", 70011)
	case known == nil:
		return entraRefusal(http.StatusUnauthorized, "invalid_client", 7000215)
	case known.refusal != "":
		return entraRefusal(http.StatusUnauthorized, "invalid_client", 7000222)
	}
	access := fmt.Sprintf("simulated.%d.%s", len(t.access), secret)
	t.access[access] = teamsAccess{secret: secret, scope: form.Get("scope"), until: t.now().Add(teamsTokenLife)}
	return jsonResponse(http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": seconds(teamsTokenLife), "ext_expires_in": seconds(teamsTokenLife), "access_token": access,
	})
}

// authenticate finds out whose token a call bears.
func (t *Teams) authenticate(c *call) *response {
	bearer, _ := strings.CutPrefix(c.http.Header.Get("Authorization"), "Bearer ")
	access, known := t.access[bearer]
	isGraphs := c.method == teamsUsers || c.method == teamsUser
	want := teamsBotScope
	if isGraphs {
		want = teamsGraphScope
	}
	if bot := t.tokens[access.secret]; known && access.scope == want && t.now().Before(access.until) && bot != nil && bot.refusal == "" {
		c.token = access.secret
		if isGraphs && bot.scopes != nil && !slices.Contains(bot.scopes, teamsLookUp) {
			refusal := teamsRefusal(http.StatusForbidden, "Authorization_RequestDenied")
			return &refusal
		}
		return nil
	}
	refusal := jsonResponse(http.StatusUnauthorized, map[string]any{"message": "Authorization has been denied for this request."})
	if isGraphs {
		refusal = teamsRefusal(http.StatusUnauthorized, "InvalidAuthenticationToken")
	}
	return &refusal
}

func (t *Teams) author(c *call) string { return t.tokens[c.token].bot }

func (t *Teams) takeQuota(c *call) (left time.Duration, ok bool) {
	checks := map[string]RateLimit{"all": t.limits.Token, "method " + c.method: t.limits.Method[c.method]}
	if c.channel != "" {
		checks["conversation "+c.channel] = t.limits.Channel
	}
	for key, limit := range checks {
		if q := t.quotas.take(key, limit, t.now()); !q.ok {
			return q.reset, false
		}
	}
	return 0, true
}

func (t *Teams) throttled(_ *call, th Throttling) response {
	if th.PlainBody {
		return badGateway(http.StatusTooManyRequests).retryAfter(th.RetryAfter)
	}
	return teamsRefusal(http.StatusTooManyRequests, "Throttled").retryAfter(th.RetryAfter)
}

func (t *Teams) failed(c *call, f Failure) response {
	if f.Code == "" {
		return badGateway(f.Status)
	}
	if digits, isEntras := strings.CutPrefix(f.Code, "AADSTS"); isEntras && c.method == teamsToken {
		code, err := strconv.Atoi(digits)
		if err != nil {
			panic("Microsoft Entra has no code " + f.Code)
		}
		return entraRefusal(http.StatusUnauthorized, "invalid_client", code)
	}
	status := f.Status
	if status == 0 {
		status = teamsStatus(f.Code)
	}
	return teamsRefusal(status, f.Code)
}

// teamsStatus is the status that a code comes with
// (https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability#status-codes-from-bot-conversational-apis).
func teamsStatus(code string) int {
	switch code {
	case "BadArgument", "BadSyntax", "BadRequest", "Request_BadRequest", "Request_UnsupportedQuery":
		return http.StatusBadRequest
	case "BotNotRegistered", "Unauthorized", "InvalidAuthenticationToken":
		return http.StatusUnauthorized
	case "ActivityNotFoundInConversation", "ConversationNotFound", "Request_ResourceNotFound":
		return http.StatusNotFound
	case "PreconditionFailed":
		return http.StatusPreconditionFailed
	case "MessageSizeTooBig":
		return http.StatusRequestEntityTooLarge
	case "Throttled":
		return http.StatusTooManyRequests
	default:
		return http.StatusForbidden
	}
}

func teamsRefusal(status int, code string) response {
	return jsonResponse(status, map[string]any{"error": map[string]any{"code": code, "message": "Simulated message for " + code + "."}})
}

func entraRefusal(status int, word string, code int) response {
	return jsonResponse(status, map[string]any{
		"error": word, "error_codes": []int{code}, "error_description": fmt.Sprintf("AADSTS%d: Simulated description.", code),
		"timestamp": "2026-11-21 10:42:15Z", "trace_id": TeamsTenant, "correlation_id": TeamsTenant,
	})
}
