package slack

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

func request(change func(*accessrequest.Request)) accessrequest.Request {
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
const hostile = "*Status* ✅ Approved\n<!channel> <!here> <@U0123456789> @everyone\n" +
	"<https://evil.example|Review in Teleport> & `code` _it_ ~no~ :white_check_mark: &lt;!channel&gt;\n> quote"

func renderings() map[string]message.Message {
	approved := review("bob@example.com", accessrequest.Approved, "Fine with me.")
	huge := strings.Repeat("lorem <ipsum> & ", 400)
	many := make([]string, 400)
	for i := range many {
		many[i] = fmt.Sprintf("<role>-%03d-%s", i, strings.Repeat("x", 300))
	}
	return map[string]message.Message{
		"pending": message.New(request(nil), cluster),
		"pending-one-of-two": message.New(request(func(r *accessrequest.Request) {
			r.Reviews = []accessrequest.Review{approved}
		}), cluster),
		"pending-commands": message.New(request(func(r *accessrequest.Request) {
			r.Resources = []accessrequest.Resource{{Cluster: "prod", Kind: "node", Name: "a"}, {Cluster: "prod", Kind: "app", Name: "b"}}
		}), message.Cluster{Name: "prod"}),
		"approved": message.New(request(func(r *accessrequest.Request) {
			r.State = accessrequest.Approved
			r.Reviews = []accessrequest.Review{approved, review("carol", accessrequest.Approved, "")}
		}), cluster),
		"denied": message.New(request(func(r *accessrequest.Request) {
			r.State = accessrequest.Denied
			r.ResolveReason = "Not today.\nAsk again tomorrow."
			r.Reviews = []accessrequest.Review{review("carol", accessrequest.Denied, "Use the replica.")}
		}), cluster),
		"promoted": message.New(request(func(r *accessrequest.Request) {
			r.State, r.PromotedTo = accessrequest.Promoted, "Database administrators"
		}), cluster),
		"expired":         message.New(request(func(r *accessrequest.Request) { r.State = accessrequest.Expired }), cluster),
		"expired-summary": message.New(accessrequest.Request{ID: requestID, State: accessrequest.Expired}, message.Cluster{}),
		"hostile": message.New(request(func(r *accessrequest.Request) {
			r.State = accessrequest.Denied
			r.User, r.Reason, r.ResolveReason = hostile, hostile, hostile+"!"
			r.Roles, r.SuggestedReviewers = []string{hostile, "a, b"}, []string{hostile}
			r.Resources = []accessrequest.Resource{{Cluster: hostile, Kind: hostile, Name: hostile}}
			r.Reviews = []accessrequest.Review{review(hostile, accessrequest.Approved, hostile)}
		}), cluster),
		"oversize": message.New(request(func(r *accessrequest.Request) {
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
			s, a := newSlack(t, map[string][]answer{callPost: {posted}})
			if _, err := s.Post(t.Context(), address, m, "key-1"); err != nil {
				t.Fatal(err)
			}
			golden(t, name, payload(t, a.last().form))
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
	text := fallbackText(m)
	var all strings.Builder
	for _, object := range textObjects(t, blocks(m)) {
		all.WriteString(object.Text + "\n")
	}
	for _, want := range []string{"Promoted to an access list", m.URL} {
		if !strings.Contains(text, want) || !strings.Contains(all.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if !strings.Contains(all.String(), "Suggested reviewers") || !strings.Contains(all.String(), "34 earlier reviews") {
		t.Errorf("facts are missing from the blocks:\n%s", all.String())
	}
}

func TestLimitsAtTheEdge(t *testing.T) {
	long := func(n int) message.Message {
		return message.Message{Title: "t", Status: "s", Fields: []message.Field{
			{Label: "Reason", Text: strings.Repeat("x", n), Long: true},
		}}
	}
	value := func(n int) string {
		objects := textObjects(t, blocks(long(n)))
		i := slices.IndexFunc(objects, func(o textObject) bool { return strings.HasPrefix(o.Text, "xx") })
		return objects[i].Text
	}
	if got := value(maxLong); len(got) != maxLong {
		t.Errorf("a text of %d characters is cut to %d", maxLong, len(got))
	}
	if got := value(maxLong + 1); count(got) > maxLong || !strings.HasSuffix(got, "more characters)") {
		t.Errorf("a text of %d characters becomes one of %d that ends in %q", maxLong+1, count(got), got[len(got)-30:])
	}
	title := message.Message{Title: strings.Repeat("😀", 80), Status: "s"}
	if got := textObjects(t, blocks(title))[0].Text; count(got) > maxHeader {
		t.Errorf("the header has %d characters", count(got))
	}
}

func TestForgedLinksAreNotShown(t *testing.T) {
	for _, address := range []string{
		"", "http://teleport.example.com", "javascript:alert(1)", "https://", "https://a.example/|b>",
		"https://a.example/> <!channel>", "https://a.example/\n", "https://a.example/" + strings.Repeat("a", maxURL),
	} {
		if got := link(address, "Review"); got != "" {
			t.Errorf("link(%q) = %q, want none", address, got)
		}
	}
	if got, want := link("https://a.example/?a=b&c=d", "Review"), "<https://a.example/?a=b&amp;c=d|Review>"; got != want {
		t.Errorf("link = %q, want %q", got, want)
	}
}

func TestTypedTextIsNotMarkup(t *testing.T) {
	tests := map[string]string{
		"db_admin":           "db_admin",
		"10:30":              "10:30",
		"*bold*":             "∗bold∗",
		"_it_ ~no~ `code`":   "＿it＿ ∼no∼ ˋcodeˋ",
		":white_check_mark:": "꞉white_check_mark:",
		"a:b: https://c":     "a꞉b: https꞉//c",
		"a & <b>":            "a &amp; &lt;b&gt;",
		"<!channel>":         "&lt;!channel&gt;",
		"a\nb":               "a b",
	}
	for in, want := range tests {
		if got := typed(in); got != want {
			t.Errorf("typed(%q) = %q, want %q", in, got, want)
		}
	}
}
