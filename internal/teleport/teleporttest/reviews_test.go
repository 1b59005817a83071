package teleporttest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

func TestThresholds(t *testing.T) {
	const approve, deny, promote = accessrequest.Approved, accessrequest.Denied, accessrequest.Promoted
	type review struct {
		author string
		state  accessrequest.State
		// indexes are the thresholds that the review counts towards.
		indexes []uint32
		// after is the request's state after the review.
		after accessrequest.State
	}
	thresholds := map[string][]Threshold{
		"dual":   {{Name: "two", Approve: 2, Deny: 2}},
		"either": {{Name: "boss", Reviewers: []string{"boss"}}, {Name: "three", Approve: 3, Deny: 3}},
	}
	for _, tt := range []struct {
		name    string
		roles   []string
		rtm     map[string][][]uint32
		reviews []review
	}{{
		name: "default", roles: []string{"editor"},
		rtm:     map[string][][]uint32{"editor": {{0}}},
		reviews: []review{{"bob", approve, []uint32{0}, accessrequest.Approved}},
	}, {
		name: "default denied", roles: []string{"editor"},
		rtm:     map[string][][]uint32{"editor": {{0}}},
		reviews: []review{{"bob", deny, []uint32{0}, accessrequest.Denied}},
	}, {
		name: "dual authorization", roles: []string{"dual"},
		rtm: map[string][][]uint32{"dual": {{0}}},
		reviews: []review{
			{"bob", approve, []uint32{0}, accessrequest.Pending},
			{"eve", deny, []uint32{0}, accessrequest.Pending},
			{"carol", approve, []uint32{0}, accessrequest.Approved},
		},
	}, {
		name: "dual promotion", roles: []string{"dual"},
		rtm: map[string][][]uint32{"dual": {{0}}},
		reviews: []review{
			{"bob", promote, []uint32{0}, accessrequest.Pending},
			{"carol", promote, []uint32{0}, accessrequest.Promoted},
		},
	}, {
		name: "one threshold of a set is enough", roles: []string{"either"},
		rtm: map[string][][]uint32{"either": {{0, 1}}},
		reviews: []review{
			{"bob", approve, []uint32{1}, accessrequest.Pending},
			{"boss", approve, []uint32{0, 1}, accessrequest.Approved},
		},
	}, {
		name: "every role must be approved", roles: []string{"either", "dual"},
		rtm: map[string][][]uint32{"dual": {{0}}, "either": {{1, 2}}},
		reviews: []review{
			{"boss", approve, []uint32{0, 1, 2}, accessrequest.Pending},
			{"bob", approve, []uint32{0, 2}, accessrequest.Approved},
		},
	}, {
		name: "roles share the default threshold", roles: []string{"a", "b"},
		rtm:     map[string][][]uint32{"a": {{0}}, "b": {{0}}},
		reviews: []review{{"bob", approve, []uint32{0}, accessrequest.Approved}},
	}} {
		t.Run(tt.name, func(t *testing.T) {
			s := ForTest(t, Options{Thresholds: thresholds})
			id := must(s.CreateRequest(RequestSpec{Roles: tt.roles}))(t)
			for i, r := range tt.reviews {
				err := s.Review(id, r.author, r.state, "because")
				if r.state == promote {
					wantErr(t, err, "BadParameter", "access list")
					err = s.Promote(id, r.author, "Team List", "because")
				}
				if err != nil {
					t.Fatalf("review of %s: %v", r.author, err)
				}
				got, _ := s.Request(id)
				if diff := cmp.Diff(r.indexes, got.Reviews[i].Thresholds); diff != "" {
					t.Errorf("thresholds of %s (-want +got):\n%s", r.author, diff)
				}
				if got.State != r.after {
					t.Errorf("after %s: %s, want %s", r.author, got.State, r.after)
				}
			}
			got, _ := s.Request(id)
			if diff := cmp.Diff(tt.rtm, got.RoleThresholds); diff != "" {
				t.Errorf("role thresholds (-want +got):\n%s", diff)
			}
			if got.ResolveReason != "because" || (got.State == promote) != (got.PromotedTo == "Team List") {
				t.Errorf("reason %q, promoted to %q", got.ResolveReason, got.PromotedTo)
			}
		})
	}
}

func TestReviewRefusals(t *testing.T) {
	s := ForTest(t, Options{Thresholds: map[string][]Threshold{"dual": {{Approve: 2}}}})
	id := must(s.CreateRequest(RequestSpec{User: "alice", Roles: []string{"dual"}}))(t)
	admin, plugin := connect(t, s, AdminRole), connect(t, s, PluginRole)
	submit := func(author string) types.AccessReviewSubmission {
		return types.AccessReviewSubmission{RequestID: id, Review: types.AccessReview{Author: author, ProposedState: types.RequestState_APPROVED}}
	}

	wantErr(t, s.Review(id, "alice", accessrequest.Approved, ""), "AccessDenied", "own requests")
	_, err := plugin.SubmitAccessReview(t.Context(), submit(PluginRole))
	wantErr(t, err, "AccessDenied", `"review" on "access_request"`)
	reviewed := must(admin.SubmitAccessReview(t.Context(), submit(AdminRole)))(t)
	if len(reviewed.GetReviews()) != 1 || !reviewed.GetState().IsPending() {
		t.Errorf("after one review of two: %v, %d reviews", reviewed.GetState(), len(reviewed.GetReviews()))
	}
	wantErr(t, s.Review(id, AdminRole, accessrequest.Approved, ""), "AccessDenied", "already reviewed")
	if err := s.Review(id, "bob", accessrequest.Approved, ""); err != nil {
		t.Fatal(err)
	}
	wantErr(t, s.Review(id, "carol", accessrequest.Approved, ""), "AccessDenied", "already approved")
	wantErr(t, s.Review("none", "carol", accessrequest.Approved, ""), "NotFound", "none")
}

func TestOpenSourceRefusesReviews(t *testing.T) {
	s := ForTest(t, Options{OpenSource: true, Thresholds: map[string][]Threshold{"dual": {{Approve: 2}}}})
	id := must(s.CreateRequest(RequestSpec{Roles: []string{"dual"}}))(t)
	wantErr(t, s.Review(id, "bob", accessrequest.Approved, ""), "AccessDenied", "Enterprise")
	req, _ := s.Request(id)
	if diff := cmp.Diff([]accessrequest.Threshold{{Name: "default", Approve: 1, Deny: 1}}, req.Thresholds); diff != "" {
		t.Errorf("thresholds (-want +got):\n%s", diff)
	}
	if err := s.Resolve(id, accessrequest.Denied, "no"); err != nil {
		t.Fatal(err)
	}
	wantErr(t, s.Resolve(id, accessrequest.Approved, ""), "BadParameter", "already denied")
	if req, _ = s.Request(id); req.State != accessrequest.Denied || req.ResolveReason != "no" {
		t.Errorf("resolved to %s %q", req.State, req.ResolveReason)
	}
}

func TestApprovalExtendsLife(t *testing.T) {
	s := ForTest(t, Options{PendingTTL: time.Hour, AccessTTL: 10 * time.Hour})
	id := must(s.CreateRequest(RequestSpec{}))(t)
	before, _ := s.Request(id)
	if got := before.Expires.Sub(before.Created); got != time.Hour {
		t.Errorf("pending life = %v, want 1h", got)
	}
	if err := s.Review(id, "bob", accessrequest.Approved, ""); err != nil {
		t.Fatal(err)
	}
	after, _ := s.Request(id)
	if !after.Expires.Equal(before.AccessExpires) || after.AccessExpires.Sub(after.Created) != 10*time.Hour {
		t.Errorf("expires %v, access expires %v", after.Expires, after.AccessExpires)
	}
}
