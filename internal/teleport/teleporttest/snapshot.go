package teleporttest

import (
	"cmp"
	"slices"
	"time"

	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Requests returns all requests that the server has now, oldest first. It is
// independent of the code under test that reads the same from the wire.
func (s *Server) Requests() []accessrequest.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]accessrequest.Request, 0, len(s.requests))
	for _, req := range s.requests {
		if !s.expired(req.Metadata) {
			out = append(out, s.addNewer(snapshot(req)))
		}
	}
	slices.SortFunc(out, func(x, y accessrequest.Request) int {
		return cmp.Or(x.Created.Compare(y.Created), cmp.Compare(x.ID, y.ID))
	})
	return out
}

// Request returns one request, and whether the server has it.
func (s *Server) Request(id string) (accessrequest.Request, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	req, err := s.request(id)
	if err != nil {
		return accessrequest.Request{}, false
	}
	return s.addNewer(snapshot(req)), true
}

func snapshot(req *types.AccessRequestV3) accessrequest.Request {
	spec := req.Spec
	out := accessrequest.Request{
		ID:                 req.GetName(),
		User:               spec.User,
		Roles:              slices.Clone(spec.Roles),
		Reason:             spec.RequestReason,
		SuggestedReviewers: slices.Clone(spec.SuggestedReviewers),
		State:              accessrequest.State(spec.State.String()),
		ResolveReason:      spec.ResolveReason,
		PromotedTo:         req.GetPromotedAccessListTitle(),
		RoleThresholds:     map[string][][]uint32{},
		Created:            spec.Created,
		Expires:            *req.Metadata.Expires,
		AccessExpires:      spec.Expires,
		MaxDuration:        spec.MaxDuration,
		AssumeStart:        deref(spec.AssumeStartTime),
		DryRun:             spec.DryRun,
	}
	for _, id := range spec.RequestedResourceIDs {
		out.Resources = append(out.Resources, accessrequest.Resource{
			Cluster: id.ClusterName, Kind: id.Kind, Name: id.Name, SubResource: id.SubResourceName,
		})
	}
	for _, t := range spec.Thresholds {
		out.Thresholds = append(out.Thresholds, accessrequest.Threshold{Name: t.Name, Approve: t.Approve, Deny: t.Deny})
	}
	for role, sets := range spec.RoleThresholdMapping {
		for _, set := range sets.Sets {
			out.RoleThresholds[role] = append(out.RoleThresholds[role], slices.Clone(set.Indexes))
		}
	}
	for _, r := range spec.Reviews {
		out.Reviews = append(out.Reviews, accessrequest.Review{
			Author:      r.Author,
			SubmittedBy: submittedBy(r.XXX_unrecognized),
			State:       accessrequest.State(r.ProposedState.String()),
			Reason:      r.Reason,
			Created:     r.Created,
			Thresholds:  slices.Clone(r.ThresholdIndexes),
		})
	}
	return out
}

func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
