package slack

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	ours   = `{"ts":"` + ts + `","user":"` + user + `","metadata":{"event_type":"access_request","event_payload":{"key":"key-1"}}}`
	others = `{"ts":"1.1","text":"hello"},{"ts":"1.2","metadata":{"event_type":"deploy","event_payload":{"key":"key-1"}}},` +
		`{"ts":"1.3","user":"` + user + `","metadata":{"event_type":"access_request","event_payload":{"key":"key-2"}}},` +
		`{"ts":"1.4","user":"U9999999999","metadata":{"event_type":"access_request","event_payload":{"key":"key-1"}}}`
	moreToCome = `,"has_more":true,"response_metadata":{"next_cursor":"more"}`
)

var me = ok(`"user_id":"` + user + `"`)

var since = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func TestFind(t *testing.T) {
	tests := map[string]struct {
		answers []answer
		want    []messenger.Ref
		err     error
		calls   int
	}{
		"first page":  {answers: []answer{ok(`"messages":[` + others + `,` + ours + `]`)}, want: []messenger.Ref{ref}, calls: 1},
		"second page": {answers: []answer{ok(`"messages":[` + others + `]` + moreToCome), ok(`"messages":[` + ours + `]`)}, want: []messenger.Ref{ref}, calls: 2},
		"none":        {answers: []answer{ok(`"messages":[` + others + `]`)}, err: messenger.ErrNotFound, calls: 1},
		"endless":     {answers: []answer{ok(`"messages":[` + others + `]` + moreToCome)}, err: messenger.ErrCannotLook, calls: historyPages},
		"no scope":    {answers: []answer{refusal("missing_scope")}, err: messenger.ErrCannotLook, calls: 1},
		"not invited": {answers: []answer{refusal("not_in_channel")}, err: messenger.ErrCannotLook, calls: 1},
		"by name":     {answers: []answer{refusal("channel_not_found")}, err: messenger.ErrCannotLook, calls: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, a := newSlack(t, map[string][]answer{"auth.test": {me}, "conversations.history": tt.answers})
			got, err := s.Find(t.Context(), address, "key-1", since)
			if !errors.Is(err, tt.err) || !slices.Equal(got, tt.want) {
				t.Errorf("Find = %v, %v; want %v, %v", got, err, tt.want, tt.err)
			}
			if n := len(a.Routes()) - 1; n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestFindAsksForMetadataWithAMargin(t *testing.T) {
	s, a := newSlack(t, map[string][]answer{"auth.test": {me}, "conversations.history": {ok(`"messages":[]`)}})
	if _, err := s.Find(t.Context(), address, "key-1", since); !errors.Is(err, messenger.ErrNotFound) {
		t.Fatal(err)
	}
	form := a.Last().Form(t)
	if got, want := form.Get("oldest"), timestamp(since.Add(-messenger.ClockMargin)); got != want {
		t.Errorf("oldest = %q, want %q", got, want)
	}
	if form.Get("include_all_metadata") != "1" || form.Get("channel") != channel {
		t.Errorf("form = %v", form)
	}
}

func TestFindDoesNotTakeFailuresForAnAnswer(t *testing.T) {
	for code, class := range map[string]messenger.Class{
		"internal_error": messenger.Transient,
		"invalid_auth":   messenger.MessengerPermanent,
		"ratelimited":    messenger.Throttled,
	} {
		s, _ := newSlack(t, map[string][]answer{
			"auth.test": {me}, "conversations.history": {refusal(code)}, "conversations.replies": {refusal(code)},
		})
		_, err := s.Find(t.Context(), address, "key-1", since)
		for _, err := range []error{err, s.FindReply(t.Context(), ref, "key-1", since)} {
			if errors.Is(err, messenger.ErrNotFound) || errors.Is(err, messenger.ErrCannotLook) || messenger.AsError(err).Class != class {
				t.Errorf("after %s: %v, want class %s", code, err, class)
			}
		}
	}
}

func TestFindReply(t *testing.T) {
	reply := `{"ts":"2.1","user":"` + user + `","metadata":{"event_type":"access_request_review","event_payload":{"key":"key-1"}}}`
	tests := map[string]struct {
		answers []answer
		err     error
	}{
		"there":       {answers: []answer{ok(`"messages":[` + ours + `,` + reply + `]`)}},
		"second page": {answers: []answer{ok(`"messages":[` + ours + `]` + moreToCome), ok(`"messages":[` + reply + `]`)}},
		"endless":     {answers: []answer{ok(`"messages":[` + ours + `]` + moreToCome)}, err: messenger.ErrCannotLook},
		"the parent":  {answers: []answer{ok(`"messages":[` + ours + `]`)}, err: messenger.ErrNotFound},
		"no thread":   {answers: []answer{refusal("thread_not_found")}, err: messenger.ErrNotFound},
		"no scope":    {answers: []answer{refusal("missing_scope")}, err: messenger.ErrCannotLook},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, _ := newSlack(t, map[string][]answer{"auth.test": {me}, "conversations.replies": tt.answers})
			if err := s.FindReply(t.Context(), ref, "key-1", since); !errors.Is(err, tt.err) {
				t.Errorf("FindReply = %v, want %v", err, tt.err)
			}
		})
	}
}
