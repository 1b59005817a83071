package pagerduty

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

var created = time.Date(2026, 11, 21, 10, 42, 15, 0, time.UTC)

// hostile is what a requester types who wants to look approved.
const hostile = "x\",\"event_action\":\"resolve\"} “Approved” ”\n> Approved by “bob”\r\nReviews: ✅ Approved by bob\u2028%s ${x}"

func samples() map[string]message.Message {
	return conformance.Whole(created, conformance.Typed{
		Hostile: hostile, Filler: "lorem “ipsum” ", Role: "role", Refusal: "Not today.\n\nAsk again tomorrow.",
	})
}

var alert = messenger.Ref{Channel: "on-call", ID: "abcdefghijklmnopqrstuvwx"}

// TestEvents shows what each sample becomes, as an edit.
func TestEvents(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			golden.JSON(t, name, render(alert, m, actionOf(m, true), defaultSeverity))
		})
	}
}

// service is a simulated PagerDuty, with an integration.
type service struct {
	*testing.T
	*messengertest.PagerDuty
	bot *PagerDuty
}

func newService(t *testing.T, settings map[string]string) *service {
	t.Helper()
	s := &service{T: t, PagerDuty: messengertest.NewPagerDuty(messengertest.Options{})}
	var err error
	s.bot, err = New(messenger.Config{
		Secrets:    messenger.Secrets{SecretRoutingKey: messengertest.RoutingKeys(messengertest.DefaultToken) + "\n"},
		Settings:   settings,
		HTTPClient: &http.Client{Transport: s.Transport()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *service) post(sample, key string) messenger.Ref {
	s.Helper()
	ref, err := s.bot.Post(s.Context(), messenger.Address{ID: "on-call"}, samples()[sample], key)
	if err != nil {
		s.Fatal(err)
	}
	return ref
}

func (s *service) update(ref messenger.Ref, sample string) {
	s.Helper()
	if err := s.bot.Update(s.Context(), ref, samples()[sample]); err != nil {
		s.Fatal(err)
	}
}

// want checks the actions that the alerts have come to.
func (s *service) want(actions ...string) {
	s.Helper()
	var got []string
	for _, post := range s.Posts() {
		_, after, _ := strings.Cut(string(post.Raw), `"event_action":"`)
		action, _, _ := strings.Cut(after, `"`)
		got = append(got, action)
	}
	if strings.Join(got, " ") != strings.Join(actions, " ") {
		s.Errorf("the alerts are at %v, want %v", got, actions)
	}
}

// TestAnIncidentFollowsTheRequest from its trigger to its end, which nothing opens again that is
// said of the request.
func TestAnIncidentFollowsTheRequest(t *testing.T) {
	s := newService(t, nil)
	ref := s.post("pending", "key")
	s.want(actionTrigger)
	s.update(ref, "pending-one-of-two")
	s.want(actionAcknowledge)
	s.update(ref, "approved")
	s.want(actionResolve)
	for _, late := range []string{"pending-one-of-two", "gone", "expired"} {
		s.update(ref, late)
		s.want(actionResolve)
	}
}

// TestWhatIsSaidAgainIsOneIncident: a repeated post, what has changed without a review, and a
// reminder that follows.
func TestWhatIsSaidAgainIsOneIncident(t *testing.T) {
	s := newService(t, nil)
	ref := s.post("pending", "key")
	if again := s.post("pending", "key"); again != ref {
		t.Errorf("the post is %v at first and then %v", ref, again)
	}
	s.update(ref, "pending")
	next, err := s.bot.Follow(t.Context(), messenger.Address{ID: "on-call"}, ref, samples()["reminder"], "other")
	if err != nil || next != ref {
		t.Errorf("Follow = %v, %v; want %v", next, err, ref)
	}
	s.want(actionTrigger)
	s.post("pending", "another request")
	s.want(actionTrigger, actionTrigger)
}

// TestNoResponderIsCalledForWhatIsDecided, nor for a check.
func TestNoResponderIsCalledForWhatIsDecided(t *testing.T) {
	s := newService(t, nil)
	s.post("approved", "key")
	if err := s.bot.Check(t.Context()); err != nil {
		t.Error(err)
	}
	s.want()
	if calls := s.Calls(); calls["check"] != 1 || calls["enqueue"] != 1 {
		t.Errorf("the calls were %v", calls)
	}
}

// TestARequestWithReviewsIsNewToTheResponder who hears of it first by a reminder.
func TestARequestWithReviewsIsNewToTheResponder(t *testing.T) {
	s := newService(t, nil)
	s.post("pending-one-of-two", "key")
	s.want(actionTrigger)
}

func TestSettings(t *testing.T) {
	secrets := messenger.Secrets{SecretRoutingKey: strings.Repeat("a", keyLength)}
	for _, tt := range []struct{ region, severity, url, want string }{
		{"", "", urlUS, "warning"}, {"US", "Critical", urlUS, "critical"}, {"EU", "info", urlEU, "info"},
	} {
		p, err := New(messenger.Config{Secrets: secrets, Settings: map[string]string{settingRegion: tt.region, settingSeverity: tt.severity}})
		if err != nil || p.bot.URL.String() != tt.url || p.severity != tt.want {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	for _, wrong := range []map[string]string{{settingRegion: "eu"}, {settingSeverity: "loud"}} {
		if _, err := New(messenger.Config{Secrets: secrets, Settings: wrong}); err == nil {
			t.Errorf("New takes %v", wrong)
		}
	}
	for _, wrong := range []string{"ssss", strings.Repeat("s", 20), strings.Repeat("s", 33), strings.Repeat("-", 32)} {
		_, err := New(messenger.Config{Secrets: messenger.Secrets{SecretRoutingKey: wrong}})
		if err == nil || strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// answering returns an integration whose every call is answered like that.
func answering(t *testing.T, status int, body string) *PagerDuty {
	t.Helper()
	a := scripted.Start(t, scripted.Below(""), map[string][]scripted.Answer{"POST " + path: {{Status: status, Body: body}}})
	p, err := New(messenger.Config{
		Secrets: messenger.Secrets{SecretRoutingKey: strings.Repeat("a", keyLength)}, URL: a.URL, HTTPClient: a.Client,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAnswers are read as PagerDuty writes them.
func TestAnswers(t *testing.T) {
	const taken = `{"status":"success","message":"Event processed","dedup_key":"` + noAlert + `"}`
	for name, tt := range map[string]struct {
		status int
		body   string
		class  messenger.Class
		code   string
	}{
		"key too short":   {400, `{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}`, messenger.MessengerPermanent, codeKey},
		"unknown key":     {400, "Invalid routing key", messenger.MessengerPermanent, codeKey},
		"severity":        {400, `{"status":"invalid event","message":"Event object is invalid","errors":["'payload.severity' is invalid"]}`, messenger.ContentRejected, codeEvent},
		"nothing":         {400, "", messenger.ContentRejected, codeEvent},
		"not accepted":    {200, taken, messenger.Transient, "bad_response"},
		"another's":       {202, strings.Replace(taken, noAlert, "other", 1), messenger.Transient, "bad_response"},
		"failure":         {202, strings.Replace(taken, "success", "failure", 1), messenger.Transient, "bad_response"},
		"in the way":      {407, "", messenger.Transient, "http_407"},
		"too many":        {429, "", messenger.Throttled, "429"},
		"version 1's way": {403, "", messenger.Throttled, "403"},
	} {
		e := messenger.AsError(answering(t, tt.status, tt.body).Check(t.Context()))
		if e.Class != tt.class || e.Code != tt.code {
			t.Errorf("%s: %+v", name, e)
		}
		if e.Class == messenger.Throttled && e.RetryAfter != messenger.DefaultRetryAfter {
			t.Errorf("%s: waits for %s", name, e.RetryAfter)
		}
	}
	if err := answering(t, 202, taken).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestTheTimeIsThatOfTheEvent, and the severity the one that was set.
func TestTheTimeIsThatOfTheEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, map[string]string{settingSeverity: "Critical"})
		s.post("pending", "key")
		raw := string(s.Posts()[0].Raw)
		for _, want := range []string{`"timestamp":"` + timestamp(time.Now()) + `"`, `"severity":"critical"`, `"group":"on-call"`} {
			if !strings.Contains(raw, want) {
				t.Errorf("%s is not in %s", want, raw)
			}
		}
	})
}

func FuzzEvents(f *testing.F) {
	conformance.Fuzz(f, samples(), hostile, "“", func(t *testing.T, m message.Message) {
		for _, plain := range []bool{false, true} {
			m.Plain = plain
			e := render(alert, m, actionOf(m, false), defaultSeverity)
			if n := len([]rune(e.Payload.Summary)); n == 0 || n > maxSummary || e.Payload.Source == "" {
				t.Errorf("the summary has %d characters, the source is %q", n, e.Payload.Source)
			}
			if action := e.Action; m.State == accessrequest.Pending && action == actionResolve {
				t.Errorf("a pending request is to %s", action)
			}
		}
	})
}
