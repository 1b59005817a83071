package record

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Bounds of a summary: they keep a record near 2 KB.
const (
	maxSummaryItems  = 20
	maxSummaryLimits = 40
	maxSummaryName   = 200
	maxSummaryReason = 800
)

// Summary is a request reduced to what its last message needs.
type Summary struct {
	User        string                   `json:"user"`
	Roles       []string                 `json:"roles,omitempty"`
	Resources   []accessrequest.Resource `json:"res,omitempty"`
	Reason      string                   `json:"why,omitempty"`
	Reviewers   []string                 `json:"rev,omitempty"`
	Kind        accessrequest.Kind       `json:"kind,omitempty"`
	Created     time.Time                `json:"at,omitzero"`
	MaxDuration time.Time                `json:"max,omitzero"`
	AssumeStart time.Time                `json:"from,omitzero"`
	// Incomplete is set when the request holds more than this.
	Incomplete bool `json:"more,omitempty"`
}

// Summarise returns the summary of a request, within bounds.
func Summarise(r accessrequest.Request) *Summary {
	s := &Summary{
		User:        r.User,
		Roles:       r.Roles,
		Resources:   r.Resources,
		Reason:      r.Reason,
		Reviewers:   r.SuggestedReviewers,
		Kind:        r.Kind,
		Created:     r.Created,
		MaxDuration: r.MaxDuration,
		AssumeStart: r.AssumeStart,
		Incomplete:  r.Incomplete,
	}
	return s.bounded()
}

// describe adds what the summary knows to a request.
func (s *Summary) describe(r *accessrequest.Request) {
	r.User, r.Roles, r.Resources, r.Reason = s.User, s.Roles, s.Resources, s.Reason
	r.SuggestedReviewers, r.Kind, r.Incomplete = s.Reviewers, s.Kind, s.Incomplete
	r.Created, r.MaxDuration, r.AssumeStart = s.Created, s.MaxDuration, s.AssumeStart
}

// bounded returns s cut to its bounds.
func (s *Summary) bounded() *Summary {
	c := cutter{limits: maxSummaryLimits}
	cut := Summary{
		User:        c.text(s.User, maxSummaryName),
		Roles:       c.texts(s.Roles, maxSummaryItems),
		Resources:   c.resources(s.Resources),
		Reason:      c.text(s.Reason, maxSummaryReason),
		Reviewers:   c.texts(s.Reviewers, maxSummaryItems),
		Kind:        s.Kind,
		Created:     writable(s.Created),
		MaxDuration: writable(s.MaxDuration),
		AssumeStart: writable(s.AssumeStart),
	}
	if cut.Kind != accessrequest.Temporary && cut.Kind != accessrequest.Permanent {
		cut.Kind = ""
	}
	cut.Incomplete = s.Incomplete || c.dropped
	return &cut
}

// writable returns the time as JSON can hold it, zero for one that it cannot.
func writable(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Second)
	if y := t.Year(); y < 0 || y > 9999 {
		return time.Time{}
	}
	return t
}

// cutter cuts what is too long, and notes that it did.
type cutter struct {
	// limits is how many values of constraints there is room for.
	limits  int
	dropped bool
}

// text cuts s to at most n runes.
func (c *cutter) text(s string, n int) string {
	runes := 0
	for i := range s {
		if runes == n {
			c.dropped = true
			return s[:i] + "…"
		}
		runes++
	}
	return s
}

// texts cuts a list to its first n items, and each of them.
func (c *cutter) texts(items []string, n int) []string {
	kept := slices.Clone(items[:min(len(items), n)])
	c.dropped = c.dropped || len(kept) < len(items)
	for i, item := range kept {
		kept[i] = c.text(item, maxSummaryName)
	}
	return kept
}

func (c *cutter) resources(items []accessrequest.Resource) []accessrequest.Resource {
	kept := slices.Clone(items[:min(len(items), maxSummaryItems)])
	c.dropped = c.dropped || len(kept) < len(items)
	for i, r := range kept {
		kept[i] = accessrequest.Resource{
			Cluster:     c.text(r.Cluster, maxSummaryName),
			Kind:        c.text(r.Kind, maxSummaryName),
			Name:        c.text(r.Name, maxSummaryName),
			SubResource: c.text(r.SubResource, maxSummaryName),
			Title:       c.text(r.Title, maxSummaryName),
			Constraint:  c.constraint(r.Constraint),
		}
	}
	return kept
}

// constraint cuts the values of a constraint to what there is room for. What was cut is a
// limit that is not known.
func (c *cutter) constraint(limits *accessrequest.Constraint) *accessrequest.Constraint {
	if limits == nil {
		return nil
	}
	list := func(items []string) []string {
		kept := c.texts(items, c.limits)
		c.limits -= len(kept)
		return kept
	}
	cut := &accessrequest.Constraint{RoleARNs: list(limits.RoleARNs), Logins: list(limits.Logins)}
	whole := len(cut.RoleARNs) == len(limits.RoleARNs) && len(cut.Logins) == len(limits.Logins)
	cut.Unknown = limits.Unknown || !whole
	return cut
}
