// Package budget holds what a request may cost where the machine makes no difference: calls
// of Teleport and of the chat service, bytes that are kept, allocations.
package budget

import (
	"net/http"
	"runtime"
	"strconv"
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
	// plugin is under which name the notifier keeps its records.
	plugin = "accessnotifier/teleport/budget-0"
)

// What one request may take, announced in one channel and then decided.
const (
	// Claim and result of the message, claim and result of its edit and of the reply.
	maxWrites = 6
	// The message, its edit, and the reply that names the decision.
	maxChatCalls = 3
	// What is kept of a request in Teleport, once it is over, and while it waits: the records
	// of as many as a session keeps are read in one answer of 64 MiB.
	maxRecord, maxOpenRecord = 250, 450
	// Of the operator and of the simulators together.
	maxAllocations = 12_000
)

func TestWhatARequestCosts(t *testing.T) {
	service := messengertest.NewSlack(messengertest.Options{})
	channel := service.AddChannel("access-requests")
	server := teleporttest.ForTest(t, teleporttest.Options{})
	var chat counter
	launch.ForTest(t, notifier(t, server, channel, chat.counting(service.Transport())))
	records, openRecords := 0, 0
	play := func(n int) {
		for range n {
			announced, decided := announceAndDecide(t, server)
			openRecords += len(announced)
			records += len(decided)
		}
	}
	play(warmUp)
	records, openRecords = 0, 0
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
		"bytes of the open record":     {openRecords, maxOpenRecord},
		"allocations, with simulators": {int(after.Mallocs - before.Mallocs), maxAllocations},
	} {
		each := float64(cost.of) / requests
		t.Logf("%s: %.1f for each request", what, each)
		if each > float64(cost.most) || each <= 0 {
			t.Errorf("a request takes %.1f %s, at most %d are wanted", each, what, cost.most)
		}
	}
}

// notifier is a supervisor with one notifier, which tells a channel of every request.
func notifier(t *testing.T, server *teleporttest.Server, channel string, chat http.RoundTripper) *supervisor.Supervisor {
	t.Helper()
	return several(t, 1, server, channel, chat)
}

// several is a supervisor with several notifiers of one cluster.
func several(t *testing.T, n int, server *teleporttest.Server, channel string, chat http.RoundTripper) *supervisor.Supervisor {
	t.Helper()
	notifiers := launch.Supervisor(supervisor.Options{Messengers: registry.All(), HTTPClient: &http.Client{Transport: chat}})
	cluster := launch.Teleport(t, server)
	for i := range n {
		notifiers.Ensure(keyOf(i), supervisor.Spec{
			Teleport:  cluster,
			Messenger: supervisor.Messenger{Type: "Slack", Secrets: messenger.Token(messengertest.DefaultToken)},
			Rules:     routing.Rules{Always: []string{channel}},
		})
	}
	return notifiers
}

func keyOf(i int) supervisor.Key {
	return supervisor.Key{Namespace: "teleport", Name: "budget-" + strconv.Itoa(i)}
}

// awaitRecord waits until the record of a request has a part, and returns it.
func awaitRecord(t *testing.T, server *teleporttest.Server, id, what, part string) (record string) {
	t.Helper()
	wait.Test(t, within, what, wait.True(func() bool {
		record = server.PluginData(id, plugin)["record"]
		return strings.Contains(record, part)
	}))
	return record
}

// announceAndDecide plays one request, and returns its record while it waits, and once it is over.
func announceAndDecide(t *testing.T, server *teleporttest.Server) (announced, decided string) {
	t.Helper()
	id, err := server.CreateRequest(teleporttest.RequestSpec{})
	if err != nil {
		t.Fatal(err)
	}
	announced = awaitRecord(t, server, id, "the request is announced", `"ref":`)
	if err := server.Review(id, "bob", accessrequest.Approved, "fine"); err != nil {
		t.Fatal(err)
	}
	return announced, awaitRecord(t, server, id, "the record is closed", `"closed":true`)
}
