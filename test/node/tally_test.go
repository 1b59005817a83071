package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
)

// Everything that can be wrong is found, and nothing else.
func TestCount(t *testing.T) {
	const (
		good  = "00000000-0000-0000-0000-000000000001"
		lost  = "00000000-0000-0000-0000-000000000002"
		twice = "00000000-0000-0000-0000-000000000003"
		stale = "00000000-0000-0000-0000-000000000004"
	)
	c := newChats(noted(), time.Now)[0]
	for _, text := range []string{
		good + "\nApproved", twice + "\nDenied", twice + "\nDenied", stale + "\nPending",
	} {
		post(t, c, text)
	}
	began := c.toldAt(stale).Add(-time.Minute)
	got := count([]request{
		{good, began, tally.Approved}, {lost, began, tally.Pending}, {twice, began, tally.Denied}, {stale, began, tally.Approved},
	}, []*chat{c})
	if got.requests != 4 || got.messages != 4 || got.Lost != 1 || got.Duplicated != 1 || got.Stale != 1 {
		t.Errorf("count() = %s, %q", got, got.Findings)
	}
	if got.err() == nil || got.Settled() {
		t.Error("broken promises are no error")
	}
	if got.longest != time.Minute {
		t.Errorf("the longest delay is %s, want a minute, for the last that was told", got.longest)
	}
	if got := count([]request{{good, began, tally.Approved}}, []*chat{c}); got.err() != nil || !got.Settled() {
		t.Errorf("what is good is an error: %v", got.err())
	}
	if count(nil, []*chat{c}).err() == nil {
		t.Error("nothing was expected, and that is fine")
	}
}

// post posts to the channel of a simulated Slack.
func post(t *testing.T, c *chat, text string) {
	t.Helper()
	body := strings.NewReader("channel=" + c.recipient + "&text=" + strings.ReplaceAll(text, "\n", "%0A"))
	request, err := http.NewRequest(http.MethodPost, "https://slack.test/api/chat.postMessage", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+messengertest.DefaultToken)
	response, err := c.simulator.Transport().RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}
