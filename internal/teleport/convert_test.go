package teleport

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

func TestFromTeleport(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 21, hour, 0, 0, 0, time.UTC) }
	pending, start := at(2), at(5)
	got := fromTeleport(&types.AccessRequestV3{
		Metadata: types.Metadata{Name: "id", Expires: &pending},
		Spec: types.AccessRequestSpecV3{
			User: "alice", Roles: []string{"editor"}, State: types.RequestState_PROMOTED,
			RequestReason: "why", ResolveReason: "because", DryRun: true,
			Created: at(1).In(time.FixedZone("", 3600)), Expires: at(3), MaxDuration: at(4), AssumeStartTime: &start,
			SuggestedReviewers: []string{"bob"},
			SystemAnnotations:  map[string][]string{"service": {"db", strings.Repeat("x", maxText+1)}},
			RequestedResourceIDs: []types.ResourceID{
				{ClusterName: "lab", Kind: "pod", Name: "kube", SubResourceName: "default/web"},
			},
			Thresholds:           []types.AccessReviewThreshold{{Name: "two", Approve: 2, Deny: 1}},
			RoleThresholdMapping: map[string]types.ThresholdIndexSets{"editor": {Sets: []types.ThresholdIndexSet{{Indexes: []uint32{0}}}}},
			Reviews: []types.AccessReview{
				{Author: "first", ProposedState: types.RequestState_APPROVED, Reason: "ok", Created: at(2), ThresholdIndexes: []uint32{0}},
				{Author: "second", ProposedState: types.RequestState_DENIED, Created: at(3)},
			},
			AccessList: &types.PromotedAccessList{Name: "list", Title: "The List"},
		},
	})
	want := accessrequest.Request{
		ID: "id", User: "alice", Roles: []string{"editor"}, State: accessrequest.Promoted, PromotedTo: "The List",
		Reason: "why", ResolveReason: "because", DryRun: true,
		Created: at(1), Expires: at(2), AccessExpires: at(3), MaxDuration: at(4), AssumeStart: at(5),
		SuggestedReviewers: []string{"bob"},
		Annotations:        map[string][]string{"service": {"db", strings.Repeat("x", maxText)}},
		Resources:          []accessrequest.Resource{{Cluster: "lab", Kind: "pod", Name: "kube", SubResource: "default/web"}},
		Thresholds:         []accessrequest.Threshold{{Name: "two", Approve: 2, Deny: 1}},
		RoleThresholds:     map[string][][]uint32{"editor": {{0}}},
		Reviews: []accessrequest.Review{
			{Author: "first", State: accessrequest.Approved, Reason: "ok", Created: at(2), Thresholds: []uint32{0}},
			{Author: "second", State: accessrequest.Denied, Created: at(3)},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestFromTeleportOfAlmostNothing(t *testing.T) {
	got := fromTeleport(&types.AccessRequestV3{
		Metadata: types.Metadata{Name: "id"},
		Spec: types.AccessRequestSpecV3{
			State: types.RequestState_PENDING, MaxDuration: time.Unix(0, 0),
			AccessList: &types.PromotedAccessList{Title: "not promoted yet"},
		},
	})
	if diff := cmp.Diff(accessrequest.Request{ID: "id", State: accessrequest.Pending}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
