package budget

import (
	"net/http"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

const (
	// openRequests wait for a decision when a notifier starts. Others keep so much of each
	// beside the record that all of it comes in no usual answer.
	openRequests, kept = 300, 60_000
	// More than a page of the list.
	maxPages = 2
	// All records within the usual bound on an answer, and then within our own.
	maxReads = 2
	// Claim and result of the one request that is new.
	maxStartWrites = 2
	// Who the bot is, and the message of the one that is new.
	maxStartChatCalls = 3
)

// TestWhatAStartCosts covers a notifier that finds requests of which everything was told: it
// lists them, and reads their records in bulk.
func TestWhatAStartCosts(t *testing.T) {
	service := messengertest.NewSlack(messengertest.Options{})
	channel := service.AddChannel("access-requests")
	server := teleporttest.ForTest(t, teleporttest.Options{})
	announce(t, server, channel, service.Transport(), openRequests)

	var chat counter
	before := server.Calls()
	announce(t, server, channel, chat.counting(service.Transport()), 1)
	calls := server.Calls()
	for what, cost := range map[string]struct{ of, most int }{
		"pages of the list":         {calls["ListAccessRequests"] - before["ListAccessRequests"], maxPages},
		"reads of records":          {calls["GetPluginData"] - before["GetPluginData"], maxReads},
		"writes to Teleport":        {calls["UpdatePluginData"] - before["UpdatePluginData"], maxStartWrites},
		"event streams":             {calls["WatchEvents"] - before["WatchEvents"], 1},
		"calls of the chat service": {int(chat.calls.Load()), maxStartChatCalls},
	} {
		t.Logf("%s: %d", what, cost.of)
		if cost.of > cost.most || cost.of <= 0 {
			t.Errorf("a start with %d open requests takes %d %s, at most %d are wanted", openRequests, cost.of, what, cost.most)
		}
	}
}

// announce runs a notifier until it has announced new requests.
func announce(t *testing.T, server *teleporttest.Server, channel string, chat http.RoundTripper, n int) {
	t.Helper()
	stop := launch.Run(t.Context(), notifier(t, server, channel, chat))
	ids := create(t, server, n)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := server.WritePluginData(id, "other", map[string]string{"data": strings.Repeat("x", kept)}); err != nil {
			t.Fatal(err)
		}
	}
}

// create makes requests, and waits until the notifier that runs has announced them.
func create(t *testing.T, server *teleporttest.Server, n int) (ids []string) {
	t.Helper()
	for range n {
		id, err := server.CreateRequest(teleporttest.RequestSpec{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		awaitRecord(t, server, id, "the request is announced", `"ref":`)
	}
	return ids
}
