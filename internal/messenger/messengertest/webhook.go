package messengertest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Webhook simulates a receiver of events that takes nothing on trust: it verifies signatures
// with the library of Standard Webhooks, refuses what is old, what its schema does not have,
// and an id that comes again with something else, and takes an event that comes again for the
// one that it has.
//
// Its tokens stand for signing secrets: see SigningSecrets.
type Webhook struct {
	server
	*directory
	*board[webhookEvent]
	limits RateLimits
	quotas limiter
	users  int
	// seen are the sums of the bodies by the id that they came with.
	seen map[string][sha256.Size]byte
	// authorization is what the header of that name must be.
	authorization string
	// tickets are the messages by recipient and request, if the receiver keeps some.
	tickets map[string][]*entry[webhookEvent]
}

const (
	webhookPath = "/hooks/teleport"
	// webhookTolerance is how far the time of a signature may be away.
	webhookTolerance = 5 * time.Minute
	// webhookPing and webhookPost are what Calls counts.
	webhookPing, webhookPost = "ping", "event"
)

// NewWebhook returns a receiver that does not listen yet. Each event is a message.
func NewWebhook(o Options) *Webhook {
	o = o.withDefaults()
	w := &Webhook{limits: o.RateLimits, seen: map[string][sha256.Size]byte{}}
	w.server.init("webhook", webhookPath, o, w)
	w.directory = newDirectory(&w.server.lock, w.newID, o.Token, nil)
	w.board = newBoard[webhookEvent](&w.server.lock)
	return w
}

// NewServiceDesk returns a receiver that keeps one message for each recipient and request,
// which shows what the latest event says, by the time of its signature. An event that comes again
// under another id adds a message, so that it can be counted.
func NewServiceDesk(o Options) *Webhook {
	w := NewWebhook(o)
	w.tickets = map[string][]*entry[webhookEvent]{}
	return w
}

// SigningSecrets are the secrets of Standard Webhooks that words stand for, each a token.
func SigningSecrets(words string) string {
	secrets := strings.Fields(words)
	for i, word := range secrets {
		sum := sha256.Sum256([]byte(word))
		secrets[i] = "whsec_" + base64.StdEncoding.EncodeToString(sum[:])
	}
	return strings.Join(secrets, "\n")
}

// RequireAuthorization makes the receiver want a header of that value.
func (w *Webhook) RequireAuthorization(value string) {
	w.server.lock.Lock()
	defer w.server.lock.Unlock()
	w.authorization = value
}

// AddChannel adds a recipient, whose id is its name.
func (w *Webhook) AddChannel(name string, options ...ChannelOption) string {
	w.server.lock.Lock()
	defer w.server.lock.Unlock()
	c := &channel{id: name, name: name, member: true}
	for _, option := range options {
		option(c)
	}
	w.addChannel(c)
	return c.id
}

// AddUser adds a recipient that stands for a person.
func (w *Webhook) AddUser(email string, options ...UserOption) string {
	id := w.directory.AddUser(email, options...)
	w.AddChannel(id)
	return id
}

func (w *Webhook) newID(kind byte) string {
	w.users++
	return fmt.Sprintf("%c%d", kind, w.users)
}

func (w *Webhook) route(r *http.Request, body []byte) *call {
	var e webhookEvent
	// What is no event is told as such later.
	_ = json.Unmarshal(body, &e)
	c := &call{method: webhookPost, channel: e.Recipient, http: r, body: body}
	if e.Type == webhookPing {
		c.method = webhookPing
	}
	return c
}

func (w *Webhook) serve(c *call) response {
	switch {
	case c.http.URL.Path != webhookPath:
		return webhookAnswer(http.StatusNotFound)
	case c.http.Method != http.MethodPost:
		return webhookAnswer(http.StatusMethodNotAllowed)
	}
	if left, ok := w.takeQuota(c); !ok {
		return webhookAnswer(http.StatusTooManyRequests).retryAfter(left)
	}
	if !w.authentic(c) {
		return webhookAnswer(http.StatusUnauthorized)
	}
	if kind, _, err := mime.ParseMediaType(c.http.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return webhookAnswer(http.StatusUnsupportedMediaType)
	}
	e, err := decodeWebhookEvent(c.body)
	if err != nil || !e.attributed(c.http.Header) {
		return webhookAnswer(http.StatusBadRequest)
	}
	return w.receive(c, e)
}

// receive takes an event that is genuine.
func (w *Webhook) receive(c *call, e webhookEvent) response {
	id := c.http.Header.Get(standardwebhooks.HeaderWebhookID)
	sum := sha256.Sum256(c.body)
	if before, again := w.seen[id]; again {
		if before != sum {
			return webhookAnswer(http.StatusConflict)
		}
		return webhookAnswer(http.StatusOK).changed()
	}
	if e.Type == webhookPing {
		w.seen[id] = sum
		return webhookAnswer(http.StatusNoContent).changed()
	}
	to := w.channelByID[e.Recipient]
	if to == nil || !to.member || to.archived || to.readOnly {
		return webhookAnswer(http.StatusGone)
	}
	w.seen[id] = sum
	// It was read when the signature was verified.
	e.signed, _ = strconv.ParseInt(c.http.Header.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	// As the other services' messages are encoded.
	var raw bytes.Buffer
	json.HTMLEscape(&raw, c.body)
	w.keep(to, id, e, appearance{key: id, text: e.text(), raw: raw.Bytes()})
	return webhookAnswer(http.StatusAccepted).changed()
}

// keep stores an event.
func (w *Webhook) keep(to *channel, id string, e webhookEvent, a appearance) {
	ticket := w.ticketOf(e)
	known := w.tickets[ticket]
	if len(known) > 0 && e.signed < known[0].msg.signed {
		// It is late: a later one has said more.
		return
	}
	if len(known) > 0 && !e.isNote() && !bytes.Equal(known[0].post.Raw, a.raw) {
		for _, each := range known {
			each.msg = e
			each.post.revise(a, w.now(), w.late)
			w.touch(each)
		}
		return
	}
	added := &entry[webhookEvent]{post: newPost("webhook", to, id), msg: e}
	added.post.Created = w.now()
	if len(known) > 0 && e.isNote() {
		added.post.ThreadOf = known[0].post.ID
	}
	added.post.revise(a, w.now(), w.late)
	w.add(added)
	if w.tickets != nil && added.post.ThreadOf == "" {
		w.tickets[ticket] = append(known, added)
	}
}

func (w *Webhook) ticketOf(e webhookEvent) string {
	if e.Request == nil {
		return e.Recipient
	}
	return e.Recipient + "/" + e.Request.ID
}

// authentic reports whether an event was signed with a secret that is active, lately.
func (w *Webhook) authentic(c *call) bool {
	h := c.http.Header
	if w.authorization != "" && h.Get("Authorization") != w.authorization {
		return false
	}
	seconds, err := strconv.ParseInt(h.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil || w.now().Sub(time.Unix(seconds, 0)).Abs() > webhookTolerance {
		return false
	}
	for name, t := range w.tokens {
		verifier, err := standardwebhooks.NewWebhook(SigningSecrets(name))
		if err == nil && t.refusal == "" && verifier.VerifyIgnoringTimestamp(c.body, h) == nil {
			return true
		}
	}
	return false
}

func (w *Webhook) takeQuota(c *call) (left time.Duration, ok bool) {
	for key, limit := range map[string]RateLimit{
		"all": w.limits.Token, "method " + c.method: w.limits.Method[c.method], "channel " + c.channel: w.limits.Channel,
	} {
		if q := w.quotas.take(key, limit, w.now()); !q.ok {
			return q.reset, false
		}
	}
	return 0, true
}

func (w *Webhook) throttled(_ *call, t Throttling) response {
	return webhookAnswer(http.StatusTooManyRequests).retryAfter(t.RetryAfter)
}

func (w *Webhook) failed(_ *call, f Failure) response {
	if f.Code == "" {
		return badGateway(f.Status)
	}
	status, err := strconv.Atoi(f.Code)
	if err != nil {
		panic("a receiver answers by the status alone, and " + f.Code + " is none")
	}
	return webhookAnswer(status)
}

func webhookAnswer(status int) response {
	return plainResponse(status, "text/plain; charset=utf-8", http.StatusText(status))
}

// Crowd makes another app send n events with a text to a recipient.
func (w *Webhook) Crowd(to string, n int, text string) {
	w.server.lock.Lock()
	for i := range n {
		e := webhookEvent{Type: "test", Version: 1, Recipient: to, Title: text, Status: text}
		raw, err := json.Marshal(e)
		if err != nil {
			panic("an event of the simulator cannot be encoded: " + err.Error())
		}
		w.keep(w.channelByID[to], fmt.Sprintf("msg_crowd%d_%d", len(w.entries), i), e, appearance{text: e.text(), raw: raw})
	}
	w.server.lock.Unlock()
	w.flush()
}
