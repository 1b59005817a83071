package messengertest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// GoogleChat simulates the REST API of Google Chat below /v1, for Chat apps that authenticate with
// a service account, and at /token the endpoint that gives them access tokens. It refuses what
// Google's reference says is refused.
//
// Its tokens stand for keys of service accounts: see ServiceAccountKey.
type GoogleChat struct {
	server
	*directory
	*board[googleMessage]
	limits    RateLimits
	quotas    limiter
	routes    routes[googleHandler]
	ids       int
	editLimit time.Duration
	// granted are the access tokens.
	granted map[string]googleGrant
	// requests are the messages by app, space and requestId, and named those by app, space and
	// id that the app assigned.
	requests, named map[string]*entry[googleMessage]
	// threads are the first messages of threads by name.
	threads map[string]*entry[googleMessage]
	// deleted are the messages that were deleted.
	deleted map[string]bool
}

type googleHandler struct {
	// method is what Google's reference calls it.
	method string
	handle func(g *GoogleChat, c *call) response
	// query are the names of the parameters that it knows.
	query string
}

const googlePrefix = "/v1"

// NewGoogleChat returns a simulator of Google Chat that does not listen yet.
func NewGoogleChat(o Options) *GoogleChat {
	o = o.withDefaults()
	g := &GoogleChat{
		limits:    o.RateLimits,
		editLimit: o.EditLimit,
		granted:   map[string]googleGrant{},
		requests:  map[string]*entry[googleMessage]{},
		named:     map[string]*entry[googleMessage]{},
		threads:   map[string]*entry[googleMessage]{},
		deleted:   map[string]bool{},
	}
	g.server.init("googlechat", "", o, g)
	g.server.door = g.token
	g.directory = newDirectory(&g.server.lock, g.newID, o.Token, nil)
	g.board = newBoard[googleMessage](&g.server.lock)
	for name, h := range map[string]googleHandler{
		"GET /spaces":                   {"spaces.list", (*GoogleChat).listSpaces, "pageSize pageToken filter"},
		"GET /spaces:findDirectMessage": {"spaces.findDirectMessage", (*GoogleChat).findDirectMessage, "name"},
		"GET /spaces/{space}":           {"spaces.get", (*GoogleChat).getSpace, ""},
		"GET /spaces/{space}/members": {
			"spaces.members.list", (*GoogleChat).listMembers, "pageSize pageToken filter showGroups showInvited",
		},
		"POST /spaces/{space}/messages": {
			"spaces.messages.create", (*GoogleChat).createMessage, "threadKey requestId messageReplyOption messageId",
		},
		"GET /spaces/{space}/messages/{message}":   {"spaces.messages.get", (*GoogleChat).getMessage, ""},
		"PATCH /spaces/{space}/messages/{message}": {"spaces.messages.patch", (*GoogleChat).patchMessage, "updateMask allowMissing"},
	} {
		g.routes.add(name, h)
	}
	return g
}

// The alphabet of ids of spaces begins so that none looks like that of a person.
func (g *GoogleChat) newID(kind byte) string {
	g.ids++
	switch kind {
	case kindUser:
		return fmt.Sprintf("1000000000000%08d", g.ids)
	case kindDirect:
		return fmt.Sprintf("dmAAAAA%04d", g.ids)
	default:
		return fmt.Sprintf("AAAAAAA%04d", g.ids)
	}
}

func (g *GoogleChat) route(r *http.Request, body []byte) *call {
	c := &call{method: r.Method + " " + r.URL.Path, http: r, body: body}
	if found, params, _ := g.routes.find(r, googlePrefix); found != nil {
		c.method, c.params, c.channel = found.handler.method, params, params["space"]
	}
	return c
}

func (g *GoogleChat) serve(c *call) response {
	found, _, known := g.routes.find(c.http, googlePrefix)
	if found == nil {
		status := http.StatusNotFound
		if known {
			status = http.StatusMethodNotAllowed
		}
		// Google's own page.
		return badGateway(status)
	}
	if !g.authenticate(c) {
		return googleRefusal(http.StatusUnauthorized, "UNAUTHENTICATED", "")
	}
	for name := range c.http.URL.Query() {
		if !strings.Contains(" "+found.handler.query+" ", " "+name+" ") {
			return googleInvalid("Unknown name " + name)
		}
	}
	if left, ok := g.takeQuota(c); !ok {
		return googleThrottled(left)
	}
	return found.handler.handle(g, c)
}

// takeQuota counts the call against every limit that is set. That of a channel is for what is
// written there.
func (g *GoogleChat) takeQuota(c *call) (left time.Duration, ok bool) {
	checks := map[string]RateLimit{"all": g.limits.Token, "method " + c.method: g.limits.Method[c.method]}
	if c.method == "spaces.messages.create" || c.method == "spaces.messages.patch" {
		checks["channel "+c.channel] = g.limits.Channel
	}
	for key, limit := range checks {
		if q := g.quotas.take(key, limit, g.now()); !q.ok {
			return q.reset, false
		}
	}
	return 0, true
}

func (g *GoogleChat) throttled(_ *call, t Throttling) response {
	if t.PlainBody {
		return plainResponse(http.StatusTooManyRequests, "text/html", "<html>Too many requests</html>").retryAfter(t.RetryAfter)
	}
	return googleThrottled(t.RetryAfter)
}

// googleThrottled is the refusal of a quota. Google does not promise a Retry-After.
func googleThrottled(left time.Duration) response {
	return googleRefusal(http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED").retryAfter(left)
}

func (g *GoogleChat) failed(_ *call, f Failure) response {
	if f.Code == "" {
		return badGateway(f.Status)
	}
	code, reason := f.Code, ""
	if isReason := googleReasons[f.Code]; isReason != "" {
		code, reason = isReason, f.Code
	}
	status := f.Status
	if status == 0 {
		status = googleStatus(code)
	}
	return googleRefusal(status, code, reason)
}

// googleReasons are reasons of google.rpc.ErrorInfo (google/api/error_reason.proto), by the code
// that they come with.
var googleReasons = map[string]string{
	"SERVICE_DISABLED": "PERMISSION_DENIED", "BILLING_DISABLED": "PERMISSION_DENIED", "CONSUMER_INVALID": "PERMISSION_DENIED",
	"CONSUMER_SUSPENDED": "PERMISSION_DENIED", "USER_PROJECT_DENIED": "PERMISSION_DENIED",
	"ORG_RESTRICTION_VIOLATION": "PERMISSION_DENIED", "SECURITY_POLICY_VIOLATED": "PERMISSION_DENIED",
	"ACCESS_TOKEN_SCOPE_INSUFFICIENT": "PERMISSION_DENIED",
	"ACCESS_TOKEN_EXPIRED":            "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED": "UNAUTHENTICATED",
	"CREDENTIALS_MISSING": "UNAUTHENTICATED", "ACCOUNT_STATE_INVALID": "UNAUTHENTICATED",
	"RATE_LIMIT_EXCEEDED": "RESOURCE_EXHAUSTED", "RESOURCE_QUOTA_EXCEEDED": "RESOURCE_EXHAUSTED",
}

// googleStatus returns the HTTP status of a google.rpc.Code (google/rpc/code.proto).
func googleStatus(code string) int {
	switch code {
	case "UNAUTHENTICATED":
		return http.StatusUnauthorized
	case "PERMISSION_DENIED":
		return http.StatusForbidden
	case "NOT_FOUND":
		return http.StatusNotFound
	case "ALREADY_EXISTS", "ABORTED":
		return http.StatusConflict
	case "RESOURCE_EXHAUSTED":
		return http.StatusTooManyRequests
	case "CANCELLED":
		return 499
	case "UNKNOWN", "INTERNAL", "DATA_LOSS":
		return http.StatusInternalServerError
	case "UNIMPLEMENTED":
		return http.StatusNotImplemented
	case "UNAVAILABLE":
		return http.StatusServiceUnavailable
	case "DEADLINE_EXCEEDED":
		return http.StatusGatewayTimeout
	default:
		return http.StatusBadRequest
	}
}

// googleRefusal is an error of Google's APIs (https://cloud.google.com/apis/design/errors).
func googleRefusal(status int, code, reason string) response {
	body := map[string]any{"code": status, "message": "Simulated message for " + code + ".", "status": code}
	if reason != "" {
		body["details"] = []any{map[string]any{
			"@type":  "type.googleapis.com/google.rpc.ErrorInfo",
			"reason": reason, "domain": "googleapis.com", "metadata": map[string]string{"service": "chat.googleapis.com"},
		}}
	}
	return jsonResponse(status, map[string]any{"error": body})
}

func googleInvalid(what string) response {
	resp := googleRefusal(http.StatusBadRequest, "INVALID_ARGUMENT", "")
	resp.header.Set("X-Simulated-Cause", what)
	return resp
}

// Delete deletes a message, as a member of the space can.
func (g *GoogleChat) Delete(space, message string) {
	g.server.lock.Lock()
	defer g.server.lock.Unlock()
	g.deleted[space+"/"+message] = true
}

// Crowd makes another app post n messages with a text in a space.
func (g *GoogleChat) Crowd(space string, n int, text string) {
	g.server.lock.Lock()
	for range n {
		g.post(g.otherApp(), g.channelByID[space], googleMessage{Text: text, Cards: []googleCardWithID{}}, nil)
	}
	g.server.lock.Unlock()
	g.flush()
}
