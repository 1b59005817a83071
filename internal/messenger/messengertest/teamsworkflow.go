package messengertest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// TeamsWorkflow simulates the triggers of Workflows of Microsoft Teams, and the channels that they
// post to: one workflow takes the cards of all recipients, and knows by the tracking id of a call
// for which it is.
//
// It refuses what a workflow would accept and then fail to post, of which its caller would never
// hear. Its tokens stand for signatures of URLs: see Workflows.
type TeamsWorkflow struct {
	server
	*directory
	*board[teamsActivity]
	limits RateLimits
	quotas limiter
	users  int
	runs   int
	// folds is set if a channel shows one message for each request: see NewWorkflowChannels.
	folds bool
	// requests are the messages by channel and request.
	requests map[string][]*entry[teamsActivity]
}

const (
	workflowPath = "/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke"
	// workflowBody is how many bytes a message may have.
	workflowBody = 28 << 10
	// workflowInvoke is what Calls counts.
	workflowInvoke = "invoke"
	workflowTrack  = "X-Ms-Client-Tracking-Id"
	workflowRun    = "X-Ms-Workflow-Run-Id"
)

// NewTeamsWorkflow returns workflows that do not listen yet. Each card is a message.
func NewTeamsWorkflow(o Options) *TeamsWorkflow {
	o = o.withDefaults()
	w := &TeamsWorkflow{limits: o.RateLimits, requests: map[string][]*entry[teamsActivity]{}}
	w.server.init("teamsworkflow", "", o, w)
	w.directory = newDirectory(&w.server.lock, w.newID, o.Token, nil)
	w.board = newBoard[teamsActivity](&w.server.lock)
	return w
}

// NewWorkflowChannels returns workflows whose channels show one message for each request, which is
// the latest card of it, and reminders below it. A card that comes again as it was is there twice.
func NewWorkflowChannels(o Options) *TeamsWorkflow {
	w := NewTeamsWorkflow(o)
	w.folds = true
	return w
}

// Workflows are the URLs that words stand for, each a token, on lines of their own.
func Workflows(words string) string {
	lines := strings.Fields(words)
	for i, word := range lines {
		lines[i] = "https://0123.4.environment.api.powerplatform.com:443" + workflowPath +
			"?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=" + workflowSignature(word)
	}
	return strings.Join(lines, "\n")
}

func workflowSignature(word string) string {
	sum := sha256.Sum256([]byte(word))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// AddChannel adds a channel with a workflow, whose id is its name.
func (w *TeamsWorkflow) AddChannel(name string, options ...ChannelOption) string {
	w.server.lock.Lock()
	defer w.server.lock.Unlock()
	c := &channel{id: name, name: name, member: true}
	for _, option := range options {
		option(c)
	}
	w.addChannel(c)
	return c.id
}

// AddUser adds a workflow that posts to a person.
func (w *TeamsWorkflow) AddUser(email string, options ...UserOption) string {
	id := w.directory.AddUser(email, options...)
	w.AddChannel(id)
	return id
}

func (w *TeamsWorkflow) newID(kind byte) string {
	w.users++
	return fmt.Sprintf("%c%d", kind, w.users)
}

func (w *TeamsWorkflow) route(r *http.Request, body []byte) *call {
	c := &call{method: workflowInvoke, http: r, body: body, params: map[string]string{}}
	tracking := r.Header.Get(workflowTrack)
	if dot := strings.LastIndex(tracking, "."); dot > 0 {
		c.channel, c.params["key"] = tracking[:dot], tracking[dot+1:]
	}
	return c
}

func (w *TeamsWorkflow) serve(c *call) response {
	query := c.http.URL.Query()
	switch {
	case c.http.URL.Path != workflowPath || c.http.Method != http.MethodPost:
		return workflowRefusal(http.StatusNotFound, "WorkflowNotFound")
	case query.Get("sig") == "":
		return workflowRefusal(http.StatusUnauthorized, "DirectApiAuthorizationRequired")
	case query.Get("sp") != "/triggers/manual/run" || query.Get("sv") != "1.0" || query.Get("api-version") == "" || !w.knows(query.Get("sig")):
		return workflowRefusal(http.StatusUnauthorized, "AuthorizationFailed")
	case len(c.body) > workflowBody:
		return workflowRefusal(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
	}
	if left, ok := w.takeQuota(c); !ok {
		return workflowRefusal(http.StatusTooManyRequests, "TooManyRequests").retryAfter(left)
	}
	to := w.channelByID[c.channel]
	switch {
	case to == nil || to.archived:
		return workflowRefusal(http.StatusNotFound, "WorkflowNotFound")
	case !to.member:
		return workflowRefusal(http.StatusBadRequest, "WorkflowTriggerIsNotEnabled")
	case to.readOnly:
		return workflowRefusal(http.StatusForbidden, "AuthorizationFailed")
	}
	a, code := readWorkflowMessage(c)
	if code != "" {
		return workflowRefusal(http.StatusBadRequest, code)
	}
	answer := response{status: http.StatusAccepted, header: http.Header{}}
	answer.header.Set(workflowRun, w.keep(to, c.params["key"], a))
	return answer.changed()
}

// readWorkflowMessage reads what the trigger takes: a message of one card, with nothing else.
func readWorkflowMessage(c *call) (a teamsActivity, code string) {
	var form struct {
		Type        string `json:"type"`
		Attachments []struct {
			ContentType string          `json:"contentType"`
			ContentURL  *string         `json:"contentUrl"`
			Content     json.RawMessage `json:"content"`
		} `json:"attachments"`
	}
	kind, _, err := mime.ParseMediaType(c.http.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || strictly(c.body, &form) != nil || form.Type != "message" || len(form.Attachments) != 1 {
		return a, "TriggerInputSchemaMismatch"
	}
	only := form.Attachments[0]
	a = teamsActivity{Type: form.Type, Attachments: []teamsAttachment{{ContentType: only.ContentType, Content: only.Content}}}
	if only.ContentURL != nil || a.check(c.body) != nil {
		return a, "InvalidAdaptiveCard"
	}
	return a, ""
}

// keep posts a card, and returns the id of the run.
func (w *TeamsWorkflow) keep(to *channel, key string, a teamsActivity) (id string) {
	w.runs++
	id = fmt.Sprintf("%030dCU00", w.runs)
	look := a.appearance()
	look.key = key
	of, note := workflowRequest(look.text)
	known := w.requests[to.id+" "+of]
	again := len(known) > 0 && known[0].post.Key == key && bytes.Equal(known[0].post.Raw, look.raw)
	if w.folds && of != "" && len(known) > 0 && !note && !again {
		for _, each := range known {
			each.msg = a
			each.post.revise(look, w.now(), w.late)
			w.touch(each)
		}
		return id
	}
	added := &entry[teamsActivity]{post: newPost("teamsworkflow", to, id), msg: a}
	added.post.Created = w.now()
	if w.folds && len(known) > 0 && note {
		added.post.ThreadOf = known[0].post.ID
	}
	added.post.revise(look, w.now(), w.late)
	w.add(added)
	if added.post.ThreadOf == "" && of != "" {
		w.requests[to.id+" "+of] = append(known, added)
	}
	return id
}

// workflowNote is the line of a card that does not say where the request stands.
var workflowNote = regexp.MustCompile(`^.*\n\S+ (Still pending after|Access ends soon|Access has ended)`)

// workflowRequest returns the request that a card is about, and whether it says something else of
// it than where it stands.
func workflowRequest(text string) (id string, note bool) {
	if found := requestLine.FindAllStringSubmatch(text, -1); len(found) > 0 {
		id = found[len(found)-1][1]
	}
	return id, workflowNote.MatchString(text)
}

func (w *TeamsWorkflow) knows(signature string) bool {
	for word, t := range w.tokens {
		if workflowSignature(word) == signature && t.refusal == "" {
			return true
		}
	}
	return false
}

func (w *TeamsWorkflow) takeQuota(c *call) (left time.Duration, ok bool) {
	for key, limit := range map[string]RateLimit{
		"all": w.limits.Token, "method " + c.method: w.limits.Method[c.method], "channel " + c.channel: w.limits.Channel,
	} {
		if q := w.quotas.take(key, limit, w.now()); !q.ok {
			return q.reset, false
		}
	}
	return 0, true
}

func (w *TeamsWorkflow) throttled(_ *call, t Throttling) response {
	if t.PlainBody {
		return badGateway(http.StatusTooManyRequests).retryAfter(t.RetryAfter)
	}
	return workflowRefusal(http.StatusTooManyRequests, "TooManyRequests").retryAfter(t.RetryAfter)
}

// failed answers with a code of a trigger, or with a status that has none.
func (w *TeamsWorkflow) failed(_ *call, f Failure) response {
	if f.Code == "" {
		return badGateway(f.Status)
	}
	if status, err := strconv.Atoi(f.Code); err == nil {
		return plainResponse(status, "text/plain", http.StatusText(status))
	}
	status := f.Status
	if status == 0 {
		status = workflowStatus(f.Code)
	}
	return workflowRefusal(status, f.Code)
}

// workflowStatus is the status that a code comes with.
func workflowStatus(code string) int {
	switch code {
	case "DirectApiAuthorizationRequired", "DirectApiInvalidAuthorizationScheme", "AuthorizationFailed":
		return http.StatusUnauthorized
	case "WorkflowNotFound", "WorkflowTriggerNotFound":
		return http.StatusNotFound
	case "RequestEntityTooLarge":
		return http.StatusRequestEntityTooLarge
	case "WorkflowDisabled", "WorkflowTriggerIsNotEnabled", "TriggerInputSchemaMismatch", "InvalidAdaptiveCard":
		return http.StatusBadRequest
	default:
		return http.StatusConflict
	}
}

func workflowRefusal(status int, code string) response {
	return jsonResponse(status, map[string]any{"error": map[string]any{"code": code, "message": "Simulated message for " + code + "."}})
}

// Crowd makes another workflow post n messages with a text in a channel.
func (w *TeamsWorkflow) Crowd(channel string, n int, text string) {
	w.server.lock.Lock()
	for range n {
		w.keep(w.channelByID[channel], "", teamsActivity{Type: "message", Text: text, Attachments: []teamsAttachment{}})
	}
	w.server.lock.Unlock()
	w.flush()
}
