package messengertest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PagerDuty simulates the Events API v2 (https://developer.pagerduty.com/docs/events-api-v2-overview)
// with one service for each integration key. A message is an alert, in the place that its payload
// has for a group.
//
// Its tokens stand for integration keys: see RoutingKeys.
type PagerDuty struct {
	server
	*directory
	*board[pagerDutyEvent]
	limits RateLimits
	quotas limiter
	ids    int
	// keeps is set if nothing is dropped: see NewIncidentLog.
	keeps bool
	// alerts are the latest ones by integration key and dedup_key, and opened is how many there
	// were.
	alerts map[string]*entry[pagerDutyEvent]
	opened map[string]int
}

const (
	pagerDutyPath = "/v2/enqueue"
	// pagerDutyBody is how many bytes an event may have.
	pagerDutyBody = 512 << 10
	// pagerDutyCheck and pagerDutyEnqueue are what Calls counts.
	pagerDutyCheck, pagerDutyEnqueue = "check", "enqueue"
)

// NewPagerDuty returns a PagerDuty that does not listen yet. What is about an alert that is not
// open is accepted, and dropped.
func NewPagerDuty(o Options) *PagerDuty {
	o = o.withDefaults()
	p := &PagerDuty{limits: o.RateLimits, alerts: map[string]*entry[pagerDutyEvent]{}, opened: map[string]int{}}
	p.server.init("pagerduty", "", o, p)
	p.directory = newDirectory(&p.server.lock, p.newID, o.Token, nil)
	p.board = newBoard[pagerDutyEvent](&p.server.lock)
	return p
}

// NewIncidentLog returns a PagerDuty that drops nothing, so that each event can be read: an alert
// that is resolved goes on to show what comes, also by another integration key, and one that was
// never triggered is there all the same.
func NewIncidentLog(o Options) *PagerDuty {
	p := NewPagerDuty(o)
	p.keeps = true
	return p
}

// RoutingKeys are the integration keys that words stand for, each a token.
func RoutingKeys(words string) string {
	keys := strings.Fields(words)
	for i, word := range keys {
		sum := sha256.Sum256([]byte(word))
		keys[i] = hex.EncodeToString(sum[:16])
	}
	return strings.Join(keys, "\n")
}

// AddChannel adds a name that incidents can be for, which is its id.
func (p *PagerDuty) AddChannel(name string, options ...ChannelOption) string {
	p.server.lock.Lock()
	defer p.server.lock.Unlock()
	return p.group(name, options...).id
}

// group returns the channel of a name. Any name is one.
func (p *PagerDuty) group(name string, options ...ChannelOption) *channel {
	if known := p.channelByID[name]; known != nil {
		return known
	}
	c := &channel{id: name, name: name, member: true}
	for _, option := range options {
		option(c)
	}
	p.addChannel(c)
	return c
}

// AddUser adds a name that stands for a person.
func (p *PagerDuty) AddUser(email string, options ...UserOption) string {
	id := p.directory.AddUser(email, options...)
	p.AddChannel(id)
	return id
}

func (p *PagerDuty) newID(kind byte) string {
	p.ids++
	return fmt.Sprintf("%c%d", kind, p.ids)
}

func (p *PagerDuty) route(r *http.Request, body []byte) *call {
	var e pagerDutyEvent
	// What is no event is told as such later.
	_ = json.Unmarshal(body, &e)
	c := &call{method: pagerDutyEnqueue, http: r, body: body, token: e.RoutingKey}
	if e.Payload == nil {
		c.method = pagerDutyCheck
	} else {
		c.channel = e.Payload.Group
	}
	return c
}

func (p *PagerDuty) serve(c *call) response {
	switch {
	case c.http.URL.Path != pagerDutyPath:
		return plainResponse(http.StatusNotFound, "text/plain", "Not Found")
	case c.http.Method != http.MethodPost:
		return plainResponse(http.StatusMethodNotAllowed, "text/plain", "Method Not Allowed")
	case len(c.body) > pagerDutyBody:
		return plainResponse(http.StatusRequestEntityTooLarge, "text/plain", "Request Entity Too Large")
	}
	kind, _, err := mime.ParseMediaType(c.http.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return pagerDutyRefusal("Unrecognized object", "Event object format is unrecognized", "JSON parse error")
	}
	e, wrong := decodePagerDutyEvent(c.body)
	if len(wrong) > 0 {
		return pagerDutyRefusal("invalid event", "Event object is invalid", wrong...)
	}
	if !p.knows(e.RoutingKey) {
		return plainResponse(http.StatusBadRequest, "text/plain", "Invalid routing key")
	}
	if left, ok := p.takeQuota(c); !ok {
		return pagerDutyThrottled().retryAfter(left)
	}
	p.receive(e)
	return jsonResponse(http.StatusAccepted, map[string]string{
		"status": "success", "message": "Event processed", "dedup_key": e.DedupKey,
	}).changed()
}

// receive applies an event to its alert.
func (p *PagerDuty) receive(e pagerDutyEvent) {
	key := e.RoutingKey + "/" + e.DedupKey
	if p.keeps {
		key = e.DedupKey
	}
	alert := p.alerts[key]
	open := alert != nil && alert.msg.Action != pagerDutyResolve
	switch {
	case e.Payload == nil:
	case e.Action == pagerDutyTrigger && !open:
		p.open(key, e)
	case open || p.keeps && alert != nil:
		// It is in the log of the alert, and the latest is what the alert shows.
		p.revise(alert, e)
		p.touch(alert)
	case p.keeps:
		p.open(key, e)
	}
}

// open makes an alert. One that follows another of its dedup_key has another id.
func (p *PagerDuty) open(key string, e pagerDutyEvent) {
	id := e.DedupKey
	p.opened[key]++
	if n := p.opened[key]; n > 1 {
		id += "#" + strconv.Itoa(n)
	}
	alert := &entry[pagerDutyEvent]{post: newPost("pagerduty", p.group(e.Payload.Group), id)}
	alert.post.Created = p.now()
	p.alerts[key] = alert
	p.revise(alert, e)
	p.add(alert)
}

// revise has an alert show what the latest event says.
func (p *PagerDuty) revise(alert *entry[pagerDutyEvent], e pagerDutyEvent) {
	if alert.msg.Action == pagerDutyAcknowledge && e.Action == pagerDutyTrigger {
		// It stays acknowledged.
		e.Action = pagerDutyAcknowledge
	}
	alert.msg = e
	alert.post.revise(appearance{key: e.DedupKey, text: e.text(), raw: e.stored()}, p.now(), p.late)
}

func (p *PagerDuty) knows(routingKey string) bool {
	for name, t := range p.tokens {
		if RoutingKeys(name) == routingKey && t.refusal == "" {
			return true
		}
	}
	return false
}

func (p *PagerDuty) takeQuota(c *call) (left time.Duration, ok bool) {
	for key, limit := range map[string]RateLimit{
		"all " + c.token: p.limits.Token, "method " + c.method: p.limits.Method[c.method], "channel " + c.channel: p.limits.Channel,
	} {
		if q := p.quotas.take(key, limit, p.now()); !q.ok {
			return q.reset, false
		}
	}
	return 0, true
}

func (p *PagerDuty) throttled(_ *call, t Throttling) response {
	return pagerDutyThrottled().retryAfter(t.RetryAfter)
}

func (p *PagerDuty) failed(_ *call, f Failure) response {
	switch f.Code {
	case "":
		return badGateway(f.Status)
	case "invalid_routing_key":
		return plainResponse(http.StatusBadRequest, "text/plain", "Invalid routing key")
	case "invalid_event":
		return pagerDutyRefusal("invalid event", "Event object is invalid", "'payload' is invalid")
	}
	status, err := strconv.Atoi(f.Code)
	if err != nil {
		panic("PagerDuty answers by the status, and " + f.Code + " is none")
	}
	return plainResponse(status, "text/plain", http.StatusText(status))
}

func pagerDutyThrottled() response {
	return plainResponse(http.StatusTooManyRequests, "text/plain", "Request Limit Exceeded")
}

func pagerDutyRefusal(status, message string, wrong ...string) response {
	return jsonResponse(http.StatusBadRequest, map[string]any{"status": status, "message": message, "errors": slices.Clone(wrong)})
}

// Crowd makes another tool alert n times with a text.
func (p *PagerDuty) Crowd(to string, n int, text string) {
	p.server.lock.Lock()
	for range n {
		p.receive(pagerDutyEvent{
			RoutingKey: "another", Action: pagerDutyTrigger, DedupKey: "crowd-" + strconv.Itoa(len(p.entries)),
			Payload: &pagerDutyPayload{Summary: text, Source: "another", Severity: "info", Group: to},
		})
	}
	p.server.lock.Unlock()
	p.flush()
}
