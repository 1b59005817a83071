package teleport

import (
	"slices"
	"time"

	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// fromTeleport returns our own view of a request.
func fromTeleport(r types.AccessRequest) accessrequest.Request {
	out := accessrequest.Request{
		ID:                 r.GetName(),
		User:               r.GetUser(),
		Roles:              slices.Clone(r.GetRoles()),
		Reason:             r.GetRequestReason(),
		SuggestedReviewers: slices.Clone(r.GetSuggestedReviewers()),
		Annotations:        annotations(r.GetSystemAnnotations()),
		State:              accessrequest.State(r.GetState().String()),
		ResolveReason:      r.GetResolveReason(),
		RoleThresholds:     roleThresholds(r.GetRoleThresholdMapping()),
		Created:            instant(r.GetCreationTime()),
		Expires:            instant(r.Expiry()),
		AccessExpires:      instant(r.GetAccessExpiry()),
		MaxDuration:        instant(r.GetMaxDuration()),
		DryRun:             r.GetDryRun(),
	}
	if out.State == accessrequest.Promoted {
		out.PromotedTo = r.GetPromotedAccessListTitle()
	}
	if start := r.GetAssumeStartTime(); start != nil {
		out.AssumeStart = instant(*start)
	}
	for _, id := range r.GetRequestedResourceIDs() {
		out.Resources = append(out.Resources, accessrequest.Resource{
			Cluster: id.ClusterName, Kind: id.Kind, Name: id.Name, SubResource: id.SubResourceName,
		})
	}
	for _, t := range r.GetThresholds() {
		out.Thresholds = append(out.Thresholds, accessrequest.Threshold{Name: t.Name, Approve: t.Approve, Deny: t.Deny})
	}
	for _, review := range r.GetReviews() {
		out.Reviews = append(out.Reviews, accessrequest.Review{
			Author:     review.Author,
			State:      accessrequest.State(review.ProposedState.String()),
			Reason:     review.Reason,
			Created:    instant(review.Created),
			Thresholds: slices.Clone(review.ThresholdIndexes),
		})
	}
	slices.SortStableFunc(out.Reviews, func(a, b accessrequest.Review) int { return a.Created.Compare(b.Created) })
	return out
}

func annotations(in map[string][]string) map[string][]string {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string][]string, len(in))
	for key, values := range in {
		out[key] = slices.Clone(values)
	}
	return out
}

func roleThresholds(in map[string]types.ThresholdIndexSets) map[string][][]uint32 {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string][][]uint32, len(in))
	for role, sets := range in {
		for _, set := range sets.Sets {
			out[role] = append(out[role], slices.Clone(set.Indexes))
		}
	}
	return out
}

// instant returns the zero time for what Teleport sends in place of none: the
// zero time or the start of the Unix epoch.
func instant(t time.Time) time.Time {
	if t.IsZero() || t.Unix() == 0 {
		return time.Time{}
	}
	return t.UTC()
}
