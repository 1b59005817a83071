package conformance

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Typed is what people type in the sample messages, in the markup of a service.
type Typed struct {
	// Hostile is what a requester types who wants to look approved.
	Hostile string
	// Filler is what long texts consist of, and Role what the names of roles
	// begin with when there are too many.
	Filler, Role string
	// Refusal is a reason of more than one line.
	Refusal string
}

// Samples are messages of every kind, by the names of their golden files, of
// requests that were made at the given time.
func Samples(created time.Time, typed Typed) map[string]message.Message {
	of := func(c accessrequest.Cluster, changes ...func(*accessrequest.Request)) message.Message {
		r := sampleRequest(created)
		for _, change := range changes {
			change(&r)
		}
		return message.New(r, c)
	}
	is := func(state accessrequest.State, reviews ...accessrequest.Review) func(*accessrequest.Request) {
		return func(r *accessrequest.Request) { r.State, r.Reviews = state, reviews }
	}
	review := func(author string, state accessrequest.State, reason string) accessrequest.Review {
		return accessrequest.Review{Author: author, State: state, Reason: reason, Created: created, Thresholds: []uint32{0}}
	}
	approved := review("bob@example.com", accessrequest.Approved, "Fine with me.")
	denied := review("carol", accessrequest.Denied, "Use the replica.")
	throughBot := review("alice", accessrequest.Promoted, "")
	throughBot.SubmittedBy = "bot-slack"
	huge := strings.Repeat(typed.Filler, 400)
	own := of(sampleCluster, is(accessrequest.Approved, approved)).ToRequester()
	return map[string]message.Message{
		"pending":            of(sampleCluster),
		"pending-one-of-two": of(sampleCluster, is(accessrequest.Pending, approved)),
		"pending-commands": of(accessrequest.Cluster{Name: "prod"}, func(r *accessrequest.Request) {
			r.Resources = []accessrequest.Resource{{Cluster: "prod", Kind: "node", Name: "a"}, {Cluster: "prod", Kind: "app", Name: "b"}}
		}),
		"pending-limits": of(sampleCluster, func(r *accessrequest.Request) {
			r.Kind, r.Incomplete = accessrequest.Temporary, true
			r.Reason = "See https://tickets.example.com/OPS-42."
			r.Resources = []accessrequest.Resource{
				{Cluster: "prod", Kind: "app", Name: "aws", Constraint: &accessrequest.Constraint{
					RoleARNs: []string{"arn:aws:iam::123456789012:role/ReadOnly"},
				}},
				{Cluster: "prod", Kind: "node", Name: "a", Constraint: &accessrequest.Constraint{Logins: []string{"root", "ubuntu"}}},
				{Cluster: "prod", Kind: "db", Name: "b", Constraint: &accessrequest.Constraint{Unknown: true}},
			}
		}),
		"promoted-by-bot": of(sampleCluster, is(accessrequest.Promoted, throughBot), func(r *accessrequest.Request) {
			r.Kind, r.PromotedTo = accessrequest.Permanent, "Database administrators"
		}),
		"approved": of(sampleCluster, is(accessrequest.Approved, approved, review("carol", accessrequest.Approved, ""))),
		"denied": of(sampleCluster, is(accessrequest.Denied, denied), func(r *accessrequest.Request) {
			r.ResolveReason = typed.Refusal
		}),
		"promoted": of(sampleCluster, is(accessrequest.Promoted), func(r *accessrequest.Request) {
			r.PromotedTo = "Database administrators"
		}),
		"reminder":            of(sampleCluster).Remind(90*time.Minute, nil),
		"requester-received":  of(accessrequest.Cluster{Name: "prod"}).ToRequester(),
		"requester-approved":  own.Outcome(),
		"requester-denied":    of(sampleCluster, is(accessrequest.Denied, approved, denied)).ToRequester().Outcome(),
		"requester-ends-soon": own.EndsSoon(),
		"requester-ended":     own.Ended(),

		"access-lists": message.Wording{}.AccessLists([]accesslist.List{
			{Name: "db-admins", Title: "Database administrators", Due: created.Add(-24 * time.Hour)},
			{Name: "hostile", Title: typed.Hostile, Due: created.Add(24 * time.Hour)},
		}, sampleCluster, created),

		"expired":         of(sampleCluster, is(accessrequest.Expired)),
		"removed":         of(sampleCluster, is(accessrequest.Removed)),
		"gone":            of(sampleCluster, is(accessrequest.Gone)),
		"expired-summary": message.New(accessrequest.Request{ID: sampleID, State: accessrequest.Expired}, accessrequest.Cluster{}),
		"hostile": of(sampleCluster, is(accessrequest.Denied, review(typed.Hostile, accessrequest.Approved, typed.Hostile)),
			func(r *accessrequest.Request) {
				r.User, r.Reason, r.ResolveReason = typed.Hostile, typed.Hostile, typed.Hostile+"!"
				r.Roles, r.SuggestedReviewers = []string{typed.Hostile, "a, b"}, []string{typed.Hostile}
				r.Resources = []accessrequest.Resource{{Cluster: typed.Hostile, Kind: typed.Hostile, Name: typed.Hostile}}
			}),
		"oversize": of(accessrequest.Cluster{Name: huge, ProxyAddr: sampleCluster.ProxyAddr, WebReviews: true}, is(accessrequest.Promoted),
			func(r *accessrequest.Request) {
				r.User, r.Reason, r.ResolveReason, r.PromotedTo = huge, huge, huge+"!", huge
				r.Roles = manyRoles(typed.Role)
				r.SuggestedReviewers = r.Roles
				for range 40 {
					r.Resources = append(r.Resources, accessrequest.Resource{Cluster: huge, Kind: huge, Name: huge})
					r.Reviews = append(r.Reviews, review(huge, accessrequest.Denied, huge))
				}
			}),
	}
}

const sampleID = "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b"

var sampleCluster = accessrequest.Cluster{Name: "prod", ProxyAddr: "teleport.example.com:443", WebReviews: true}

// sampleRequest is pending, and needs two approvals.
func sampleRequest(created time.Time) accessrequest.Request {
	return accessrequest.Request{
		ID:                 sampleID,
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
}

func manyRoles(prefix string) []string {
	roles := make([]string, 400)
	for i := range roles {
		roles[i] = fmt.Sprintf("%s-%03d-%s", prefix, i, strings.Repeat("x", 300))
	}
	return roles
}

// Fuzz checks messages of any content and size, beginning with the samples and
// what else is hostile to the service.
func Fuzz(f *testing.F, samples map[string]message.Message, hostile, markup string, check func(*testing.T, message.Message)) {
	for _, m := range samples {
		f.Add(m.Title, string(m.State), m.StatusReason, m.URL, hostile, uint16(3), int64(1))
	}
	f.Add(hostile, "X", hostile, "https://a.example/"+hostile, strings.Repeat(hostile, 50), uint16(500), int64(-1)<<62)
	f.Add("", "", "", "", "", uint16(0), int64(0))
	f.Add("\u200b", "PENDING", "\xff", "https://a.example/%zz", markup, uint16(60), int64(1)<<40)
	f.Add("-", "APPROVED", "1.", "https://a.example/)*_@everyone", "x", uint16(9), int64(253_402_300_800))
	f.Fuzz(func(t *testing.T, title, state, reason, url, text string, n uint16, unix int64) {
		m := message.Message{
			RequestID: text, Title: title, State: accessrequest.State(state), Status: text,
			StatusReason: reason, URL: url, Commands: []string{"tsh " + text, "tsh " + title, "tctl " + reason},
		}
		at := time.Unix(unix%(1<<40), 0)
		for i := range int(n % 600) {
			m.Fields = append(m.Fields,
				message.Field{Label: text, Text: reason, Long: i%2 == 0},
				message.Field{Label: message.LabelUser, Text: text},
				message.Field{Label: title, Items: items(text, reason, title), Long: i%3 == 0},
				message.Field{Label: reason, Time: at})
			m.Reviews = append(m.Reviews, message.Review{Author: text, State: m.State, Reason: reason, Time: at})
			if i == 4 && len(text)+len(reason)+len(title) > 2000 {
				break
			}
		}
		m.Reviews = m.Reviews[:min(len(m.Reviews), 20)]
		check(t, m)
	})
}

// Locales are a message in each language but English, by the names of their golden files.
func Locales(created time.Time) map[string]message.Message {
	r := sampleRequest(created)
	r.Kind, r.Incomplete = accessrequest.Temporary, true
	r.Resources = []accessrequest.Resource{
		{Cluster: "prod", Kind: "node", Name: "a", Constraint: &accessrequest.Constraint{Logins: []string{"root", "ubuntu"}}},
		{Cluster: "prod", Kind: "db", Name: "b", Constraint: &accessrequest.Constraint{Unknown: true}},
	}
	for i, author := range []string{"bob@example.com", "carol", accessrequest.AutomaticReviewer} {
		r.Reviews = append(r.Reviews, accessrequest.Review{
			Author: author, SubmittedBy: author, State: accessrequest.Approved, Created: created.Add(time.Duration(i) * time.Minute),
		})
	}
	r.Reviews[0].SubmittedBy, r.Reviews[1].Reason = "bot-slack", "OK"
	all := map[string]message.Message{}
	for _, l := range []message.Language{message.German, message.Spanish, message.French, message.Japanese, message.Korean} {
		w := message.Wording{Language: l, Zone: time.FixedZone("KST", 9*60*60), Link: "https://access.example.com/{cluster}/{id}"}
		all["locale-"+string(l)] = w.Describe(r, accessrequest.Cluster{Name: "prod"}, []message.Extra{{Label: "Ticket", Values: []string{"OPS-42"}}}).LeaveOut(1234)
	}
	return all
}

// Whole returns Samples and Locales, a message in its plain form, and one that is a trial.
func Whole(created time.Time, typed Typed) map[string]message.Message {
	all := Samples(created, typed)
	maps.Copy(all, Locales(created))
	plain := all["denied"]
	plain.Plain = true
	all["plain"], all["trial"] = plain, message.English.Trial("Access Notifier", false)
	return all
}
