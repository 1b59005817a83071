//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/e2e/mattermost"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

// role takes two approvals, or one denial.
const role = "production-admin"

var notifierKey = supervisor.Key{Namespace: "teleport", Name: "e2e"}

// operator is all of our program but Kubernetes, between a simulated Teleport and
// the real Mattermost. Its delays are those of production.
type operator struct {
	teleport   *teleporttest.Server
	supervisor *supervisor.Supervisor
	// places are the channels of the recipients, the second one direct.
	places []string
	mu     sync.Mutex
	// statuses are what the messages of each request must show in the end, and
	// reviews how many replies they must have.
	statuses map[string]string
	reviews  map[string]int
}

// startOperator starts an operator with two recipients: a new channel, and a new
// person. What it sends goes through wrap, which may be nil.
func startOperator(t *testing.T, url string, wrap func(http.RoundTripper) http.RoundTripper) *operator {
	t.Helper()
	server := teleporttest.ForTest(t, teleporttest.Options{
		AdvancedAccessWorkflows: true,
		Thresholds:              map[string][]teleporttest.Threshold{role: {{Name: "reviewers", Approve: 2, Deny: 1}}},
	})
	room := shared.room(t)
	person := must(shared.admin.CreateUser(t.Context(), "person-"+strings.TrimPrefix(room.Name, "channel-")))(t)
	direct := must(newBot(t).Resolve(t.Context(), person.Email))(t)
	client := messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true})
	if wrap != nil {
		client.Transport = wrap(client.Transport)
	}
	o := &operator{
		teleport:   server,
		supervisor: launch.Supervisor(supervisor.Options{Log: logr.Discard(), HTTPClient: client}),
		places:     []string{room.ID, direct.ID},
		statuses:   map[string]string{},
		reviews:    map[string]int{},
	}
	launch.ForTest(t, o.supervisor)
	o.supervisor.Ensure(notifierKey, supervisor.Spec{
		Teleport:  launch.Teleport(t, server),
		Messenger: supervisor.Messenger{Type: "Mattermost", URL: url, Secrets: messenger.Token(shared.bot.Session.Token)},
		Rules:     routing.Rules{Always: []string{teamDisplay + "/" + room.DisplayName, person.Email}},
	})
	return o
}

const (
	waiting  = "Pending, 0 of 2 approvals"
	halfway  = "Pending, 1 of 2 approvals"
	approved = "Approved"
	denied   = "Denied"
	expired  = "Expired"
)

// ask makes request n.
func (o *operator) ask(t *testing.T, n int) string {
	t.Helper()
	id := must(o.teleport.CreateRequest(teleporttest.RequestSpec{
		User:   fmt.Sprintf("user-%d@example.com", n),
		Roles:  []string{role},
		Reason: fmt.Sprintf("Ticket OPS-%d", n),
	}))(t)
	o.expect(id, waiting, 0)
	return id
}

// expect says what the messages of a request must show.
func (o *operator) expect(id, status string, reviews int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.statuses[id], o.reviews[id] = status, reviews
}

// idle reports whether the operator knows of nothing left to do.
func (o *operator) idle() bool {
	s, ok := o.supervisor.Snapshot(notifierKey)
	return ok && s.Failure == nil && s.Messenger.Problem == nil && s.Counted && s.Undelivered == 0
}

// snapshot is the operator's view, for people.
func (o *operator) snapshot() supervisor.Snapshot {
	s, _ := o.supervisor.Snapshot(notifierKey)
	return s
}

var (
	requestID = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	// shown is the status in the attachments of a post.
	shown = regexp.MustCompile(`"text":"[^"*]*\*\*([^"*]+)\*\*"`)
)

// findings compares what is in Mattermost with what must be, and names every
// difference.
func (o *operator) findings(t *testing.T) []string {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	var found []string
	note := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	for _, place := range o.places {
		messages, replies := sorted(shared.posts(t, place))
		for id := range messages {
			if _, known := o.statuses[id]; !known {
				note("a message about %q, which no test asked for", id)
			}
		}
		for id, status := range o.statuses {
			if n := len(messages[id]); n != 1 {
				note("%d messages about %s", n, id)
				continue
			}
			p := messages[id][0]
			attachments := string(p.Props["attachments"])
			if match := shown.FindStringSubmatch(attachments); match == nil || match[1] != status {
				note("%s shows %q, want %s", id, attachments, status)
			}
			if n := replies[p.ID]; n != o.reviews[id] {
				note("%d replies about %s, want %d", n, id, o.reviews[id])
			}
		}
	}
	return found
}

// sorted returns messages by the id of their request, and the number of replies
// by the message.
func sorted(posts []mattermost.Post) (messages map[string][]mattermost.Post, replies map[string]int) {
	messages, replies = map[string][]mattermost.Post{}, map[string]int{}
	for _, p := range posts {
		if p.RootID != "" {
			replies[p.RootID]++
			continue
		}
		id := requestID.FindString(string(p.Props["attachments"]))
		messages[id] = append(messages[id], p)
	}
	return messages, replies
}

// settles waits until everything is as it must be, and stays so.
func (o *operator) settles(t *testing.T, limit time.Duration) {
	t.Helper()
	end := time.Now().Add(limit)
	for !o.idle() || len(o.findings(t)) > 0 {
		if time.Now().After(end) {
			break
		}
		calm(t, 5*pollEvery)
	}
	calm(t, 2*time.Second)
	found := o.findings(t)
	if len(found) > 0 || !o.idle() {
		t.Errorf("not settled within %s: %d findings; %+v", limit, len(found), o.snapshot())
	}
	for _, f := range found[:min(len(found), 10)] {
		t.Error(f)
	}
}
