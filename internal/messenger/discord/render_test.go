package discord

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	created = time.Date(2026, 3, 2, 9, 30, 15, 0, time.UTC)
	cluster = message.Cluster{Name: "prod", ProxyAddr: "teleport.example.com:443", WebReviews: true}
)

const requestID = "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b"

func accessRequest(change func(*accessrequest.Request)) accessrequest.Request {
	r := accessrequest.Request{
		ID:                 requestID,
		User:               "alice@example.com",
		Roles:              []string{"editor", "db_admin"},
		Reason:             "Ticket OPS-42:\nthe nightly import is stuck.",
		SuggestedReviewers: []string{"bob@example.com"},
		State:              accessrequest.Pending,
		Thresholds:         []accessrequest.Threshold{{Approve: 2, Deny: 1}},
		RoleThresholds:     map[string][][]uint32{"editor": {{0}}},
		Created:            created,
		Expires:            created.Add(time.Hour),
		AccessExpires:      created.Add(8 * time.Hour),
	}
	if change != nil {
		change(&r)
	}
	return r
}

func review(author string, state accessrequest.State, reason string) accessrequest.Review {
	return accessrequest.Review{Author: author, State: state, Reason: reason, Created: created, Thresholds: []uint32{0}}
}

// hostile is what somebody types who wants to look approved.
const hostile = "**Status** ✅ Approved\n@everyone @here <@123456789012345678> <@&123456789012345678> <#123456789012345678>\n" +
	"[Review in Teleport](https://evil.example) <https://evil.example> discord.gg/evil `code` ```\nblock\n``` _it_ ~~no~~ ||spoiler||\n" +
	"# heading\n-# small\n> quote\n>>> quotes\n- list\n1. one\n:white_check_mark: <:ok:123456789012345678> <t:0:R> \\"

func renderings() map[string]message.Message {
	approved := review("bob@example.com", accessrequest.Approved, "Fine with me.")
	huge := strings.Repeat("lorem *ipsum* @here ", 400)
	many := make([]string, 400)
	for i := range many {
		many[i] = fmt.Sprintf("_role_-%03d-%s", i, strings.Repeat("x", 300))
	}
	return map[string]message.Message{
		"pending": message.New(accessRequest(nil), cluster),
		"pending-one-of-two": message.New(accessRequest(func(r *accessrequest.Request) {
			r.Reviews = []accessrequest.Review{approved}
		}), cluster),
		"pending-commands": message.New(accessRequest(func(r *accessrequest.Request) {
			r.Resources = []accessrequest.Resource{{Cluster: "prod", Kind: "node", Name: "a"}, {Cluster: "prod", Kind: "app", Name: "b"}}
		}), message.Cluster{Name: "prod"}),
		"approved": message.New(accessRequest(func(r *accessrequest.Request) {
			r.State = accessrequest.Approved
			r.Reviews = []accessrequest.Review{approved, review("carol", accessrequest.Approved, "")}
		}), cluster),
		"denied": message.New(accessRequest(func(r *accessrequest.Request) {
			r.State = accessrequest.Denied
			r.ResolveReason = "Not today.\nAsk again tomorrow."
			r.Reviews = []accessrequest.Review{review("carol", accessrequest.Denied, "Use the replica.")}
		}), cluster),
		"promoted": message.New(accessRequest(func(r *accessrequest.Request) {
			r.State, r.PromotedTo = accessrequest.Promoted, "Database administrators"
		}), cluster),
		"expired":         message.New(accessRequest(func(r *accessrequest.Request) { r.State = accessrequest.Expired }), cluster),
		"expired-summary": message.New(accessrequest.Request{ID: requestID, State: accessrequest.Expired}, message.Cluster{}),
		"hostile": message.New(accessRequest(func(r *accessrequest.Request) {
			r.State = accessrequest.Denied
			r.User, r.Reason, r.ResolveReason = hostile, hostile, hostile+"!"
			r.Roles, r.SuggestedReviewers = []string{hostile, "a, b"}, []string{hostile}
			r.Resources = []accessrequest.Resource{{Cluster: hostile, Kind: hostile, Name: hostile}}
			r.Reviews = []accessrequest.Review{review(hostile, accessrequest.Approved, hostile)}
		}), cluster),
		"oversize": message.New(accessRequest(func(r *accessrequest.Request) {
			r.State = accessrequest.Promoted
			r.User, r.Reason, r.ResolveReason, r.PromotedTo = huge, huge, huge+"!", huge
			r.Roles, r.SuggestedReviewers = many, many
			for range 40 {
				r.Resources = append(r.Resources, accessrequest.Resource{Cluster: huge, Kind: huge, Name: huge})
				r.Reviews = append(r.Reviews, review(huge, accessrequest.Denied, huge))
			}
		}), message.Cluster{Name: huge, ProxyAddr: cluster.ProxyAddr, WebReviews: true}),
	}
}

func TestRendering(t *testing.T) {
	for name, m := range renderings() {
		t.Run(name, func(t *testing.T) {
			d, a := newDiscord(t, map[string][]answer{routePost: {posted}})
			if _, err := d.Post(t.Context(), address, m, key); err != nil {
				t.Fatal(err)
			}
			golden(t, name, a.last().body)
			checkMessage(t, m)
		})
	}
}

func golden(t *testing.T, name string, v any) {
	t.Helper()
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// The facts that matter are not cut at the sizes that Teleport allows.
func TestOversizeKeepsWhatMatters(t *testing.T) {
	m := renderings()["oversize"]
	e := newEmbed(m, key)
	if e.URL != m.URL || e.Description != "**Promoted to an access list**" || !strings.HasSuffix(e.Footer.Text, key) {
		t.Errorf("embed = %+v", e)
	}
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	want := []string{
		"User", "Roles", "Resources", "Reason", "Cluster", "Suggested reviewers", "Access lasts", "Access list",
		"Reason given", "Reviews",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if reviews := e.Fields[len(e.Fields)-1].Value; !strings.Contains(reviews, " earlier reviews\n") {
		t.Errorf("reviews = %q", reviews)
	}
}

func TestOneFactTooLargeForTheOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		fact message.Field
		want int
	}{
		"large": {message.Field{Label: "Reason", Text: strings.Repeat("x", 2000), Long: true}, 3},
		"many":  {message.Field{Label: "a", Text: "b"}, maxFacts},
	} {
		t.Run(name, func(t *testing.T) {
			facts := facts(slices.Repeat([]message.Field{tt.fact}, 30))
			last := facts[len(facts)-1]
			shown := len(facts) - 1
			if shown < tt.want || last.Name != "More" || last.Value != message.AndMore(30-shown) {
				t.Errorf("%d facts, then %+v; want at least %d and the rest counted", shown, last, tt.want)
			}
		})
	}
}

func TestLimitsAtTheEdge(t *testing.T) {
	for name, unit := range map[string]string{"plain": "x", "escaped": "*", "emoji": "😀"} {
		t.Run(name, func(t *testing.T) {
			fits := maxLong / countTyped(unit)
			if got := typedLines(strings.Repeat(unit, fits), maxLong); count(got) != maxLong {
				t.Errorf("a text that fits is cut to %d", count(got))
			}
			got := typedLines(strings.Repeat(unit, fits+1), maxLong)
			if count(got) > maxLong || !strings.HasSuffix(got, "more characters)") {
				t.Errorf("%d characters that end in %q", count(got), got[len(got)-30:])
			}
		})
	}
}

func TestReviewsAreTheLatestThatFit(t *testing.T) {
	var reviews []message.Review
	for i := range 40 {
		reviews = append(reviews, message.Review{Author: fmt.Sprintf("user%d", i), State: accessrequest.Approved})
	}
	got := strings.Split(reviewLines(reviews), "\n")
	if len(got) != maxReviews+1 || got[0] != "30 earlier reviews" || got[1] != "✅ Approved by user30" || got[maxReviews] != "✅ Approved by user39" {
		t.Errorf("reviews = %q", got)
	}
	if got := reviewLines(reviews[:11]); !strings.HasPrefix(got, "1 earlier review\n") {
		t.Errorf("reviews = %q", got)
	}
}

func TestForgedLinksAreNotShown(t *testing.T) {
	for _, address := range []string{
		"", "http://teleport.example.com", "javascript:alert(1)", "https://", "https://a.example/|b",
		"https://a.example/> @everyone", "https://a.example/\n", "https://a.example/)", "https://u@a.example/",
		"https://a.example/" + strings.Repeat("a", maxURL),
	} {
		if got := link(address); got != "" {
			t.Errorf("link(%q) = %q, want none", address, got)
		}
	}
	if got, want := link("https://a.example/?a=b&c=d"), "https://a.example/?a=b&c=d"; got != want {
		t.Errorf("link = %q, want %q", got, want)
	}
}

func TestTimesThatDiscordCannotShow(t *testing.T) {
	for unix, want := range map[int64]string{
		0:              "<t:0:f> (<t:0:R>)",
		lastSecond:     "<t:253402300799:f> (<t:253402300799:R>)",
		-1:             `1969-12-31 23\:59 UTC`,
		lastSecond + 1: `10000-01-01 00\:00 UTC`,
	} {
		if got := date(time.Unix(unix, 0)); got != want {
			t.Errorf("date(%d) = %q, want %q", unix, got, want)
		}
	}
}
