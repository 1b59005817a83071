package pigeon_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/pigeon"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// TestANewMessengerTakesOneLine adds a messenger to the registry, and follows a request
// through all of the operator below the custom resource: it is announced, changed and
// decided. As nothing can be edited, each change is a message of its own.
func TestANewMessengerTakesOneLine(t *testing.T) {
	service := messengertest.NewSlack(messengertest.Options{})
	channel := service.AddChannel("access-requests")
	server := teleporttest.ForTest(t, teleporttest.Options{})
	notifiers := launch.Supervisor(supervisor.Options{
		Messengers: append(registry.All(), pigeon.Descriptor()),
		HTTPClient: &http.Client{Transport: service.Transport()},
	})
	launch.ForTest(t, notifiers)
	notifiers.Ensure(supervisor.Key{Namespace: "teleport", Name: "pigeons"}, supervisor.Spec{
		Teleport:  launch.Teleport(t, server),
		Messenger: supervisor.Messenger{Type: "Pigeon", Secrets: messenger.Token(messengertest.DefaultToken)},
		Rules:     routing.Rules{Always: []string{channel}},
	})

	id, err := server.CreateRequest(teleporttest.RequestSpec{})
	if err != nil {
		t.Fatal(err)
	}
	wantMessages(t, service, id, "Pending")
	if err := server.Review(id, "bob", accessrequest.Approved, "fine"); err != nil {
		t.Fatal(err)
	}
	wantMessages(t, service, id, "Pending", "Approved")
	wait.Test(t, within, "the record is closed", wait.True(func() bool {
		return strings.Contains(server.PluginData(id, "accessnotifier/teleport/pigeons")["record"], `"closed":true`)
	}))
	wantMessages(t, service, id, "Pending", "Approved")
}

// within bounds each wait for something to happen.
const within = 30 * time.Second

// wantMessages waits until there are so many messages about a request, each of which says
// what it should, and was never edited.
func wantMessages(t *testing.T, service *messengertest.Slack, id string, statuses ...string) {
	t.Helper()
	wait.Test(t, within, "each change is a message", func() error {
		posts := service.Posts()
		if len(posts) != len(statuses) {
			return fmt.Errorf("%d messages, want %d", len(posts), len(statuses))
		}
		for i, post := range posts {
			if post.Revisions != 1 || !strings.Contains(post.Text, statuses[i]) || !strings.Contains(post.Text, id) {
				return fmt.Errorf("message %d has %d revisions and reads %q, want %s", i, post.Revisions, post.Text, statuses[i])
			}
		}
		return nil
	})
}
