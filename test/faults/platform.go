package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// platform is a service that the suite can break.
type platform struct {
	service.Service
	// name ends the names of scenarios.
	name string
	// bucket identifies the calls that one refusal with 429 holds back. It may
	// read the body.
	bucket func(r *http.Request, body string) string
	// refusal is how many calls it takes to find out that a token is refused.
	refusal int
	// post is the name under which the simulator counts posts.
	post string
	// scopes are those of the token; nil is all.
	scopes []string
	// blind is true if the bot cannot look up its own posts: an unclear outcome
	// may double a message.
	blind bool
	// seldom is true where a token that works is asked about so seldom that only the next
	// message tells that it was revoked.
	seldom bool
	// untimed is how long calls wait after a refusal that cannot say how long; zero where
	// refusals say.
	untimed time.Duration
	// bad is a recipient that cannot work, where the service refuses none.
	bad string
	// within is how far the service's clock may be away from the operator's for it to accept
	// calls; zero for any time.
	within time.Duration
}

// skewed is how far the service's clock is away, at most as far as the service works.
func (p platform) skewed(by time.Duration) time.Duration {
	if p.within == 0 {
		return by
	}
	return min(max(by, -p.within), p.within)
}

// late is how many of so many calls may take longer than the operator waits, in any scenario: a
// busy machine is slow now and then, and calls have a fifth of the time that they have in
// production. Where neither the service nor the bot knows what was made, each is made again.
func (p platform) late(calls int) int {
	if !p.blind || p.Capabilities().Idempotency {
		return 0
	}
	return calls / 100
}

// simulated are the platforms by the type of the messenger.
var simulated = map[string]platform{
	"Slack":      {post: "chat.postMessage", refusal: 1, bucket: slackBucket},
	"Discord":    {post: "POST /channels/{channel}/messages", refusal: 1, bucket: discordBucket},
	"GoogleChat": {post: "spaces.messages.create", refusal: 1, within: 4 * time.Minute, bucket: googleBucket},
	// The limits of these two are for the whole server.
	"Mattermost": {post: "POST /posts", refusal: 5, bucket: func(*http.Request, string) string { return "" }},
	// Nothing that was posted can be looked up.
	"Teams": {post: "create conversation", refusal: 1, blind: true, bucket: teamsBucket},
	// The limit is for the integration key. Nothing can be looked up.
	"PagerDuty": {post: "enqueue", refusal: 1, blind: true, bad: "no name", bucket: func(*http.Request, string) string { return "" }},
	// A mail of which the answer was lost is sent again, since nothing can be looked up.
	"Email": {post: "mail", refusal: 1, blind: true, seldom: true, untimed: time.Minute, bucket: func(*http.Request, string) string { return "" }},
	// Each recipient's workflow has limits and a signature of its own. Nothing can be looked up.
	"TeamsWorkflow": {post: "invoke", refusal: 1, blind: true, seldom: true, bucket: workflowBucket},
	// Signatures that are five minutes away are refused. What changed while an answer was lost
	// is sent once more, since nothing can be looked up.
	"Webhook": {post: "event", refusal: 1, blind: true, seldom: true, within: 4 * time.Minute, bucket: func(*http.Request, string) string { return "" }},
}

// platforms returns a platform for every service.
func platforms() ([]platform, error) {
	var all []platform
	for _, s := range service.All {
		p, ok := simulated[string(s.Type)]
		if !ok {
			return nil, fmt.Errorf("the suite does not know messenger %s: add to simulated how its calls are limited", s.Type)
		}
		p.Service, p.name = s, s.Name()
		all = append(all, p)
	}
	return all, nil
}

// withoutHistory is Slack for a bot that may not read what was posted.
func withoutHistory() platform {
	p := simulated["Slack"]
	p.Service, p.name, p.blind = service.Slack, "slack-no-history", true
	p.scopes = []string{
		"chat:write", "users:read", "users:read.email", "channels:read", "groups:read", "im:read", "im:write",
	}
	return p
}

// googleBucket is a space, in which all that is written counts together.
func googleBucket(r *http.Request, _ string) string {
	path := strings.Split(r.URL.Path, "/")
	if r.Method == http.MethodGet || len(path) < 4 {
		return r.Method + " " + r.URL.Path
	}
	return "write " + path[3]
}

func discordBucket(r *http.Request, _ string) string { return r.Method + " " + r.URL.Path }

// teamsBucket is the conversation, which is in the path but for a new thread.
func teamsBucket(r *http.Request, body string) string {
	conversation, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/teams/v3/conversations/"), "/")
	conversation, _, _ = strings.Cut(conversation, ";")
	if strings.HasSuffix(r.URL.Path, "/v3/conversations") {
		_, after, _ := strings.Cut(body, `"channel":{"id":"`)
		conversation, _, _ = strings.Cut(after, `"`)
	}
	return conversation
}

// workflowBucket is the recipient, which the tracking id begins with.
func workflowBucket(r *http.Request, _ string) string {
	tracking := r.Header.Get("X-Ms-Client-Tracking-Id")
	return tracking[:max(strings.LastIndex(tracking, "."), 0)]
}

// slackBucket is the method and the channel: Slack limits posts per channel.
func slackBucket(r *http.Request, body string) string {
	form, err := url.ParseQuery(body)
	if err != nil {
		return r.URL.Path
	}
	return r.URL.Path + " " + form.Get("channel")
}

// readBody returns the body of a request, which can still be sent.
func readBody(r *http.Request) (string, error) {
	if r.GetBody == nil {
		return "", nil
	}
	copied, err := r.GetBody()
	if err != nil {
		return "", err
	}
	defer func() { _ = copied.Close() }()
	var text strings.Builder
	_, err = io.Copy(&text, copied)
	return text.String(), err
}
