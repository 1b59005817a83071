// Package budget holds what a request may cost where the machine makes no difference: calls
// of Teleport and of the chat service, bytes that are kept, allocations.
package budget

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// requests is how many are announced and decided, of which the first few warm up.
	requests, warmUp = 60, 10
	// within bounds the wait for each.
	within = 30 * time.Second
)

// What one request may take, announced in one channel and then decided.
const (
	// Claim and result of the message, claim and result of its edit and of the reply.
	maxWrites = 6
	// The message, its edit, and the reply that names the decision.
	maxChatCalls = 3
	// What is kept of a request in Teleport, once it is over.
	maxRecord = 250
	// Of the operator and of the simulators together.
	maxAllocations = 12_000
)

func TestWhatARequestCosts(t *testing.T) {
	service := messengertest.NewSlack(messengertest.Options{})
	channel := service.AddChannel("access-requests")
	server := teleporttest.ForTest(t, teleporttest.Options{})
	var chat counter
	notifiers := launch.Supervisor(supervisor.Options{
		Messengers: registry.All(),
		HTTPClient: &http.Client{Transport: chat.counting(service.Transport())},
	})
	launch.ForTest(t, notifiers)
	notifiers.Ensure(supervisor.Key{Namespace: "teleport", Name: "budget"}, supervisor.Spec{
		Teleport:  launch.Teleport(t, server),
		Messenger: supervisor.Messenger{Type: "Slack", Secrets: messenger.Token(messengertest.DefaultToken)},
		Rules:     routing.Rules{Always: []string{channel}},
	})
	records := 0
	play := func(n int) {
		for range n {
			records += len(announceAndDecide(t, server))
		}
	}
	play(warmUp)
	records = 0
	chatBefore, callsBefore := chat.calls.Load(), server.Calls()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	play(requests)
	runtime.ReadMemStats(&after)

	calls := server.Calls()
	for what, cost := range map[string]struct{ of, most int }{
		"writes to Teleport":           {calls["UpdatePluginData"] - callsBefore["UpdatePluginData"], maxWrites},
		"calls of the chat service":    {int(chat.calls.Load() - chatBefore), maxChatCalls},
		"bytes of the record":          {records, maxRecord},
		"allocations, with simulators": {int(after.Mallocs - before.Mallocs), maxAllocations},
	} {
		each := float64(cost.of) / requests
		t.Logf("%s: %.1f for each request", what, each)
		if each > float64(cost.most) || each <= 0 {
			t.Errorf("a request takes %.1f %s, at most %d are wanted", each, what, cost.most)
		}
	}
}

// announceAndDecide plays one request, and returns its record once it is over.
func announceAndDecide(t *testing.T, server *teleporttest.Server) (record string) {
	t.Helper()
	id, err := server.CreateRequest(teleporttest.RequestSpec{})
	if err != nil {
		t.Fatal(err)
	}
	await := func(what, part string) {
		wait.Test(t, within, what, wait.True(func() bool {
			record = server.PluginData(id, "accessnotifier/teleport/budget")["record"]
			return strings.Contains(record, part)
		}))
	}
	await("the request is announced", `"ref":`)
	if err := server.Review(id, "bob", accessrequest.Approved, "fine"); err != nil {
		t.Fatal(err)
	}
	await("the record is closed", `"closed":true`)
	return record
}
