package teleport

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestRecords(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	a, b := create(t, srv, teleporttest.RequestSpec{}), create(t, srv, teleporttest.RequestSpec{})
	must(t, srv.WritePluginData(a, "slack", map[string]string{"messages": "C1/1.2"}))
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	ctx := t.Context()
	const plugin = "accessnotifier/teleport/prod"

	assertRecord(t, s, a, "")
	must(t, s.Records(plugin).Swap(ctx, a, "", "one"))
	assertRecord(t, s, a, "one")
	if err := s.Records(plugin).Swap(ctx, a, "", "two"); !errors.Is(err, accessrequest.ErrConflict) {
		t.Errorf("expecting none: %v", err)
	}
	if err := s.Records(plugin).Swap(ctx, a, "other", "two"); !errors.Is(err, accessrequest.ErrConflict) {
		t.Errorf("expecting another: %v", err)
	}
	must(t, s.Records(plugin).Swap(ctx, a, "one", "two"))
	must(t, s.Records(plugin).Swap(ctx, b, "", "b"))
	all, err := s.Records(plugin).LoadAll(ctx)
	must(t, err)
	if diff := cmp.Diff(map[string]string{a: "two", b: "b"}, all); diff != "" {
		t.Error(diff)
	}
	before, err := s.Records(plugin).After("slack").LoadPredecessor(ctx)
	must(t, err)
	if diff := cmp.Diff(map[string]map[string]string{a: {"messages": "C1/1.2"}}, before); diff != "" {
		t.Error(diff)
	}
	calls := srv.Calls()["GetPluginData"]
	if before, err := s.Records(plugin).LoadPredecessor(ctx); err != nil || len(before) > 0 || srv.Calls()["GetPluginData"] != calls {
		t.Errorf("without a predecessor: %v, %v", before, err)
	}
	must(t, s.Records(plugin).Swap(ctx, b, "b", ""))
	assertRecord(t, s, b, "")

	const unknown = "ae7d8c4a-6fc1-4e26-b963-035e16de9acb"
	if err := s.Records(plugin).Swap(ctx, unknown, "", "x"); !errors.Is(err, accessrequest.ErrUnknownRequest) {
		t.Errorf("unknown request: %v", err)
	}
	for _, size := range []int{1_000_001, 5_000_000} {
		if err := s.Records(plugin).Swap(ctx, b, "", strings.Repeat("x", size)); !errors.Is(err, accessrequest.ErrRecordTooLarge) {
			t.Errorf("%d bytes: %.200v", size, err)
		}
	}
	srv.FailUpdates(1, nil)
	if err := s.Records(plugin).Swap(ctx, b, "", "x"); !isReason(err, Unavailable) {
		t.Errorf("unavailable server: %v", err)
	}
	must(t, srv.DeleteRequest(a))
	await(t, heard, "the request goes", func() bool { _, p := s.Get(a); return p == accessrequest.Deleted })
	assertRecord(t, s, a, "two")
	must(t, s.Records(plugin).Swap(ctx, a, "two", "closed"))
}

func assertRecord(t *testing.T, s *SessionHandle, id, want string) {
	t.Helper()
	got, err := s.Records("accessnotifier/teleport/prod").Load(t.Context(), id)
	if err != nil || got != want {
		t.Errorf("record %q, %v, want %q", got, err, want)
	}
}

func TestSwapHasOneWinner(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	id := create(t, srv, teleporttest.RequestSpec{})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	const writers = 16
	errs := make(chan error)
	for i := range writers {
		go func() { errs <- s.Records("p").Swap(t.Context(), id, "", fmt.Sprint(i)) }()
	}
	won := 0
	for range writers {
		if err := <-errs; err == nil {
			won++
		} else if !errors.Is(err, accessrequest.ErrConflict) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d winners", won)
	}
}

func TestLoadAllOfMoreThanOneMessageHolds(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	record := strings.Repeat("x", 900_000)
	want := map[string]string{}
	fill := func(n int) {
		for range n {
			id := create(t, srv, teleporttest.RequestSpec{})
			must(t, srv.WritePluginData(id, "p", map[string]string{recordKey: record}))
			want[id] = record
		}
	}
	fill(8) // more than gRPC's own limit of 4 MB
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	check := func() {
		t.Helper()
		await(t, heard, "all requests show", func() bool { return len(s.IDs()) == len(want) })
		got, err := s.Records("p").LoadAll(t.Context())
		must(t, err)
		if !slices.Equal(sortedKeys(got), sortedKeys(want)) {
			t.Errorf("%d records, want %d", len(got), len(want))
		}
	}
	check()
	if n := srv.Calls()["GetPluginData"]; n != 2 {
		t.Errorf("%d calls, want one within the usual bound and one within our own", n)
	}
	fill(70) // more than our limit
	check()
	if n := srv.Calls()["GetPluginData"]; n != 4+len(want) {
		t.Errorf("%d calls, want two more in bulk and one for each request", n)
	}
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
