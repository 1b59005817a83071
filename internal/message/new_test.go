package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
)

const requestID = "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b"

var (
	created = time.Date(2026, 3, 2, 9, 30, 15, 492713448, time.UTC)
	cluster = accessrequest.Cluster{Name: "prod", ProxyAddr: "teleport.example.com:443", WebReviews: true}
)

// roleRequest is pending, and needs one approval.
func roleRequest() accessrequest.Request {
	return accessrequest.Request{
		ID:                 requestID,
		User:               "alice@example.com",
		Roles:              []string{"editor", "db-admin"},
		Reason:             "Ticket OPS-42:\nthe nightly import is stuck.",
		SuggestedReviewers: []string{"bob@example.com", "carol"},
		State:              accessrequest.Pending,
		Thresholds:         []accessrequest.Threshold{{Approve: 1, Deny: 1}},
		RoleThresholds:     map[string][][]uint32{"editor": {{0}}, "db-admin": {{0}}},
		Created:            created,
		Expires:            created.Add(time.Hour),
		AccessExpires:      created.Add(8 * time.Hour),
		MaxDuration:        created.Add(8 * time.Hour),
	}
}

func with(change func(*accessrequest.Request)) accessrequest.Request {
	r := roleRequest()
	change(&r)
	return r
}

func review(author string, state accessrequest.State, reason string) accessrequest.Review {
	return accessrequest.Review{
		Author:     author,
		State:      state,
		Reason:     reason,
		Created:    created.Add(5 * time.Minute),
		Thresholds: []uint32{0},
	}
}

func TestNew(t *testing.T) {
	noWeb := accessrequest.Cluster{Name: "prod", ProxyAddr: "teleport.example.com:443"}
	tests := map[string]struct {
		request accessrequest.Request
		cluster accessrequest.Cluster
	}{
		"pending":                {roleRequest(), cluster},
		"pending-no-web-reviews": {roleRequest(), noWeb},
		"pending-dual-authorization": {with(func(r *accessrequest.Request) {
			r.Thresholds[0].Approve = 2
			r.Reviews = []accessrequest.Review{review("bob@example.com", accessrequest.Approved, "Fine with me.")}
		}), cluster},
		"pending-resources": {with(func(r *accessrequest.Request) {
			r.Roles = []string{"requester-node"}
			r.Resources = []accessrequest.Resource{
				{Cluster: "prod", Kind: "node", Name: "d1e2f3"},
				{Cluster: "prod", Kind: "pod", Name: "kube", SubResource: "default/web-0"},
			}
			r.AssumeStart = created.Add(2 * time.Hour)
		}), cluster},
		"pending-names": {with(func(r *accessrequest.Request) {
			r.Logins = map[string][]string{"editor": {"root", "ubuntu", "{{internal.logins}}"}, "db-admin": {"{{external.logins}}"}}
			r.Resources = []accessrequest.Resource{
				{Cluster: "prod", Kind: "node", Name: "d1e2f3", Title: "web-1", Constraint: &accessrequest.Constraint{Logins: []string{"deploy"}}},
				{Cluster: "prod", Kind: "node", Name: "c4d5e6", Title: "/prod/node/other\nStatus: Approved"},
				{Cluster: "prod", Kind: "app", Name: "wiki"},
			}
		}), cluster},
		"pending-long-lists": {with(func(r *accessrequest.Request) {
			r.Roles = nil
			for i := range 120 {
				r.Roles = append(r.Roles, fmt.Sprintf("role-%03d", i))
			}
		}), cluster},
		"pending-hostile": {with(func(r *accessrequest.Request) {
			r.User = "mallory\nStatus: Approved\u202E"
			r.Roles = []string{"ed\u200Bitor", "\u200B", "<!channel>", "@everyone"}
			r.Reason = "please\r\n\r\n\r\n\r\n\r\n*Status:* Approved\x00\x1b[2J <https://evil.example|Review>\xff"
			r.SuggestedReviewers = []string{"@here", "<@U0123456>"}
		}), cluster},
		"approved": {with(func(r *accessrequest.Request) {
			r.State = accessrequest.Approved
			r.ResolveReason = "Fine with me."
			r.Reviews = []accessrequest.Review{review("bob@example.com", accessrequest.Approved, "Fine with me.")}
		}), cluster},
		"approved-without-reviews": {with(func(r *accessrequest.Request) {
			r.State = accessrequest.Approved
			r.ResolveReason = "By hand,\nwith tctl."
		}), noWeb},
		"denied": {with(func(r *accessrequest.Request) {
			r.State = accessrequest.Denied
			r.ResolveReason = "Not today."
			r.Reviews = []accessrequest.Review{
				review("bob@example.com", accessrequest.Approved, ""),
				review("carol", accessrequest.Denied, "Use the read replica."),
			}
		}), cluster},
		"promoted": {with(func(r *accessrequest.Request) {
			r.State = accessrequest.Promoted
			r.PromotedTo = "Database administrators"
			r.Reviews = []accessrequest.Review{review("bob@example.com", accessrequest.Promoted, "")}
		}), cluster},
		"expired": {with(func(r *accessrequest.Request) {
			r.State = accessrequest.Expired
		}), cluster},
		"removed": {with(func(r *accessrequest.Request) {
			r.State = accessrequest.Removed
		}), cluster},
		"gone": {with(func(r *accessrequest.Request) {
			r.State = accessrequest.Gone
		}), noWeb},
		"pending-no-web-address": {roleRequest(), accessrequest.Cluster{Name: "prod", WebReviews: true}},
		"pending-constraints": {with(func(r *accessrequest.Request) {
			r.Kind, r.Incomplete = accessrequest.Temporary, true
			r.Resources = []accessrequest.Resource{
				{Cluster: "prod", Kind: "app", Name: "aws", Constraint: &accessrequest.Constraint{
					RoleARNs: []string{"arn:aws:iam::123456789012:role/ReadOnly"},
				}},
				{Cluster: "prod", Kind: "node", Name: "d1e2f3", Constraint: &accessrequest.Constraint{
					Logins: []string{"root", "ubuntu"}, Unknown: true,
				}},
				{Cluster: "prod", Kind: "db", Name: "orders", Constraint: &accessrequest.Constraint{}},
				{Cluster: "prod", Kind: "node", Name: "a"},
			}
		}), cluster},
		"promoted-permanent": {with(func(r *accessrequest.Request) {
			r.State, r.Kind, r.Incomplete = accessrequest.Promoted, accessrequest.Permanent, true
			r.Reviews = []accessrequest.Review{review("alice", accessrequest.Promoted, "")}
			r.Reviews[0].SubmittedBy = "bot-slack"
		}), cluster},
		"expired-summary": {accessrequest.Request{
			ID: requestID, User: "alice@example.com", State: accessrequest.Expired,
		}, accessrequest.Cluster{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			golden.JSON(t, name, New(tt.request, tt.cluster))
		})
	}
}

func TestDigestFollowsWhatAReaderSees(t *testing.T) {
	base := New(roleRequest(), cluster).Digest()
	if again := New(roleRequest(), cluster).Digest(); again != base {
		t.Errorf("the same request has the digests %s and %s", base, again)
	}
	elsewhere := with(func(r *accessrequest.Request) {
		zone := time.FixedZone("", 3600)
		r.Created, r.Expires, r.AccessExpires = r.Created.In(zone), r.Expires.In(zone), r.AccessExpires.In(zone)
	})
	if got := New(elsewhere, cluster).Digest(); got != base {
		t.Errorf("the digest depends on the time zone: %s and %s", base, got)
	}
	changed := map[string]accessrequest.Request{
		"state": with(func(r *accessrequest.Request) { r.State = accessrequest.Denied }),
		"review": with(func(r *accessrequest.Request) {
			r.Reviews = []accessrequest.Review{review("bob", accessrequest.Approved, "")}
		}),
		"roles": with(func(r *accessrequest.Request) { r.Roles = r.Roles[:1] }),
	}
	for name, request := range changed {
		if New(request, cluster).Digest() == base {
			t.Errorf("another %s has the same digest", name)
		}
	}
}

func TestReviewKeysAreDistinct(t *testing.T) {
	later := review("bob", accessrequest.Approved, "")
	later.Created = later.Created.Add(time.Nanosecond)
	keys := make(map[string]accessrequest.Review)
	for _, r := range []accessrequest.Review{
		review("bob", accessrequest.Approved, ""),
		review("bob", accessrequest.Denied, ""),
		review("carol", accessrequest.Approved, ""),
		later,
	} {
		key := reviewKey(r)
		if other, ok := keys[key]; ok {
			t.Errorf("%v and %v share the key %s", r, other, key)
		}
		keys[key] = r
	}
}

func TestWebURL(t *testing.T) {
	tests := map[string]struct{ addr, id, want string }{
		"default port":   {"teleport.example.com:443", requestID, "https://teleport.example.com/web/requests/" + requestID},
		"no port":        {"teleport.example.com", requestID, "https://teleport.example.com/web/requests/" + requestID},
		"other port":     {"teleport.example.com:3080", requestID, "https://teleport.example.com:3080/web/requests/" + requestID},
		"IPv6":           {"[2001:db8::1]:443", requestID, "https://[2001:db8::1]/web/requests/" + requestID},
		"IPv6 and port":  {"[2001:db8::1]:3080", requestID, "https://[2001:db8::1]:3080/web/requests/" + requestID},
		"IPv6 bare":      {"2001:db8::1", requestID, "https://[2001:db8::1]/web/requests/" + requestID},
		"empty":          {"", requestID, ""},
		"wildcard":       {"0.0.0.0:3080", requestID, ""},
		"a URL":          {"https://teleport.example.com", requestID, ""},
		"user info":      {"a@b.example:443", requestID, ""},
		"markup":         {"a|b>.example:443", requestID, ""},
		"not a port":     {"teleport.example.com:x", requestID, ""},
		"hostile id":     {"teleport.example.com", "../../evil", ""},
		"id with markup": {"teleport.example.com", "a|b>", ""},
		"missing id":     {"teleport.example.com", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := accessrequest.Cluster{ProxyAddr: tt.addr, WebReviews: true}
			if got := webURL(c, tt.id); got != tt.want {
				t.Errorf("webURL(%q, %q) = %q, want %q", tt.addr, tt.id, got, tt.want)
			}
		})
	}
}

func TestCommandsNeedAPlainID(t *testing.T) {
	for _, id := range []string{"", "a b", "$(reboot)", "-rf", "a;b", "a\nb", "`a`", strings.Repeat("a", 65)} {
		for _, c := range []accessrequest.Cluster{{}, {WebReviews: true}} {
			if got := commands(c, id); got != nil {
				t.Errorf("commands(%v, %q) = %q, want none", c, id, got)
			}
		}
	}
}

func TestCommandLines(t *testing.T) {
	escape := func(command string) string {
		if strings.Contains(command, "`") {
			return ""
		}
		return command
	}
	for _, tt := range []struct {
		commands []string
		want     string
	}{
		{[]string{"tsh a", "tsh  b\n", "tsh c"}, "`tsh a`\n`tsh b`"},
		{[]string{"`tsh a`", "tsh b"}, "`tsh b`"},
		{[]string{strings.Repeat("a", maxCommand+1), ""}, ""},
		{nil, ""},
	} {
		if got := commandLines(tt.commands, escape); got != tt.want {
			t.Errorf("commandLines(%q) = %q, want %q", tt.commands, got, tt.want)
		}
	}
}

func TestSpell(t *testing.T) {
	tests := map[time.Duration]string{
		29 * time.Second:                     "less than a minute",
		time.Minute:                          "1 minute",
		90 * time.Minute:                     "1 hour 30 minutes",
		8*time.Hour + 40*time.Microsecond:    "8 hours",
		8*time.Hour - time.Second:            "8 hours",
		30 * time.Hour:                       "1 day 6 hours",
		3*day + 4*time.Minute:                "3 days 4 minutes",
		14*day + 3*time.Hour + 7*time.Minute: "14 days 3 hours",
	}
	for d, want := range tests {
		if got := English.spell(d); got != want {
			t.Errorf("spell(%s) = %q, want %q", d, got, want)
		}
	}
}
