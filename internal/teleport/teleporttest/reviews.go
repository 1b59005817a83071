package teleporttest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
)

// SubmitAccessReview adds a review to a pending request and resolves it when a
// threshold is reached.
func (a *authService) SubmitAccessReview(ctx context.Context, sub *types.AccessReviewSubmission) (*types.AccessRequestV3, error) {
	if err := sub.Check(); err != nil {
		return nil, err
	}
	if err := a.s.faults.fail(&a.s.faults.reviews); err != nil {
		return nil, err
	}
	c, review := callerFrom(ctx), sub.Review
	authorize := a.s.mayReviewOwn
	if a.s.opts.reviewsForUsers() && isForUser(review.XXX_unrecognized) {
		authorize = a.s.mayReviewFor
	}
	review.XXX_unrecognized = nil
	if err := authorize(c, sub, &review); err != nil {
		return nil, err
	}
	reviewed, err := a.s.review(sub.RequestID, review)
	if err != nil {
		return nil, err
	}
	if a.s.faults.loseAnswer(&a.s.faults.reviews) {
		return nil, ErrUnavailable
	}
	return reviewed, nil
}

// mayReviewOwn returns the error for a review that the caller submits as its author. Its text
// was recorded (requests-and-plugin-data.jsonl, step "plugin submits review").
func (s *Server) mayReviewOwn(c caller, sub *types.AccessReviewSubmission, _ *types.AccessReview) error {
	if sub.Review.Author != c.user {
		return notForOthers(c, sub.Review.Author)
	}
	return s.authorize(c, verbReview, types.KindAccessRequest)
}

func notForOthers(c caller, author string) error {
	return trace.AccessDenied("user %q cannot submit reviews on behalf of %q", c.user, author)
}

// review applies a review and returns the request after it. That an open-source
// server refuses reviews was measured, its text was not.
func (s *Server) review(id string, review types.AccessReview) (*types.AccessRequestV3, error) {
	if s.opts.OpenSource {
		return nil, trace.AccessDenied("access request reviews need Teleport Enterprise")
	}
	if !review.ProposedState.IsResolved() {
		return nil, trace.BadParameter("review proposes state %v", review.ProposedState)
	}
	if review.ProposedState.IsPromoted() && review.GetAccessListName() == "" {
		return nil, trace.BadParameter("review proposes a promotion but no access list")
	}
	var reviewed *types.AccessRequestV3
	err := s.changeRequest(id, func(req *types.AccessRequestV3) error {
		reviewed = req
		if err := mayReview(req, review.Author); err != nil {
			return err
		}
		review.Created = s.opts.Now().UTC()
		review.ThresholdIndexes = s.matchThresholds(req, review.Author)
		req.Spec.Reviews = append(req.Spec.Reviews, review)
		decide(req)
		return nil
	})
	return reviewed, err
}

// mayReview returns the error for a review that Teleport refuses. The rules are
// from its documentation of dual authorization; the texts are not recorded, since
// reviews need an Enterprise server. [I]
func mayReview(req *types.AccessRequestV3, author string) error {
	if !req.Spec.State.IsPending() {
		return trace.AccessDenied("the access request has been already %s", strings.ToLower(req.Spec.State.String()))
	}
	if author == req.Spec.User {
		return trace.AccessDenied("user %q cannot review own requests", author)
	}
	for _, r := range req.Spec.Reviews {
		if r.Author == author {
			return trace.AccessDenied("user %q has already reviewed this request", author)
		}
	}
	return nil
}

// decide resolves a request as its last review says, if that reached enough
// thresholds: one denial threshold, or one threshold of each set of each role.
func decide(req *types.AccessRequestV3) {
	last := req.Spec.Reviews[len(req.Spec.Reviews)-1]
	if !reached(req, last.ProposedState) {
		return
	}
	req.Spec.State = last.ProposedState
	req.Spec.ResolveReason = last.Reason
	req.Spec.ResolveAnnotations = last.Annotations
	if last.AssumeStartTime != nil {
		req.Spec.AssumeStartTime = last.AssumeStartTime
	}
	if last.ProposedState.IsPromoted() {
		req.Spec.AccessList = last.AccessList
	}
}

func reached(req *types.AccessRequestV3, state types.RequestState) bool {
	votes := make([]uint32, len(req.Spec.Thresholds))
	for _, review := range req.Spec.Reviews {
		if review.ProposedState != state {
			continue
		}
		for _, i := range review.ThresholdIndexes {
			votes[i]++
		}
	}
	if state.IsDenied() {
		for i, t := range req.Spec.Thresholds {
			if votes[i] >= t.Deny {
				return true
			}
		}
		return false
	}
	for _, role := range req.Spec.RoleThresholdMapping {
		for _, set := range role.Sets {
			if !slices.ContainsFunc(set.Indexes, func(i uint32) bool { return votes[i] >= req.Spec.Thresholds[i].Approve }) {
				return false
			}
		}
	}
	return true
}

// setThresholds gives a request the thresholds of its roles. Equal thresholds
// of several roles are one.
func (s *Server) setThresholds(req *types.AccessRequestV3) {
	req.Spec.Thresholds = nil
	req.Spec.RoleThresholdMapping = make(map[string]types.ThresholdIndexSets, len(req.Spec.Roles))
	for _, role := range req.Spec.Roles {
		var set types.ThresholdIndexSet
		for _, t := range s.thresholds(role) {
			i := slices.IndexFunc(req.Spec.Thresholds, func(other types.AccessReviewThreshold) bool { return t.IsEqual(&other) })
			if i < 0 {
				i = len(req.Spec.Thresholds)
				req.Spec.Thresholds = append(req.Spec.Thresholds, t)
			}
			set.Indexes = append(set.Indexes, uint32(i))
		}
		req.Spec.RoleThresholdMapping[role] = types.ThresholdIndexSets{Sets: []types.ThresholdIndexSet{set}}
	}
}

func (s *Server) thresholds(role string) []types.AccessReviewThreshold {
	configured := s.opts.Thresholds[role]
	if s.opts.OpenSource || len(configured) == 0 {
		return []types.AccessReviewThreshold{{Name: "default", Approve: 1, Deny: 1}}
	}
	out := make([]types.AccessReviewThreshold, len(configured))
	for i, t := range configured {
		out[i] = types.AccessReviewThreshold{
			Name:    t.Name,
			Filter:  t.filter(),
			Approve: cmp.Or(t.Approve, 1),
			Deny:    cmp.Or(t.Deny, 1),
		}
	}
	return out
}

// filter is the threshold's condition in Teleport's predicate language.
func (t Threshold) filter() string {
	terms := make([]string, len(t.Reviewers))
	for i, name := range t.Reviewers {
		terms[i] = fmt.Sprintf("equals(reviewer.username, %q)", name)
	}
	return strings.Join(terms, " || ")
}

// matchThresholds returns the indexes of the request's thresholds that a
// review by author counts towards.
func (s *Server) matchThresholds(req *types.AccessRequestV3, author string) []uint32 {
	var out []uint32
	for i, t := range req.Spec.Thresholds {
		term := fmt.Sprintf("equals(reviewer.username, %q)", author)
		if t.Filter == "" || slices.Contains(strings.Split(t.Filter, " || "), term) {
			out = append(out, uint32(i))
		}
	}
	return out
}
