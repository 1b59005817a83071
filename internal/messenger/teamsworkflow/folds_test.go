package teamsworkflow_test

import (
	"net/http"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teamsworkflow"
)

// TestSimulatedChannelsKnowARequestInEveryLanguage covers cards that are worded in another
// language than the one before: they are still about the same request.
func TestSimulatedChannelsKnowARequestInEveryLanguage(t *testing.T) {
	channels := messengertest.NewWorkflowChannels(messengertest.Options{})
	w, err := teamsworkflow.New(messenger.Config{
		Secrets:    messenger.Secrets{teamsworkflow.SecretWorkflows: messengertest.Workflows(messengertest.DefaultToken)},
		HTTPClient: &http.Client{Transport: channels.Transport()},
	})
	if err != nil {
		t.Fatal(err)
	}
	to := messenger.Address{ID: channels.AddChannel("ops")}
	request := accessrequest.Request{ID: "00000000-0000-0000-0000-000000000001", User: "alice", State: accessrequest.Pending}
	worded := func(l message.Language) message.Message {
		return message.Wording{Language: l}.Describe(request, accessrequest.Cluster{}, nil)
	}
	ref, err := w.Post(t.Context(), to, worded(message.English), "first")
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []message.Language{
		message.English, message.German, message.French, message.Spanish, message.Japanese, message.Korean,
	} {
		request.State = accessrequest.Approved
		if _, err := w.Follow(t.Context(), to, ref, worded(language), string(language)); err != nil {
			t.Fatal(err)
		}
		if posts := channels.Posts(); len(posts) != 1 {
			t.Errorf("a card in %s is a message of its own: %q", language, posts[len(posts)-1].Text)
		}
	}
}
