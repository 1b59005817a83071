package teleporttest

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

func TestCreateRequest(t *testing.T) {
	s := ForTest(t, Options{})
	spec := RequestSpec{
		User: "alice", Reason: "please", SuggestedReviewers: []string{"bob@example.com"},
		Resources:  []accessrequest.Resource{{Cluster: "lab", Kind: "node", Name: "n1"}},
		PendingTTL: time.Minute, MaxDuration: 2 * time.Hour, SessionTTL: time.Hour,
	}
	id := must(s.CreateRequest(spec))(t)
	got, ok := s.Request(id)
	if !ok {
		t.Fatal("request is not stored")
	}
	want := accessrequest.Request{
		ID: id, User: "alice", Roles: []string{"access"}, Resources: spec.Resources, Reason: "please",
		SuggestedReviewers: spec.SuggestedReviewers, State: accessrequest.Pending,
		Thresholds:     []accessrequest.Threshold{{Name: "default", Approve: 1, Deny: 1}},
		RoleThresholds: map[string][][]uint32{"access": {{0}}},
		Created:        got.Created,
		Expires:        got.Created.Add(time.Minute),
		AccessExpires:  got.Created.Add(2 * time.Hour),
		MaxDuration:    got.Created.Add(2 * time.Hour),
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(time.Second)); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestCreateRequestRefusals(t *testing.T) {
	s := ForTest(t, Options{})
	for name, spec := range map[string]RequestSpec{
		"too long":              {Reason: strings.Repeat("é", 2049)},
		"expires in the past":   {MaxDuration: -time.Second},
		"request expires in th": {PendingTTL: -time.Second},
	} {
		_, err := s.CreateRequest(spec)
		wantErr(t, err, "BadParameter", name)
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests are stored", n)
	}
}

func TestDryRunIsNotStored(t *testing.T) {
	s := ForTest(t, Options{})
	w := watchRequests(t, connect(t, s, PluginRole))
	must(s.CreateRequest(RequestSpec{DryRun: true}))(t)
	stored := must(s.CreateRequest(RequestSpec{}))(t)
	if got := nextEvent(t, w).Resource.GetName(); got != stored {
		t.Errorf("event of %s, want only that of %s", got, stored)
	}
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests are stored, want 1", n)
	}
}

func TestListPages(t *testing.T) {
	s := ForTest(t, Options{})
	var ids []string
	for i := range 7 {
		ids = append(ids, must(s.CreateRequest(RequestSpec{User: fmt.Sprintf("user-%d", 9-i)}))(t))
	}
	clt := connect(t, s, PluginRole)
	byID := slices.Sorted(slices.Values(ids))
	byUser := slices.Clone(ids)
	slices.Reverse(byUser)
	for _, tt := range []struct {
		sort       proto.AccessRequestSort
		descending bool
		want       []string
	}{
		{sort: proto.AccessRequestSort_DEFAULT, want: byID},
		{sort: proto.AccessRequestSort_CREATED, want: ids},
		{sort: proto.AccessRequestSort_CREATED, descending: true, want: byUser},
		{sort: proto.AccessRequestSort_STATE, want: byID},
		{sort: proto.AccessRequestSort_USER, want: byUser},
	} {
		req := &proto.ListAccessRequestsRequest{Sort: tt.sort, Descending: tt.descending, Limit: 3}
		var got []string
		var sizes []int
		for {
			page := must(clt.ListAccessRequests(t.Context(), req))(t)
			sizes = append(sizes, len(page.AccessRequests))
			for _, r := range page.AccessRequests {
				got = append(got, r.GetName())
			}
			if req.StartKey = page.NextKey; req.StartKey == "" {
				break
			}
		}
		if diff := cmp.Diff([]int{3, 3, 1}, sizes); diff != "" {
			t.Errorf("%v: page sizes (-want +got):\n%s", tt.sort, diff)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%v descending=%v (-want +got):\n%s", tt.sort, tt.descending, diff)
		}
	}
}

// fakeClock is a clock that tests set.
type fakeClock struct{ offset atomic.Int64 }

func (c *fakeClock) now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *fakeClock) advance(d time.Duration) { c.offset.Add(int64(d)) }

func TestExpiry(t *testing.T) {
	var clock fakeClock
	s := ForTest(t, Options{Now: clock.now, AccessTTL: 10 * time.Hour})
	w := watchRequests(t, connect(t, s, PluginRole))
	pending := must(s.CreateRequest(RequestSpec{}))(t)
	approved := must(s.CreateRequest(RequestSpec{}))(t)
	if err := s.Resolve(approved, accessrequest.Approved, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.WritePluginData(pending, "p", map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		nextEvent(t, w)
	}
	expectDelete := func(id string) {
		t.Helper()
		event := nextEvent(t, w)
		if _, ok := event.Resource.(*types.ResourceHeader); !ok || event.Type != types.OpDelete || event.Resource.GetName() != id {
			t.Fatalf("event %v %T, want the deletion of %s", event.Type, event.Resource, id)
		}
	}

	clock.advance(time.Hour + time.Minute)
	if got := s.Requests(); len(got) != 1 || got[0].ID != approved {
		t.Errorf("after the pending life: %d requests", len(got))
	}
	expectDelete(pending)
	wantErr(t, s.Resolve(pending, accessrequest.Approved, ""), "NotFound", pending)

	clock.advance(9 * time.Hour)
	expectDelete(approved)
	if err := s.WritePluginData(pending, "p", map[string]string{"k": "w"}); err != nil {
		t.Errorf("plugin data within an hour of the access expiry: %v", err)
	}
	clock.advance(time.Hour)
	if got := s.PluginData(pending, "p"); got != nil {
		t.Errorf("plugin data outlives its time: %v", got)
	}
	wantErr(t, s.WritePluginData(pending, "p", map[string]string{"k": "w"}), "NotFound", pending)
}

func TestExpireRequest(t *testing.T) {
	s := ForTest(t, Options{})
	w := watchRequests(t, connect(t, s, PluginRole))
	id := must(s.CreateRequest(RequestSpec{}))(t)
	if err := s.ExpireRequest(id); err != nil {
		t.Fatal(err)
	}
	if got := nextEvent(t, w).Type; got != types.OpPut {
		t.Errorf("first event = %v", got)
	}
	if got := nextEvent(t, w).Resource; got.Expiry().After(time.Now()) {
		t.Errorf("second event: the request expires at %v", got.Expiry())
	}
	want := &types.ResourceHeader{Kind: types.KindAccessRequest, Version: types.V3, Metadata: types.Metadata{Name: id}}
	if diff := cmp.Diff(types.Resource(want), nextEvent(t, w).Resource); diff != "" {
		t.Errorf("third event (-want +got):\n%s", diff)
	}
	wantErr(t, s.ExpireRequest(id), "NotFound", id)
}
