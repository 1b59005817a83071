package controllers_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// await waits until wrong finds nothing wrong with the AccessNotifier's newest
// state, and returns that.
func (s *stage) await(what string, wrong func(*v1alpha1.AccessNotifier) string) *v1alpha1.AccessNotifier {
	s.t.Helper()
	var found *v1alpha1.AccessNotifier
	s.eventually(what, func() string {
		found = s.history.newest()
		if found == nil {
			return "it does not exist"
		}
		return wrong(found)
	})
	return found
}

// awaitReady waits until the newest spec is in effect.
func (s *stage) awaitReady() *v1alpha1.AccessNotifier {
	s.t.Helper()
	return s.await("the AccessNotifier is ready", func(n *v1alpha1.AccessNotifier) string {
		if n.Status.ObservedGeneration != s.notifier.Generation {
			return fmt.Sprintf("observedGeneration is %d, not %d", n.Status.ObservedGeneration, s.notifier.Generation)
		}
		return notAs(n, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSucceeded)
	})
}

// awaitCondition waits until a condition is False for the reason.
func (s *stage) awaitCondition(condition, reason string) *v1alpha1.AccessNotifier {
	s.t.Helper()
	return s.await(condition+" is False", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, condition, metav1.ConditionFalse, reason)
	})
}

// awaitPosts waits until a channel has one message for each of the requests,
// and no others.
func (s *stage) awaitPosts(channel string, requests ...string) []messengertest.Post {
	s.t.Helper()
	var posts []messengertest.Post
	s.eventually("one message for each request", func() string {
		posts = topLevel(slack.PostsIn(channel))
		return unless(len(posts) >= len(requests), "%d messages, want %d", len(posts), len(requests))
	})
	s.assertPosts(channel, requests...)
	return posts
}

// assertPosts fails unless the channel has exactly one message for each of the
// requests.
func (s *stage) assertPosts(channel string, requests ...string) {
	s.t.Helper()
	posts := topLevel(slack.PostsIn(channel))
	if len(posts) != len(requests) {
		s.t.Errorf("%d messages, want %d", len(posts), len(requests))
	}
	for _, request := range requests {
		n := 0
		for _, post := range posts {
			if strings.Contains(post.Text, request) {
				n++
			}
		}
		if n != 1 {
			s.t.Errorf("%d messages for request %s", n, request)
		}
	}
}

// topLevel returns the messages that are no replies.
func topLevel(posts []messengertest.Post) []messengertest.Post {
	return slices.DeleteFunc(posts, func(p messengertest.Post) bool { return p.ThreadOf != "" })
}

// eventually waits until wrong returns "".
func (s *stage) eventually(what string, wrong func() string) {
	s.t.Helper()
	look, deadline := time.Tick(glance), time.After(patience)
	for problem := wrong(); problem != ""; problem = wrong() {
		select {
		case <-look:
		case <-deadline:
			s.t.Fatalf("waited %v in vain until %s: %s", patience, what, problem)
		}
	}
}

func unless(ok bool, format string, args ...any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// notAs returns "" if the condition is as given, else how it is.
func notAs(n *v1alpha1.AccessNotifier, condition string, status metav1.ConditionStatus, reason string) string {
	got := meta.FindStatusCondition(n.Status.Conditions, condition)
	if got != nil && got.Status == status && got.Reason == reason {
		return ""
	}
	return fmt.Sprintf("%s is not %s for %s: %s", condition, status, reason, asJSON(n.Status))
}

func asJSON(v any) string {
	encoded, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// awaitOpen waits until the status counts so many open requests and no undelivered
// messages.
func (s *stage) awaitOpen(open int32) *v1alpha1.AccessNotifier {
	s.t.Helper()
	return s.awaitCounts(open, 0)
}

// awaitCounts waits until the status counts so many open requests and undelivered
// messages.
func (s *stage) awaitCounts(open, undelivered int32) *v1alpha1.AccessNotifier {
	s.t.Helper()
	return s.await("the requests are counted", func(n *v1alpha1.AccessNotifier) string {
		status := n.Status
		ok := status.OpenRequests != nil && *status.OpenRequests == open && status.UndeliveredMessages != nil && *status.UndeliveredMessages == undelivered
		return unless(ok, "the status is %+v", status)
	})
}

// awaitText waits until the message about a request says text.
func (s *stage) awaitText(channel, request, text string) {
	s.t.Helper()
	s.eventually("the message says "+text, func() string {
		posts := slack.PostsIn(channel)
		found := slices.ContainsFunc(posts, func(p messengertest.Post) bool {
			return strings.Contains(p.Text, request) && strings.Contains(strings.ToUpper(p.Text), strings.ToUpper(text))
		})
		return unless(found, "the messages are %+v", posts)
	})
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// directWith returns the channel of the messages to a person.
func directWith(t *testing.T, person string) string {
	t.Helper()
	look, deadline := time.Tick(glance), time.After(patience)
	for {
		for _, post := range slack.Posts() {
			if post.User == person {
				return post.Channel
			}
		}
		select {
		case <-look:
		case <-deadline:
			t.Fatalf("nothing was sent to %s", person)
		}
	}
}
