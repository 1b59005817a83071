package message

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Cluster is what a message needs to know of the Teleport cluster.
type Cluster struct {
	// Name is the cluster's name; empty when it is not known.
	Name string
	// ProxyAddr is the public address of the Proxy as Ping gives it: a host, or
	// host:port. Empty when the cluster names none.
	ProxyAddr string
	// WebReviews is true when requests can be reviewed in the Web UI, which
	// takes the advanced access workflows feature.
	WebReviews bool
}

// The labels of the facts, in the order in which they are shown.
const (
	// LabelUser is the label of who asks.
	LabelUser      = "User"
	labelRoles     = "Roles"
	labelResources = "Resources"
	labelReason    = "Reason"
	labelCluster   = "Cluster"
	labelReviewers = "Suggested reviewers"
	labelDuration  = "Access lasts"
	labelStarts    = "Access starts"
	labelEnds      = "Access ends"
	labelExpires   = "Request expires"
	labelList      = "Access list"
)

// New describes a request to a reader. The result depends on the arguments
// only, never on the time of the call, so that its digest changes exactly when
// the request does. Every fact may be missing: a request that has already gone
// is described from the little that was recorded of it.
func New(r accessrequest.Request, c Cluster) Message {
	reviews := newReviews(r.Reviews)
	m := Message{
		RequestID:    CleanLine(r.ID),
		Title:        title(r),
		State:        r.State,
		Status:       status(r),
		StatusReason: statusReason(r, reviews),
		Fields:       fields(r, c),
		Reviews:      reviews,
	}
	if r.State == accessrequest.Expired {
		// Teleport no longer has the request: there is nothing to open.
		return m
	}
	m.URL = webURL(c, r.ID)
	if m.URL == "" && r.State == accessrequest.Pending {
		m.Commands = commands(r.ID)
	}
	return m
}

func title(r accessrequest.Request) string {
	switch {
	case len(r.Resources) > 0:
		return "Resource request"
	case len(r.Roles) > 0:
		return "Role request"
	default:
		return NoTitle
	}
}

// status says where the request stands, in our own words only.
func status(r accessrequest.Request) string {
	switch r.State {
	case accessrequest.Pending:
		if p, ok := r.Progress(); ok {
			return "Pending, " + approvals(p)
		}
		return "Pending"
	case accessrequest.Approved:
		return "Approved"
	case accessrequest.Denied:
		return "Denied"
	case accessrequest.Promoted:
		return "Promoted to an access list"
	case accessrequest.Expired:
		return "Expired without a decision"
	default:
		return NoStatus
	}
}

func approvals(p accessrequest.Progress) string {
	return fmt.Sprintf("%d of %s", p.Approvals, plural(p.Needed, "approval"))
}

// statusReason is the reason of the final state, unless the review that decided
// says the same already.
func statusReason(r accessrequest.Request, reviews []Review) string {
	reason := CleanText(r.ResolveReason)
	if !r.State.Resolved() {
		return ""
	}
	said := slices.ContainsFunc(reviews, func(v Review) bool {
		return v.State == r.State && v.Reason == reason
	})
	if said {
		return ""
	}
	return reason
}

func fields(r accessrequest.Request, c Cluster) []Field {
	var facts fieldList
	facts.text(LabelUser, CleanLine(r.User))
	facts.items(labelRoles, cleanLines(r.Roles), false)
	facts.items(labelResources, cleanLines(resourceNames(r.Resources)), true)
	facts.longText(labelReason, CleanText(r.Reason))
	facts.text(labelCluster, CleanLine(c.Name))
	facts.items(labelReviewers, cleanLines(r.SuggestedReviewers), false)
	facts.access(r)
	if r.State == accessrequest.Pending {
		facts.time(labelExpires, r.Expires)
	}
	if r.State == accessrequest.Promoted {
		facts.text(labelList, CleanLine(r.PromotedTo))
	}
	return facts
}

func resourceNames(resources []accessrequest.Resource) []string {
	names := make([]string, len(resources))
	for i, resource := range resources {
		names[i] = resource.String()
	}
	return names
}

// fieldList collects the facts that are known.
type fieldList []Field

func (l *fieldList) text(label, text string) {
	if text != "" {
		*l = append(*l, Field{Label: label, Text: text})
	}
}

func (l *fieldList) longText(label, text string) {
	if text != "" {
		*l = append(*l, Field{Label: label, Text: text, Long: true})
	}
}

func (l *fieldList) items(label string, items []string, long bool) {
	if len(items) > 0 {
		*l = append(*l, Field{Label: label, Items: items, Long: long})
	}
}

func (l *fieldList) time(label string, t time.Time) {
	if known(t) {
		*l = append(*l, Field{Label: label, Time: t.UTC().Truncate(time.Second)})
	}
}

// access tells how long the access lasts, counted from when it can first be
// used, and where that still matters from when and until when.
func (l *fieldList) access(r accessrequest.Request) {
	start, end := r.Created, r.AccessExpires
	if !known(end) {
		end = r.MaxDuration
	}
	delayed := known(r.AssumeStart) && r.AssumeStart.After(r.Created)
	if delayed {
		start = r.AssumeStart
	}
	if known(start) && end.After(start) {
		l.text(labelDuration, spell(end.Sub(start)))
	}
	if r.State != accessrequest.Pending && r.State != accessrequest.Approved {
		return
	}
	if delayed {
		l.time(labelStarts, r.AssumeStart)
	}
	l.time(labelEnds, end)
}

// known is false for the two ways in which a time can be missing: Go's zero
// time, and the zero of protocol buffers.
func known(t time.Time) bool {
	return !t.IsZero() && t.Unix() != 0
}

func newReviews(reviews []accessrequest.Review) []Review {
	var result []Review
	for _, r := range reviews {
		result = append(result, Review{
			Key:    reviewKey(r),
			Author: CleanLine(r.Author),
			State:  r.State,
			Reason: CleanText(r.Reason),
			Time:   r.Created.UTC(),
		})
	}
	return result
}

// reviewKey identifies a review by what cannot change about it. Reviews have no
// id in Teleport, and their order is not promised.
func reviewKey(r accessrequest.Review) string {
	// Strings and a time always encode.
	encoded, err := json.Marshal([]string{
		r.Author, string(r.State), r.Created.UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		panic("review cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:8])
}
