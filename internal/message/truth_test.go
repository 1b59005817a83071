package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Line A1: no advice that the cluster cannot follow.
func TestAdviceFitsTheCluster(t *testing.T) {
	tctl := []string{"tctl request approve " + requestID, "tctl request deny " + requestID}
	tsh := []string{"tsh request review --approve " + requestID, "tsh request review --deny " + requestID}
	for name, tt := range map[string]struct {
		cluster  accessrequest.Cluster
		status   string
		hasURL   bool
		commands []string
	}{
		"Community Edition":   {accessrequest.Cluster{ProxyAddr: "teleport.example.com:443"}, "Pending", false, tctl},
		"nothing is known":    {accessrequest.Cluster{}, "Pending", false, tctl},
		"no web address":      {accessrequest.Cluster{WebReviews: true}, "Pending, 0 of 1 approval", false, tsh},
		"a wildcard address":  {accessrequest.Cluster{WebReviews: true, ProxyAddr: "0.0.0.0:3080"}, "Pending, 0 of 1 approval", false, tsh},
		"reviews and address": {cluster, "Pending, 0 of 1 approval", true, nil},
	} {
		m := New(roleRequest(), tt.cluster)
		if m.Status != tt.status || (m.URL != "") != tt.hasURL {
			t.Errorf("%s: status %q, URL %q", name, m.Status, m.URL)
		}
		if diff := cmp.Diff(tt.commands, m.Commands); diff != "" {
			t.Errorf("%s: commands (-want +got):\n%s", name, diff)
		}
		for _, state := range []accessrequest.State{
			accessrequest.Approved, accessrequest.Denied, accessrequest.Promoted,
			accessrequest.Expired, accessrequest.Removed, accessrequest.Gone,
		} {
			m := New(with(func(r *accessrequest.Request) { r.State, r.Incomplete = state, true }), tt.cluster)
			if m.Commands != nil {
				t.Errorf("%s, %s: the commands %q", name, state, m.Commands)
			}
			if m.URL != "" && (!tt.hasURL || isOver(state) || m.LinkLabel() != "Open in Teleport") {
				t.Errorf("%s, %s: %s leads to %s", name, state, m.LinkLabel(), m.URL)
			}
			if text := fmt.Sprint(m.Fields); strings.Contains(text, "before deciding") {
				t.Errorf("%s, %s: %s", name, state, text)
			}
		}
	}
}

// A cluster that has counted a review can count the next one.
func TestProgressWithReviews(t *testing.T) {
	r := with(func(r *accessrequest.Request) {
		r.Thresholds[0].Approve = 2
		r.Reviews = []accessrequest.Review{review("bob", accessrequest.Approved, "")}
	})
	if got := New(r, accessrequest.Cluster{}).Status; got != "Pending, 1 of 2 approvals" {
		t.Errorf("status = %q", got)
	}
}

// Line A4: a request that is over says what is known, and no more.
func TestAbsenceIsNoDecision(t *testing.T) {
	for state, want := range map[accessrequest.State]string{
		accessrequest.Expired: "Expired",
		accessrequest.Removed: "Removed from Teleport before a decision was seen",
		accessrequest.Gone:    "No longer in Teleport, how it ended is not known",
	} {
		m := New(with(func(r *accessrequest.Request) { r.State = state }), cluster)
		if m.Status != want || m.URL != "" || m.Commands != nil {
			t.Errorf("%s: status %q, URL %q, commands %q", state, m.Status, m.URL, m.Commands)
		}
	}
}

// Line A2: what a request is limited to is said, and never left out.
func TestConstraintsAreShown(t *testing.T) {
	for name, tt := range map[string]struct {
		constraint *accessrequest.Constraint
		want       []Limit
	}{
		"none":       {nil, nil},
		"one role":   {&accessrequest.Constraint{RoleARNs: []string{"arn"}}, []Limit{{Words: limitRole, Values: []string{"arn"}}}},
		"logins":     {&accessrequest.Constraint{Logins: []string{"a", "b"}}, []Limit{{Words: limitLogins, Values: []string{"a", "b"}}}},
		"unknown":    {&accessrequest.Constraint{Unknown: true}, []Limit{{Words: limitUnknown}}},
		"empty":      {&accessrequest.Constraint{}, []Limit{{Words: limitUnknown}}},
		"blank":      {&accessrequest.Constraint{Logins: []string{"\u200b"}}, []Limit{{Words: limitUnknown}}},
		"and others": {&accessrequest.Constraint{Logins: []string{"a"}, Unknown: true}, []Limit{{Words: limitLogin, Values: []string{"a"}}, {Words: limitUnknown}}},
	} {
		if diff := cmp.Diff(tt.want, English.limits(tt.constraint)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Permanent access does not end, whatever times Teleport names.
func TestPermanentAccessHasNoEnd(t *testing.T) {
	m := New(with(func(r *accessrequest.Request) { r.Kind = accessrequest.Permanent }), cluster)
	labels := make(map[string]string)
	for _, f := range m.Fields {
		labels[f.Label] = f.Text
	}
	_, lasts := labels[labelDuration]
	_, ends := labels[labelEnds]
	if labels[labelKind] != "Permanent" || lasts || ends {
		t.Errorf("facts = %q", labels)
	}
	m = New(with(func(r *accessrequest.Request) { r.Kind = "SOMETHING_NEW" }), cluster)
	if slices.ContainsFunc(m.Fields, func(f Field) bool { return f.Label == labelKind }) {
		t.Error("a kind that is not known is shown")
	}
}

// Only our own words are marked as such: everything else a messenger writes as
// typed text.
func TestOnlyOurWordsAreOwn(t *testing.T) {
	r := with(func(r *accessrequest.Request) {
		r.State, r.PromotedTo, r.Kind, r.Incomplete = accessrequest.Promoted, "list", accessrequest.Temporary, true
	})
	var own []string
	for _, f := range New(r, cluster).Fields {
		if f.Own {
			own = append(own, f.Label)
		}
	}
	if diff := cmp.Diff([]string{labelIncomplete, labelKind, labelDuration}, own); diff != "" {
		t.Errorf("own facts (-want +got):\n%s", diff)
	}
}

// Line B12: a list of any length costs little, and says how much is left out.
func TestListsAreBounded(t *testing.T) {
	const n = 20_000
	many := make([]string, n)
	resources := make([]accessrequest.Resource, n)
	for i := range many {
		many[i] = fmt.Sprint("name-", i, strings.Repeat(" \u200b", 100))
		resources[i] = accessrequest.Resource{Kind: "node", Name: many[i]}
	}
	resources[0].Constraint = &accessrequest.Constraint{Logins: many}
	r := with(func(r *accessrequest.Request) {
		r.Roles, r.SuggestedReviewers, r.Resources = many, many, resources
	})
	began := time.Now()
	m := New(r, cluster)
	m.Digest()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("a request with lists of %d took %s", n, took)
	}
	lists := 0
	for _, f := range m.Fields {
		if f.Items == nil {
			continue
		}
		lists++
		if len(f.Items) != maxListed || f.More != n-maxListed {
			t.Errorf("%s: %d shown, %d more", f.Label, len(f.Items), f.More)
		}
		if limits := f.Items[0].Limits; limits != nil && (len(limits[0].Values) != maxListed || limits[0].More != n-maxListed) {
			t.Errorf("%s: %d limits shown, %d more", f.Label, len(limits[0].Values), limits[0].More)
		}
	}
	if lists != 3 {
		t.Errorf("%d lists", lists)
	}
}
