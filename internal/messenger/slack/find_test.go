package slack

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	ours   = `{"ts":"` + ts + `","user":"` + user + `","metadata":{"event_type":"access_request","event_payload":{"key":"key-1"}}}`
	double = `{"ts":"1700000005.000000","user":"` + user + `","subtype":"thread_broadcast","thread_ts":"` + ts + `",` +
		`"metadata":{"event_type":"access_request","event_payload":{"key":"key-1"}}}`
	others = `{"ts":"1700000004.000000","text":"hello"},` +
		`{"ts":"1700000003.000000","metadata":{"event_type":"deploy","event_payload":{"key":"key-1"}}},` +
		`{"ts":"1700000002.500000","user":"` + user + `","subtype":"channel_join"},` +
		`{"ts":"1700000002.000000","user":"` + user + `","metadata":{"event_type":"access_request","event_payload":{"key":"key-2"}}},` +
		`{"ts":"1700000001.000000","user":"U9999999999","metadata":{"event_type":"access_request","event_payload":{"key":"key-1"}}}`
	unmarked   = `{"ts":"1700000004.000000","user":"` + user + `","text":"Role request"}`
	moreToCome = `,"has_more":true,"response_metadata":{"next_cursor":"more"}`
)

var (
	me        = ok(`"user_id":"` + user + `"`)
	since     = time.Unix(1_700_000_000, 0)
	doubleRef = messenger.Ref{Channel: channel, ID: "1700000005.000000"}
)

// endless is a channel in which there always is another message.
var endless = answer{Echo: func(sent string) string {
	form, err := url.ParseQuery(sent)
	if err != nil {
		return err.Error()
	}
	before := timestamp(parseTimestamp(form.Get("latest")).Add(-time.Second))
	return `{"ok":true,"messages":[{"ts":"` + before + `","text":"hello"}]` + moreToCome + `}`
}}

var tooLarge = answer{Body: strings.Repeat(" ", 1<<20+1)}

func TestFind(t *testing.T) {
	tests := map[string]struct {
		answers []answer
		want    []messenger.Ref
		err     error
		calls   int
	}{
		"first page": {answers: []answer{ok(`"messages":[` + others + `,` + ours + `]`)}, want: []messenger.Ref{ref}, calls: 1},
		"second page": {
			answers: []answer{ok(`"messages":[` + others + `]` + moreToCome), ok(`"messages":[` + ours + `]`)},
			want:    []messenger.Ref{ref}, calls: 2,
		},
		"two, oldest first": {answers: []answer{ok(`"messages":[` + double + `,` + others + `,` + ours + `]`)}, want: []messenger.Ref{ref, doubleRef}, calls: 1},
		"two, on two pages": {
			answers: []answer{ok(`"messages":[` + double + `]` + moreToCome), ok(`"messages":[` + others + `,` + ours + `]`)},
			want:    []messenger.Ref{ref, doubleRef}, calls: 2,
		},
		"none":                         {answers: []answer{ok(`"messages":[` + others + `]`)}, err: messenger.ErrNotFound, calls: 1},
		"nothing at all":               {answers: []answer{ok(`"messages":[]`)}, err: messenger.ErrNotFound, calls: 1},
		"one of ours without metadata": {answers: []answer{ok(`"messages":[` + unmarked + `]`)}, err: messenger.ErrCannotLook, calls: 1},
		"found beside one without":     {answers: []answer{ok(`"messages":[` + unmarked + `,` + ours + `]`)}, want: []messenger.Ref{ref}, calls: 1},
		"endless":                      {answers: []answer{endless}, err: messenger.ErrCannotLook, calls: historyPages},
		"more, but nothing":            {answers: []answer{ok(`"messages":[]` + moreToCome)}, err: messenger.ErrCannotLook, calls: 1},
		"always the same":              {answers: []answer{ok(`"messages":[` + others + `]` + moreToCome)}, err: messenger.ErrCannotLook, calls: 2},
		"too large at first": {
			answers: []answer{tooLarge, tooLarge, ok(`"messages":[` + ours + `]`)}, want: []messenger.Ref{ref}, calls: 3,
		},
		"too large always": {answers: []answer{tooLarge}, err: messenger.ErrCannotLook, calls: 9},
		"too large beyond": {
			answers: []answer{ok(`"messages":[` + ours + `]` + moreToCome), tooLarge}, want: []messenger.Ref{ref}, calls: 10,
		},
		"no scope":             {answers: []answer{refusal("missing_scope")}, err: messenger.ErrCannotLook, calls: 1},
		"not invited":          {answers: []answer{refusal("not_in_channel")}, err: messenger.ErrCannotLook, calls: 1},
		"unknown channel":      {answers: []answer{refusal("channel_not_found")}, err: messenger.ErrCannotLook, calls: 1},
		"forbidden":            {answers: []answer{refusal("restricted_action")}, err: messenger.ErrCannotLook, calls: 1},
		"limited access":       {answers: []answer{refusal("channel_is_limited_access")}, err: messenger.ErrCannotLook, calls: 1},
		"another kind":         {answers: []answer{refusal("method_not_supported_for_channel_type")}, err: messenger.ErrCannotLook, calls: 1},
		"for bots of old only": {answers: []answer{refusal("not_allowed_token_type")}, err: messenger.ErrCannotLook, calls: 1},
		"arguments":            {answers: []answer{refusal("invalid_arguments")}, err: messenger.ErrCannotLook, calls: 1},
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

// TestFindNeedsAnID covers the address of a channel that was not listed, and of a
// person to whom no direct channel was opened: posting works, searching does not.
func TestFindNeedsAnID(t *testing.T) {
	for _, id := range []string{"access-requests", "#access-requests", user} {
		s, a := newSlack(t, nil)
		if got, err := s.Find(t.Context(), messenger.Address{ID: id}, "key-1", since); !errors.Is(err, messenger.ErrCannotLook) || len(a.Routes()) > 0 {
			t.Errorf("Find in %s = %v, %v after %v, want ErrCannotLook at once", id, got, err, a.Routes())
		}
	}
}

// TestUnmarkedMessagesCannotBeFound covers a message whose metadata Slack has
// ignored: that none is found says nothing.
func TestUnmarkedMessagesCannotBeFound(t *testing.T) {
	ignored := ok(`"channel":"` + channel + `","ts":"` + ts + `","message":{"ts":"` + ts + `","thread_ts":"` + ts + `"},"warning":"invalid_metadata_schema"`)
	empty := ok(`"messages":[]`)
	s, _ := newSlack(t, map[string][]answer{
		"auth.test": {me}, callPost: {ignored}, "conversations.history": {empty}, "conversations.replies": {empty},
	})
	if _, err := s.Find(t.Context(), address, "key-1", since); !errors.Is(err, messenger.ErrNotFound) {
		t.Errorf("Find before the post = %v, want ErrNotFound", err)
	}
	if _, err := s.Post(t.Context(), address, small, "key-1"); err != nil {
		t.Fatal(err)
	}
	_, find := s.Find(t.Context(), address, "key-1", since)
	for _, err := range []error{find, s.FindReply(t.Context(), ref, "key-1", since)} {
		if !errors.Is(err, messenger.ErrCannotLook) {
			t.Errorf("after a post without metadata: %v, want ErrCannotLook", err)
		}
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
	if latest := parseTimestamp(form.Get("latest")); latest.Before(time.Now().Add(messenger.ClockMargin)) {
		t.Errorf("latest = %s, which a message may be later than", latest)
	}
	if form.Get("include_all_metadata") != "1" || form.Get("channel") != channel || form.Get("inclusive") != "1" {
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
		"cut off":     {answers: []answer{ok(`"messages":[` + ours + `],"has_more":true`)}, err: messenger.ErrCannotLook},
		"too large":   {answers: []answer{tooLarge}, err: messenger.ErrCannotLook},
		"large":       {answers: []answer{tooLarge, ok(`"messages":[` + reply + `]`)}},
		"ignored":     {answers: []answer{ok(`"messages":[` + ours + `,` + unmarked + `]`)}, err: messenger.ErrCannotLook},
		"other kind":  {answers: []answer{refusal("method_not_supported_for_channel_type")}, err: messenger.ErrCannotLook},
		"the parent":  {answers: []answer{ok(`"messages":[` + ours + `]`)}, err: messenger.ErrNotFound},
		"no thread":   {answers: []answer{refusal("thread_not_found")}, err: messenger.ErrNotFound},
		"no scope":    {answers: []answer{refusal("missing_scope")}, err: messenger.ErrCannotLook},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, a := newSlack(t, map[string][]answer{"auth.test": {me}, "conversations.replies": tt.answers})
			defer func() {
				if got, want := a.Last().Form(t).Get("oldest"), timestamp(since.Add(-messenger.ClockMargin)); got != want {
					t.Errorf("oldest = %q, want %q", got, want)
				}
			}()
			if err := s.FindReply(t.Context(), ref, "key-1", since); !errors.Is(err, tt.err) {
				t.Errorf("FindReply = %v, want %v", err, tt.err)
			}
		})
	}
}
