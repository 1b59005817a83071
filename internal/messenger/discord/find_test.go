package discord

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

var since = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// entry is a message as the history has it.
func entry(id, author, content, footer string) string {
	embeds := "[]"
	if footer != "" {
		embeds = fmt.Sprintf(`[{"title":"t","footer":{"text":%q}}]`, footer)
	}
	return fmt.Sprintf(`{"id":%q,"author":{"id":%q},"content":%q,"embeds":%s}`, id, author, content, embeds)
}

func history(entries ...string) answer { return ok("[" + strings.Join(entries, ",") + "]") }

// fullPage is a page of other messages, newest first, the newest with an id
// that is longer than the others'.
func fullPage() answer {
	entries := []string{entry("1000000000000000000", userID, "hello", "")}
	for i := historyPage - 1; i > 0; i-- {
		entries = append(entries, entry(fmt.Sprint(900000000000000000+i), userID, "hello", ""))
	}
	return history(entries...)
}

func TestFind(t *testing.T) {
	ours := entry(messageID, botID, "Role request", "Request id · Ref "+key)
	others := strings.Join([]string{
		entry("300000000000000009", userID, "", "Request id · Ref "+key),
		entry("300000000000000008", botID, "", "Request id · Ref "+key+"x"),
		entry("300000000000000007", botID, "Role request from Ref "+key, "Request id"),
		entry("300000000000000006", botID, "Ref "+key+" ?", ""),
	}, ",")
	tests := map[string]struct {
		answers []answer
		in      messenger.Address
		want    []messenger.Ref
		err     error
		calls   int
	}{
		"first page":           {answers: []answer{history(others, ours)}, want: []messenger.Ref{ref}, calls: 1},
		"plain":                {answers: []answer{history(entry(messageID, botID, "Role request\nRequest id · Ref "+key, ""))}, want: []messenger.Ref{ref}, calls: 1},
		"second page":          {answers: []answer{fullPage(), history(ours)}, want: []messenger.Ref{ref}, calls: 2},
		"others only":          {answers: []answer{history(others)}, err: messenger.ErrNotFound, calls: 1},
		"second page is empty": {answers: []answer{fullPage(), history()}, err: messenger.ErrNotFound, calls: 2},
		"endless":              {answers: []answer{fullPage()}, err: messenger.ErrCannotLook, calls: historyPages},
		"nothing since":        {answers: []answer{history(), history(others)}, err: messenger.ErrNotFound, calls: 2},
		"nothing at all":       {answers: []answer{history()}, err: messenger.ErrCannotLook, calls: 2},
		"nothing at all, direct": {
			answers: []answer{history()}, in: messenger.Address{ID: channelID, Direct: true}, err: messenger.ErrNotFound, calls: 1,
		},
		"missing access":     {answers: []answer{refuse(403, `{"code":50001}`)}, err: messenger.ErrCannotLook, calls: 1},
		"missing permission": {answers: []answer{refuse(403, `{"code":50013}`)}, err: messenger.ErrCannotLook, calls: 1},
		"forbidden":          {answers: []answer{refuse(403, `{"code":0}`)}, err: messenger.ErrCannotLook, calls: 1},
		"forbidden later":    {answers: []answer{history(), refuse(403, `{"code":0}`)}, err: messenger.ErrCannotLook, calls: 2},
		"too much":           {answers: []answer{ok(strings.Repeat(" ", 1<<20) + "[]")}, err: messenger.ErrCannotLook, calls: 7},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.in.ID == "" {
				tt.in = address
			}
			d, a := newDiscord(t, map[string][]answer{routeMe: {me}, routeHistory: tt.answers})
			got, err := d.Find(t.Context(), tt.in, key, since)
			if !errors.Is(err, tt.err) || !slices.Equal(got, tt.want) {
				t.Errorf("Find = %v, %v; want %v, %v", got, err, tt.want, tt.err)
			}
			if n := len(a.Routes()) - 1; n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestFindReadsOnwardsFromTheTime(t *testing.T) {
	d, a := newDiscord(t, map[string][]answer{routeMe: {me}, routeHistory: {fullPage(), history()}})
	for _, want := range []error{messenger.ErrNotFound, messenger.ErrCannotLook} {
		if _, err := d.Find(t.Context(), address, key, since); !errors.Is(err, want) {
			t.Fatalf("Find = %v, want %v", err, want)
		}
	}
	var queries []string
	for _, c := range a.Calls() {
		queries = append(queries, c.Query)
	}
	// One clock margin earlier in milliseconds since the epoch of Discord, shifted by 22 bits.
	first := fmt.Sprintf("limit=100&after=%d", (since.Add(-messenger.ClockMargin).UnixMilli()-1420070400000)<<22)
	want := []string{"", first, "limit=100&after=1000000000000000000", first, "limit=1"}
	if diff := cmp.Diff(want, queries); diff != "" {
		t.Errorf("queries, who we are being asked once (-want +got):\n%s", diff)
	}
}

func TestFindNeedsATime(t *testing.T) {
	if got := idAt(time.Time{}); got != "0" {
		t.Errorf("idAt = %s, want 0", got)
	}
}

func TestFindDoesNotTakeFailuresForAnAnswer(t *testing.T) {
	for body, tt := range map[string]struct {
		status int
		class  messenger.Class
	}{
		`{"code":0}`:        {401, messenger.MessengerPermanent},
		`{"code":10003}`:    {404, messenger.RecipientPermanent},
		`{"code":50035}`:    {400, messenger.RecipientPermanent},
		`{"retry_after":1}`: {429, messenger.Throttled},
		`<html>`:            {502, messenger.Transient},
		`{}`:                {200, messenger.Transient},
	} {
		for _, route := range []string{routeMe, routeHistory} {
			answers := map[string][]answer{routeMe: {me}, routeHistory: {history()}}
			answers[route] = []answer{refuse(tt.status, body)}
			d, _ := newDiscord(t, answers)
			_, err := d.Find(t.Context(), address, key, since)
			if errors.Is(err, messenger.ErrNotFound) || errors.Is(err, messenger.ErrCannotLook) || messenger.AsError(err).Class != tt.class {
				t.Errorf("%s answers %d %s: %v, want class %s", route, tt.status, body, err, tt.class)
			}
		}
	}
}

// A message that was found keeps its key in edits, as one that was posted does.
func TestFoundMessagesKeepTheirKey(t *testing.T) {
	d, a := newDiscord(t, map[string][]answer{
		routeMe: {me}, routeEdit: {posted},
		routeHistory: {history(entry(messageID, botID, "", "Ref "+key))},
	})
	found, err := d.Find(t.Context(), address, key, since)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(t.Context(), found[0], small); err != nil {
		t.Fatal(err)
	}
	footer := a.Last().JSON(t)["embeds"].([]any)[0].(map[string]any)["footer"]
	if diff := cmp.Diff(map[string]any{"text": "Request id · Ref " + key}, footer); diff != "" {
		t.Errorf("footer (-want +got):\n%s", diff)
	}
}

func TestThereAreNoReplies(t *testing.T) {
	d, a := newDiscord(t, nil)
	if err := d.FindReply(t.Context(), ref, key, since); !errors.Is(err, messenger.ErrNotFound) || len(a.Routes()) > 0 {
		t.Errorf("FindReply = %v after %v", err, a.Routes())
	}
	if _, replies := any(d).(messenger.Replier); replies {
		t.Error("Discord lists reviews in the message")
	}
}
